//! Does what the plan says.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;

use super::args::Args;
use super::plan::{Action, Plan, Surroundings};
use super::{JournalctlError, boot, header, list, show};
use crate::exit::Exit;
use crate::journal::error::reason;
use crate::journal::output::Format;
use crate::journal::output::spans::{Kind, write_spans};
use crate::journal::{
    self, Engine, Entry, Heading, JournalError, OwnedEntry, Place, Query, Reader, Step, facility, field_name,
    file_patterns,
};
use crate::{stdout, usage};

const HINT: &str = "Hint: You are currently not seeing messages from other users and the system.
      Users in groups 'adm', 'systemd-journal' can see all messages.
      Pass -q to turn off this notice.";

/// Runs `openim-logs journal` with these words, the first being its name, and says how it ended.
pub fn main(words: impl Iterator<Item = OsString>) -> Exit {
    let words: Vec<_> = words.collect();
    let args = match Args::read(words.iter().cloned()) {
        Ok(args) => args,
        Err(error) => return as_journalctl(usage::report(&error)),
    };
    match Plan::resolve(&args, &words, &Surroundings::read()).and_then(|plan| run(&plan)) {
        Ok(exit) => exit,
        Err(JournalctlError::Output(error)) if stdout::is_unread(&error) => Exit::Ok,
        Err(error) => {
            remark(&error.to_string());
            Exit::Unhealthy
        }
    }
}

/// journalctl ends with 1 whatever was wrong.
const fn as_journalctl(exit: Exit) -> Exit {
    if exit.code() == Exit::Ok.code() { Exit::Ok } else { Exit::Unhealthy }
}

/// Says what a reader remarked, as journalctl does: as a sentence, and even where quiet is asked for.
fn remark_all(texts: Vec<String>) {
    for text in texts {
        let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
        remark(&format!("{}{rest}.", first.to_uppercase()));
    }
}

fn remark_unless_quiet(plan: &Plan, texts: Vec<String>) {
    if !plan.quiet {
        remark_all(texts);
    }
}

