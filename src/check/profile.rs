//! Who reads the result: defaults, length, silence and exit code are the reader's.

use std::time::Duration;

use clap::ValueEnum;

use super::args::{Format, Options};
use super::report::{Kind, Verdict};
use crate::exit::{Exit, PluginState};

/// One reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Profile {
    /// A person
    Human,
    /// Docker's health check: exit 0 or 1, ten lines at most, under 3.5 KB
    Docker,
    /// A liveness probe: the processes and their ports alone; exit 1 only for what a restart can mend
    #[value(name = "k8s-live")]
    K8sLive,
    /// A readiness probe: every check, in less than a second
    #[value(name = "k8s-ready")]
    K8sReady,
    /// A unit of systemd: silent when well, else lines with their priority
    Systemd,
    /// A job whose output is mailed: silent when well, and while a failure that was told stays as it is (--state)
    Cron,
    /// Nagios, Icinga, Sensu: the format nagios and its exit codes
    Nagios,
}

/// When nothing is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Silence {
    /// Never.
    Never,
    /// When all is well.
    WhenWell,
    /// When nothing is different from what was told last.
    WhenTold,
}

/// What a reader takes of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// All of it.
    Whole,
    /// Its first lines.
    Short,
    /// All of it, each line with the priority that journald reads.
    Prioritised,
}

/// What differs from reader to reader.
struct Rules {
    deadline: Duration,
    probe_timeout: Duration,
    format: Format,
    silence: Silence,
    shape: Shape,
}

const HUMAN: Rules = Rules {
    deadline: Duration::from_secs(5),
    probe_timeout: Duration::from_secs(2),
    format: Format::Text,
    silence: Silence::Never,
    shape: Shape::Whole,
};

/// The kubelet gives an exec probe 1 s by default, and leaves a late one running beside the next.
const KUBERNETES: Rules =
    Rules { deadline: Duration::from_millis(800), probe_timeout: Duration::from_millis(500), ..HUMAN };

/// A real deployment of 26 services needs 2.6 s on two cores until all sockets and keys are there; younger
/// processes than this are starting, not broken.
const GRACE: Duration = Duration::from_secs(10);

impl Profile {
    const fn rules(self) -> Rules {
        match self {
            Self::Human => HUMAN,
            Self::Docker => Rules { shape: Shape::Short, ..HUMAN },
            Self::K8sLive | Self::K8sReady => KUBERNETES,
            Self::Systemd => Rules { silence: Silence::WhenWell, shape: Shape::Prioritised, ..HUMAN },
            Self::Cron => Rules { silence: Silence::WhenTold, ..HUMAN },
            Self::Nagios => Rules { format: Format::Nagios, ..HUMAN },
        }
    }

    /// Whether checks of this kind count. A restart of the pod mends no server that OpenIM stands on.
    const fn counts(self, kind: Kind) -> bool {
        match self {
            Self::K8sLive => match kind {
                Kind::Process | Kind::Port => true,
                Kind::Tcp
                | Kind::Tls
                | Kind::Http
                | Kind::Grpc
                | Kind::Websocket
                | Kind::Metrics
                | Kind::Registry
                | Kind::Unit
                | Kind::Config
                | Kind::Host
                | Kind::Dependency => false,
            },
            Self::Human | Self::Docker | Self::K8sReady | Self::Systemd | Self::Cron | Self::Nagios => true,
        }
    }

    /// How an exit code looks to this reader.
    const fn translate(self, exit: Exit) -> Exit {
        match (self, exit) {
            // Docker knows healthy and unhealthy.
            (Self::Docker, Exit::CannotTell | Exit::Config | Exit::Usage | Exit::Internal) => Exit::Unhealthy,
            // What cannot be seen, and a configuration that cannot be read, must not restart a pod.
            (Self::K8sLive, Exit::CannotTell | Exit::Config) => Exit::Ok,
            (_, exit) => exit,
        }
    }
}

/// What the options come to, with what the reader wants where nothing was typed.
impl Options {
    /// How long the whole run may take.
    pub(super) fn deadline(&self) -> Duration {
        self.deadline.unwrap_or(self.profile.rules().deadline)
    }

    /// How long one question may take; one that outlives the run has no sense.
    pub(super) fn probe_timeout(&self) -> Duration {
        self.probe_timeout.unwrap_or(self.profile.rules().probe_timeout)
    }

    /// How long a deployment may take to come up.
    pub(super) fn grace(&self) -> Duration {
        self.grace.unwrap_or(GRACE)
    }

    /// How the result is printed.
    pub(super) fn format(&self) -> Format {
        self.format.unwrap_or(self.profile.rules().format)
    }

    /// What the reader takes of a text.
    pub(super) fn shape(&self) -> Shape {
        self.profile.rules().shape
    }

