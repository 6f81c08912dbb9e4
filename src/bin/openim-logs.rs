//! `openim-logs`: what do the logs say about it?

use std::process::ExitCode;

fn main() -> ExitCode {
    openim_ops::logs::main(std::env::args_os()).into()
}
