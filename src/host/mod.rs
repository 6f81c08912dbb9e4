//! What we read of this machine: `parse_*` turns bytes into values, `read_*` touches `/proc`.

pub mod address;
pub mod condition;
pub mod go_build;
pub mod origin;
pub mod output;
pub mod process;
mod sock_diag;
pub mod socket;
