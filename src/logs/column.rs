//! What every record has: a name for each, where lines are filtered, counted and shown.

use std::borrow::Cow;

use super::record::Record;
use crate::openim::zap::{RawValue, ZapLine};

/// What every record has, or could have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Level,
    Service,
    Instance,
    Pid,
    Msg,
    Caller,
    Version,
    Op,
    User,
    Code,
    Cost,
}

impl Column {
    pub(super) const ALL: [Self; 11] = [
        Self::Level,
        Self::Service,
        Self::Instance,
        Self::Pid,
        Self::Msg,
        Self::Caller,
        Self::Version,
        Self::Op,
        Self::User,
        Self::Code,
        Self::Cost,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Level => "level",
            Self::Service => "service",
            Self::Instance => "instance",
            Self::Pid => "pid",
            Self::Msg => "msg",
            Self::Caller => "caller",
            Self::Version => "version",
            Self::Op => "op",
            Self::User => "user",
            Self::Code => "code",
            Self::Cost => "cost",
        }
    }

    pub(super) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.name() == name)
    }

    /// What a record has there.
    pub(super) fn of<'r>(self, record: &'r Record<'_>) -> Option<Cow<'r, str>> {
        let text =
            |text: fn(&ZapLine<'r>) -> Option<&'r [u8]>| text(record.zap()?).map(String::from_utf8_lossy);
        match self {
            Self::Level => Some(record.level.name().into()),
            Self::Service => Some(record.program()).filter(|program| !program.is_empty()),
            Self::Instance => record.instance.map(|instance| instance.to_string().into()),
            Self::Pid => record.pid.map(|pid| pid.to_string().into()),
            Self::Msg => Some(record.message()),
            Self::Caller => text(|zap| zap.caller),
            Self::Version => text(|zap| zap.version),
            Self::Op => record.zap()?.operation_id().map(RawValue::text),
            Self::User => record.zap()?.op_user_id().map(RawValue::text),
            Self::Code => record.code().map(|code| code.to_string().into()),
            Self::Cost => record.cost.map(|cost| match cost % 1000 {
                0 => format!("{}ms", cost / 1000).into(),
                _ => format!("{cost}us").into(),
            }),
        }
    }
}
