//! Entry after entry out of the journal, through the pattern, onto the output.

use std::io::{self, Write};
use std::path::Path;

use super::plan::{CursorWanted, Plan, Show};
use super::select::Selected;
use super::{JournalctlError, parallel};
use crate::exit::Exit;
use crate::journal::cursor_file::Kept;
use crate::journal::output::{Format, Printer, print_boot};
use crate::journal::span::Extent;
use crate::journal::{self, Cursor, Entry, Id128, MOST_CLOCK_STEP, Order, Query, Reader, Stamp, Start, Step};
use crate::stdout;
use crate::time::Timestamp;

/// What is gathered before it is written.
pub(super) const AT_ONCE: usize = 192 * 1024;

/// Shows the entries that the plan asks for.
pub(super) fn show(
    plan: &Plan,
    show: &Show,
    reader: &mut dyn Reader,
    out: &mut dyn Write,
    is_gone: &dyn Fn() -> bool,
    say: &dyn Fn(Vec<String>),
) -> Result<Exit, JournalctlError> {
    let say_unless_quiet = |remarks| {
        if !plan.quiet {
            say(remarks);
        }
    };
    let selected = show.selection.resolve(reader, &say_unless_quiet)?;
    let query = show.query(selected)?;
    let mut screen = Screen::new(plan, show);
    let parts = if show.can_be_divided(plan) { reader.parts(&query) } else { None };
    let shown = match parts {
        Some(parts) => parallel::run(plan, show, &parts, out, say),
        None => screen.run(reader, &query, out, is_gone, say),
    };
    say(reader.take_remarks());
    let shown = shown?;
    screen.end(shown, out)?;
    // There is no cursor of nothing, which journalctl ends with 1 for. A pattern that was found nowhere fails, too,
    // unless no line was wanted; then only where a cursor is, or where there is nothing at all.
    let has_place = screen.place.is_some();
    let looked_for_place = show.limit() == 0 && !show.keeps_cursor();
    let missed = shown == 0 && show.pattern.is_some() && !(looked_for_place && has_place);
    let failed = missed || (show.keeps_cursor() && !has_place);
    Ok(if failed { Exit::Unhealthy } else { Exit::Ok })
}

impl Show {
    fn query(&self, selected: Selected) -> Result<Query, JournalctlError> {
        let (order, near, far) = if self.newest_first {
            (Order::NewestFirst, self.until, self.since)
        } else {
            (Order::OldestFirst, self.since, self.until)
        };
        let parse = |text: &str| Cursor::parse(text).ok_or(JournalctlError::Cursor);
        let start = match (&self.cursor, self.lines) {
            (Some(CursorWanted::At(text)), _) => Start::At(parse(text)?),
            (Some(CursorWanted::After(text)), _) => Start::After(parse(text)?),
            // Lines are counted from where time lets reading begin, and from the end only where it does not.
            (None, Some(Extent::Last(count))) if near.is_none() && !self.newest_first => Start::Tail(count),
            (None, _) => near.map_or(Start::Edge, Start::Time),
        };
        // Reading ends at the first entry beyond the far end. Much further the reader need not look, unless the place
        // where reading ended is asked for or decides, or lines are counted back from an end that lies beyond.
        let begins_near = matches!(start, Start::Edge | Start::Time(_));
        let looks_beyond = self.keeps_cursor() || self.limit() == 0 || !begins_near;
        let far = far.filter(|_| !looks_beyond);
        let (since, until) = if self.newest_first {
            (far.map(|since| Timestamp::from_micros(since.micros().saturating_sub(MOST_CLOCK_STEP))), None)
        } else {
            (None, far.map(|until| Timestamp::from_micros(until.micros().saturating_add(MOST_CLOCK_STEP))))
        };
        let (clauses, boots, follow) = (selected.clauses, selected.boots, self.follow);
        Ok(Query { clauses, boots, since, until, start, order, follow })
    }

    /// Whether an entry is shown the same whatever came before it, but for the line between two boots.
    fn can_be_divided(&self, plan: &Plan) -> bool {
        let is_whole = self.lines.is_none() && !self.follow && !self.keeps_cursor();
        let is_possible = plan.output.format != Format::ShortDelta && !plan.asks_the_impossible();
        is_whole && is_possible && journal::threads() > 1
    }

    const fn keeps_cursor(&self) -> bool {
        self.prints_cursor || self.cursor_file.is_some()
    }

    /// At most so many entries.
    pub(super) fn limit(&self) -> u64 {
        match self.lines {
            // What comes later is shown as well.
            Some(Extent::Last(_)) if self.follow => u64::MAX,
            Some(lines) => lines.count(),
            None => u64::MAX,
        }
    }

    /// Whether an entry lies beyond the far end of the time that is asked for.
    fn is_beyond(&self, stamp: &Stamp) -> bool {
        if self.newest_first {
            self.since.is_some_and(|since| stamp.realtime < since)
        } else {
            self.until.is_some_and(|until| stamp.realtime > until)
        }
    }
}

/// What is printed, and what of it bears on what comes next.
pub(super) struct Screen<'p> {
    show: &'p Show,
    colour: bool,
    /// Whether no entry can be printed so.
    is_impossible: bool,
    /// A copy, as one that several threads use would make them wait for each other.
    pattern: Option<regex::bytes::Regex>,
    printer: Printer,
    pub(super) buffer: Vec<u8>,
    /// Of the entry before.
    pub(super) boot: Option<Id128>,
    /// Where reading ended.
    place: Option<Stamp>,
    kept: Kept,
}

