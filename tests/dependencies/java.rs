//! Servers that run in a Java machine; `scripts/install-test-servers` has put their jars into a directory.

use std::path::PathBuf;
use std::process::Command;

/// Gives a command the small, quickly started Java machine with all jars, and the class to run in it.
pub(crate) fn java(command: &mut Command, class: &str) {
    let jars = jars().join("*");
    command.args(["-Xmx400m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp"]).arg(jars).arg(class);
}

/// The directory of the jars.
pub(crate) fn jars() -> PathBuf {
    let jars = std::env::var_os("OPENIM_TEST_JARS").map(PathBuf::from);
    jars.expect(
        "OPENIM_TEST_JARS names no directory: set it to the one that scripts/install-test-servers prints",
    )
}