    /// When nothing is printed.
    pub(super) fn silence(&self) -> Silence {
        match self.profile.rules().silence {
            Silence::Never if self.quiet => Silence::WhenWell,
            silence @ (Silence::Never | Silence::WhenWell | Silence::WhenTold) => silence,
        }
    }

    /// The kinds of checks that are left out.
    pub(super) fn skipped(&self) -> Vec<Kind> {
        let uncounted = Kind::value_variants().iter().filter(|kind| !self.profile.counts(**kind));
        self.skip.iter().chain(uncounted).copied().collect()
    }

    /// The exit code of a verdict.
    pub(super) fn exit_of(&self, verdict: Verdict) -> Exit {
        if self.format() == Format::Nagios {
            return Exit::Plugin(self.plugin_state(verdict));
        }
        let exit = match verdict {
            Verdict::Pass | Verdict::Skipped => Exit::Ok,
            Verdict::Warn if self.strict => Exit::Unhealthy,
            Verdict::Warn => Exit::Ok,
            Verdict::Starting if self.profile == Profile::K8sLive => Exit::Ok,
            Verdict::Fail | Verdict::Starting => Exit::Unhealthy,
            Verdict::Unknown => Exit::CannotTell,
        };
        self.profile.translate(exit)
    }

    /// The state of a plugin: what is still starting does not serve yet, and is not broken.
    pub(super) fn plugin_state(&self, verdict: Verdict) -> PluginState {
        match verdict {
            Verdict::Pass | Verdict::Skipped => PluginState::Ok,
            Verdict::Warn if self.strict => PluginState::Critical,
            Verdict::Warn | Verdict::Starting => PluginState::Warning,
            Verdict::Fail => PluginState::Critical,
            Verdict::Unknown => PluginState::Unknown,
        }
    }

    /// The exit code of a run that gave no report.
    pub(super) fn exit_without_report(&self, exit: Exit) -> Exit {
        if self.format() == Format::Nagios {
            return Exit::Plugin(match exit {
                // Time-outs are critical by the guidelines, all else that goes wrong with a plugin is unknown.
                Exit::Unhealthy => PluginState::Critical,
                Exit::Ok
                | Exit::Usage
                | Exit::Internal
                | Exit::CannotTell
                | Exit::Config
                | Exit::Plugin(_) => PluginState::Unknown,
            });
        }
        self.profile.translate(exit)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::check::args::Args;

    fn options(words: &[&str]) -> Options {
        Args::try_parse_from([&["openim-check"], words].concat()).expect("these words are right").options
    }

    #[test]
    fn what_was_typed_wins_over_the_profile() {
        let typed = options(&["--profile", "k8s-ready", "--deadline", "3s", "-o", "json"]);
        assert_eq!(typed.deadline(), Duration::from_secs(3));
        assert_eq!(typed.format(), Format::Json);
        assert_eq!(typed.probe_timeout(), Duration::from_millis(500));
    }

    #[test]
    fn a_question_ends_before_the_run_does_in_every_profile() {
        for profile in Profile::value_variants() {
            let rules = profile.rules();
            assert!(rules.probe_timeout < rules.deadline, "{profile:?}");
        }
    }

    #[test]
    fn liveness_leaves_out_what_a_restart_does_not_mend() {
        let live = options(&["--profile", "k8s-live", "--skip", "port"]);
        assert!(live.skipped().contains(&Kind::Dependency));
        assert!(live.skipped().contains(&Kind::Registry));
        assert!(live.skipped().contains(&Kind::Port), "what was typed is left out too");
        assert!(!live.skipped().contains(&Kind::Process));
        let codes = [Verdict::Unknown, Verdict::Starting, Verdict::Fail].map(|v| live.exit_of(v).code());
        assert_eq!(codes, [0, 0, 1]);
        assert_eq!(live.exit_without_report(Exit::Config).code(), 0, "a broken file restarts no pod");
    }

    #[test]
    fn docker_sees_only_0_and_1_and_nagios_only_0_to_3() {
        let all = [
            Verdict::Pass,
            Verdict::Skipped,
            Verdict::Warn,
            Verdict::Unknown,
            Verdict::Starting,
            Verdict::Fail,
        ];
        let docker = options(&["--profile", "docker"]);
        assert_eq!(all.map(|verdict| docker.exit_of(verdict).code()), [0, 0, 0, 1, 1, 1]);
        for exit in [Exit::Config, Exit::CannotTell, Exit::Usage, Exit::Internal] {
            assert_eq!(docker.exit_without_report(exit).code(), 1, "{exit:?}");
        }
        let nagios = options(&["--profile", "nagios"]);
        assert_eq!(all.map(|verdict| nagios.exit_of(verdict).code()), [0, 0, 1, 3, 1, 2]);
        let strict = options(&["-o", "nagios", "--strict"]);
        assert_eq!(strict.exit_of(Verdict::Warn).code(), 2);
        assert_eq!(nagios.exit_without_report(Exit::Config).code(), 3);
    }
}
