//! `openim-check`: is this OpenIM deployment healthy, and if not, what is the cause?

use std::process::ExitCode;

use openim_ops::exit::Exit;

fn main() -> ExitCode {
    Exit::of(|| openim_ops::check::main(std::env::args_os())).into()
}
