//! A dump as people want to see it: what happened, where in OpenIM's own code, and how many lines are left out.
//!
//! ```text
//! panic: runtime error: index out of range [0] with length 0
//! at internal/push/push.go:78
//! 1,493 lines of goroutines folded (--unfold)
//! ```

use std::fmt;

use super::fold::grouped;
use crate::logs::plan::Look;
use crate::logs::record::Record;
use crate::openim::dump::Dump;
use crate::openim::line::Kind;
use crate::openim::text::{clean, strip_colour};

/// A dump without its stacks.
pub(super) struct Folded {
    /// What happened.
    pub(super) headline: String,
    /// Whether the process has ended with it.
    pub(super) is_fatal: bool,
    /// The places in OpenIM's own code.
    pub(super) places: Vec<String>,
    /// How many lines of what are left out.
    pub(super) rest: String,
}

impl Folded {
    /// `None` where the record is no dump, or dumps are to be shown whole.
    pub(super) fn of(record: &Record<'_>, look: &Look) -> Option<Self> {
        if look.unfold || record.zap().is_some() {
            return None;
        }
        let dump = Dump::parse(record.raw)?;
        let is_of_gin = dump.kind == Kind::GinRecovery;
        let headline = if is_of_gin {
            // Its first line has only the time.
            format!("panic recovered: {}", clean(&dump.reason()))
        } else {
            clean(&String::from_utf8_lossy(&strip_colour(dump.headline())))
        };
        let count = grouped((dump.line_count() - 1) as u64);
        let what = if is_of_gin { "request and stack" } else { "goroutines" };
        Some(Self {
            headline,
            is_fatal: dump.is_fatal(),
            places: dump.own_places().iter().map(|place| clean(place)).collect(),
            rest: format!("{count} lines of {what} folded (--unfold)"),
        })
    }
}

impl fmt::Display for Folded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.headline)?;
        self.places.iter().try_for_each(|place| writeln!(f, "at {place}"))?;
        f.write_str(&self.rest)
    }
}
