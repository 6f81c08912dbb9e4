//! One entry: what journald stamped it with, and its fields, which are decoded only when they are asked for.

use std::fmt;

use super::field_name;
use super::native::Current;
use crate::time::Timestamp;

/// Sixteen bytes that name a boot, a machine, a file or a sequence of numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id128(pub [u8; 16]);

impl Id128 {
    /// Reads 32 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_hex = text.len() == 32 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        is_hex.then(|| u128::from_str_radix(text, 16).ok()).flatten().map(|id| Self(id.to_be_bytes()))
    }

    /// The same, also with dashes as a UUID has them.
    fn parse_divided(text: &str) -> Option<Self> {
        const DASHES: [usize; 4] = [8, 13, 18, 23];
        let has_dashes = text.bytes().enumerate().all(|(at, byte)| (byte == b'-') == DASHES.contains(&at));
        if has_dashes { Self::parse(&text.replace('-', "")) } else { Self::parse(text) }
    }
}

impl fmt::Display for Id128 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

/// What journald stamped an entry with. The same values in all parts mean the same entry, also in another file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// When journald received it.
    pub realtime: Timestamp,
    /// The same on the clock that counts from the boot, in microseconds.
    pub monotonic: u64,
    /// The boot that it belongs to.
    pub boot: Id128,
    /// Its number in the sequence.
    pub seqnum: u64,
    /// Whose sequence that is.
    pub seqnum_id: Id128,
    /// All hashes of its fields, by exclusive or.
    pub xor_hash: u64,
}

/// The place of an entry in the journal, as `__CURSOR` gives it; it may name only some of its parts.
///
/// ```text
/// s=91ab…;i=1f;b=8dc4…;m=65a3;t=60a24181e4000;x=4be1…
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The sequence and the number in it.
    pub seqnum: Option<(Id128, u64)>,
    /// The boot and the microseconds since then.
    pub monotonic: Option<(Id128, u64)>,
    /// The time.
    pub realtime: Option<Timestamp>,
    /// The hash of the fields; it tells equal places apart, and does not lead to one.
    pub xor_hash: Option<u64>,
}

impl Cursor {
    /// Reads the text of a cursor. `None` where it is none, or leads nowhere.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = CursorParts::default();
        text.split(';').try_for_each(|part| parts.read(part))?;
        let cursor = Self {
            seqnum: parts.seqnum_id.zip(parts.seqnum),
            monotonic: parts.boot.zip(parts.monotonic),
            realtime: parts.realtime.map(Timestamp::from_micros),
            xor_hash: parts.xor_hash,
        };
        let leads = cursor.seqnum.is_some() || cursor.monotonic.is_some() || cursor.realtime.is_some();
        leads.then_some(cursor)
    }

    /// Whether the parts that it names are those of the entry.
    #[must_use]
    pub fn is_of(&self, stamp: &Stamp) -> bool {
        self.seqnum.is_none_or(|part| part == (stamp.seqnum_id, stamp.seqnum))
            && self.monotonic.is_none_or(|part| part == (stamp.boot, stamp.monotonic))
            && self.realtime.is_none_or(|part| part == stamp.realtime)
            && self.xor_hash.is_none_or(|part| part == stamp.xor_hash)
    }
}

#[derive(Default)]
struct CursorParts {
    seqnum_id: Option<Id128>,
    seqnum: Option<u64>,
    boot: Option<Id128>,
    monotonic: Option<u64>,
    realtime: Option<u64>,
    xor_hash: Option<u64>,
}

impl CursorParts {
    /// `None` where the part is malformed; one of an unknown letter is passed over, as newer systemd may add some.
    fn read(&mut self, part: &str) -> Option<()> {
        let (letter, value) = part.split_once('=').filter(|(letter, _)| letter.len() == 1)?;
        let number = || scan_hex(value);
        match letter {
            "s" => self.seqnum_id = Some(Id128::parse_divided(value)?),
            "i" => self.seqnum = Some(number()?),
            "b" => self.boot = Some(Id128::parse_divided(value)?),
            "m" => self.monotonic = Some(number()?),
            "t" => self.realtime = Some(number()?),
            "x" => self.xor_hash = Some(number()?),
            _ => {}
        }
        Some(())
    }
}

