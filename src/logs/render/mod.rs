//! How records are shown: one file for each form, all of one shape, and nothing else writes records.

mod cat;
mod colour;
mod dump;
pub(super) mod fold;
mod heading;
mod journalctl;
mod json;
mod openim;
mod openim_json;
mod short;
mod template;

use std::borrow::Cow;
use std::io::{self, Write};

use anstyle::Style;

use super::args::Output;
use super::column::Column;
use super::plan::{Form, Look};
use super::record::Record;
use crate::journal::output::Format;
use crate::journal::output::json::Layout;

pub(super) use colour::style_of;
pub(super) use heading::{Heading, Headings};
pub(super) use openim_json::rfc3339;
pub(super) use template::Template;

/// Shows records, each by itself: what one is shown as does not depend on which were shown before.
pub(super) trait Render {
    /// Writes a record.
    fn render(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()>;

    /// What a record stands under, where the form has headings.
    fn heading(&self, _: &Record<'_>) -> Option<Heading> {
        None
    }

    /// What the first records stand under without a word.
    fn first_heading(&self) -> Option<Heading> {
        None
    }
}

/// A record as it is shown as soon as it is known whether it is.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) text: Vec<u8>,
    pub(super) heading: Option<Heading>,
    /// It is no record, but says that some are left out.
    pub(super) is_gap: bool,
}

impl Shown {
    /// As grep has it.
    pub(super) fn gap() -> Self {
        Self { text: b"--\n".to_vec(), heading: None, is_gap: true }
    }

    pub(super) fn of(form: &dyn Render, look: &Look, record: &Record<'_>) -> io::Result<Self> {
        let mut text = Vec::new();
        render(form, look, record, &mut text)?;
        Ok(Self { text, heading: form.heading(record), is_gap: false })
    }
}

/// The form that was asked for.
pub(super) fn of(look: &Look) -> Box<dyn Render + '_> {
    match &look.form {
        Form::Known(output) => match output {
            Output::Openim => Box::new(openim::Openim::new(look)),
            Output::OpenimJson => Box::new(openim_json::OpenimJson::new(look)),
            Output::Journal(format) => of_journal(look, *format),
        },
        Form::Own(template) => Box::new(template::Own::new(look, template)),
    }
}

/// The forms of journalctl: those that show a message see it without colours.
fn of_journal(look: &Look, format: Format) -> Box<dyn Render + '_> {
    use Format as F;
    match format {
        F::Short if look.cut_to.is_none() && !look.first_line_only => Box::new(short::Short::new(look)),
        F::Cat => Box::new(cat::Cat::new(look)),
        F::Json => Box::new(json::Json::new(look, Layout::Line)),
        F::JsonPretty => Box::new(json::Json::new(look, Layout::Pretty)),
        F::JsonSse => Box::new(json::Json::new(look, Layout::Event)),
        F::JsonSeq => Box::new(json::Json::new(look, Layout::Sequence)),
        F::Short | F::ShortFull | F::ShortIso | F::ShortIsoPrecise | F::ShortPrecise => {
            Box::new(journalctl::Journalctl::new(look, format))
        }
        F::ShortMonotonic | F::ShortDelta | F::ShortUnix | F::WithUnit | F::Verbose | F::Export => {
            Box::new(journalctl::Journalctl::new(look, format))
        }
    }
}

/// Shows a record with its secrets masked, unless they are to be seen. `cat` and `export` give the stored bytes.
pub(super) fn render(
    form: &dyn Render,
    look: &Look,
    record: &Record<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    record.show(look.redact && !look.form.keeps_bytes(), |record| form.render(record, out))
}

/// How long the call took that ends with a record, where that was asked for and the line does not say it.
fn computed_cost<'r>(record: &'r Record<'_>) -> Option<Cow<'r, str>> {
    let is_written = record.zap()?.fields.get(Column::Cost.name()).is_some();
    if is_written { None } else { Column::Cost.of(record) }
}

/// Writes a text in a style, or plain.
pub(super) fn paint(out: &mut dyn Write, colour: bool, style: Style, text: &str) -> io::Result<()> {
    if colour && !style.is_plain() && !text.is_empty() {
        write!(out, "{style}{text}{style:#}")
    } else {
        out.write_all(text.as_bytes())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::logs::record::Context;
    use crate::time::Zone;

    pub(in crate::logs) fn look() -> Look {
        Look {
            form: Form::Known(Output::Journal(Format::Short)),
            unfold: false,
            all: false,
            hostname: true,
            cut_to: None,
            utf8: true,
            first_line_only: false,
            fields: None,
            zone: Zone::Utc,
            today: chrono::NaiveDate::default(),
            colour: false,
            columns: 80,
            redact: true,
            host: "box".to_owned(),
            quiet: false,
        }
    }

    /// What a form writes for a record.
    pub(super) fn shown(form: &dyn Render, look: &Look, record: &Record<'_>) -> String {
        let mut out = Vec::new();
        render(form, look, record, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    const SECRET: &[u8] =
        b"Error: login failed with token=abc.def, password: \"hunter2\" for \x1b[31mimAdmin\x1b[0m";

    #[test]
    fn every_form_masks_secrets_but_cat_and_export() {
        let journals = Format::ALL.into_iter().map(Output::Journal);
        for output in [Output::Openim, Output::OpenimJson].into_iter().chain(journals) {
            let mut look = Look { form: Form::Known(output), ..look() };
            let record = Record::new(SECRET, Context::default());
            let text = shown(of(&look).as_ref(), &look, &record);
            let keeps = matches!(output, Output::Journal(Format::Cat | Format::Export));
            assert_eq!(text.contains("hunter2"), keeps, "{output:?}: {text}");
            assert_eq!(text.contains("\x1b[31m") || text.contains("u001b"), keeps, "{output:?}: {text}");
            assert!(text.contains("imAdmin"), "{text}");
            look.redact = false;
            assert!(shown(of(&look).as_ref(), &look, &record).contains("hunter2"));
        }
    }
}
