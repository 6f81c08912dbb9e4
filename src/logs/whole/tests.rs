use super::*;
use crate::logs::record::{Context, Record};
use crate::logs::source::Stream;
use crate::openim::service::Service;
use crate::time::Timestamp;

const ZAP: &str = "2026-07-02 08:40:07.464\tWARN\t[PID:1555]     \topenim-msggateway\t[v3.8.3-patch.16]             \t[a/b.go:23]                     \tm\t{\"a\": 1}";
const HEAD: &str = "2026-07-02 08:40:07.464\tWARN\t[PID:1555]     \topenim-msggateway\t[v3.8.3";
const TAIL: &str = "]                     \t[a/b.go:23]                     \tm\t{\"a\": 1}";
const PANIC: [&str; 5] = [
    "panic: boom",
    "",
    "goroutine 1 [running]:",
    "main.main()",
    "\t/openim-server/pkg/common/cmd/push.go:1 +0x1",
];

/// Lines in memory: a stream, a time in milliseconds, a text; one that begins with `+` goes on in the next.
struct Fixed {
    lines: Vec<(u64, u64, String)>,
    /// Counted from one; zero is before the first.
    at: usize,
    backward: bool,
}

impl Fixed {
    fn line(&self) -> &(u64, u64, String) {
        &self.lines[if self.backward { self.lines.len() - self.at } else { self.at - 1 }]
    }
}

impl Lines for Fixed {
    fn advance(&mut self) -> Result<Advance, LogsError> {
        self.at += 1;
        Ok(if self.at > self.lines.len() { Advance::End } else { Advance::Line })
    }

    fn raw(&self) -> &[u8] {
        self.line().2.trim_start_matches('+').as_bytes()
    }

    fn record(&mut self) -> Record<'_> {
        let time = Timestamp::from_micros(self.line().1 * 1000);
        Record::new(self.raw(), Context { time, ..Context::default() })
    }

    fn stream(&self) -> Stream {
        Stream { id: Some(self.line().0), goes_on: self.line().2.starts_with('+') }
    }

    fn place(&self) -> Place {
        let at = if self.backward { self.lines.len() - self.at } else { self.at - 1 };
        Place::Byte { file: 0, offset: at as u64, context: Context::default() }
    }

    fn turn(&mut self, way: Way) -> Result<bool, LogsError> {
        self.backward = matches!(way, Way::Backward);
        self.at = match way {
            Way::At(Place::Byte { offset, .. }) => usize::try_from(offset).unwrap(),
            Way::After(Place::Byte { offset, .. }) => usize::try_from(offset).unwrap() + 1,
            Way::Forward | Way::Backward | Way::At(_) | Way::After(_) => 0,
        };
        Ok(true)
    }
}

fn fixed(lines: &[(u64, u64, &str)]) -> Fixed {
    let lines = lines.iter().map(|&(stream, time, text)| (stream, time, text.to_owned())).collect();
    Fixed { lines, at: 0, backward: false }
}

/// The first and the last line of each record, and how many it has.
fn records(whole: &mut Whole<'_, Fixed>) -> Vec<String> {
    let mut records = Vec::new();
    while let Step::Record(record) = whole.next().unwrap() {
        let text = String::from_utf8(record.raw.to_vec()).unwrap();
        let lines: Vec<&str> = text.split('\n').collect();
        let name = |line: &str| line.chars().take(8).collect::<String>();
        records.push(match lines.as_slice() {
            [one] => name(one),
            [first, .., last] => format!("{}..{} {}", name(first), name(last.trim()), lines.len()),
            [] => String::new(),
        });
    }
    records
}

fn forward(lines: &[(u64, u64, &str)]) -> Vec<String> {
    records(&mut Whole::new(fixed(lines), false))
}

fn backward(lines: &[(u64, u64, &str)]) -> Vec<String> {
    let mut lines = fixed(lines);
    lines.backward = true;
    let mut records = records(&mut Whole::new(lines, true));
    records.reverse();
    records
}

/// A panic of one stream, with others between its lines.
fn interleaved() -> Vec<(u64, u64, &'static str)> {
    let mut lines = vec![(1, 0, ZAP)];
    for (index, line) in (0..).zip(PANIC) {
        lines.extend([(1, index, line), (2, index, ZAP), (3, index, line)]);
    }
    lines.push((2, 9, ZAP));
    lines
}

