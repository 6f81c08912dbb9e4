//! `openim-sandbox`, and under a service's name that service.

use std::process::ExitCode;

fn main() -> ExitCode {
    openim_sandbox::main()
}
