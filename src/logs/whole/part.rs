//! Which lines belong together, told from one line and what came before it in its stream.

use crate::openim::line::{Kind, Line};
use crate::openim::zap;

/// So many lines of other text may stand between the first line of a dump and its first stack: a panic's message or
/// gin's request.
const MOST_OTHERS: u8 = 64;
/// The register that the Go runtime prints last on amd64.
const LAST_REGISTER: &[u8] = b"gs ";

/// A line, as far as it matters to what is around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A record of the logger, or a line that stands alone.
    Alone,
    /// Text that is no record and may be anything.
    Other,
    /// A piece of a longer line that goes on in the next.
    Piece,
    /// The first line of a record in two.
    Head,
    /// The second.
    Tail,
    /// `panic: ...`
    Panic,
    /// A fatal signal, a panic in a request.
    Opener,
    /// Where a stack begins, or goes on.
    Stack,
    /// What may stand anywhere in a dump: nothing, or something indented.
    Filler,
    /// The last line of a dump after a signal.
    Last,
}

impl Part {
    /// What a line is; `goes_on` where its source says that it was cut.
    pub(super) fn of(raw: &[u8], line: &Line<'_>, goes_on: bool) -> Self {
        if goes_on {
            return Self::Piece;
        }
        if zap::is_split_head(raw) {
            return Self::Head;
        }
        let Line::Other(kind) = line else { return Self::Alone };
        match kind {
            Kind::GoPanic if raw.first() == Some(&b'\t') => Self::Filler,
            Kind::GoPanic => Self::Panic,
            Kind::GoSignal | Kind::HttpPanicServing | Kind::GinRecovery => Self::Opener,
            Kind::Frame if raw.starts_with(LAST_REGISTER) => Self::Last,
            Kind::Goroutine | Kind::Frame => Self::Stack,
            Kind::Blank => Self::Filler,
            Kind::Other if zap::is_split_tail(raw) => Self::Tail,
            Kind::Other if raw.first() == Some(&b'\t') => Self::Filler,
            Kind::Other => Self::Other,
            Kind::StartError
            | Kind::ExitLine
            | Kind::Terminated
            | Kind::GoRedis
            | Kind::HttpAcceptError
            | Kind::NetHttp
            | Kind::Mage
            | Kind::CheckTool
            | Kind::EtcdClientJson(_)
            | Kind::Cgroup => Self::Alone,
        }
    }

    /// A first look that is quick for what nearly every line is: whether a line may be more than [`Part::Alone`].
    pub(super) fn may_matter(raw: &[u8]) -> bool {
        match raw.first() {
            // Another object may be the last piece of a line that was cut.
            Some(b'{') => !raw.starts_with(br#"{"level":""#),
            // The logger's stamp has a dash there, that of Go's log package a slash.
            Some(b'0'..=b'9') => raw.get(4) != Some(&b'-') || zap::is_split_head(raw),
            _ => true,
        }
    }
}

/// What becomes of a group of lines with the next line of its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The line belongs to it.
    Joins,
    /// The line belongs to it and is its last.
    Completes,
    /// The group has ended before the line.
    Ends,
    /// The line stands for itself, and more may come.
    Passes,
}

/// A group of lines that is being put together, the oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Pieces of one line.
    Pieces,
    /// A record in two lines.
    Split,
    /// A dump: whether a stack has begun, and how much other text there was.
    Dump { stack: bool, others: u8 },
}

impl Shape {
    /// The group that begins with a line, if one does.
    pub(super) const fn begun_by(part: Part) -> Option<Self> {
        match part {
            Part::Piece => Some(Self::Pieces),
            Part::Head => Some(Self::Split),
            Part::Panic | Part::Opener => Some(Self::Dump { stack: false, others: 0 }),
            // The beginning may have been rotated away, or lie before what was asked for.
            Part::Stack | Part::Last => Some(Self::Dump { stack: true, others: 0 }),
            Part::Alone | Part::Other | Part::Tail | Part::Filler => None,
        }
    }

    /// Judges the next line.
    pub(super) const fn judge(&mut self, part: Part) -> Verdict {
        match self {
            Self::Pieces if matches!(part, Part::Piece) => Verdict::Joins,
            Self::Pieces => Verdict::Completes,
            Self::Split if matches!(part, Part::Tail) => Verdict::Completes,
            Self::Split => Verdict::Ends,
            Self::Dump { stack, others } => match part {
                Part::Stack => {
                    *stack = true;
                    Verdict::Joins
                }
                Part::Filler => Verdict::Joins,
                Part::Last => Verdict::Completes,
                Part::Panic if !*stack => Verdict::Joins,
                Part::Other if !*stack && *others < MOST_OTHERS => {
                    *others += 1;
                    Verdict::Joins
                }
                Part::Alone => Verdict::Passes,
                Part::Panic | Part::Opener | Part::Other | Part::Piece | Part::Head | Part::Tail => {
                    Verdict::Ends
                }
            },
        }
    }

