//! What stands at the beginning of the journal's files (`--header`), one after the other.

use std::fmt;
use std::io::{self, Write};
use std::path::Path;

use crate::journal::output::{Form, Stamps, size};
use crate::journal::{Heading, Id128};
use crate::time::{LATEST, Timestamp, Zone};

/// A hash table that is fuller than this is slow, as is one with a longer chain: journald begins a new file then.
const FULLEST: f64 = 75.0;
const DEEPEST: u64 = 100;
/// The head of the newest files that are known.
const NEWEST_LENGTH: u64 = 264;
/// What readers may ignore, bit by bit.
const COMPATIBLE: [&str; 3] = ["SEALED", "TAIL-ENTRY-BOOT-ID", "SEALED-CONTINUOUS"];
/// What they may not, in the order in which it is shown.
const INCOMPATIBLE: [(u32, &str); 5] = [
    (1 << 0, "COMPRESSED-XZ"),
    (1 << 1, "COMPRESSED-LZ4"),
    (1 << 3, "COMPRESSED-ZSTD"),
    (1 << 2, "KEYED-HASH"),
    (1 << 4, "COMPACT"),
];
const UNKNOWN: &str = "???";
/// No time, and no span.
const NEVER: u64 = u64::MAX;
const LAST: u64 = LATEST.micros();

/// Writes the head of a file.
pub(super) fn write(path: &Path, head: &Heading, zone: Zone, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "File path: {}", path.display())?;
    write_ids(head, out)?;
    write_layout(head, out)?;
    write_ends(head, zone, out)?;
    write_counts(head, out)?;
    writeln!(out, "Disk usage: {}", size(head.disk_usage))
}

fn write_ids(head: &Heading, out: &mut dyn Write) -> io::Result<()> {
    let ids: [(&str, Id128); 4] = [
        ("File ID", head.file),
        ("Machine ID", head.machine),
        ("Boot ID", head.boot),
        ("Sequential number ID", head.sequence),
    ];
    ids.iter().try_for_each(|(name, id)| writeln!(out, "{name}: {id}"))
}

fn write_layout(head: &Heading, out: &mut dyn Write) -> io::Result<()> {
    let state = ["OFFLINE", "ONLINE", "ARCHIVED"].get(usize::from(head.state)).unwrap_or(&"UNKNOWN");
    let compatible = COMPATIBLE.iter().enumerate().map(|(bit, &name)| (1 << bit, name));
    writeln!(out, "State: {state}")?;
    writeln!(out, "Compatible flags:{}", Flags(head.compatible, compatible.collect()))?;
    writeln!(out, "Incompatible flags:{}", Flags(head.incompatible, INCOMPATIBLE.to_vec()))?;
    writeln!(out, "Header size: {}\nArena size: {}", head.length, head.arena)?;
    writeln!(out, "Data hash table size: {}", head.data_buckets)?;
    writeln!(out, "Field hash table size: {}", head.field_buckets)?;
    writeln!(out, "Rotate suggested: {}", if is_worn(head) { "yes" } else { "no" })
}

/// Bits by their names, each behind a space.
struct Flags(u32, Vec<(u32, &'static str)>);

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(bits, names) = self;
        let known = names.iter().fold(0, |known, (bit, _)| known | bit);
        let set = names.iter().filter(|(bit, _)| bits & bit != 0).map(|&(_, name)| name);
        let unknown = (bits & !known != 0).then_some(UNKNOWN);
        set.chain(unknown).try_for_each(|name| write!(f, " {name}"))
    }
}

/// Whether journald would rather begin a new file.
fn is_worn(head: &Heading) -> bool {
    let counts = head.counts;
    let is_full = |used: Option<u64>, buckets| used.is_some_and(|used| share(used, buckets) > FULLEST);
    let is_deep = |depth: Option<u64>| depth.is_some_and(|depth| depth > DEEPEST);
    head.length < NEWEST_LENGTH
        || is_full(counts.data, head.data_buckets)
        || is_full(counts.fields, head.field_buckets)
        || is_deep(counts.data_depth)
        || is_deep(counts.field_depth)
}

