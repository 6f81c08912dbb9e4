//! Starting programs so that they die with this process, not with the thread that started them.

use std::io;
use std::process::{Child, Command};
use std::sync::{OnceLock, mpsc};
use std::thread;

type Job = Box<dyn FnOnce() + Send>;

/// Runs a start in a thread that lives as long as the process: the kernel ends a child with the thread that
/// started it, and a test's thread is gone long before a sandbox that several tests share.
pub(crate) fn spawn(mut command: Command) -> io::Result<Child> {
    static STARTER: OnceLock<mpsc::Sender<Job>> = OnceLock::new();
    let starter = STARTER.get_or_init(|| {
        let (sender, jobs) = mpsc::channel::<Job>();
        thread::spawn(move || jobs.into_iter().for_each(|job| job()));
        sender
    });
    let (report, outcome) = mpsc::channel();
    let job: Job = Box::new(move || drop(report.send(command.spawn())));
    let gone = |_| io::Error::other("the starting thread is gone");
    starter.send(job).map_err(|_| io::Error::other("the starting thread is gone"))?;
    outcome.recv().map_err(gone)?
}
