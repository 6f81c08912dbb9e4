//! The configuration before the start: what in it breaks one, or makes it less than it seems.
//!
//! It is looked at where it was asked for (`openim-check config`), and where a service is down: then for what explains
//! that alone.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use super::port;
use super::words::join;
use super::{About, Depth, Found, Look, Nature, Place, Planned, Sentences};
use crate::check::facts::Board;
use crate::check::plan::{InstancePlan, Plan};
use crate::check::report::Kind;
use crate::host::address::read_addresses;
use crate::host::origin::Manager;
use crate::openim::rules::{Gravity, Line, Mistake, Reader, Rule, Scene, find_mistakes};

/// The part of the ids before the slash, and the word on the command line.
pub(in crate::check) const NAME: &str = "config";

// What it plans.

/// One check for each rule that is known for the generation, where the configuration is looked at.
pub(super) fn plan(plan: &Plan) -> Vec<Planned> {
    let some_are_down = || plan.instances.iter().any(|instance| instance.sole_process().is_none());
    let Some(line) = Line::of(plan.layout.name) else { return Vec::new() };
    if !plan.asks_for_config() && !some_are_down() {
        return Vec::new();
    }
    let planned = line.rules().map(|rule| Planned {
        id: format!("{NAME}/{}", rule.name()),
        kind: Kind::Config,
        service: None,
        expects: rule.expects().to_owned(),
        from: plan.config_dir.display().to_string(),
    });
    planned.collect()
}

// What it asks: the files, and the variables of the processes.

/// What was found, and how long it took.
#[derive(Clone, Debug, Default)]
pub(in crate::check) struct ConfigFact {
    pub(in crate::check) mistakes: Vec<Mistake>,
    pub(in crate::check) took: Duration,
}

/// Reads the configuration of each service as its process does, or as the next one would.
pub(in crate::check) fn look(plan: &Plan, board: &Board) {
    if !self::plan(plan).iter().any(|check| plan.wants(None, check.kind, &check.id)) {
        return;
    }
    let begin = Instant::now();
    let lan = read_lan(plan);
    let readers: Vec<Reader> = read_apart(plan).map(|instance| reader(plan, instance, &lan)).collect();
    let Some(line) = Line::of(plan.layout.name) else { return };
    // Where a service is down, its own check of the port tells it.
    let taken = if plan.asks_for_config() { port::taken(&board.snapshot()) } else { BTreeMap::new() };
    let scene = Scene { root: &plan.root, layout: plan.layout, line, readers: &readers, taken: &taken };
    let fact = ConfigFact { mistakes: find_mistakes(&scene), took: begin.elapsed() };
    board.put(|facts| facts.config = Some(fact));
}

/// The first instance of each service, for the others read the same; and each whose unit tells what it would read.
fn read_apart(plan: &Plan) -> impl Iterator<Item = &InstancePlan> {
    let mut last = None;
    plan.instances.iter().filter(move |instance| {
        last.replace(instance.service) != Some(instance.service) || instance.start.is_some()
    })
}

/// The private addresses of the machine, or of the container that OpenIM's processes are in.
pub(super) fn read_lan(plan: &Plan) -> Vec<Ipv4Addr> {
    let mut processes = plan.instances.iter().flat_map(|instance| &instance.processes);
    let pid = processes.next().map_or_else(std::process::id, |process| process.pid);
    let private = |address| match address {
        IpAddr::V4(address) if address.is_private() => Some(address),
        IpAddr::V4(_) | IpAddr::V6(_) => None,
    };
    read_addresses(pid).into_iter().filter_map(private).collect()
}

fn reader<'a>(plan: &Plan, instance: &'a InstancePlan, lan: &'a [Ipv4Addr]) -> Reader<'a> {
    let expected =
        plan.instances.iter().filter(|other| other.service == instance.service && !other.is_surplus);
    let manager = instance.processes.first().and_then(|process| process.origin.manager.as_ref());
    Reader {
        service: instance.service,
        instances: instance.expected,
        last_index: expected.map(|other| other.index).max().unwrap_or(0),
        dir: &instance.config_dir,
        env: &instance.environment,
        lan,
        is_unit: matches!(manager, Some(Manager::Unit(_))) || instance.start.is_some(),
    }
}

