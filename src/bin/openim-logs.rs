//! `openim-logs`: what do the logs say about it?

use std::process::ExitCode;

use openim_ops::exit::Exit;

fn main() -> ExitCode {
    Exit::of(|| openim_ops::logs::main(std::env::args_os())).into()
}
