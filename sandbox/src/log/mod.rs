//! Log lines as OpenIM's zap logger writes them, and the other texts that its processes print.

pub(crate) mod dump;
pub(crate) mod record;
pub(crate) mod sink;
pub(crate) mod texts;

pub use record::Level;
pub(crate) use record::{Fields, Record};
pub(crate) use sink::Logger;