// How it judges.

/// Each rule, with the mistakes against it.
pub(super) fn judge(look: &Look) -> Vec<Found> {
    let (Some(fact), Some(line)) = (&look.facts.config, Line::of(look.plan.layout.name)) else {
        return Vec::new();
    };
    let in_full = look.plan.asks_for_config();
    let explains = |mistake: &Mistake| {
        in_full
            || (mistake.gravity > Gravity::Misleads
                && mistake.services.iter().any(|service| look.is_down(*service)))
    };
    let judged = line.rules().map(|rule| {
        let own = fact.mistakes.iter().filter(|mistake| mistake.rule == rule && explains(mistake));
        let mistakes: Vec<Mistake> = own.cloned().collect();
        let finding = if mistakes.is_empty() { Finding::Well { rule } } else { Finding::Wrong { mistakes } };
        Found {
            place: Place::Config,
            name: rule.name(),
            target: look.plan.config_dir.display().to_string(),
            expected: rule.expects().to_owned(),
            finding: super::Finding::Config(finding),
            took: fact.took,
        }
    });
    judged.collect()
}

// Its sentences.

/// What can be found in a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::check) enum Finding {
    /// Nothing is wrong by this rule.
    Well { rule: Rule },
    /// These are.
    Wrong { mistakes: Vec<Mistake> },
}

impl Finding {
    /// The mistakes, in the order of their places.
    pub(in crate::check) fn mistakes(&self) -> &[Mistake] {
        match self {
            Self::Well { .. } => &[],
            Self::Wrong { mistakes } => mistakes,
        }
    }

    fn worst(&self) -> Option<&Mistake> {
        self.mistakes().iter().max_by_key(|mistake| mistake.gravity)
    }
}

impl Sentences for Finding {
    fn nature(&self) -> Nature {
        match self.worst().map(|mistake| mistake.gravity) {
            None => Nature::pass("config-well"),
            Some(Gravity::Misleads) => Nature::warn("config-misleads"),
            Some(Gravity::Unclear) => Nature::unknown("config-unclear", Depth::Other),
            Some(Gravity::Breaks) => Nature::fail("config-breaks", Depth::Usurper),
        }
    }

    fn predicate(&self, _several: bool) -> String {
        match (self, self.worst()) {
            (Self::Well { rule }, _) => format!("has {}", rule.expects()),
            (Self::Wrong { mistakes }, Some(worst)) => {
                let more = match mistakes.len() {
                    1 => String::new(),
                    many => format!(" (and {} more of the kind)", many - 1),
                };
                format!("{}: {}{more}", short_place(&worst.place.to_string()), worst.what)
            }
            (Self::Wrong { .. }, None) => "is not as it should be".to_owned(),
        }
    }

    fn got(&self) -> String {
        match self {
            Self::Well { rule } => rule.expects().to_owned(),
            Self::Wrong { mistakes } => {
                let told = mistakes.iter().map(|mistake| format!("{}: {}", mistake.place, mistake.what));
                told.collect::<Vec<_>>().join("; ")
            }
        }
    }

    fn hint(&self, _about: &About) -> Option<String> {
        let worst = self.worst()?;
        let is_alike = |other: &&Mistake| (other.gravity, &other.fix) == (worst.gravity, &worst.fix);
        let places: Vec<String> =
            self.mistakes().iter().filter(is_alike).map(|mistake| mistake.place.to_string()).collect();
        // They stand in their order, of which the last is the worst.
        let others = places.len().saturating_sub(NAMED);
        let more = if others == 0 { String::new() } else { format!(" and {others} more") };
        Some(format!("{}{more}: {}", join(&places[others..], ", "), worst.fix))
    }
}

/// So many places that want the same are named together; the evidence names all.
const NAMED: usize = 3;

/// The file without its directory, which the evidence names in full; a directory itself is named in full.
fn short_place(place: &str) -> &str {
    place.rsplit('/').next().filter(|name| name.contains(['.', '$'])).unwrap_or(place)
}