/// A hexadecimal number as C's `scanf` finds it: white space, a sign and `0x` may stand before it, anything behind it,
/// and one that is too large is the largest.
fn scan_hex(text: &str) -> Option<u64> {
    let text = text.trim_ascii_start();
    let number = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = number.strip_prefix("0x").or_else(|| number.strip_prefix("0X")).unwrap_or(number);
    let end = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
    let size = (end > 0).then(|| u64::from_str_radix(&digits[..end], 16).unwrap_or(u64::MAX))?;
    Some(if text.starts_with('-') { size.wrapping_neg() } else { size })
}

impl From<Stamp> for Cursor {
    fn from(stamp: Stamp) -> Self {
        Self {
            seqnum: Some((stamp.seqnum_id, stamp.seqnum)),
            monotonic: Some((stamp.boot, stamp.monotonic)),
            realtime: Some(stamp.realtime),
            xor_hash: Some(stamp.xor_hash),
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut divider = "";
        let mut divide = || std::mem::replace(&mut divider, ";");
        if let Some((id, number)) = self.seqnum {
            write!(f, "{}s={id};i={number:x}", divide())?;
        }
        if let Some((id, micros)) = self.monotonic {
            write!(f, "{}b={id};m={micros:x}", divide())?;
        }
        if let Some(time) = self.realtime {
            write!(f, "{}t={:x}", divide(), time.micros())?;
        }
        if let Some(hash) = self.xor_hash {
            write!(f, "{}x={hash:x}", divide())?;
        }
        Ok(())
    }
}

/// Names a value that several entries of a file share: the same key is the same name and value for as long as the
/// reader lives, so that what was made of it can be kept. Keys count from zero, so a table of them is an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ValueKey(pub u32);

/// A field of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'r> {
    /// `_SYSTEMD_UNIT`.
    pub name: &'r [u8],
    /// Any bytes.
    pub value: &'r [u8],
    /// For a value that more than this entry has; `None` where it was met the first and only time.
    pub key: Option<ValueKey>,
}

impl<'r> Field<'r> {
    /// Divides `NAME=value`; what has no `=`, or a name that journald gives none, is no field.
    pub(super) fn parse(data: &'r [u8], key: Option<ValueKey>) -> Option<Self> {
        let equals = memchr::memchr(b'=', data)?;
        let (name, value) = (&data[..equals], &data[equals + 1..]);
        field_name::is_stored(name).then_some(Self { name, value, key })
    }
}

/// An entry that a reader lends until its next step. Copying it copies references only.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'r> {
    stamp: &'r Stamp,
    fields: Fields<'r>,
}

/// Where the fields are.
#[derive(Clone, Copy, Debug)]
enum Fields<'r> {
    Copied(&'r FieldList),
    /// In the file, as far as they were not asked for.
    Native(&'r Current),
}

impl<'r> Fields<'r> {
    /// The field of a number; inside `None` where that one is damaged.
    #[expect(clippy::option_option, reason = "a damaged field is not the last one")]
    fn get(self, index: usize) -> Option<Option<Field<'r>>> {
        match self {
            Self::Copied(list) => list.get(index),
            Self::Native(current) => current.get(index),
        }
    }
}

impl<'r> Entry<'r> {
    pub(super) const fn native(stamp: &'r Stamp, current: &'r Current) -> Self {
        Self { stamp, fields: Fields::Native(current) }
    }

