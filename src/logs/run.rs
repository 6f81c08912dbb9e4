//! Does what the plan says: records in, filter, rendered records out, exit code.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::Path;

use super::LogsError;
use super::args::{Args, Facility, ReportFormat};
use super::counter::{Counted, Counter};
use super::doctor;
use super::named_instances::Explained;
use super::place::Keeper;
use super::plan::{Plan, Question, SourcePlan, Surroundings, Task};
use super::progress::{BesideProgress, Progress};
use super::reading::{Event, Reading, Remarks};
use super::show::show;
use super::source::Beside;
use super::verb::{self, Answer, Span};
use super::{named_instances, named_units, runs};
use crate::exit::Exit;
use crate::journal::boot::BootWanted;
use crate::journal::{Start, facility};
use crate::journalctl;
use crate::pager::Pages;
use crate::{stdout, usage};

/// The verb behind which everything is journalctl's.
const JOURNAL: &str = "journal";

/// Runs the command with these words, the first being its own name, and says how it ended.
pub fn main(words: impl Iterator<Item = OsString>) -> Exit {
    let words: Vec<_> = words.collect();
    if words.get(1).is_some_and(|verb| verb == JOURNAL) {
        // A face of its own: the same letters, with journalctl's meanings.
        return journalctl::main(words.into_iter().skip(1));
    }
    let args = match Args::read(words.into_iter()) {
        Ok(args) => args,
        Err(error) => return usage::report(&error),
    };
    let result = if args.scope().facility.contains(&Facility::Help) {
        list_facilities(&mut io::stdout()).map(|()| Exit::Ok)
    } else {
        Plan::resolve(&args, &Surroundings::read()).and_then(|plan| {
            // Not locked: what is written at once is one write all the same.
            let mut out = BufWriter::with_capacity(64 * 1024, Pages::new(plan.pager.clone()));
            run(&plan, &mut out, &mut io::stderr(), &stdout::has_no_reader)
        })
    };
    match result {
        Ok(exit) => exit,
        Err(LogsError::Output(error)) if stdout::is_unread(&error) => Exit::Ok,
        Err(error) => {
            // Where standard error is closed too, the exit code has to do.
            let _ = writeln!(io::stderr(), "openim-logs: {error}");
            error.exit()
        }
    }
}

fn list_facilities(out: &mut dyn Write) -> Result<(), LogsError> {
    facility::listed().try_for_each(|name| writeln!(out, "{name}")).map_err(LogsError::Output)
}

/// Shows what the plan asks for.
fn run(
    plan: &Plan,
    out: &mut dyn Write,
    remarks: &mut dyn Write,
    is_gone: &dyn Fn() -> bool,
) -> Result<Exit, LogsError> {
    let mut remarks = Remarks::new(remarks, plan.quiet);
    remarks.say_all([&plan.reads_too, &plan.remark].into_iter().flatten());
    if let Task::Examine(format) = &plan.task {
        doctor::report(plan, *format, out)?;
        return Ok(Exit::Ok);
    }
    if plan.task == Task::ListRuns {
        return runs::list(plan, &mut remarks, out);
    }
    let mut blank = match &plan.task {
        Task::Answer(question, format) => Some((verb::of(question, plan)?, *format)),
        Task::Show | Task::Count | Task::ListRuns | Task::Examine(_) => None,
    };
    let counter = blank.as_ref().and_then(|(answer, _)| Counter::of(plan, answer.as_ref()));
    let progress = Progress::of(plan);
    let beside = Beside { progress: progress.clone(), counter };
    let mut reading = Reading::open(plan, &beside, remarks, is_gone)?;
    let found = match &mut blank {
        Some((answer, format)) => fill(&mut reading, answer.as_mut(), beside)
            .and_then(|span| write(plan, answer.as_ref(), *format, span, out).map_err(LogsError::Output)),
        None if plan.task == Task::Count => count(&mut reading, beside.progress, out),
        None if progress.goes_on() => {
            let mut out = BesideProgress::new(out, progress.clone(), plan.pager.is_some());
            show(&mut reading, beside.progress, &mut out)
        }
        None => show(&mut reading, beside.progress, out),
    };
    // Threads that read ahead may go on for a while.
    progress.end();
    reading.say_remarks();
    let found = found?;
    if found > 0 || plan.extent.is_nothing() {
        return Ok(Exit::Ok);
    }
    let instances = named_instances::explain(plan);
    let is_well = plan.criteria.filter.is_empty() && instances.strangers.is_empty();
    reading.remarks.say_all([explain_nothing(plan, instances)]);
    Ok(if is_well { Exit::Ok } else { Exit::Unhealthy })
}

