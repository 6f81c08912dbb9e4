//! Log lines on demand: an order from outside, or a storm.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::context::Context;
use crate::control::replace;
use crate::fault::Fault;
use crate::log::Level;
use crate::log::texts::{self, Mix};
use crate::random::Random;

/// Lines that a service shall write.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) lines: u64,
    /// Lines a second; 0 for as fast as can be.
    pub(crate) rate: u32,
    /// Weights of DEBUG, INFO, WARN, ERROR.
    pub(crate) weights: [u32; 4],
    pub(crate) operation: Option<String>,
    pub(crate) seed: u64,
}

/// How many lines of each level were written; those below the configured level are not among them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// By the level's name.
    pub levels: BTreeMap<String, u64>,
}

impl Said {
    /// How many lines of a level were written.
    #[must_use]
    pub fn of(&self, level: Level) -> u64 {
        self.levels.get(&level.to_string()).copied().unwrap_or(0)
    }
}

/// Takes up a waiting order, if there is one.
pub(super) fn take_orders(context: &Arc<Context>) {
    let path = context.control.path("say", context.instance);
    let Ok(text) = std::fs::read(&path) else { return };
    let _ = std::fs::remove_file(&path);
    let Ok(order) = serde_json::from_slice::<Order>(&text) else { return };
    let context = Arc::clone(context);
    tokio::spawn(async move {
        let said = obey(&context, &order).await;
        let answer = serde_json::to_vec(&said).unwrap_or_default();
        let _ = replace(&context.control.path("said", context.instance), &answer);
    });
}

async fn obey(context: &Context, order: &Order) -> Said {
    let mix = Mix { weights: order.weights, operation: order.operation.clone() };
    let (mut random, mut said) = (Random::new(order.seed), Said::default());
    let mut pace = Pace::new(order.rate);
    for _ in 0..order.lines {
        pace.step().await;
        let record = texts::draw(&mix, &mut random);
        if context.logger.write(&record) {
            *said.levels.entry(record.level.to_string()).or_default() += 1;
        }
    }
    said
}

/// Writes lines at this rate while the fault lasts.
pub(super) async fn storm(context: Arc<Context>, rate: u32) {
    let mix = Mix::default();
    let mut random = Random::new(context.settings.seed);
    let mut pace = Pace::new(rate);
    while context.has(&Fault::LogStorm(rate)) {
        pace.step().await;
        context.logger.write(&texts::draw(&mix, &mut random));
    }
}

/// Lets so many steps pass in a second, in small bunches.
struct Pace {
    rate: u32,
    started: tokio::time::Instant,
    steps: u64,
}

impl Pace {
    fn new(rate: u32) -> Self {
        Self { rate, started: tokio::time::Instant::now(), steps: 0 }
    }

    async fn step(&mut self) {
        self.steps += 1;
        if self.rate == 0 {
            if self.steps.is_multiple_of(256) {
                tokio::task::yield_now().await;
            }
            return;
        }
        let due = Duration::from_secs_f64(self.steps as f64 / f64::from(self.rate));
        if due > self.started.elapsed() {
            tokio::time::sleep_until(self.started + due).await;
        }
    }
}
