//! Registration in etcd: a key on a lease, kept alive by a thread of its own.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::context::Context;
use crate::etcd::{Client, EtcdError};
use crate::fault::Fault;
use crate::log::Level;

/// How long a lease lasts that a service registers on.
const SERVICE_LEASE: i64 = 30;
/// How long the lease of a Prometheus target lasts.
const TARGET_LEASE: i64 = 300;
/// How often a thread looks up from its sleep.
const TICK: Duration = Duration::from_millis(50);
/// How long it waits for an etcd that does not answer.
const RETRY: Duration = Duration::from_secs(1);

/// Waits until etcd answers, silently and for ever, as OpenIM does.
pub(super) async fn wait_for_etcd(context: &Arc<Context>) {
    loop {
        let client = context.etcd.clone();
        let missing = context.lacks(crate::fault::Dependency::Etcd);
        let asked = tokio::task::spawn_blocking(move || !missing && client.answers());
        if asked.await.unwrap_or(false) {
            return;
        }
        tokio::time::sleep(RETRY).await;
    }
}

/// The key of a service's address.
fn service_key(context: &Context, address: &str) -> Option<(String, String)> {
    let name = context.generation.register_name(context.service())?;
    let key = format!("{}/{name}/{address}", context.config.etcd_root);
    Some((key, format!(r#"{{"Op":0,"Addr":"{address}","Metadata":null}}"#)))
}

/// Registers a service's address and keeps it registered.
pub(super) fn keep_service(context: &Arc<Context>, address: &str) {
    let Some((key, value)) = service_key(context, address) else { return };
    let mut registration = Registration {
        context: Arc::clone(context),
        client: context.etcd.clone(),
        key,
        value,
        seconds: SERVICE_LEASE,
        address: address.to_owned(),
        state: State::Missing,
    };
    context.remember_thread(thread::spawn(move || registration.keep()));
}

/// Announces a metrics port to Prometheus; once lost it is not set again.
pub(super) fn keep_target(context: &Arc<Context>, name: &str, target: &str) {
    let root = match context.code_base {
        crate::generation::CodeBase::Release => "openim",
        crate::generation::CodeBase::Main => context.config.etcd_root.as_str(),
    };
    let key = format!("{root}/prometheus_discovery/{name}/{}", context.instance.index);
    let value = format!(r#"{{"target":"{target}","labels":{{"namespace":"default"}}}}"#);
    let (client, context) = (context.etcd.clone(), Arc::clone(context));
    thread::spawn(move || {
        let Ok(lease) = register(&client, &key, &value, TARGET_LEASE) else { return };
        let period = Duration::from_secs(100);
        while sleep_unless(period, || context.ending()) {
            if matches!(client.keep_alive(lease), Ok(0)) {
                return;
            }
        }
    });
}

fn register(client: &Client, key: &str, value: &str, seconds: i64) -> Result<i64, EtcdError> {
    let lease = client.grant(seconds)?;
    client.put(key, value, lease)?;
    Ok(lease)
}

/// Sleeps; says whether the whole time passed before `interrupted` became true.
fn sleep_unless(time: Duration, interrupted: impl Fn() -> bool) -> bool {
    let end = Instant::now() + time;
    while Instant::now() < end {
        if interrupted() {
            return false;
        }
        thread::sleep(TICK.min(end.saturating_duration_since(Instant::now())));
    }
    !interrupted()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Not registered, and wants to be.
    Missing,
    /// Registered on this lease, last confirmed then.
    On { lease: i64, confirmed: Instant },
    /// Not registered, and does not know.
    Forgotten,
}

struct Registration {
    context: Arc<Context>,
    client: Client,
    key: String,
    value: String,
    seconds: i64,
    address: String,
    state: State,
}

impl Registration {
    /// Keeps the key until the service ends or, in releases that never register again, until it is lost.
    fn keep(&mut self) {
        while !self.context.ending() {
            let pause = match self.state {
                State::Missing => Some(self.register()),
                State::On { lease, confirmed } => self.confirm(lease, confirmed),
                State::Forgotten => Some(self.remember()),
            };
            let Some(pause) = pause else { return };
            let told = self.unregistered();
            sleep_unless(pause, || self.context.ending() || self.unregistered() != told);
        }
        self.withdraw();
    }

    fn unregistered(&self) -> bool {
        self.context.has(&Fault::Unregistered)
    }

    fn register(&mut self) -> Duration {
        match register(&self.client, &self.key, &self.value, self.seconds) {
            Ok(lease) => {
                self.state = State::On { lease, confirmed: Instant::now() };
                Duration::ZERO
            }
            Err(_) => RETRY,
        }
    }

    fn confirm(&mut self, lease: i64, confirmed: Instant) -> Option<Duration> {
        if self.unregistered() {
            let _ = self.client.revoke(lease);
            self.state = State::Forgotten;
            return Some(RETRY);
        }
        let third = Duration::from_secs(u64::try_from(self.seconds / 3).unwrap_or(10));
        match self.client.keep_alive(lease) {
            Ok(1..) => {
                self.state = State::On { lease, confirmed: Instant::now() };
                Some(third)
            }
            Ok(_) => self.lost(lease),
            Err(_) if confirmed.elapsed().as_secs() > self.seconds.unsigned_abs() => self.lost(lease),
            Err(_) => Some(RETRY),
        }
    }

    /// The lease is over: newer releases say so and start anew, older ones do nothing, for ever.
    fn lost(&mut self, lease: i64) -> Option<Duration> {
        if self.context.version.never_registers_again() {
            return None;
        }
        self.warn(
            "etcd/etcd.go:544",
            "etcd keepalive lost, re-registering endpoint",
            "keepalive channel closed",
        );
        if let Err(error) = self.client.revoke(lease) {
            self.warn("etcd/etcd.go:548", "failed to revoke stale lease", &error.to_string());
        }
        self.state = State::Missing;
        Some(Duration::ZERO)
    }

    fn warn(&self, caller: &'static str, message: &str, error: &str) {
        let name = self.context.generation.register_name(self.context.service()).unwrap_or_default();
        let fields = vec![("service", json!(name)), ("addr", json!(self.address)), ("error", json!(error))];
        self.context.log(Level::Warn, caller, message, fields);
    }

    fn remember(&mut self) -> Duration {
        if self.unregistered() {
            return RETRY;
        }
        self.state = State::Missing;
        Duration::ZERO
    }

    fn withdraw(&self) {
        if let State::On { lease, .. } = self.state
            && !self.context.version.never_registers_again()
        {
            let _ = self.client.revoke(lease);
        }
    }
}

/// A registration of nobody, kept alive while the fault lasts.
pub(super) fn keep_ghost(context: &Arc<Context>, port: u16) {
    let address = format!("{}:{port}", super::listen::register_ip(context));
    let Some((key, value)) = service_key(context, &address) else { return };
    let (client, context) = (context.etcd.clone(), Arc::clone(context));
    thread::spawn(move || {
        let there = || context.has(&Fault::Ghost(port)) && !context.ending();
        let mut lease = register(&client, &key, &value, SERVICE_LEASE).unwrap_or(0);
        while sleep_unless(Duration::from_secs(10), || !there()) {
            if !matches!(client.keep_alive(lease), Ok(1..)) {
                lease = register(&client, &key, &value, SERVICE_LEASE).unwrap_or(0);
            }
        }
        let _ = client.revoke(lease);
    });
}
