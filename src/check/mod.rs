//! `openim-check`: arguments → plan → facts → report → rendering → exit code.
//!
//! | file | duty |
//! | --- | --- |
//! | `args` | what was typed |
//! | `target` | which services and checks a word on the command line means |
//! | `profile` | who reads the result, and what they want of it |
//! | `plan` | what will be looked at, and from which line of which file each expectation comes |
//! | `start` | what a service is told at its start, by its process or its unit |
//! | `managers` | which manager is asked for the reasons, and which instance each of its units is |
//! | `kind/*` | each kind of check: what it plans, asks and finds, and its sentences |
//! | `own/*` | the user's own checks: their file, what they ask and find, and their sentences |
//! | `facts` | looking: where the answers lie, and in which order they come |
//! | `judge` | plan and facts → findings → checks of the report |
//! | `cause` | findings → what is broken, what it blocks, what to do |
//! | `report` | the result as data |
//! | `history` | what the last report said, and what changed |
//! | `examine` | one look: through all of these, within the deadline |
//! | `wait`, `watch` | look after look, until all is well or for ever |
//! | `run` | from arguments to the exit code, whichever verb was typed |
//! | `render` | the only place that writes |

pub mod args;
mod cause;
mod examine;
mod facts;
mod history;
mod judge;
mod kind;
mod managers;
mod own;
mod plan;
mod profile;
mod render;
mod report;
mod run;
mod said;
mod start;
mod target;
mod wait;
mod watch;

pub use run::main;
