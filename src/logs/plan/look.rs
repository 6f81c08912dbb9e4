//! How records are shown: form, zone, colours, width.

use super::Surroundings;
use crate::journal::output::{Format, Options, Palette};
use crate::locale;
use crate::logs::args::{Color, Output, ScopeArgs};
use crate::logs::render::Template;
use crate::time::Zone;

/// How records are shown.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub(in crate::logs) struct Look {
    pub(in crate::logs) form: Form,
    /// Show all of what is long.
    pub(in crate::logs) unfold: bool,
    /// Show fields as they are.
    pub(in crate::logs) all: bool,
    pub(in crate::logs) hostname: bool,
    /// Cut lines to that many columns, in the family of `short`.
    pub(in crate::logs) cut_to: Option<usize>,
    /// Whether the terminal has more letters than those of ASCII.
    pub(in crate::logs) utf8: bool,
    /// Show the first line of each message only, in the family of `short`.
    pub(in crate::logs) first_line_only: bool,
    /// Show only these fields of an entry.
    pub(in crate::logs) fields: Option<Vec<Vec<u8>>>,
    pub(in crate::logs) zone: Zone,
    /// Today, in that zone.
    pub(in crate::logs) today: chrono::NaiveDate,
    pub(in crate::logs) colour: bool,
    pub(in crate::logs) columns: usize,
    /// Mask secrets.
    pub(in crate::logs) redact: bool,
    /// The name of this host, for lines that do not carry one.
    pub(in crate::logs) host: String,
    pub(in crate::logs) quiet: bool,
}

impl Look {
    /// The same for one of journalctl's forms.
    pub(in crate::logs) fn options(&self, format: Format) -> Options {
        Options {
            format,
            zone: self.zone,
            all: self.all,
            cut_to: self.cut_to,
            utf8: self.utf8,
            hostname: self.hostname,
            colour: self.colour.then_some(Palette::Large),
            first_line_only: self.first_line_only,
            fields: self.fields.clone(),
        }
    }
}

/// The form of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::logs) enum Form {
    Known(Output),
    /// The person's own.
    Own(Template),
}

impl Form {
    /// Whether it shows what was stored, byte for byte.
    pub(in crate::logs) const fn keeps_bytes(&self) -> bool {
        match self {
            Self::Known(output) => output.keeps_bytes(),
            Self::Own(_) => false,
        }
    }

    /// Whether it has nothing but records: another program reads it.
    pub(in crate::logs) const fn is_for_programs(&self) -> bool {
        match self {
            Self::Known(output) => output.is_for_programs(),
            Self::Own(_) => false,
        }
    }
}

pub(super) fn resolve_look(scope: &ScopeArgs, around: &Surroundings) -> Look {
    let zone = if scope.utc { Zone::Utc } else { around.zone };
    let auto = around.on_terminal
        && around.environment.get("NO_COLOR").is_none()
        && around.environment.get("TERM") != Some("dumb");
    Look {
        form: Form::Known(if around.on_terminal { Output::Openim } else { Output::Journal(Format::Short) }),
        unfold: false,
        all: false,
        hostname: true,
        cut_to: None,
        utf8: locale::has_utf8(|name| around.environment.get(name).map(str::to_owned)),
        first_line_only: false,
        fields: None,
        zone,
        today: zone.civil(around.now).0.date(),
        colour: match scope.color {
            Color::Auto => auto,
            Color::Always => true,
            Color::Never => false,
        },
        columns: usize::from(around.columns),
        redact: !scope.no_redact,
        host: around.host.clone(),
        quiet: scope.quiet,
    }
}