    /// All that it is stamped with.
    #[must_use]
    pub const fn stamp(&self) -> &'r Stamp {
        self.stamp
    }

    /// When journald received it.
    #[must_use]
    pub const fn realtime(&self) -> Timestamp {
        self.stamp.realtime
    }

    /// The same on the clock that counts from the boot, in microseconds.
    #[must_use]
    pub const fn monotonic_micros(&self) -> u64 {
        self.stamp.monotonic
    }

    /// The boot that it belongs to.
    #[must_use]
    pub const fn boot(&self) -> Id128 {
        self.stamp.boot
    }

    /// Its place in the journal. The text is made when it is written.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        (*self.stamp).into()
    }

    /// Its fields in stored order; a name may come again.
    pub fn fields(&self) -> impl Iterator<Item = Field<'r>> + use<'r> {
        let fields = self.fields;
        (0..).map_while(move |index| fields.get(index)).flatten()
    }

    /// The first value of a field.
    #[must_use]
    pub fn field(&self, name: impl AsRef<[u8]>) -> Option<&'r [u8]> {
        let name = name.as_ref();
        match self.fields {
            Fields::Copied(list) => list.find(name),
            Fields::Native(current) => current.find(name),
        }
    }

    /// The first value of each of these fields, in one look at all.
    #[must_use]
    pub fn fields_of<const N: usize>(&self, names: &[&[u8]; N]) -> [Option<&'r [u8]>; N] {
        let mut values = [None; N];
        let mut take = |field: Field<'r>| {
            if let Some(at) = names.iter().position(|name| *name == field.name) {
                values[at] = values[at].or(Some(field.value));
            }
        };
        match self.fields {
            Fields::Copied(_) => self.fields().for_each(take),
            Fields::Native(current) => current.find_each(names, &mut take),
        }
        values
    }

    /// The first value of a field, where it is UTF-8.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&'r str> {
        self.field(name).and_then(|value| std::str::from_utf8(value).ok())
    }

    /// A copy whose fields have the values that `value` makes of theirs.
    pub(crate) fn with_values<'v>(
        &self,
        value: impl Fn(&'r [u8], &'r [u8]) -> std::borrow::Cow<'v, [u8]>,
    ) -> OwnedEntry {
        let mut entry = OwnedEntry { stamp: *self.stamp, ..OwnedEntry::default() };
        self.fields().for_each(|field| entry.fields.push(field.name, &value(field.name, field.value)));
        entry
    }

    /// A copy that outlives the reader's next step.
    #[must_use]
    pub fn to_owned(&self) -> OwnedEntry {
        // An entry of a service has two dozen fields, of some hundred bytes; to count them takes as long as to copy them.
        let fields = FieldList { arena: Vec::with_capacity(1024), spans: Vec::with_capacity(32) };
        let mut entry = OwnedEntry { stamp: *self.stamp, fields };
        self.fields().for_each(|field| entry.fields.push(field.name, field.value));
        entry
    }
}

/// Fields that were copied one after the other into one buffer.
#[derive(Clone, Debug, Default)]
pub(super) struct FieldList {
    arena: Vec<u8>,
    /// Where each begins and ends in the arena.
    spans: Vec<std::ops::Range<usize>>,
}

impl FieldList {
    #[cfg(feature = "libsystemd")]
    pub(super) fn clear(&mut self) {
        self.arena.clear();
        self.spans.clear();
    }

    /// Adds a field as it is stored, `NAME=value`.
    #[cfg(any(test, feature = "libsystemd"))]
    pub(super) fn push_stored(&mut self, data: &[u8]) {
        let start = self.arena.len();
        self.arena.extend_from_slice(data);
        self.spans.push(start..self.arena.len());
    }

    fn push(&mut self, name: &[u8], value: &[u8]) {
        let start = self.arena.len();
        for part in [name, b"=", value] {
            self.arena.extend_from_slice(part);
        }
        self.spans.push(start..self.arena.len());
    }

    /// The first value of a field. Others are told apart by their first bytes.
    fn find(&self, name: &[u8]) -> Option<&[u8]> {
        let mut fields = self.spans.iter().map(|span| &self.arena[span.clone()]);
        fields.find_map(|field| field.strip_prefix(name)?.strip_prefix(b"="))
    }

    #[expect(clippy::option_option, reason = "a damaged field is not the last one")]
    fn get(&self, index: usize) -> Option<Option<Field<'_>>> {
        self.spans.get(index).map(|span| Field::parse(&self.arena[span.clone()], None))
    }
}

/// An entry with all of its fields decoded. Its buffers may be used again for another.
#[derive(Clone, Debug, Default)]
pub struct OwnedEntry {
    pub(super) stamp: Stamp,
    pub(super) fields: FieldList,
}

