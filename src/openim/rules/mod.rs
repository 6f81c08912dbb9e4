//! What in a configuration breaks a start, or makes it less than it seems: found before the start, each with the file,
//! the line, the key and what to do.
//!
//! Source: start errors of v3.8.3-patch.16 and main of 2026-03, each made on a real deployment, and OpenIM's issues; for
//! the other lines what is known of their files, and no more.
//! Left out: whether what is configured answers, which is for the probes to say; and what chat's and main's
//! configuration centre in etcd lays over the files.

mod api_url;
mod discovery;
mod files;
mod line;
mod manifests;
mod overrides;
mod ports;
mod proxy;
mod reads;
mod surroundings;
mod units;
mod values;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::Path;

use super::config::{ConfigFile, Environment, Origin};
use super::layout::Layout;
use super::service::Service;

pub use line::Line;

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Every file is there and is YAML.
    Files,
    /// Every value is of the type that its reader wants.
    Values,
    /// Services can find each other.
    Discovery,
    /// There is a port for each instance, and nobody else has it.
    Ports,
    /// Each variable overrides something.
    Overrides,
    /// No proxy stands between the services.
    Proxy,
    /// In kubernetes, `CONFIG_PATH` is set.
    ConfigPath,
    /// The units give only flags that the programs have, and name files that are there.
    Units,
    /// Containers are checked by a program that is there.
    Healthcheck,
    /// What a unit's journal will hold.
    Stdout,
    /// Services of kubernetes forward to ports on which somebody listens.
    Manifests,
    /// The shipped passwords and secrets are in use no more.
    Secrets,
}

/// How bad a mistake is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gravity {
    /// It works, and not as one would think.
    Misleads,
    /// Whether anything is wrong cannot be told.
    Unclear,
    /// A service does not start with it.
    Breaks,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The rule that found it.
    pub rule: Rule,
    /// How bad it is.
    pub gravity: Gravity,
    /// Where it stands.
    pub place: Origin,
    /// What is wrong there: "enable is kubernetes, which …".
    pub what: String,
    /// What to do about it.
    pub fix: String,
    /// The services that read it, there or, of a variable, wherever it is set.
    pub services: Vec<Service>,
}

/// One service with the configuration that it reads.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// The service.
    pub service: Service,
    /// How many instances there should be.
    pub instances: u32,
    /// The highest of their indexes.
    pub last_index: u32,
    /// Its configuration directory.
    pub dir: &'a Path,
    /// Its variables.
    pub env: &'a Environment,
    /// The private addresses of its machine, under one of which it registers unless its configuration says otherwise.
    pub lan: &'a [Ipv4Addr],
    /// Whether it runs as a unit of systemd, whose journal should hold its log.
    pub is_unit: bool,
}

/// All that the rules look at.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// OpenIM's directory.
    pub root: &'a Path,
    /// Its generation.
    pub layout: &'a Layout,
    /// Its line, which decides what is wrong.
    pub line: Line,
    /// Each service that should run.
    pub readers: &'a [Reader<'a>],
    /// Ports on which somebody else listens, and who.
    pub taken: &'a BTreeMap<u16, String>,
}

impl Rule {
    /// Every rule, what breaks a start before what only misleads.
    pub const ALL: [Self; 12] = [
        Self::Files,
        Self::Values,
        Self::Discovery,
        Self::Ports,
        Self::Overrides,
        Self::Proxy,
        Self::ConfigPath,
        Self::Units,
        Self::Healthcheck,
        Self::Stdout,
        Self::Manifests,
        Self::Secrets,
    ];