/// Says something on standard error; where that is closed the exit code has to do.
fn remark(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

fn run(plan: &Plan) -> Result<Exit, JournalctlError> {
    let mut paged = plan.pager.as_ref().and_then(crate::pager::Pager::start);
    let mut direct = io::stdout();
    let out: &mut dyn Write = match &mut paged {
        Some(paged) => paged,
        None => &mut direct,
    };
    match &plan.action {
        Action::ListFormats => list::words(Format::ALL.map(Format::name), out)?,
        Action::ListFacilities => {
            list::words(facility::listed(), out)?;
        }
        Action::Delegate(delegated) => return delegated.run(plan.quiet, remark),
        Action::DiskUsage => {
            list::disk_usage(heads(plan)?.iter().map(|(_, head)| head.disk_usage).sum(), out)?;
        }
        Action::Header => write_headers(plan, out)?,
        Action::ListBoots { newest_first } => {
            let boots = boot::numbered(open(plan)?.as_mut(), *newest_first)?;
            if !boots.is_empty() {
                write_spans(Kind::Boots, &boots, &plan.output, plan.quiet, out)?;
            }
        }
        Action::ListRuns { selection, limit, newest_first } => {
            let say = |remarks| remark_unless_quiet(plan, remarks);
            let runs = selection.list_runs(open(plan)?.as_mut(), *limit, *newest_first, &say)?;
            write_spans(Kind::Runs, &runs, &plan.output, plan.quiet, out)?;
        }
        Action::FieldNames => list::values(&open(plan)?.field_names()?, usize::MAX, out)?,
        Action::FieldValues { selection, name, limit } => {
            let mut reader = open(plan)?;
            selection.resolve(reader.as_mut(), &|remarks| remark_unless_quiet(plan, remarks))?;
            if !field_name::can_be_asked_for(name.as_bytes()) {
                return Err(JournalctlError::FieldName);
            }
            let values = reader.unique(name)?;
            remark_all(reader.take_remarks());
            list::values(&values, *limit, out)?;
        }
        Action::Show(show) => {
            if show.wants_catalog {
                remark("openim-logs: explanations (-x) are left out");
            }
            let mut reader = open(plan)?;
            return show::show(plan, show, reader.as_mut(), out, &stdout::has_no_reader, &remark_all);
        }
    }
    Ok(Exit::Ok)
}

/// The head of each file, with an empty line between them.
fn write_headers(plan: &Plan, out: &mut dyn Write) -> Result<(), JournalctlError> {
    let mut divider: &[u8] = b"";
    for (path, head) in heads(plan)? {
        out.write_all(std::mem::replace(&mut divider, b"\n"))?;
        header::write(&path, &head, plan.output.zone, out)?;
    }
    Ok(())
}

/// The files with their heads, without reading more of them. What is no journal is left out and told; one that was named
/// must be a journal.
fn heads(plan: &Plan) -> Result<Vec<(PathBuf, Heading)>, JournalctlError> {
    let place = place(plan)?;
    let found = journal::files(&place).map_err(|error| failed(plan, error))?;
    if found.hidden.is_some() {
        hint(plan);
    } else if found.files.is_empty() && !plan.quiet {
        remark("No journal files were found.");
    }
    let mut heads = Vec::new();
    for path in found.files {
        match Heading::read(&path) {
            Ok(head) => heads.push((path, head)),
            Err(error) if matches!(place, Place::Files(_)) => return Err(failed(plan, error)),
            Err(error) => remark_all(vec![format!("journal file {error}, ignoring file")]),
        }
    }
    Ok(heads)
}

/// Files that were named must be journals, each of them.
fn check_named(plan: &Plan, place: &Place) -> Result<(), JournalctlError> {
    let Place::Files(files) = place else { return Ok(()) };
    let check = |path: &PathBuf| Heading::read(path).map(drop);
    files.iter().try_for_each(check).map_err(|error| failed(plan, error))
}

fn place(plan: &Plan) -> Result<Place, JournalctlError> {
    match &plan.place {
        Place::Files(patterns) => match file_patterns::expand(patterns) {
            none if none.is_empty() => Err(JournalctlError::Files("No such file or directory")),
            files => Ok(Place::Files(files)),
        },
        other @ (Place::Host(_) | Place::Directory { .. }) => Ok(other.clone()),
    }
}

/// Opens the journal. One that has no files is empty, which is said and is no failure.
fn open(plan: &Plan) -> Result<Box<dyn Reader>, JournalctlError> {
    let place = place(plan)?;
    if plan.engine == Some(Engine::Native) {
        check_named(plan, &place)?;
    }
    match journal::open(plan.engine, &place) {
        Ok(mut opened) => {
            remark_all(opened.reader.take_remarks());
            if opened.hidden.is_some() {
                hint(plan);
            }
            Ok(opened.reader)
        }
        Err(JournalError::Missing { .. }) => {
            if !plan.quiet {
                remark("No journal files were found.");
            }
            Ok(Box::new(Nothing::default()))
        }
        Err(JournalError::Read { source, .. }) if matches!(plan.place, Place::Files(_)) => {
            Err(JournalctlError::Files(reason(&source)))
        }
        Err(error) => Err(failed(plan, error)),
    }
}

/// Says that there is more than may be read.
fn hint(plan: &Plan) {
    if !plan.quiet {
        remark(HINT);
    }
}

/// What journalctl says where files or a directory cannot be opened; all else has words of its own.
fn failed(plan: &Plan, error: JournalError) -> JournalctlError {
    match (error, &plan.place) {
        (JournalError::Permission { .. }, _) => {
            hint(plan);
            JournalctlError::Permission
        }
        (JournalError::Open { source, .. }, Place::Files(_)) => JournalctlError::Files(reason(&source)),
        (JournalError::Open { path, source }, Place::Host(_) | Place::Directory { .. }) => {
            JournalctlError::Directory { place: path, reason: reason(&source) }
        }
        (error, _) => error.into(),
    }
}

/// A journal without files.
#[derive(Default)]
struct Nothing(OwnedEntry);

impl Reader for Nothing {
    fn restart(&mut self, _: &Query) -> Result<(), JournalError> {
        Ok(())
    }

    fn next(&mut self) -> Result<Step<'_>, JournalError> {
        Ok(Step::End)
    }

    fn entry(&self) -> Entry<'_> {
        self.0.lend()
    }

    fn unique(&mut self, _: &str) -> Result<Vec<Vec<u8>>, JournalError> {
        Ok(Vec::new())
    }

    fn field_names(&mut self) -> Result<Vec<Vec<u8>>, JournalError> {
        Ok(Vec::new())
    }
}