impl<'p> Screen<'p> {
    pub(super) fn new(plan: &Plan, show: &'p Show) -> Self {
        let printer = Printer::new(plan.output.clone());
        let (colour, is_impossible) = (plan.output.colour.is_some(), plan.asks_the_impossible());
        let buffer = Vec::with_capacity(2 * AT_ONCE);
        let pattern = show.pattern.clone();
        let kept = Kept::new();
        Self { show, colour, is_impossible, pattern, printer, buffer, boot: None, place: None, kept }
    }

    /// Returns how many entries were shown.
    fn run(
        &mut self,
        reader: &mut dyn Reader,
        query: &Query,
        out: &mut dyn Write,
        is_gone: &dyn Fn() -> bool,
        say: &dyn Fn(Vec<String>),
    ) -> Result<u64, JournalctlError> {
        let limit = self.show.limit();
        if limit == 0 {
            self.place = crate::journal::boot::first(reader, &place_of_none(query))?;
            self.end_at_cursor(reader, query)?;
            return Ok(0);
        }
        reader.restart(query)?;
        let mut shown = 0;
        while shown < limit {
            match reader.next()? {
                Step::Entry(entry) => {
                    self.place = Some(*entry.stamp());
                    if !self.show.is_beyond(entry.stamp()) {
                        let is_shown = self.take(entry);
                        if is_shown && self.is_impossible {
                            return Err(JournalctlError::Data);
                        }
                        shown += u64::from(is_shown);
                    } else if !self.show.follow {
                        break;
                    }
                    if self.show.follow || self.buffer.len() >= AT_ONCE {
                        self.flush(out)?;
                        say(reader.take_remarks());
                    }
                    if self.show.follow {
                        self.save_cursor(Kept::save_if_behind)?;
                    }
                }
                Step::Idle if is_gone() => return Err(stdout::unread().into()),
                Step::Idle => {
                    self.save_cursor(Kept::save)?;
                    say(reader.take_remarks());
                }
                Step::End => break,
            }
        }
        self.end_at_cursor(reader, query)?;
        Ok(shown)
    }

    /// Where nothing comes behind a cursor, reading ends at its own entry.
    fn end_at_cursor(&mut self, reader: &mut dyn Reader, query: &Query) -> Result<(), JournalctlError> {
        if let (Start::After(cursor), None, true) = (&query.start, self.place, self.show.keeps_cursor()) {
            let at_cursor = Query { start: Start::At(*cursor), follow: false, ..query.clone() };
            self.place = crate::journal::boot::first(reader, &at_cursor)?;
        }
        Ok(())
    }

    /// Whether an entry lies beyond the far end of the time that is asked for.
    pub(super) fn is_beyond(&self, entry: Entry<'_>) -> bool {
        self.show.is_beyond(entry.stamp())
    }

    /// Prints an entry if it is one of those asked for.
    pub(super) fn take(&mut self, entry: Entry<'_>) -> bool {
        if self.is_excluded(entry) {
            return false;
        }
        self.begin_boot(entry.boot());
        let matched = match &self.pattern {
            None => None,
            Some(pattern) => match entry.field("MESSAGE").and_then(|message| pattern.find(message)) {
                Some(found) => Some(found.range()),
                None => return false,
            },
        };
        self.printer.print(entry, matched, &mut self.buffer);
        true
    }

    /// Says where one boot ends and the next begins.
    pub(super) fn begin_boot(&mut self, boot: Id128) {
        let before = self.boot.replace(boot);
        if self.show.divide_boots && before.is_some_and(|before| before != boot) {
            print_boot(boot, self.colour, &mut self.buffer);
        }
    }

    fn is_excluded(&self, entry: Entry<'_>) -> bool {
        let excluded = &self.show.selection.excluded_identifiers;
        !excluded.is_empty()
            && entry.field("SYSLOG_IDENTIFIER").is_some_and(|name| excluded.iter().any(|one| one == name))
    }

    fn flush(&mut self, out: &mut dyn Write) -> Result<(), JournalctlError> {
        out.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(out.flush()?)
    }

    /// What comes behind the entries.
    fn end(&mut self, shown: u64, out: &mut dyn Write) -> Result<(), JournalctlError> {
        if shown == 0 && self.show.remark_nothing {
            self.buffer.extend_from_slice(b"-- No entries --\n");
        }
        if let Some(place) = self.place.filter(|_| self.show.prints_cursor) {
            writeln!(self.buffer, "-- cursor: {}", Cursor::from(place))?;
        }
        self.flush(out)?;
        self.save_cursor(Kept::save)
    }

    fn save_cursor(
        &mut self,
        save: impl Fn(&mut Kept, &Path, Cursor) -> io::Result<()>,
    ) -> Result<(), JournalctlError> {
        let (Some(path), Some(place)) = (&self.show.cursor_file, self.place) else { return Ok(()) };
        save(&mut self.kept, path, Cursor::from(place))
            .map_err(|source| JournalctlError::WriteCursorFile { path: path.to_owned(), source })
    }
}

/// Where reading ends that shows nothing: at its first entry, and without a beginning at the last of all.
fn place_of_none(query: &Query) -> Query {
    let order = if query.start == Start::Tail(0) { Order::NewestFirst } else { query.order };
    let start = if query.start == Start::Tail(0) { Start::Edge } else { query.start.clone() };
    Query { start, order, follow: false, ..query.clone() }
}
