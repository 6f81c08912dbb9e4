//! What one running service knows about itself.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use openim_ops::openim::config::Environment;
use openim_ops::openim::service::Service;
use tokio::sync::watch;

use super::StartError;
use super::args::Args;
use super::config::Config;
use crate::control::{Control, Settings};
use crate::etcd::Client;
use crate::fault::{Dependency, Fault};
use crate::generation::{CodeBase, Generation, Version};
use crate::instance::Instance;
use crate::log::record::Writer;
use crate::log::{Fields, Level, Logger, Record};
use crate::random::Random;

/// How a connection is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    Answer,
    Silence,
    Close,
    /// Says this at once, whatever is asked.
    Garbage,
    /// One byte of an answer a second.
    Drip,
    /// Leaves the connection in the queue.
    Never,
}

/// One running service.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) instance: Instance,
    pub(super) generation: Generation,
    pub(super) code_base: CodeBase,
    pub(super) version: Version,
    pub(super) settings: Settings,
    pub(super) config: Config,
    pub(super) control: Control,
    pub(super) logger: Logger,
    pub(super) etcd: Client,
    /// Set once the service is told to end, so that its registrations withdraw.
    pub(super) ending: AtomicBool,
    pub(super) requests: AtomicU64,
    faults: watch::Sender<Vec<Fault>>,
    random: Mutex<Random>,
    /// The threads to wait for at the end.
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Context {
    pub(super) fn load(service: Service, args: &Args) -> Result<Self, StartError> {
        let instance = Instance::new(service, args.index);
        let control = Control::of_config(&config_dir(args));
        let settings = control.settings();
        args.refuse_flags_unknown_to(settings.generation)?;
        let config = Config::load(service, args, settings.generation, &Environment::of_this_process())?;
        let version = settings.version();
        let embedded = if version.splits_records() { "\n" } else { "" };
        let writer = Writer {
            pid: std::process::id(),
            module: service.binary(),
            version: format!("{}{embedded}", version.name()),
        };
        let seed = settings.seed ^ (u64::from(args.index) << 32) ^ name_hash(service.binary());
        Ok(Self {
            instance,
            generation: settings.generation,
            code_base: settings.generation.code_base(),
            version,
            logger: Logger::new(config.log.clone(), writer),
            etcd: Client::new(config.etcd.clone()),
            faults: watch::Sender::new(control.faults(instance)),
            random: Mutex::new(Random::new(seed)),
            threads: Mutex::default(),
            ending: AtomicBool::new(false),
            requests: AtomicU64::new(0),
            settings,
            config,
            control,
        })
    }

    pub(super) fn service(&self) -> Service {
        self.instance.service
    }

    pub(super) fn random(&self) -> MutexGuard<'_, Random> {
        self.random.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn log(&self, level: Level, caller: &'static str, message: &str, fields: Fields) {
        self.logger.write(&Record::new(level, caller, message, fields));
    }

    /// The faults of now, and word of every change.
    pub(super) fn watch_faults(&self) -> watch::Receiver<Vec<Fault>> {
        self.faults.subscribe()
    }

    pub(super) fn reload_faults(&self) {
        self.faults.send_replace(self.control.faults(self.instance));
    }

    pub(super) fn fault<T>(&self, pick: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        self.faults.borrow().iter().find_map(pick)
    }

    pub(super) fn has(&self, fault: &Fault) -> bool {
        self.faults.borrow().contains(fault)
    }

    pub(super) fn lacks(&self, dependency: Dependency) -> bool {
        self.has(&Fault::Without(dependency))
    }

    pub(super) fn manner(&self) -> Manner {
        if self.has(&Fault::NoAnswer) {
            Manner::Silence
        } else if self.has(&Fault::Close) {
            Manner::Close
        } else if self.has(&Fault::Garbage) {
            Manner::Garbage
        } else if self.has(&Fault::Drip) {
            Manner::Drip
        } else if self.backlog().is_some() {
            Manner::Never
        } else {
            Manner::Answer
        }
    }

    /// How many connections may wait, where that is not as usual.
    pub(super) fn backlog(&self) -> Option<u32> {
        self.fault(|fault| if let Fault::Backlog(count) = fault { Some(*count) } else { None })
    }

    /// The HTTP status that every answer shall have.
    pub(super) fn forced_status(&self) -> Option<u16> {
        self.fault(|fault| if let Fault::Status(code) = fault { Some(*code) } else { None })
    }

    /// How often storing a message has failed.
    pub(super) fn failed_inserts(&self) -> u32 {
        self.fault(|fault| if let Fault::FailedInserts(count) = fault { Some(*count) } else { None })
            .unwrap_or(0)
    }

    /// The errCode that every answer shall have.
    pub(super) fn forced_code(&self) -> Option<u32> {
        self.fault(|fault| if let Fault::ErrCode(code) = fault { Some(*code) } else { None })
    }

    /// What stands between a request and its answer: nothing, some time, or all of it.
    pub(super) async fn dawdle(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let slow = self.fault(|fault| if let Fault::Slow(time) = fault { Some(*time) } else { None });
        tokio::time::sleep(slow.unwrap_or(Duration::ZERO)).await;
        if self.manner() != Manner::Answer {
            std::future::pending::<()>().await;
        }
    }

    pub(super) fn remember_thread(&self, thread: JoinHandle<()>) {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
    }

    /// Lets the registrations withdraw, for no longer than this.
    pub(super) async fn end(&self, longest: Duration) {
        self.ending.store(true, Ordering::Relaxed);
        let done = || {
            let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
            threads.iter().all(JoinHandle::is_finished)
        };
        let polled = async {
            while !done() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let _ = tokio::time::timeout(longest, polled).await;
    }

    pub(super) fn ending(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }
}

fn config_dir(args: &Args) -> PathBuf {
    if args.config.as_os_str().is_empty() { PathBuf::from(".") } else { args.config.clone() }
}

/// FNV-1a, so that each service draws its own texts.
fn name_hash(name: &str) -> u64 {
    name.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
