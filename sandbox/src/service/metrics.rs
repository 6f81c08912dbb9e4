//! `/metrics` in Prometheus' text form, with the names that OpenIM's services have.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use openim_ops::openim::service::Service;

use super::context::Context;
use crate::http::{Request, Response};

/// The answer on a metrics port.
pub(super) async fn answer(context: Arc<Context>, request: Request) -> Option<Response> {
    context.dawdle().await;
    Some(match request.path.as_str() {
        "/metrics" => Response::new(200, "text/plain; version=0.0.4; charset=utf-8", text(&context)),
        _ => Response::go_not_found(),
    })
}

/// Name, kind, help, and samples with their labels.
type Family = (&'static str, &'static str, &'static str, Vec<(String, String)>);

fn text(context: &Context) -> String {
    let mut families = process();
    families.extend(own(context));
    families.sort_by_key(|family| family.0);
    let mut text = String::new();
    for (name, kind, help, samples) in families {
        let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
        for (labels, value) in samples {
            let _ = writeln!(text, "{name}{labels} {value}");
        }
    }
    text
}

fn plain(value: impl std::fmt::Display) -> Vec<(String, String)> {
    vec![(String::new(), format!("{value}"))]
}

fn process() -> Vec<Family> {
    let fds = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let resident: u64 = pages.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0);
    vec![
        ("go_goroutines", "gauge", "Number of goroutines that currently exist.", plain(31)),
        (
            "go_info",
            "gauge",
            "Information about the Go environment.",
            vec![(r#"{version="go1.25.5"}"#.into(), "1".into())],
        ),
        ("go_threads", "gauge", "Number of OS threads created.", plain(8)),
        (
            "process_cpu_seconds_total",
            "counter",
            "Total user and system CPU time spent in seconds.",
            plain(0.05),
        ),
        ("process_max_fds", "gauge", "Maximum number of open file descriptors.", plain(10000)),
        ("process_open_fds", "gauge", "Number of open file descriptors.", plain(fds)),
        ("process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", plain(resident * 4096)),
        (
            "process_start_time_seconds",
            "gauge",
            "Start time of the process since unix epoch in seconds.",
            plain(start_time()),
        ),
        ("process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.", plain("1.422905344e+09")),
        (
            "process_virtual_memory_max_bytes",
            "gauge",
            "Maximum amount of virtual memory available in bytes.",
            plain("1.8446744073709552e+19"),
        ),
    ]
}

/// When this process started: boot time and the ticks since then.
fn start_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks: f64 = after_name.split(' ').nth(19).and_then(|ticks| ticks.parse().ok()).unwrap_or(0.0);
    let system = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let boot = system.lines().find_map(|line| line.strip_prefix("btime ")?.parse::<f64>().ok());
    boot.unwrap_or(0.0) + ticks / 100.0
}

fn own(context: &Context) -> Vec<Family> {
    let zero = |name, help| (name, "counter", help, plain(0));
    let failed = |name, help| (name, "counter", help, plain(context.failed_inserts()));
    let requests = context.requests.load(Ordering::Relaxed);
    let promhttp = (
        "promhttp_metric_handler_errors_total",
        "counter",
        "Total number of internal errors encountered by the promhttp metric handler.",
        vec![(r#"{cause="encoding"}"#.into(), "0".into()), (r#"{cause="gathering"}"#.into(), "0".into())],
    );
    let rpc_count = |name: &str, path: &str| {
        let labels = format!(r#"{{code="0",name="{name}",path="{path}"}}"#);
        ("rpc_count", "counter", "Total number of RPC calls", vec![(labels, requests.to_string())])
    };
    match context.service() {
        Service::Api => vec![
            (
                "api_count",
                "counter",
                "Total number of API calls",
                vec![(
                    r#"{code="0",method="POST",path="/auth/get_admin_token"}"#.into(),
                    requests.to_string(),
                )],
            ),
            (
                "http_count",
                "counter",
                "Total number of HTTP calls",
                vec![(
                    r#"{method="POST",path="/auth/get_admin_token",status="200"}"#.into(),
                    requests.to_string(),
                )],
            ),
        ],
        Service::MsgTransfer => vec![
            promhttp,
            failed("msg_insert_mongo_failed_total", "The number of failed insert msg to mongo"),
            zero("msg_insert_mongo_success_total", "The number of successful insert msg to mongo"),
            failed("msg_insert_redis_failed_total", "The number of failed insert msg to redis"),
            zero("msg_insert_redis_success_total", "The number of successful insert msg to redis"),
            zero("seq_set_failed_total", "The number of failed set seq"),
        ],
        Service::Push => vec![
            promhttp,
            zero("msg_long_time_push_total", "The number of long time push messages"),
            zero("msg_offline_push_failed_total", "The number of msg failed offline pushed"),
        ],
        Service::MsgGateway => {
            vec![promhttp, ("online_user_num", "gauge", "The number of online user num", plain(0))]
        }
        Service::RpcMsg => vec![
            promhttp,
            zero(
                "single_chat_msg_process_success_total",
                "The number of single chat msg successful processed",
            ),
            zero("single_chat_msg_process_failed_total", "The number of single chat msg failed processed"),
            zero("group_chat_msg_process_success_total", "The number of group chat msg successful processed"),
            zero("group_chat_msg_process_failed_total", "The number of group chat msg failed processed"),
        ],
        Service::RpcUser => vec![
            promhttp,
            rpc_count("user", "/openim.user.user/getAllOnlineUsers"),
            zero("user_register_total", "The number of user register"),
        ],
        Service::RpcAuth => vec![
            promhttp,
            rpc_count("auth", "/openim.auth.Auth/getAdminToken"),
            zero("user_login_total", "The number of user login"),
        ],
        Service::Crontask
        | Service::RpcConversation
        | Service::RpcFriend
        | Service::RpcGroup
        | Service::RpcThird
        | Service::Server
        | Service::ChatApi
        | Service::AdminApi
        | Service::ChatRpc
        | Service::AdminRpc
        | Service::BotApi
        | Service::BotRpc => vec![promhttp],
    }
}
