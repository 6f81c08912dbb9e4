//! As much of BSON as a greeting, a login and a ping take.
//!
//! A document is its length (int32, little-endian), elements of type, name and value, and a zero byte.
//! Left out: writing what we never ask with, and the insides of types that no answer to us has.

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Bson {
    Text(String),
    Document(Vec<(String, Bson)>),
    Array(Vec<Bson>),
    Binary(Vec<u8>),
    Bool(bool),
    Int(i64),
    Double(f64),
    /// One whose inside is of no use here.
    Other,
}

/// Documents within documents, no deeper than an honest answer has them.
const DEPTH: usize = 16;

impl Bson {
    /// A document of these members.
    pub(super) fn document<const N: usize>(members: [(&str, Self); N]) -> Self {
        Self::Document(members.map(|(name, value)| (name.to_owned(), value)).into())
    }

    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        let Self::Document(members) = self else { return None };
        members.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub(super) fn as_bool(&self) -> bool {
        matches!(self, Self::Bool(true))
    }

    /// A number of any type.
    #[expect(clippy::cast_possible_truncation, reason = "the numbers asked for are small and whole")]
    pub(super) fn as_int(&self) -> Option<i64> {
        if let Self::Int(number) = self {
            Some(*number)
        } else if let Self::Double(number) = self {
            Some(*number as i64)
        } else {
            None
        }
    }

    // Writing.

    /// The bytes of a document.
    pub(super) fn pack(&self) -> Vec<u8> {
        let mut body = Vec::new();
        if let Self::Document(members) = self {
            for (name, value) in members {
                value.pack_element(name, &mut body);
            }
        }
        let length = u32::try_from(body.len() + 5).unwrap_or(u32::MAX);
        [length.to_le_bytes().as_slice(), &body, &[0]].concat()
    }

    fn pack_element(&self, name: &str, out: &mut Vec<u8>) {
        let (kind, value): (u8, Vec<u8>) = match self {
            Self::Double(number) => (0x01, number.to_le_bytes().to_vec()),
            Self::Text(text) => (0x02, [&length(text.len() + 1)[..], text.as_bytes(), &[0]].concat()),
            Self::Document(_) => (0x03, self.pack()),
            Self::Array(items) => {
                let members = items.iter().enumerate().map(|(i, item)| (i.to_string(), item.clone()));
                (0x04, Self::Document(members.collect()).pack())
            }
            Self::Binary(bytes) => (0x05, [&length(bytes.len())[..], &[0], bytes].concat()),
            Self::Bool(value) => (0x08, vec![u8::from(*value)]),
            Self::Other => (0x0a, Vec::new()),
            Self::Int(number) => match i32::try_from(*number) {
                Ok(number) => (0x10, number.to_le_bytes().to_vec()),
                Err(_) => (0x12, number.to_le_bytes().to_vec()),
            },
        };
        out.push(kind);
        out.extend_from_slice(name.as_bytes());
        out.push(0);
        out.extend(value);
    }

    // Reading.

    /// The document at the beginning of these bytes; `None` where there is none.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        Self::parse_members(bytes, DEPTH).map(Self::Document)
    }

    fn parse_members(bytes: &[u8], depth: usize) -> Option<Vec<(String, Self)>> {
        let depth = depth.checked_sub(1)?;
        let mut rest = Reader(inside(bytes)?);
        let mut members = Vec::new();
        loop {
            let kind = rest.take(1)?[0];
            if kind == 0 {
                return Some(members);
            }
            let name = rest.take_name()?;
            members.push((name, rest.take_value(kind, depth)?));
        }
    }
}

fn length(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes()
}

/// What stands between a document's length and its end, the closing zero included.
fn inside(bytes: &[u8]) -> Option<&[u8]> {
    let (prefix, _) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(i32::from_le_bytes(*prefix)).ok()?;
    bytes.get(4..length)
}

struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn take_array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn take_length(&mut self) -> Option<usize> {
        usize::try_from(i32::from_le_bytes(self.take_array()?)).ok()
    }

    fn take_name(&mut self) -> Option<String> {
        let end = self.0.iter().position(|byte| *byte == 0)?;
        let name = String::from_utf8_lossy(self.take(end)?).into_owned();
        self.take(1)?;
        Some(name)
    }

    /// The bytes of a document or an array.
    fn take_document(&mut self) -> Option<&'b [u8]> {
        let (prefix, _) = self.0.split_first_chunk::<4>()?;
        self.take(usize::try_from(i32::from_le_bytes(*prefix)).ok()?)
    }

    fn take_value(&mut self, kind: u8, depth: usize) -> Option<Bson> {
        Some(match kind {
            0x01 => Bson::Double(f64::from_le_bytes(self.take_array()?)),
            0x02 => {
                let length = self.take_length()?;
                let text = self.take(length)?.split_last()?.1;
                Bson::Text(String::from_utf8_lossy(text).into_owned())
            }
            0x03 => Bson::Document(Bson::parse_members(self.take_document()?, depth)?),
            0x04 => {
                let members = Bson::parse_members(self.take_document()?, depth)?;
                Bson::Array(members.into_iter().map(|(_, item)| item).collect())
            }
            0x05 => {
                let length = self.take_length()?;
                self.take(1)?;
                Bson::Binary(self.take(length)?.to_vec())
            }
            0x08 => Bson::Bool(self.take(1)?[0] != 0),
            0x10 => Bson::Int(i64::from(i32::from_le_bytes(self.take_array()?))),
            0x12 => Bson::Int(i64::from_le_bytes(self.take_array()?)),
            // Object id, date, null, timestamp.
            0x07 => self.skip(12)?,
            0x09 | 0x11 => self.skip(8)?,
            0x0a => Bson::Other,
            _ => return None,
        })
    }

    fn skip(&mut self, count: usize) -> Option<Bson> {
        self.take(count).map(|_| Bson::Other)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_packed_is_parsed_again() {
        let document = Bson::document([
            ("hello", Bson::Int(1)),
            ("payload", Bson::Binary(vec![1, 2])),
            ("inner", Bson::document([("ok", Bson::Double(1.0)), ("primary", Bson::Bool(true))])),
            ("hosts", Bson::Array(vec![Bson::text("a:1")])),
        ]);
        assert_eq!(Bson::parse(&document.pack()), Some(document));
    }

    #[test]
    fn a_document_that_is_deeper_than_any_answer_is_refused() {
        let deep = (0..40).fold(Bson::Bool(true), |inner, _| Bson::document([("a", inner)]));
        assert_eq!(Bson::parse(&deep.pack()), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Bson::parse(&bytes);
        }
    }
}
