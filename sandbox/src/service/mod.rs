//! Acting as one service of OpenIM, from its arguments to its exit status.

mod accept;
mod act;
mod api;
mod args;
mod auth;
mod call;
mod config;
mod consume;
mod context;
mod grpc;
mod lines;
mod listen;
mod metrics;
mod registry;
mod say;
mod stacks;
mod start;
mod ws;

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use openim_ops::openim::service::Service;

use crate::log::sink::complain;
pub(crate) use act::{KEEPER, STILLBORN, die_with_keeper, leave_terminal};
use context::Context;
pub(crate) use say::Order;
pub use say::Said;

/// Why a service does not start; what it prints before it ends with status 255.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct StartError(pub(crate) String);

/// Acts as `service` until it is told to end.
pub(crate) fn run(service: Service, arguments: impl Iterator<Item = OsString>) -> ExitCode {
    match prepare(service, arguments).and_then(|context| live(&context)) {
        Ok(status) => ExitCode::from(status),
        Err(StartError(text)) => {
            complain(&format!("Error: {text}\n{} exit -1: {text}\n", service.binary()));
            ExitCode::from(255)
        }
    }
}

fn prepare(service: Service, arguments: impl Iterator<Item = OsString>) -> Result<Arc<Context>, StartError> {
    let args = args::parse(arguments)?;
    Context::load(service, &args).map(Arc::new)
}

fn live(context: &Arc<Context>) -> Result<u8, StartError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| StartError(error.to_string()))?;
    let end = runtime.block_on(act::until_the_end(context));
    // A blocking question to etcd must not keep the process alive.
    runtime.shutdown_background();
    end
}
