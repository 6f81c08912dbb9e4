//! A stand-in OpenIM deployment: real processes, real sockets, a real registry, no OpenIM.
//!
//! One small program is started under each service's name from a directory tree as OpenIM has it, reads the same
//! configuration, listens, registers in etcd, answers and logs as the real service does, and has a switch per fault.
//! Tests, benchmarks and the demo use it through this library:
//!
//! ```no_run
//! use std::time::Duration;
//! use openim_ops::openim::service::Service;
//! use openim_sandbox::{Fault, Sandbox};
//!
//! # fn main() -> Result<(), openim_sandbox::SandboxError> {
//! let mut sandbox = Sandbox::builder().start()?;
//! sandbox.wait_ready(Duration::from_secs(10))?;
//! sandbox.break_with(Service::RpcAuth, 0, Fault::Unregistered)?;
//! # Ok(())
//! # }
//! ```
//!
//! | module | duty |
//! | --- | --- |
//! | `generation` | release line or main, and what follows from a release's name |
//! | `fault` | what can be wrong, as a word |
//! | `tree` | the directory tree and the configuration files |
//! | `control` | how a running service is told of faults |
//! | `free_port` | where a server that is started in a moment may listen |
//! | `builder`, `sandbox` | a deployment as a value: started, broken, ended |
//! | `service` | acting as one service |
//! | `log` | lines as zap writes them, and the other texts |
//! | `etcd` | a client of etcd's JSON gateway, and a stand-in that answers it |
//! | `http` | HTTP/1.1 as Go serves it |
//! | `cli` | the verbs of the program `openim-sandbox` |

mod builder;
mod cli;
mod control;
pub mod etcd;
mod fault;
mod free_port;
mod generation;
mod http;
mod instance;
mod log;
mod random;
mod sandbox;
mod service;
mod sockets;
mod spawn;
mod tree;

pub use builder::{Builder, Etcd, Output};
pub use cli::main;
pub use control::Settings;
pub use fault::{Dependency, FatalSignal, Fault};
pub use free_port::free_port;
pub use generation::{Generation, Version};
pub use instance::Instance;
pub use log::Level;
pub use sandbox::{Lines, Sandbox, SandboxError};
pub use service::Said;
pub use sockets::listening;
pub use tree::Addresses;
