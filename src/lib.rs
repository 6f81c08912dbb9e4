//! Health checks and log queries for OpenIM deployments.
//!
//! Two commands share this library. What flows through it flows one way:
//! arguments → plan → facts → report or records → rendering → exit code.
//!
//! | module | duty |
//! | --- | --- |
//! | [`check`] | `openim-check`: plan, run, judge, render |
//! | [`probe`] | asking a server: one file for each kind of probe |
//! | [`openim`] | what we know of OpenIM: services, configuration, registry keys, log lines |
//! | [`host`] | what we read of this machine: processes, sockets, systemd, Docker, supervisord |
//! | [`journal`] | the systemd journal, behind one reader whatever the engine |
//! | [`journalctl`] | `openim-logs journal`: the journal as journalctl reads it |
//! | [`logs`] | `openim-logs`: sources, filters and forms of log records |
//! | [`time`] | the grammar of points in time, as `journalctl --since` takes them |
//! | [`usage`] | what a wrong command line gets |
//! | [`exit`] | the exit codes |

mod boolean;
pub mod check;
pub mod exit;
pub mod host;
pub mod journal;
pub mod journalctl;
mod locale;
pub mod logs;
pub mod openim;
mod pager;
pub mod probe;
mod spinner;
mod stdout;
mod terminal;
pub mod time;
pub mod usage;
