//! Whole numbers as systemd reads them: `20`, `-1`, `+2`, `0x14`, `024`, `0o24`, `0b10100`.

/// Reads a text that is nothing but a number, with white space before it at most.
pub(crate) fn parse(text: &str) -> Option<i32> {
    i32::try_from(parse_long(text)?).ok()
}

/// The same of numbers that may be greater.
pub(crate) fn parse_long(text: &str) -> Option<i64> {
    let text = text.trim_start_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
    let behind_sign = text.strip_prefix(['+', '-']);
    let number = behind_sign.unwrap_or(text);
    // Two of the forms are systemd's own, and take no sign.
    let (radix, digits) = match number.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &number[2..]),
        [b'0', b'b' | b'B', ..] if behind_sign.is_none() => (2, &number[2..]),
        [b'0', b'o' | b'O', ..] if behind_sign.is_none() => (8, &number[2..]),
        [b'0', _, ..] => (8, &number[1..]),
        _ => (10, number),
    };
    let is_number = digits.bytes().all(|digit| char::from(digit).is_digit(radix));
    let size = i64::from_str_radix(digits, radix).ok().filter(|_| is_number)?;
    Some(if text.starts_with('-') { -size } else { size })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_the_radix_that_it_begins_with() {
        let read =
            ["20", "+20", "-20", "0x14", "-0X14", "024", "0o24", "0b10100", " 20", "0", "-0"].map(parse);
        let twenty = Some(20);
        let minus = Some(-20);
        let expected =
            [twenty, twenty, minus, twenty, minus, twenty, twenty, twenty, twenty, Some(0), Some(0)];
        assert_eq!(read, expected);
        for text in ["", "+", "x", "08", "0x", "-0b1", "--1", "1 ", "2147483648", "99999999999999999999"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse("-2147483648"), Some(i32::MIN));
        assert_eq!(parse_long("0x80000000"), Some(1 << 31));
    }
}
