//! The other forms of journalctl, printed by its own printer: `short-iso` and its kin, `with-unit`, `verbose`, `export`.
//!
//! The printer is shown an entry as OpenIM's face has it: the message without colours and whole where journald has cut
//! it, secrets masked. `export` shows what is stored. A line of a file is shown as the entry that journald would have
//! made of it. `short` itself is printed here where its lines are cut. In the family of `short` a line has the colour of
//! its true level.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io::{self, Write};

use super::dump::Folded;
use super::{Heading, Render};
use crate::journal::output::{Format, Printer};
use crate::journal::{Entry, OwnedEntry};
use crate::logs::plan::Look;
use crate::logs::record::Record;
use crate::openim::redact::redact;

pub(super) struct Journalctl<'l> {
    look: &'l Look,
    format: Format,
    /// It knows the entry before, for the time that has passed since.
    printer: RefCell<Printer>,
}

impl<'l> Journalctl<'l> {
    pub(super) fn new(look: &'l Look, format: Format) -> Self {
        Self { look, format, printer: RefCell::new(Printer::new(look.options(format))) }
    }

    /// The entry with the text that the record has.
    fn entry_of(&self, record: &Record<'_>, entry: Entry<'_>) -> OwnedEntry {
        let stored = self.format == Format::Export;
        let text = self.text_of(record);
        let shows_level = !stored && self.format != Format::Verbose;
        let priority = record.priority.to_string();
        entry.with_values(|name, value| match name {
            b"MESSAGE" => text.clone(),
            b"PRIORITY" if shows_level => Cow::Owned(priority.clone().into_bytes()),
            _ if self.look.redact && !stored => redact(value),
            _ => Cow::Borrowed(value),
        })
    }

    /// The entry that journald would have made of a line.
    fn entry_of_line(&self, record: &Record<'_>) -> OwnedEntry {
        let (known, text) = (record.fields_of_line(&self.look.host), self.text_of(record));
        let known = known.iter().map(|(name, value)| (*name, value.as_bytes()));
        let fields = known.chain([("MESSAGE", text.as_ref())]).filter(|(_, value)| !value.is_empty());
        OwnedEntry::of(record.time, &fields.collect::<Vec<_>>())
    }

    fn text_of<'r>(&self, record: &Record<'r>) -> Cow<'r, [u8]> {
        let as_it_is = self.format == Format::Export || self.look.all;
        if as_it_is {
            return Cow::Borrowed(record.raw);
        }
        // `verbose` shows fields as they are.
        let dump = Folded::of(record, self.look).filter(|_| self.format != Format::Verbose);
        dump.map_or_else(|| record.text(), |dump| Cow::Owned(dump.to_string().into_bytes()))
    }
}

impl Render for Journalctl<'_> {
    fn heading(&self, record: &Record<'_>) -> Option<Heading> {
        let divides = !self.look.quiet && !self.format.is_for_programs();
        record.entry.filter(|_| divides).map(|entry| Heading::Boot(entry.boot()))
    }

    fn render(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()> {
        let entry = match record.entry {
            Some(entry) => self.entry_of(record, entry),
            None => self.entry_of_line(record),
        };
        let mut text = Vec::new();
        self.printer.borrow_mut().print(entry.lend(), None, &mut text);
        out.write_all(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::record::Context;
    use crate::logs::render::tests::{look, shown};
    use crate::time::Timestamp;

    const WARN: &[u8] = b"2026-07-02 08:40:07.464\t\x1b[33mWARN\x1b[0m\t\x1b[33m[PID:15]       \x1b[0m\t\x1b[33mopenim-push               \x1b[0m\t[main]                        \t[a/b.go:1]                                        \tm\t{\"token\": \"abc\"}";

    fn entry() -> OwnedEntry {
        let fields: [(&str, &[u8]); 5] = [
            ("_HOSTNAME", b"openimbox"),
            ("SYSLOG_IDENTIFIER", b"openim-push"),
            ("_PID", b"15"),
            ("PRIORITY", b"6"),
            ("MESSAGE", WARN),
        ];
        OwnedEntry::of(Timestamp::from_micros(1_500_000), &fields)
    }

    fn show(format: Format, look: &Look) -> String {
        let entry = entry();
        shown(&Journalctl::new(look, format), look, &Record::of_entry(entry.lend()))
    }

    #[test]
    fn the_family_of_short_has_clean_text_and_the_colour_of_the_true_level() {
        let text = show(Format::ShortIso, &look());
        let head = "1970-01-01T00:00:01+0000 openimbox openim-push[15]: 2026-07-02 08:40:07.464        WARN";
        assert!(text.starts_with(head), "{text}");
        assert!(text.ends_with("{\"token\": \"***\"}\n"), "{text}");
        let bare = show(Format::ShortIso, &Look { hostname: false, ..look() });
        assert!(bare.starts_with("1970-01-01T00:00:01+0000 openim-push[15]: "), "{bare}");
        let colour = show(Format::ShortPrecise, &Look { colour: true, ..look() });
        assert!(
            colour.contains("\x1b[0;1;38;5;185m2026-") || colour.contains("\x1b[0;1;33m2026-"),
            "{colour:?}"
        );
    }

    #[test]
    fn verbose_shows_the_stored_priority_and_export_the_stored_text() {
        assert!(show(Format::Verbose, &look()).contains("    PRIORITY=6\n"));
        let look = Look {
            form: crate::logs::plan::Form::Known(crate::logs::args::Output::Journal(Format::Export)),
            ..look()
        };
        let (entry, mut text) = (entry(), Vec::new());
        let record = Record::of_entry(entry.lend());
        crate::logs::render::render(&Journalctl::new(&look, Format::Export), &look, &record, &mut text)
            .unwrap();
        assert!(memchr::memmem::find(&text, WARN).is_some(), "{}", String::from_utf8_lossy(&text));
    }

    #[test]
    fn a_dump_is_folded_where_it_is_a_line_and_whole_where_it_is_a_field() {
        let dump = b"panic: boom\n\ngoroutine 7 [running]:\nmain.f()\n\t/openim-server/internal/push/push.go:78 +0x27";
        let entry = OwnedEntry::of(Timestamp::from_micros(1_500_000), &[("MESSAGE", dump)]);
        let show = |format, look: &Look| {
            shown(&Journalctl::new(look, format), look, &Record::of_entry(entry.lend()))
        };
        let (usual, unfolded) = (look(), Look { unfold: true, ..look() });
        for format in [Format::ShortIso, Format::WithUnit, Format::ShortUnix] {
            let text = show(format, &usual);
            assert!(text.contains(": panic: boom\n"), "{text}");
            let (place, rest) = ("at internal/push/push.go:78", "4 lines of goroutines folded (--unfold)");
            let lines: Vec<&str> = text.lines().skip(1).map(str::trim).collect();
            assert_eq!(lines, [place, rest], "{format:?}");
            assert_eq!(show(format, &unfolded).lines().count(), 5, "{format:?}");
        }
        assert!(show(Format::Verbose, &usual).contains("goroutine 7 [running]:"));
    }

    #[test]
    fn a_line_of_a_file_is_shown_as_an_entry() {
        let look = look();
        let context = Context { time: Timestamp::from_micros(1_500_000), ..Context::default() };
        let text = shown(&Journalctl::new(&look, Format::ShortUnix), &look, &Record::new(WARN, context));
        assert!(text.starts_with("         1.500000 box openim-push[15]: 2026-07-02"), "{text}");
    }
}