fn write_ends(head: &Heading, zone: Zone, out: &mut dyn Write) -> io::Result<()> {
    let mut stamps = Stamps::new(Form::Full, zone);
    let mut time = |time: Timestamp| {
        let shown = match time.micros() {
            0 | NEVER => " --- ".to_owned(),
            1..=LAST => stamps.show(time),
            _ => "--- XXXX-XX-XX XX:XX:XX".to_owned(),
        };
        format!("{shown} ({:x})", time.micros())
    };
    let ((first, last), (begin, end)) = (head.seqnums, head.realtimes);
    writeln!(out, "Head sequential number: {first} ({first:x})")?;
    writeln!(out, "Tail sequential number: {last} ({last:x})")?;
    writeln!(out, "Head realtime timestamp: {}", time(begin))?;
    writeln!(out, "Tail realtime timestamp: {}", time(end))?;
    writeln!(out, "Tail monotonic timestamp: {} ({:x})", span(head.tail_monotonic), head.tail_monotonic)
}

fn write_counts(head: &Heading, out: &mut dyn Write) -> io::Result<()> {
    let counts = head.counts;
    writeln!(out, "Objects: {}\nEntry objects: {}", head.objects, head.entries)?;
    for (kind, used, buckets) in
        [("Data", counts.data, head.data_buckets), ("Field", counts.fields, head.field_buckets)]
    {
        let Some(used) = used else { continue };
        writeln!(out, "{kind} objects: {used}")?;
        writeln!(out, "{kind} hash table fill: {:.1}%", share(used, buckets))?;
    }
    for (name, count) in [
        ("Tag objects", counts.tags),
        ("Entry array objects", counts.arrays),
        ("Deepest field hash chain", counts.field_depth),
        ("Deepest data hash chain", counts.data_depth),
    ] {
        let Some(count) = count else { continue };
        writeln!(out, "{name}: {count}")?;
    }
    Ok(())
}

/// In hundredths.
fn share(used: u64, buckets: u64) -> f64 {
    100.0 * used as f64 / buckets.max(1) as f64
}

/// A time since the boot, to the millisecond: `1h 1min 1.001s`.
fn span(micros: u64) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    const YEAR: u64 = 31_557_600;
    const UNITS: [(&str, u64); 6] =
        [("y", YEAR), ("month", YEAR / 12), ("w", 7 * DAY), ("d", DAY), ("h", HOUR), ("min", MINUTE)];
    if micros == NEVER {
        return "infinity".to_owned();
    }
    let (mut seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    let mut parts = Vec::new();
    for (unit, length) in UNITS {
        parts.extend((seconds >= length).then(|| format!("{}{unit}", seconds / length)));
        seconds %= length;
    }
    parts.extend(match (seconds, fraction) {
        (0, 0) => parts.is_empty().then(|| "0".to_owned()),
        (0, 1000..) => Some(format!("{}ms", fraction / 1000)),
        (0, _) => parts.is_empty().then(|| format!("{fraction}us")),
        (_, 0) => Some(format!("{seconds}s")),
        (_, _) => Some(format!("{seconds}.{:03}s", fraction / 1000)),
    });
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_those_of_journalctl() {
        for (micros, text) in [
            (0, "0"),
            (1, "1us"),
            (1_500, "1ms"),
            (999_999, "999ms"),
            (6_123_456, "6.123s"),
            (59_999_999, "59.999s"),
            (60_000_000, "1min"),
            (61_000_001, "1min 1.000s"),
            (3_661_001_000, "1h 1min 1.001s"),
            (259_200_000_005, "3d"),
            (2_630_000_000_000, "1month 3min 20s"),
            (63_892_800_000_000, "2y 1w 2d"),
            (604_800_001_500, "1w 1ms"),
        ] {
            assert_eq!(span(micros), text);
        }
    }

    #[test]
    fn a_bit_that_has_no_name_is_shown_as_such() {
        assert_eq!(Flags(0b1_1100, INCOMPATIBLE.to_vec()).to_string(), " COMPRESSED-ZSTD KEYED-HASH COMPACT");
        assert_eq!(Flags(1 << 9, INCOMPATIBLE.to_vec()).to_string(), " ???");
    }
}
