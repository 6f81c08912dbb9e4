//! Journals in the export format, as `journalctl -o export` writes them.
//!
//! Entries are divided by an empty line. A field is `NAME=value` and a line feed, or, where the
//! value has a line feed or another control character, `NAME`, a line feed, the value's length as
//! eight bytes in little-endian order, the value, a line feed.

use std::io;
use std::path::Path;

/// One journal entry: its fields in the order of the file.
pub(crate) struct Entry {
    fields: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Entry {
    /// The first value of a field.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        let (_, value) = self.fields.iter().find(|(field, _)| field == name.as_bytes())?;
        Some(value)
    }

    /// All of them, in the order of the file.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.fields.iter().map(|(name, value)| (&name[..], &value[..]))
    }
}

/// Reads a whole file that zstd has compressed.
pub(crate) fn read_compressed(path: &Path) -> io::Result<Vec<u8>> {
    zstd::decode_all(std::fs::File::open(path)?)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

/// Reads all entries of a compressed export.
pub(crate) fn read_entries(path: &Path) -> io::Result<Vec<Entry>> {
    let bytes = read_compressed(path)?;
    parse_entries(&bytes)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("{} breaks off", path.display())))
}

fn parse_entries(mut rest: &[u8]) -> Option<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let line;
        (line, rest) = split_line(rest)?;
        if line.is_empty() {
            if !fields.is_empty() {
                entries.push(Entry { fields: std::mem::take(&mut fields) });
            }
        } else if let Some(equals) = line.iter().position(|&byte| byte == b'=') {
            fields.push((line[..equals].to_vec(), line[equals + 1..].to_vec()));
        } else {
            let (length, value) = rest.split_first_chunk::<8>()?;
            let (value, after) =
                value.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
            fields.push((line.to_vec(), value.to_vec()));
            rest = after.strip_prefix(b"\n")?;
        }
    }
    if !fields.is_empty() {
        entries.push(Entry { fields });
    }
    Some(entries)
}

fn split_line(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|&byte| byte == b'\n')?;
    Some((&text[..end], &text[end + 1..]))
}

#[test]
fn an_export_of_two_entries_is_read() {
    let text = b"A=1\nMESSAGE\n\x03\0\0\0\0\0\0\0a\nb\n_PID=7\n\n\nA=x=y\n";
    let entries = parse_entries(text).unwrap();
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0].get("MESSAGE"), Some(&b"a\nb"[..]));
    assert_eq!(entries[0].get("_PID"), Some(&b"7"[..]));
    assert_eq!(entries[1].get("A"), Some(&b"x=y"[..]));
    assert!(parse_entries(b"MESSAGE\n\x09\0\0\0\0\0\0\0cut").is_none());
}