    /// What stands between the lines once they are one.
    pub(super) const fn separator(self) -> &'static [u8] {
        match self {
            Self::Pieces => b"",
            Self::Split | Self::Dump { .. } => b"\n",
        }
    }
}

/// A run of lines that is being collected the newest first. Only its first line tells what it is, so it is divided
/// into groups when it is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// The oldest line so far.
    oldest: Part,
    /// Part of a dump has been seen.
    dump: bool,
    others: u8,
}

impl Run {
    /// The run that a line may be the end of.
    pub(super) const fn ended_by(part: Part) -> Option<Self> {
        match part {
            Part::Other | Part::Tail | Part::Filler | Part::Piece => {
                Some(Self { oldest: part, dump: false, others: 0 })
            }
            Part::Stack | Part::Last => Some(Self { oldest: part, dump: true, others: 0 }),
            Part::Alone | Part::Head | Part::Panic | Part::Opener => None,
        }
    }

    /// Judges the line before it.
    pub(super) const fn judge(&mut self, part: Part) -> Verdict {
        let before = std::mem::replace(&mut self.oldest, part);
        match (before, part) {
            (_, Part::Piece) => Verdict::Joins,
            (Part::Piece, _) => Verdict::Ends,
            (Part::Tail, Part::Head) => Verdict::Completes,
            (Part::Tail, _) => Verdict::Ends,
            (Part::Panic, Part::Panic) => Verdict::Joins,
            (Part::Panic, _) => Verdict::Ends,
            (_, Part::Stack | Part::Filler) => {
                self.dump = self.dump || matches!(part, Part::Stack);
                Verdict::Joins
            }
            (_, Part::Panic) if self.dump => Verdict::Joins,
            (_, Part::Opener) if self.dump => Verdict::Completes,
            (_, Part::Other) if self.dump && self.others < MOST_OTHERS => {
                self.others += 1;
                Verdict::Joins
            }
            (_, Part::Alone) if self.dump => {
                self.oldest = before;
                Verdict::Passes
            }
            (_, Part::Alone | Part::Other | Part::Panic | Part::Opener) => Verdict::Ends,
            (_, Part::Head | Part::Tail | Part::Last) => Verdict::Ends,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openim::line::classify;

    const ZAP: &str = "2026-07-02 08:40:07.464\tWARN\t[PID:1555]     \topenim-push\t[v3.8.3-patch.16]             \t[a/b.go:23]                     \tm\t{\"a\": 1}";

    fn part(line: &str) -> Part {
        Part::of(line.as_bytes(), &classify(line.as_bytes()), false)
    }

    /// How a dump in these lines is divided: `+` joins, `!` completes, `|` ends, `.` passes.
    fn judged(lines: &[&str]) -> String {
        let mut shape = None;
        let mut judged = String::new();
        for line in lines {
            let part = part(line);
            let verdict = shape.as_mut().map(|shape: &mut Shape| shape.judge(part));
            judged.push(match verdict {
                Some(Verdict::Joins) => '+',
                Some(Verdict::Completes) => '!',
                Some(Verdict::Passes) => '.',
                Some(Verdict::Ends) | None => '|',
            });
            match verdict {
                Some(Verdict::Completes) => shape = None,
                Some(Verdict::Ends) | None => shape = Shape::begun_by(part),
                Some(Verdict::Joins | Verdict::Passes) => {}
            }
        }
        judged
    }

    #[test]
    fn a_panic_goes_from_its_reason_to_its_last_frame() {
        let lines = [
            "panic: boom",
            "second line of the reason",
            "",
            "goroutine 1 [running]:",
            "main.main()",
            "\t/x/main.go:1 +0x1",
            ZAP,
            "created by x.y",
            "Error: something else",
            "panic: another",
        ];
        assert_eq!(judged(&lines), "|+++++.+.|");
    }

    #[test]
    fn a_signals_dump_ends_with_its_last_register() {
        let lines =
            ["SIGQUIT: quit", "PC=0x1 m=0 sigcode=0", "goroutine 0 [idle]:", "rax    0x0", "gs     0x0", ZAP];
        assert_eq!(judged(&lines), "|+++!|");
    }

    #[test]
    fn a_record_in_two_lines_is_complete_with_the_second_and_only_with_it() {
        let (head, tail) = ZAP.split_once(']').map(|(head, tail)| (head, format!("]{tail}"))).unwrap();
        let head = format!("{head}]\topenim-push\t[v3.8.3");
        let tail = format!("]      {}", tail.split_once("patch.16]").map_or("", |(_, rest)| rest));
        assert_eq!((part(&head), part(&tail)), (Part::Head, Part::Tail));
        assert_eq!(judged(&[&head, &tail, &head, ZAP]), "|!||");
    }

    #[test]
    fn what_never_matters_is_told_by_its_first_bytes() {
        assert!(!Part::may_matter(ZAP.as_bytes()) && !Part::may_matter(br#"{"level":"INFO""#));
        assert!(Part::may_matter(b"2026/07/02 08:00:00 http: panic serving x"));
        assert!(Part::may_matter(b"") && Part::may_matter(b"goroutine 1 [running]:"));
    }
}