#[test]
fn dumps_of_several_processes_do_not_mix_and_the_order_stays() {
    let z = "2026-07-";
    let dump = "panic: b../openim- 5";
    let expected = [z, dump, z, dump, z, z, z, z, z];
    assert_eq!(forward(&interleaved()), expected);
}

#[test]
fn read_backward_the_records_are_the_same() {
    assert_eq!(forward(&interleaved()), backward(&interleaved()));
    let plain = [(1, 0, ZAP), (1, 1, HEAD), (1, 1, TAIL), (1, 2, "Error: x"), (1, 3, "other"), (1, 4, ZAP)];
    assert_eq!(forward(&plain), backward(&plain));
}

#[test]
fn a_record_in_two_lines_is_one_and_half_a_record_stands_alone() {
    let lines = [(1, 0, HEAD), (2, 0, HEAD), (1, 0, TAIL), (2, 0, ZAP), (1, 0, TAIL)];
    let expected = ["2026-07-..]        2", "2026-07-", "2026-07-", "]       "];
    assert_eq!(forward(&lines), expected);
    let mut whole = Whole::new(fixed(&lines), false);
    let Step::Record(record) = whole.next().unwrap() else { unreachable!("there is one") };
    assert_eq!(record.zap().map(|zap| (zap.version, zap.cut)), Some((Some(&b"v3.8.3"[..]), false)));
}

#[test]
fn pieces_become_one_line_again() {
    let (first, rest) = ZAP.split_at(120);
    let (second, third) = rest.split_at(10);
    let (first, second) = (format!("+{first}"), format!("+{second}"));
    let lines = [(1, 0, first.as_str()), (2, 0, ZAP), (1, 0, &second), (1, 0, third), (1, 0, ZAP)];
    for (way, records) in [("forward", forward(&lines)), ("backward", backward(&lines))] {
        assert_eq!(records.len(), 3, "{way}: {records:?}");
    }
    let mut whole = Whole::new(fixed(&lines), false);
    let Step::Record(record) = whole.next().unwrap() else { unreachable!("there is one") };
    assert_eq!(String::from_utf8_lossy(record.raw), ZAP);
}

#[test]
fn a_last_piece_that_looks_like_a_whole_object_is_one_with_what_was_before() {
    let (first, last) = ZAP.split_at(ZAP.find('{').unwrap());
    let first = format!("+{first}");
    let lines = [(1, 0, ZAP), (1, 0, first.as_str()), (1, 0, last), (1, 0, ZAP)];
    assert_eq!((forward(&lines).len(), backward(&lines).len()), (3, 3));
}

#[test]
fn a_stream_that_is_silent_has_ended_its_dump() {
    let lines = [(1, 0, PANIC[0]), (1, 1, PANIC[2]), (2, 600, ZAP), (1, 1200, PANIC[3])];
    assert_eq!(forward(&lines), ["panic: b..goroutin 2", "2026-07-", "main.mai"]);
}

#[test]
fn a_dump_tells_whose_it_is_where_nothing_else_does() {
    let lines: Vec<_> = PANIC.iter().map(|&line| (1, 0, line)).collect();
    let mut whole = Whole::new(fixed(&lines), false);
    let Step::Record(record) = whole.next().unwrap() else { unreachable!("there is one") };
    assert_eq!(record.service, Some(Service::Push));
}

#[test]
fn the_last_records_are_counted_whole() {
    let mut lines = vec![(1, 0, ZAP), (1, 1, HEAD), (1, 1, TAIL)];
    lines.extend(PANIC.iter().map(|&line| (1, 2, line)));
    for (count, expected) in [
        (0, vec![]),
        (1, vec!["panic: b../openim- 5"]),
        (2, vec!["2026-07-..]        2", "panic: b../openim- 5"]),
        (9, vec!["2026-07-", "2026-07-..]        2", "panic: b../openim- 5"]),
    ] {
        let mut whole = Whole::new(fixed(&lines), false);
        whole
            .seek_tail(Tail { count, around: Around::default(), is_in_scope: &|_| true, is_found: &|_| true })
            .unwrap();
        assert_eq!(records(&mut whole), expected, "{count}");
    }
}
