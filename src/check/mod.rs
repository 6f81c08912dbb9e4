//! `openim-check`: arguments → plan → facts → report → rendering → exit code.
//!
//! | file | duty |
//! | --- | --- |
//! | `args` | what was typed |
//! | `target` | which services and checks a word on the command line means |
//! | `plan` | what will be looked at, and from which line of which file each expectation comes |
//! | `facts` | looking: processes, sockets, registry, HTTP |
//! | `finding` | everything a check can find, with its verdict and its sentence |
//! | `judge` | plan and facts → findings |
//! | `cause` | findings → what is broken, what it blocks, what to do |
//! | `report` | the result as data |
//! | `history` | what the last report said, and what changed |
//! | `run` | the one way through all of these, and the deadline |
//! | `render` | the only place that writes |

pub mod args;
mod cause;
mod facts;
mod finding;
mod history;
mod judge;
mod plan;
mod render;
mod report;
mod run;
mod target;

pub use run::main;
