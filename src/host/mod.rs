//! What we read of this machine: `parse_*` turns bytes into values, `read_*` touches `/proc`.

pub mod address;
pub mod cgroup;
pub mod condition;
pub mod docker;
pub mod environment_file;
pub mod go_build;
pub(crate) mod http;
pub mod manager;
pub mod origin;
pub mod output;
mod proc_file;
pub mod process;
pub(crate) mod session;
mod sock_diag;
pub mod socket;
pub mod storage;
pub mod supervisor;
#[cfg(feature = "systemd-units")]
pub mod systemd;
pub(crate) mod unit_file;
pub mod variables;
