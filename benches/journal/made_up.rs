//! Entries of 23 fields that are made up, as OpenIM's services under systemd leave them. Every second message is longer
//! than 512 bytes, and so packed where values are packed.

use std::fmt::Write as _;

use super::random::Random;
use super::{BEGIN, BOOT, STEP, clock};

/// The services and how often each of them speaks, as in a deployment that was looked at.
const SERVICES: [(&str, u32); 12] = [
    ("openim-push", 22),
    ("openim-api", 18),
    ("openim-rpc-friend", 17),
    ("openim-rpc-msg", 15),
    ("openim-rpc-auth", 9),
    ("openim-msgtransfer", 8),
    ("openim-msggateway", 3),
    ("openim-rpc-user", 2),
    ("openim-rpc-conversation", 2),
    ("openim-rpc-group", 2),
    ("openim-rpc-third", 1),
    ("openim-crontask", 1),
];

/// What is logged: level, colour, message, and how often.
const WORDS: [(&str, u8, &str, u32); 5] = [
    ("INFO", 34, "rpc server request", 40),
    ("INFO", 34, "rpc server response success", 40),
    ("DEBUG", 37, "get conversations from cache", 14),
    ("WARN", 33, "consume err", 4),
    ("ERROR", 31, "rpc server response error", 2),
];

pub(super) fn push_entry(out: &mut Vec<u8>, random: &mut Random, number: u64) {
    let service = weighed(random, &SERVICES, |service| service.1).0;
    let instance = if matches!(service, "openim-push" | "openim-msgtransfer") { random.below(8) } else { 0 };
    let pid = 9_800 + SERVICES.iter().position(|one| one.0 == service).unwrap_or(0) * 8 + instance;
    let mut field = |name: &str, value: &str| {
        out.extend_from_slice(name.as_bytes());
        out.push(b'=');
        out.extend_from_slice(value.as_bytes());
        out.push(b'\n');
    };
    let program = format!("/openim-server/_output/bin/platforms/linux/amd64/{service}");
    let unit =
        if instance > 0 { format!("{service}@{instance}.service") } else { format!("{service}.service") };
    let micros = number * STEP + random.next() % (STEP - 100);
    field("__REALTIME_TIMESTAMP", &(BEGIN + micros).to_string());
    field("__MONOTONIC_TIMESTAMP", &(5_000_000 + micros).to_string());
    field("_BOOT_ID", BOOT);
    for (name, value) in [
        ("SYSLOG_FACILITY", "3"),
        ("PRIORITY", "6"),
        ("_UID", "0"),
        ("_GID", "0"),
        ("_SYSTEMD_SLICE", "system.slice"),
        ("_MACHINE_ID", "92f983fbae1d4fbeb49d8b227dd14636"),
        ("_HOSTNAME", "openimbox"),
        ("_RUNTIME_SCOPE", "system"),
        ("_CAP_EFFECTIVE", "fcecbfff"),
        ("_TRANSPORT", "stdout"),
        ("_SELINUX_CONTEXT", "unconfined"),
        ("_AUDIT_LOGINUID", "4294967295"),
    ] {
        field(name, value);
    }
    field("_STREAM_ID", &format!("{:032x}", 0x9ab2_517e_49b9_4c6f_u64.wrapping_mul(pid as u64)));
    field("SYSLOG_IDENTIFIER", service);
    field("_PID", &pid.to_string());
    field("_COMM", &service[..service.len().min(15)]);
    field("_EXE", &program);
    field("_CMDLINE", &format!("{program} -i {instance} -c /openim-server/config/"));
    field("_SYSTEMD_CGROUP", &format!("/system.slice/{unit}"));
    field("_SYSTEMD_UNIT", &unit);
    field("_SYSTEMD_INVOCATION_ID", &format!("{:032x}", 0xac95_7242_b8ec_4aa3_u64.wrapping_mul(pid as u64)));
    field("MESSAGE", &message(random, service, pid, number));
    out.push(b'\n');
}

/// One line of zap's console encoder; every second one is a long one.
fn message(random: &mut Random, service: &str, pid: usize, number: u64) -> String {
    let (level, colour, words, _) = weighed(random, &WORDS, |words| words.3);
    let process = format!("[PID:{pid}]");
    let operation = random.next();
    let mut keys = format!("\"operationID\": \"{operation:016x}\", \"method\": \"/openim.msg.msg/SendMsg\"");
    if random.once_in(2) {
        for _ in 0..4 + random.below(5) {
            let (user, token) = (random.next() % 100_000, random.next());
            let _ = write!(
                keys,
                ", \"userID\": \"u{user}\", \"conversationID\": \"si_{user}_{token:016x}\", \"maxSeq\": {}",
                token % 5000
            );
        }
    }
    format!(
        "{}\t\x1b[{colour}m{level}\x1b[0m\t\x1b[{colour}m{process:15}\x1b[0m\t\x1b[{colour}m{service:25}\x1b[0m\t{:30}\t{:50}\t{words:50}\t{{{keys}}}",
        clock(number),
        "[v3.8.3-patch.16]",
        "[mw/rpc_server_interceptor.go:44]"
    )
}

/// One of the choices, each as often as it weighs.
fn weighed<T: Copy>(random: &mut Random, choices: &[T], weight: impl Fn(&T) -> u32) -> T {
    let total: u32 = choices.iter().map(&weight).sum();
    let mut at = u32::try_from(random.next() % u64::from(total)).unwrap_or_default();
    let chosen = choices.iter().find(|choice| {
        let is_it = at < weight(choice);
        at = at.saturating_sub(weight(choice));
        is_it
    });
    *chosen.unwrap_or(&choices[0])
}
