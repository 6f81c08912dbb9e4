//! A value as an array of numbers, which is how JSON has what cannot be printed: for its colours, every message of
//! OpenIM's logger. This is most of what `-o json` writes, so it is done for eight bytes at a time.

/// Every byte in digits with a comma behind; what stands behind that is overwritten.
static DIGITS: [[u8; 4]; 256] = digits();

const fn digits() -> [[u8; 4]; 256] {
    let mut table = [[b','; 4]; 256];
    let mut number: u8 = 0;
    loop {
        let (hundreds, tens, ones) = (b'0' + number / 100, b'0' + number / 10 % 10, b'0' + number % 10);
        table[number as usize] = match number {
            0..=9 => [ones, b',', b',', b','],
            10..=99 => [tens, ones, b',', b','],
            100..=255 => [hundreds, tens, ones, b','],
        };
        if number == u8::MAX {
            return table;
        }
        number += 1;
    }
}

/// How many bytes are turned at once.
const GROUP: usize = 8;
/// How many groups are gathered before they are appended.
const GROUPS: usize = 8;

/// Appends `[1,2,3]`.
pub(super) fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'[');
    let (groups, rest) = bytes.as_chunks::<GROUP>();
    for some in groups.chunks(GROUPS) {
        let mut text = [0; GROUPS * GROUP * 4];
        let mut end = 0;
        for group in some {
            end += write_group(&mut text[end..], *group);
        }
        out.extend_from_slice(&text[..end]);
    }
    if !rest.is_empty() {
        let mut last = [0; GROUP];
        last[..rest.len()].copy_from_slice(rest);
        let mut text = [0; GROUP * 4];
        write_group(&mut text, last);
        out.extend_from_slice(&text[..ends(last)[rest.len() - 1]]);
    }
    match out.last_mut() {
        // A bracket stands in the place of the last comma.
        Some(comma) if !bytes.is_empty() => *comma = b']',
        _ => out.push(b']'),
    }
}

/// Writes eight numbers, and returns how long they are. Where each begins is known beforehand, so that none waits
/// for the one before it.
fn write_group(text: &mut [u8], group: [u8; GROUP]) -> usize {
    let ends = ends(group);
    let begins = [0, ends[0], ends[1], ends[2], ends[3], ends[4], ends[5], ends[6]];
    for (begin, byte) in begins.into_iter().zip(group) {
        if let Some(place) = text.get_mut(begin..begin + 4) {
            place.copy_from_slice(&DIGITS[usize::from(byte)]);
        }
    }
    ends[GROUP - 1]
}

/// Where each of the numbers ends, with its comma, counted in all eight at once: each byte of a word stands for one.
fn ends(group: [u8; GROUP]) -> [usize; GROUP] {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = ONES << 7;
    let word = u64::from_le_bytes(group);
    // The highest bit of each byte says whether its number is that large. It takes no part in the sums, so that
    // nothing is carried into the next byte.
    let at_least = |number: u8| {
        let low = (word & !TOPS) + ONES * u64::from(0x80 - number);
        ((low | word) & TOPS) >> 7
    };
    let lengths = ONES * 2 + at_least(10) + at_least(100);
    // The multiplication adds to each byte all below it.
    lengths.wrapping_mul(ONES).to_le_bytes().map(usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_at_every_place_is_the_number_that_it_is() {
        let all: Vec<u8> = (0..=u8::MAX).chain((0..=u8::MAX).rev()).chain([9, 10, 99, 100, 0, 255]).collect();
        for length in (0..40).chain([all.len()]) {
            for part in
                [&all[..length], &all[all.len() - length..], &all[90.min(all.len() - length)..][..length]]
            {
                let mut out = b"x".to_vec();
                push_bytes(&mut out, part);
                assert_eq!(
                    String::from_utf8(out).unwrap(),
                    format!("x{}", format!("{part:?}").replace(' ', ""))
                );
            }
        }
    }
}
