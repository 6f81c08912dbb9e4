//! `--list-invocations`: the runs of the units that are meant, each start with its id, its first entry and its last.
//!
//! ```text
//! IDX INVOCATION ID                    FIRST ENTRY                 LAST ENTRY                  SERVICE UNIT
//!   0 5b0d1a7e9c3f4d2880aa31c6f4e29b17 Tue 2023-11-14 22:13:20 UTC Tue 2023-11-14 22:13:26 UTC api     openim-api.service
//! ```

use std::io::Write;

use super::LogsError;
use super::args::Output;
use super::plan::{Extent, Form, Look, Plan};
use super::reading::Remarks;
use super::record::service_of_unit;
use super::source::journal::{list_runs, told_of};
use crate::exit::Exit;
use crate::journal::output::Format;
use crate::journal::output::spans::{Kind, write_spans};
use crate::journal::span::{self, Label};
use crate::journal::{self, Opened, Order};

/// Lists them.
pub(super) fn list(plan: &Plan, remarks: &mut Remarks<'_>, out: &mut dyn Write) -> Result<Exit, LogsError> {
    let Some(source) = plan.journal() else { return Ok(Exit::Ok) };
    let limit = match plan.extent {
        Extent::All => None,
        Extent::First(count) => Some(span::Extent::First(count)),
        Extent::Last(count) => Some(span::Extent::Last(count)),
    };
    let newest_first = plan.order == Order::NewestFirst;
    let Opened { mut reader, hidden } = journal::open(source.engine, &source.place)?;
    remarks.say_all(hidden.map(told_of));
    let services = &plan.criteria.selection.0;
    let rows = list_runs(source, services, reader.as_mut(), limit, newest_first, labels_of)?;
    if rows.is_empty() {
        return Err(LogsError::NoRuns(plan.scope.clone()));
    }
    write_spans(Kind::Runs, &rows, &plan.look.options(format_of(&plan.look)), plan.quiet, out)
        .map_err(LogsError::Output)?;
    out.flush().map_err(LogsError::Output)?;
    Ok(Exit::Ok)
}

/// The service, with its number where it runs several times, and the unit.
fn labels_of(unit: &str) -> Vec<Label> {
    let service = service_of_unit(unit).map(|(service, instance)| match instance {
        Some(number) => format!("{service}#{number}"),
        None => service.to_string(),
    });
    vec![("service", service.unwrap_or_else(|| "-".to_owned())), ("unit", unit.to_owned())]
}

/// What is no form of JSON is a table.
const fn format_of(look: &Look) -> Format {
    match &look.form {
        Form::Known(Output::Journal(format)) => *format,
        Form::Known(Output::OpenimJson) => Format::Json,
        Form::Known(Output::Openim) | Form::Own(_) => Format::Short,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_listed_with_its_service_and_number() {
        let service = |unit: &str| labels_of(unit).swap_remove(0).1;
        assert_eq!(service("openim-push@3.service"), "push#3");
        assert_eq!(service("openim-api.service"), "api");
        assert_eq!(service("openim.service"), "-");
    }
}
