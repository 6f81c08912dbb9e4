//! Start errors of a real deployment that only a server can tell before the start: a password of Redis and a key of
//! `MinIO` that are wrong. `make reported` prints the table, with those that the configuration itself shows (the system
//! suite).

use openim_ops::openim::service::Service;
use openim_sandbox::{Addresses, Dependency, Fault};

use crate::check::{Checked, PATIENCE, check, small, until};
use crate::minio::locked as minio;
use crate::redis::locked as redis;

/// What `openim-check SERVER` says before the start and `openim-check all` after it, at the beginning of its first line.
#[track_caller]
#[allow(clippy::print_stdout, reason = "the table is what `make reported` prints")]
fn row(
    heading: &str,
    addresses: Addresses,
    (service, lacks): (Service, Dependency),
    line: &str,
    after: &str,
) {
    let deployment = small().addresses(addresses).fault(service, 0, Fault::Without(lacks));
    let server = heading.split(' ').next().unwrap();
    let before = check(&deployment.clone().write().unwrap(), &[server]);
    let mut sandbox = deployment.start().unwrap();
    sandbox.wait(service, 0, PATIENCE).unwrap();
    let seen = until(&sandbox, &["all"], |checked| {
        checked.first_line().starts_with(line) && checked.text.contains(after)
    });
    println!("| {heading} | {} | {} |", before.first_line(), seen.first_line());
    let names = |checked: &Checked| {
        assert!(checked.first_line().starts_with(line), "{heading}: wanted {line:?}, got:\n{}", checked.text);
        assert!(!checked.text.contains("openIM123"), "{heading}: a secret is told");
        assert_eq!(checked.code, Some(1), "{}", checked.text);
    };
    names(&before);
    names(&seen);
    seen.mentions(after);
}

#[test]
fn a_login_that_a_server_refuses_is_named_before_the_start_and_after_it() {
    let server = redis();
    let at = server.address();
    row(
        "redis wrong password",
        Addresses { redis: at.clone(), ..Addresses::none() },
        (Service::RpcUser, Dependency::Redis),
        &format!("FAIL  redis {at} is reachable but refuses the login of user default: WRONGPASS"),
        "1 instance that needs it has exited",
    );
    let at = minio();
    row(
        "minio wrong key",
        Addresses { minio: at.clone(), ..Addresses::none() },
        (Service::RpcThird, Dependency::Minio),
        &format!("FAIL  minio {at} is reachable but refuses"),
        "1 instance that needs it has exited",
    );
}
