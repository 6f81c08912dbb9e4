//! Does what the plan says: records in, filter, rendered records out, exit code.

use std::ffi::OsString;
use std::io::{self, BufWriter, Write};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::LogsError;
use super::args::Args;
use super::plan::{Extent, LogSettings, Plan, SourcePlan, Surroundings};
use super::record::Record;
use super::render;
use super::source::{self, Source, Step};
use crate::exit::Exit;
use crate::journal::Order;
use crate::usage;

/// Runs the command with these words, the first being its own name, and says how it ended.
pub fn main(words: impl Iterator<Item = OsString>) -> Exit {
    let args = match Args::read(words) {
        Ok(args) => args,
        Err(error) => return usage::report(&error),
    };
    let result = Plan::resolve(&args, &Surroundings::read()).and_then(|plan| {
        // Not locked: what is written at once is one write all the same.
        let mut out = BufWriter::with_capacity(64 * 1024, io::stdout());
        run(&plan, &mut out, &mut io::stderr(), &has_no_reader)
    });
    match result {
        Ok(exit) => exit,
        // A reader that has seen enough is no failure; this is the one place that says so.
        Err(LogsError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Ok,
        Err(error) => {
            // Where standard error is closed too, the exit code has to do.
            let _ = writeln!(io::stderr(), "openim-logs: {error}");
            error.exit()
        }
    }
}

/// Shows what the plan asks for.
fn run(
    plan: &Plan,
    out: &mut dyn Write,
    remarks: &mut dyn Write,
    is_gone: &dyn Fn() -> bool,
) -> Result<Exit, LogsError> {
    remark(plan, remarks, plan.remark.as_deref());
    let mut source = source::open(plan)?;
    let shown = show(plan, source.as_mut(), out, is_gone)?;
    if shown > 0 || plan.extent == Extent::Last(0) {
        return Ok(Exit::Ok);
    }
    if plan.criteria.filter.is_empty() {
        remark(plan, remarks, Some(&explain_nothing(plan)));
        return Ok(Exit::Ok);
    }
    Ok(Exit::Unhealthy)
}

/// Shows the records and returns how many there were.
fn show(
    plan: &Plan,
    source: &mut dyn Source,
    out: &mut dyn Write,
    is_gone: &dyn Fn() -> bool,
) -> Result<u64, LogsError> {
    let keep = |record: &Record<'_>| plan.criteria.admits(record);
    let limit = match plan.extent {
        Extent::All => u64::MAX,
        // What comes later is shown as well.
        Extent::Last(_) if plan.follow => u64::MAX,
        Extent::Last(count) => count,
    };
    if let Extent::Last(count) = plan.extent
        && plan.order == Order::OldestFirst
    {
        source.seek_tail(count, &keep)?;
    }
    let mut form = render::of(&plan.look);
    let mut shown = 0;
    let at_once = plan.follow || matches!(plan.source, SourcePlan::Stdin);
    while shown < limit {
        match source.next()? {
            Step::Record(record) => {
                if keep(&record) {
                    render::render(form.as_mut(), &plan.look, &record, out).map_err(LogsError::Output)?;
                    shown += 1;
                    if at_once {
                        out.flush().map_err(LogsError::Output)?;
                    }
                }
            }
            // Nothing may come for hours, and so no write that would fail.
            Step::Idle if is_gone() => return Err(LogsError::Output(io::ErrorKind::BrokenPipe.into())),
            Step::Idle => {}
            Step::End => break,
        }
    }
    out.flush().map_err(LogsError::Output)?;
    Ok(shown)
}

/// Whether standard output is a pipe or socket that nobody reads any more.
fn has_no_reader() -> bool {
    let stdout = io::stdout();
    let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut watched, Some(&now)).is_ok() && watched[0].revents().intersects(PollFlags::ERR | PollFlags::HUP)
}

/// Says something that is no record, unless it is not wanted.
fn remark(plan: &Plan, remarks: &mut dyn Write, text: Option<&str>) {
    if let Some(text) = text
        && !plan.quiet
    {
        // A remark that cannot be written is none.
        let _ = writeln!(remarks, "openim-logs: {text}");
    }
}

/// Why there was nothing to show.
fn explain_nothing(plan: &Plan) -> String {
    let scope = &plan.scope;
    let bounded = plan.criteria.since.is_some() || plan.criteria.until.is_some();
    let when = if bounded { " in that time" } else { "" };
    match &plan.source {
        SourcePlan::Stdin => format!("nothing from {scope} in standard input{when}"),
        SourcePlan::Files(files) => format!("nothing from {scope} in {}{when}", files.directory.display()),
        SourcePlan::Journal(journal) => {
            let nothing = format!("nothing from {scope} in the journal{when}");
            match source::journal::hidden_file(journal) {
                Some(path) => format!(
                    "{nothing}, as far as you may read it;\n{} needs root or the group systemd-journal",
                    path.display()
                ),
                None => match plan.settings.as_ref().and_then(quiet_stdout) {
                    Some(reason) => format!("{nothing};\n{reason}: try --source files"),
                    None => nothing,
                },
            }
        }
    }
}

/// Where the configuration keeps OpenIM's lines out of the journal, and where they go instead.
fn quiet_stdout(settings: &LogSettings) -> Option<String> {
    let to_stdout = settings.to_stdout.as_ref().filter(|setting| !setting.value)?;
    let (origin, directory) = (&to_stdout.origin, settings.directory.display());
    Some(format!("{origin} has isStdout: false, so it writes to {directory}"))
}
