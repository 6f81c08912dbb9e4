//! Which records are meant: services, units and fields, and the filter.

use super::{Surroundings, usage};
use crate::journal::boot::BootWanted;
use crate::journal::unit::{UnitNames, full_name};
use crate::journal::{Clause, Owner, terms};
use crate::logs::LogsError;
use crate::logs::args::{Facility, ScopeArgs, Selector};
use crate::logs::filter::{Filter, Operation, PLATFORM, compile_glob, compile_pattern};
use crate::openim::service::Service;
use crate::time::{Timestamp, Zone, parse_time};

/// The scope that the command line names.
pub(super) struct Wanted {
    pub(super) services: Vec<(Service, Option<u32>)>,
    pub(super) units: UnitNames,
    /// What else was named instead of OpenIM, each by itself.
    pub(super) clauses: Vec<Clause>,
    pub(super) facilities: Vec<u8>,
    pub(super) stdin: bool,
    pub(super) words: String,
}

impl Wanted {
    pub(super) fn of(args: &ScopeArgs, around: &Surroundings) -> Result<Self, LogsError> {
        let owner = Owner::asked_for(args.system, args.user);
        let mut wanted = Self {
            services: Vec::new(),
            units: UnitNames::asked_for(&args.unit, &args.user_unit, owner, around.uid),
            clauses: Vec::new(),
            facilities: facilities_of(args),
            stdin: false,
            words: words_of(args),
        };
        let mut terms = Vec::new();
        for selector in &args.selectors {
            match selector {
                Selector::Stdin => wanted.stdin = true,
                Selector::Service(service, instance) => wanted.services.push((*service, *instance)),
                Selector::Group(group) => {
                    wanted.services.extend(group.services().map(|service| (service, None)));
                }
                Selector::Term(word) => terms.push(word),
            }
        }
        wanted.clauses.extend(Clause::one_of("SYSLOG_IDENTIFIER", &args.identifier));
        wanted.clauses.extend(args.dmesg.then(Clause::of_kernel));
        wanted.clauses.extend(terms::clause(&terms, around.running_boot)?);
        if !wanted.units.is_empty() && !wanted.services.is_empty() {
            return Err(usage("--unit stands instead of a SERVICE: name only one of them"));
        }
        let wants_one_boot = args.boot.map_or(args.dmesg, |boot| boot != BootWanted::All);
        if args.merge && wants_one_boot {
            return Err(usage("Using --boot or --list-boots with --merge is not supported."));
        }
        Ok(wanted)
    }
}

/// The scope in the words of the command line.
fn words_of(args: &ScopeArgs) -> String {
    let selectors = args.selectors.iter().filter(|selector| **selector != Selector::Stdin);
    let full_name = |unit: &String| full_name(unit).unwrap_or_else(|| unit.clone());
    let words: Vec<_> = selectors
        .map(ToString::to_string)
        .chain(args.identifier.iter().cloned())
        .chain(args.dmesg.then(|| "the kernel".to_owned()))
        .chain(args.unit.iter().chain(&args.user_unit).map(full_name))
        .collect();
    let scope = if words.is_empty() { "OpenIM".to_owned() } else { words.join(" ") };
    if args.facility.is_empty() { scope } else { format!("{scope}, of that facility,") }
}

fn facilities_of(args: &ScopeArgs) -> Vec<u8> {
    let number = |facility: &Facility| match facility {
        Facility::Number(number) => Some(*number),
        Facility::Help => None,
    };
    args.facility.iter().filter_map(number).collect()
}

/// Which lines.
pub(super) fn resolve_filter(scope: &ScopeArgs) -> Result<Filter, LogsError> {
    let pattern = |option, text: &Option<String>| {
        text.as_deref().map(|text| compile_pattern(option, text, scope.case_sensitive)).transpose()
    };
    let globs = |option, texts: &[String]| -> Result<Vec<_>, LogsError> {
        texts.iter().map(|text| compile_glob(option, text)).collect()
    };
    let mut filter = Filter {
        priorities: scope.priority,
        levels: scope.level,
        pattern: pattern("grep", &scope.grep)?,
        message: pattern("msg", &scope.msg)?,
        operations: scope.op.iter().map(|id| Operation::new(id)).collect(),
        callers: globs("caller", &scope.caller)?,
        versions: globs("app-version", &scope.app_version)?,
        codes: scope.code.clone(),
        slow: scope.slow,
        keys: Vec::new(),
    };
    filter.require("opUserID", &scope.op_user);
    filter.require("connID", &scope.conn);
    filter.require(PLATFORM, &scope.platform);
    scope.comparisons.iter().cloned().try_for_each(|comparison| filter.compare(comparison))?;
    Ok(filter)
}

/// The zone of the times in OpenIM's lines.
pub(super) fn resolve_zone(scope: &ScopeArgs, around: &Surroundings) -> Result<Zone, LogsError> {
    match &scope.tz {
        Some(name) => Zone::parse(name).ok_or_else(|| LogsError::Zone(name.clone())),
        None => Ok(around.zone),
    }
}

/// A bound as a person typed it.
pub(super) fn resolve_time(
    option: &'static str,
    text: Option<&str>,
    around: &Surroundings,
) -> Result<Option<Timestamp>, LogsError> {
    text.map(|text| parse_time(text, around.now, around.zone))
        .transpose()
        .map_err(|source| LogsError::Time { option, source })
}