    /// Its word in ids.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Values => "values",
            Self::Discovery => "discovery",
            Self::Ports => "ports",
            Self::Overrides => "overrides",
            Self::Proxy => "proxy",
            Self::ConfigPath => "config-path",
            Self::Units => "units",
            Self::Healthcheck => "healthcheck",
            Self::Stdout => "stdout",
            Self::Manifests => "manifests",
            Self::Secrets => "secrets",
        }
    }

    /// What should be.
    #[must_use]
    pub const fn expects(self) -> &'static str {
        match self {
            Self::Files => "every file that a service reads, as YAML",
            Self::Values => "values that their reader takes",
            Self::Discovery => "a discovery that this release knows",
            Self::Ports => "a port in each list for each instance, free or its own",
            Self::Overrides => "variables that override a key, lists without brackets",
            Self::Proxy => "no proxy between the services",
            Self::ConfigPath => "CONFIG_PATH where kubernetes runs the services",
            Self::Units => "units with flags that the programs have, and files that are there",
            Self::Healthcheck => "a health check that is in the image",
            Self::Stdout => "isStdout: true where a unit's journal is read",
            Self::Manifests => "Services of kubernetes that forward to a port of their pods",
            Self::Secrets => "secrets of one's own",
        }
    }
}

/// Every mistake, by rule; one that several services read is one.
#[must_use]
pub fn find_mistakes(scene: &Scene) -> Vec<Mistake> {
    let of_readers = scene.readers.iter().flat_map(|reader| {
        let found = [
            files::find(scene, reader),
            values::find(scene, reader),
            api_url::find(scene, reader).into_iter().collect(),
            discovery::find(scene, reader),
            ports::find(scene, reader),
            overrides::find(scene, reader),
            proxy::find(scene, reader),
            surroundings::find(scene, reader),
        ];
        found.into_iter().flatten()
    });
    let found = of_readers
        .chain(surroundings::find_whole(scene))
        .chain(units::find(scene))
        .chain(discovery::find_apart(scene))
        .chain(manifests::find(scene));
    let mut merged: Vec<Mistake> = Vec::new();
    for mistake in found.filter(|mistake| scene.line.judges(mistake.rule)) {
        let same = |known: &&mut Mistake| {
            (known.rule, &known.place, &known.what) == (mistake.rule, &mistake.place, &mistake.what)
        };
        match merged.iter_mut().find(same) {
            Some(known) => known.services.extend(mistake.services),
            None => merged.push(mistake),
        }
    }
    share_readers(&mut merged);
    merged.sort_by_cached_key(|mistake| (mistake.rule, mistake.place.to_string()));
    merged
}

/// A variable that is set in several places is a mistake in each, of all that read it.
fn share_readers(mistakes: &mut [Mistake]) {
    let all = mistakes.to_vec();
    for mistake in mistakes {
        let is_same = |other: &&Mistake| {
            (other.rule, &other.what) == (mistake.rule, &mistake.what)
                && other.place != mistake.place
                && other.place.is_same_variable(&mistake.place)
        };
        let others: Vec<Service> =
            all.iter().filter(is_same).flat_map(|other| other.services.clone()).collect();
        mistake.services.extend(others);
    }
}

impl Scene<'_> {
    /// The names of the files that a service reads.
    fn files_of(&self, reader: &Reader) -> Vec<String> {
        reads::files(self.line, reader)
    }

    fn reads(&self, reader: &Reader, name: &str) -> bool {
        self.files_of(reader).iter().any(|own| own == name)
    }
}

impl Reader<'_> {
    /// A file of its directory, where it can be read; whether it can is the rule [`Rule::Files`].
    fn file(&self, name: &str) -> Option<ConfigFile> {
        ConfigFile::read(self.dir, name).ok()
    }

    fn own_file(&self) -> Option<ConfigFile> {
        self.file(&self.service.config_file())
    }

    fn breaks(&self, rule: Rule, place: Origin, what: String, fix: &str) -> Mistake {
        let (gravity, services) = (Gravity::Breaks, vec![self.service]);
        Mistake { rule, gravity, place, what, fix: fix.to_owned(), services }
    }

    fn misleads(&self, rule: Rule, place: Origin, what: String, fix: &str) -> Mistake {
        Mistake { gravity: Gravity::Misleads, ..self.breaks(rule, place, what, fix) }
    }
}

#[cfg(test)]
mod tests;