/// Reads what answers a question, and says when the first and the last of it was written.
fn fill(
    reading: &mut Reading<'_>,
    answer: &mut dyn Answer,
    Beside { mut progress, counter }: Beside,
) -> Result<Span, LogsError> {
    let plan = reading.plan;
    let mut span = Span::default();
    reading.read(&mut |event| {
        if let Event::Record(record, found) = event {
            progress.count(record.raw.len(), || record.time);
            if found {
                span.add(record.time);
            }
            record.show(plan.look.redact, |record| answer.take(record, found));
        }
        Ok(if answer.is_complete() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    if let Some(Counted { tally, span: counted }) = counter.map(Counter::whole) {
        answer.merge(tally);
        span.merge(counted);
    }
    progress.end();
    Ok(span)
}

/// Writes the answer, and says whether there is any.
fn write(
    plan: &Plan,
    answer: &dyn Answer,
    format: ReportFormat,
    span: Span,
    out: &mut dyn Write,
) -> io::Result<u64> {
    let is_empty = answer.is_empty();
    match format {
        ReportFormat::Text if is_empty => {}
        ReportFormat::Text => verb::show(answer, &plan.look, span, out)?,
        ReportFormat::Json => {
            serde_json::to_writer(&mut *out, &answer.json(plan.look.zone))?;
            out.write_all(b"\n")?;
        }
    }
    out.flush()?;
    Ok(u64::from(!is_empty))
}

/// Writes how many records are found, and returns it. Only what was counted and told is behind who goes on from there.
fn count(reading: &mut Reading<'_>, mut progress: Progress, out: &mut dyn Write) -> Result<u64, LogsError> {
    let mut count = 0;
    let mut place = Keeper::new(&reading.plan.place);
    reading.read(&mut |event| {
        if let Event::Record(record, found) = event {
            progress.count(record.raw.len(), || record.time);
            place.pass(record);
            count += u64::from(found);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    progress.end();
    let end = writeln!(out, "{count}").and_then(|()| place.show(out)).and_then(|()| out.flush());
    end.map_err(LogsError::Output)?;
    place.save()?;
    Ok(count)
}

/// Why there was nothing to show: what was asked, what of it does not exist, and whatever is known to keep it away.
fn explain_nothing(plan: &Plan, instances: Explained) -> String {
    let scope = &plan.scope;
    let when = explain_bounds(plan);
    let what = match &plan.task {
        Task::Answer(Question::Panics, _) => "no panic of",
        Task::Answer(Question::Slow { .. }, _) => "no finished call of",
        Task::Answer(Question::Gaps, _) => {
            return format!("nothing is known to be lost of {scope} in the journal{when}");
        }
        Task::Answer(Question::Trace { .. }, _) => "no line of that request from",
        Task::Answer(Question::Stats { .. } | Question::Top { .. }, _)
        | Task::Show
        | Task::Count
        | Task::ListRuns
        | Task::Examine(_) => "nothing from",
    };
    let filtered = match &plan.task {
        Task::Answer(Question::Trace { .. }, _) => "",
        Task::Answer(_, _) | Task::Show | Task::Count | Task::ListRuns | Task::Examine(_) => {
            if plan.criteria.filter.is_empty() { "" } else { " that the filter admits" }
        }
    };
    let place = name_places(plan);
    let reads_files = plan.sources.iter().any(|source| matches!(source, SourcePlan::Files(_)));
    let mut reasons = doctor::examine(plan);
    reasons.retain(|reason| !(reads_files && matches!(reason, doctor::Reason::NotToStdout { .. })));
    let mut sentences = vec![format!("{what} {scope} in {place}{when}{filtered}")];
    sentences.extend(instances.untold);
    sentences.extend(named_units::explain(plan));
    sentences.extend(instances.strangers);
    sentences.extend(reasons.iter().map(ToString::to_string));
    sentences.join(";\n")
}

/// Which part of the journal, or of the time, was looked at.
fn explain_bounds(plan: &Plan) -> &'static str {
    let journal = plan.journal();
    if journal.is_some_and(|journal| journal.start != Start::Edge) {
        return " beyond that cursor";
    }
    let of_a_boot = journal.and_then(|journal| journal.boot).is_some_and(|boot| boot != BootWanted::All);
    let bounded = plan.criteria.since.is_some() || plan.criteria.until.is_some();
    match (of_a_boot, bounded) {
        (false, false) => "",
        (false, true) => " in that time",
        (true, false) => " of that boot",
        (true, true) => " of that boot in that time",
    }
}

/// Where was looked.
fn name_places(plan: &Plan) -> String {
    let mut outputs = Vec::new();
    let mut places = Vec::new();
    for source in &plan.sources {
        match source {
            SourcePlan::Stdin => places.push("standard input".to_owned()),
            SourcePlan::Files(files) => places.push(files.directory.display().to_string()),
            SourcePlan::Output(output) => outputs.push(output.path.as_path()),
            SourcePlan::Journal(_) => places.push("the journal".to_owned()),
        }
    }
    places.extend(name_outputs(&outputs));
    places.join(" and ")
}

/// Each file; of several in one directory only how many they are, for a deployment has dozens.
fn name_outputs(paths: &[&Path]) -> Vec<String> {
    let mut directories: BTreeMap<&Path, Vec<&Path>> = BTreeMap::new();
    for path in paths {
        directories.entry(path.parent().unwrap_or(path)).or_default().push(path);
    }
    let name = |(directory, files): (&Path, Vec<&Path>)| match files.as_slice() {
        [one] => one.display().to_string(),
        several => format!("{} files in {}", several.len(), directory.display()),
    };
    directories.into_iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_a_directory_are_counted_and_one_alone_is_named() {
        let paths = ["/a/api.log", "/b/push.out", "/a/push.log"].map(Path::new);
        assert_eq!(name_outputs(&paths), ["2 files in /a", "/b/push.out"]);
        assert_eq!(name_outputs(&[]), [""; 0]);
    }
}