impl OwnedEntry {
    /// Lends it as a reader does.
    #[must_use]
    pub const fn lend(&self) -> Entry<'_> {
        Entry { stamp: &self.stamp, fields: Fields::Copied(&self.fields) }
    }

    /// The same entry with another value in the first field of that name.
    #[must_use]
    pub fn with_field(&self, name: &str, value: &[u8]) -> Self {
        let mut entry = Self { stamp: self.stamp, ..Self::default() };
        let mut replaced = false;
        for field in self.lend().fields() {
            let is_it = field.name == name.as_bytes() && !replaced;
            replaced |= is_it;
            entry.fields.push(field.name, if is_it { value } else { field.value });
        }
        entry
    }

    /// An entry with these fields, for what the journal has not stored.
    pub(crate) fn of(realtime: Timestamp, fields: &[(&str, &[u8])]) -> Self {
        let mut entry = Self { stamp: Stamp { realtime, ..Stamp::default() }, ..Self::default() };
        for (name, value) in fields {
            entry.fields.push(name.as_bytes(), value);
        }
        entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(fields: &[(&str, &[u8])]) -> OwnedEntry {
        OwnedEntry::of(Timestamp::from_micros(1), fields)
    }

    #[test]
    fn an_entry_keeps_order_duplicates_and_bytes() {
        let entry = entry(&[("A", b"1"), ("MESSAGE", b"x=\xff\n"), ("A", b""), ("B", b"=")]);
        let entry = entry.lend();
        let fields: Vec<_> = entry.fields().map(|field| (field.name, field.value)).collect();
        assert_eq!(fields[1], (&b"MESSAGE"[..], &b"x=\xff\n"[..]));
        assert_eq!(fields[2], (&b"A"[..], &b""[..]));
        assert_eq!(entry.field("A"), Some(&b"1"[..]));
        assert_eq!(entry.field("B"), Some(&b"="[..]));
        assert_eq!(entry.text("MESSAGE"), None);
        assert_eq!(entry.field("MESS"), None);
    }

    #[test]
    fn a_field_is_replaced_once_and_in_its_place() {
        let entry = entry(&[("A", b"1"), ("M", b"x"), ("M", b"y"), ("B", b"2")]).with_field("M", b"longer");
        let fields: Vec<_> = entry.lend().fields().map(|field| field.value).collect();
        assert_eq!(fields, [&b"1"[..], b"longer", b"y", b"2"]);
    }

    #[test]
    fn what_has_no_equals_sign_is_no_field() {
        let mut entry = OwnedEntry::default();
        entry.fields.push_stored(b"BROKEN");
        assert_eq!(entry.lend().fields().count(), 0);
    }

    #[test]
    fn a_cursor_is_read_as_it_is_written() {
        let text = "s=0123456789abcdef0123456789abcdef;i=1f;b=fedcba9876543210fedcba9876543210;m=a;t=60a24181e4000;x=4be1";
        let cursor = Cursor::parse(text).unwrap();
        assert_eq!(cursor.to_string(), text);
        assert_eq!(cursor.seqnum.map(|(_, number)| number), Some(31));
        let divided =
            text.replace("b=fedcba9876543210", "b=fedcba98-7654-3210-").replace("-fedcba98", "-fedc-ba98");
        assert_eq!(Cursor::parse(&divided), Some(cursor), "{divided}");
        assert_eq!(Cursor::parse(&divided.replace("fedc-ba98", "fedcba-98")), None);
    }

    #[test]
    fn a_cursor_may_name_only_some_parts_but_must_lead_somewhere() {
        assert_eq!(Cursor::parse("t=10").unwrap().realtime, Some(Timestamp::from_micros(16)));
        assert_eq!(Cursor::parse("t=10;z=9").unwrap().to_string(), "t=10");
        for text in ["", "x=1", "i=1", "t", "t=g", "s=1;i=1"] {
            assert_eq!(Cursor::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_cursor_is_of_an_entry_when_all_its_parts_are() {
        let stamp = Stamp { realtime: Timestamp::from_micros(16), seqnum: 3, ..Stamp::default() };
        assert!(Cursor::from(stamp).is_of(&stamp));
        assert!(Cursor::parse("t=10").unwrap().is_of(&stamp));
        assert!(!Cursor::parse("t=10;x=1").unwrap().is_of(&stamp));
    }
}
