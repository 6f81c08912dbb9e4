//! `openim-check`: is this OpenIM deployment healthy, and if not, what is the cause?

use std::process::ExitCode;

fn main() -> ExitCode {
    openim_ops::check::main(std::env::args_os()).into()
}
