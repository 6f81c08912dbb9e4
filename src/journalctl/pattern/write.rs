//! Writes an expression in the words of the crate.

use super::set::Set;
use super::tree::{Atom, Look, Piece, Sequence, Times};

pub(super) fn write(all: &[Sequence]) -> String {
    let mut out = String::new();
    alternatives(all, &mut out);
    out
}

fn alternatives(all: &[Sequence], out: &mut String) {
    for (number, sequence) in all.iter().enumerate() {
        if number > 0 {
            out.push('|');
        }
        for piece in sequence {
            write_piece(piece, out);
        }
    }
}

fn write_piece(piece: &Piece, out: &mut String) {
    match &piece.atom {
        Atom::Byte(set) => write_set(*set, out),
        Atom::Newline => out.push_str(r"(?:\r\n|[\n-\r\x85])"),
        Atom::Look(look) => out.push_str(look_text(*look)),
        Atom::Group(all) => {
            out.push_str("(?:");
            alternatives(all, out);
            out.push(')');
        }
    }
    if let Some(times) = piece.times {
        write_times(times, out);
    }
}

const fn look_text(look: Look) -> &'static str {
    match look {
        Look::TextBegins => r"\A",
        Look::TextEnds => r"\z",
        Look::LastLineEnds => r"(?:\n?\z)",
        Look::LineBegins => "(?m:^)",
        Look::LineEnds => "(?m:$)",
        Look::WordBegins => r"\b{start}",
        Look::WordEnds => r"\b{end}",
        Look::WordBounds => r"\b",
        Look::NoWordBounds => r"\B",
    }
}

/// The set of no byte is that without all of them.
fn write_set(set: Set, out: &mut String) {
    let runs = set.runs();
    match runs.as_slice() {
        [] => out.push_str(r"[^\x00-\xff]"),
        [(first, last)] if first == last => out.push_str(&byte(*first)),
        runs => {
            out.push('[');
            for (first, last) in runs {
                out.push_str(&byte(*first));
                if first < last {
                    out.push('-');
                    out.push_str(&byte(*last));
                }
            }
            out.push(']');
        }
    }
}

fn byte(byte: u8) -> String {
    format!("\\x{byte:02x}")
}

fn write_times(times: Times, out: &mut String) {
    out.push_str(&times_text(times));
    if times.lazy {
        out.push('?');
    }
}

fn times_text(Times { least, most, .. }: Times) -> String {
    match (least, most) {
        (0, None) => "*".to_owned(),
        (1, None) => "+".to_owned(),
        (0, Some(1)) => "?".to_owned(),
        (least, None) => format!("{{{least},}}"),
        (least, Some(most)) => format!("{{{least},{most}}}"),
    }
}
