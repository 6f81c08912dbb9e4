//! What we read of this machine: `parse_*` turns bytes into values, `read_*` touches `/proc`.

pub mod process;
pub mod socket;
