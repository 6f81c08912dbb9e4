//! Bringing a service up: what is bound, written and registered, in OpenIM's order, and where it waits or
//! gives up when something is missing.

use std::sync::Arc;
use std::time::Duration;

use openim_ops::openim::service::{Role, Service};
use tokio::net::TcpListener;

use super::context::Context;
use super::listen::{self, Bind};
use super::{StartError, accept, api, consume, grpc, metrics, registry, stacks, ws};
use crate::fault::Dependency;
use crate::generation::CodeBase;
use crate::http;
use crate::log::{Level, sink};

/// Starts the service; it then works in tasks of its own.
pub(super) async fn start(context: &Arc<Context>) -> Result<(), StartError> {
    if context.code_base == CodeBase::Main {
        sink::print(
            "Cgroup CPU monitoring not available: cgroup v2 is not supported, falling back to psutil\n",
        );
        etcd(context).await;
    }
    match context.service().role() {
        Role::HttpGateway => start_api(context).await?,
        Role::WebSocketGateway => start_gateway(context).await?,
        Role::Consumer => start_consumer(context).await?,
        Role::ConsumerAndRpc | Role::Rpc => start_rpc(context).await?,
        Role::Cron => start_cron(context).await?,
        Role::Whole => start_whole(context).await?,
    }
    consume::join_groups(context);
    context.say_working();
    Ok(())
}

/// Waits for etcd, where there is a registry at all.
async fn etcd(context: &Arc<Context>) {
    if context.settings.registry {
        registry::wait_for_etcd(context).await;
    }
}

async fn start_api(context: &Arc<Context>) -> Result<(), StartError> {
    let config = &context.config;
    let port = listen::element(&config.client_ports, context.instance.index)?;
    etcd(context).await;
    let metrics_port = serve_metrics(context)?;
    target(context, "api", metrics_port);
    context.say_api(port, metrics_port);
    let address = format!("{}:{port}", config.listen_ip);
    let listener = listen::bind(context, Bind::configured(&config.listen_ip), port).map_err(|error| {
        StartError(format!(
            "Error: listen tcp {address}: bind: {} api start err: {address} | -> api.Start.func3() /openim-server/internal/api/init.go:136",
            in_go(&error)
        ))
    })?;
    api::serve(context, listener);
    Ok(())
}

/// Everything in one process: metrics first, then what clients connect to.
async fn start_whole(context: &Arc<Context>) -> Result<(), StartError> {
    serve_metrics(context)?;
    dependencies(context).await?;
    let ws_port = listen::element(&context.config.ws_ports, 0)?;
    let listener = listen::bind(context, ignoring_listen_ip(context), ws_port);
    ws::serve(context, listener.map_err(|error| port_taken("", ws_port, &error))?);
    let port = listen::element(&context.config.client_ports, 0)?;
    let listener = listen::bind(context, Bind::configured(&context.config.listen_ip), port);
    api::serve(context, listener.map_err(|error| port_taken("", port, &error))?);
    Ok(())
}

async fn start_gateway(context: &Arc<Context>) -> Result<(), StartError> {
    context.say_initializing();
    let port = listen::element(&context.config.client_ports, context.instance.index)?;
    let place = ignoring_listen_ip(context);
    let listener = listen::bind(context, place, port).map_err(|error| {
        StartError(format!(
            "Error: listen tcp :{port}: bind: {} ws start err, :{port}=MISSING | -> msggateway.(*WsServer).Run.func2() /openim-server/internal/msggateway/ws_server.go:197",
            in_go(&error)
        ))
    })?;
    ws::serve(context, listener);
    start_rpc(context).await
}

async fn start_consumer(context: &Arc<Context>) -> Result<(), StartError> {
    context.say_initializing();
    let early = context.code_base == CodeBase::Main;
    // The release line wants a port in its list even where it then takes none from it.
    if !early || !context.config.auto_ports {
        listen::element(&context.config.metrics_ports, context.instance.index)?;
    }
    if early {
        consumer_metrics(context)?;
    }
    etcd(context).await;
    dependencies(context).await?;
    if early { Ok(()) } else { consumer_metrics(context) }
}

fn consumer_metrics(context: &Arc<Context>) -> Result<(), StartError> {
    let port = serve_metrics(context)?;
    target(context, "message-transfer", port);
    Ok(())
}

async fn start_rpc(context: &Arc<Context>) -> Result<(), StartError> {
    let name = context.generation.register_name(context.service()).unwrap_or_default();
    if context.config.auto_ports && context.config.discovery != "etcd" {
        return Err(StartError(format!(
            "Error: only etcd support autoSetPorts, rpcRegisterName={name} | -> {}",
            stacks::ONLY_ETCD
        )));
    }
    match context.code_base {
        CodeBase::Release => {
            let listener = bind_rpc(context)?;
            etcd(context).await;
            let metrics_port = serve_metrics(context)?;
            target(context, name, metrics_port);
            context.say_rpc(name, listen::port(&listener), metrics_port);
            dependencies(context).await?;
            serve_rpc(context, listener);
        }
        CodeBase::Main => {
            let metrics_port = serve_metrics(context)?;
            target(context, name, metrics_port);
            context.say_prometheus(name, metrics_port);
            dependencies(context).await?;
            let listener = bind_rpc(context)?;
            let ip = listen::register_ip(context).to_string();
            context.say_register(name, &ip, listen::port(&listener));
            serve_rpc(context, listener);
        }
    }
    Ok(())
}

async fn start_cron(context: &Arc<Context>) -> Result<(), StartError> {
    context.say_initializing();
    if context.config.retain_records < 1 && context.code_base == CodeBase::Release {
        return Err(StartError(format!(
            "Error: msg destruct time must be greater than 1 | -> {}",
            stacks::RETAIN
        )));
    }
    if context.code_base == CodeBase::Main {
        let port = serve_metrics(context)?;
        target(context, "", port);
        return Ok(());
    }
    etcd(context).await;
    Ok(())
}

fn bind_rpc(context: &Context) -> Result<TcpListener, StartError> {
    let config = &context.config;
    let port =
        if config.auto_ports { 0 } else { listen::element(&config.rpc_ports, context.instance.index)? };
    listen::bind(context, Bind::configured(&config.listen_ip), port)
        .map_err(|error| port_taken(&config.listen_ip, port, &error))
}

fn serve_rpc(context: &Arc<Context>, listener: TcpListener) {
    let address = format!("{}:{}", listen::register_ip(context), listen::port(&listener));
    grpc::serve(context, listener);
    if context.settings.registry {
        registry::keep_service(context, &address);
    }
}

/// Opens the metrics port and answers on it; 0 where there is none.
fn serve_metrics(context: &Arc<Context>) -> Result<u16, StartError> {
    let config = &context.config;
    let always = context.code_base == CodeBase::Main;
    if !config.metrics && !always {
        return Ok(0);
    }
    // main has no port list for its cron task, nor a switch.
    let auto = config.auto_ports || (always && context.service() == Service::Crontask);
    let port = if auto { 0 } else { listen::element(&config.metrics_ports, context.instance.index)? };
    let place = metrics_place(context);
    let listener = listen::bind(context, place, port).map_err(|error| port_taken("", port, &error))?;
    let port = listen::port(&listener);
    let owner = Arc::clone(context);
    tokio::spawn(accept::accept(Arc::clone(context), listener, move |stream| {
        let context = Arc::clone(&owner);
        http::serve(stream, move |request| metrics::answer(Arc::clone(&context), request))
    }));
    Ok(port)
}

/// The release line binds automatic metrics ports of api and msgtransfer to the registered address alone.
fn metrics_place(context: &Context) -> Bind {
    let plain = matches!(context.service().role(), Role::HttpGateway | Role::Consumer);
    match context.code_base {
        CodeBase::Release if plain && context.config.auto_ports => Bind::At(listen::register_ip(context)),
        CodeBase::Release if !plain => Bind::configured(&context.config.listen_ip),
        CodeBase::Release | CodeBase::Main => ignoring_listen_ip(context),
    }
}

/// For listeners that take every address whatever listenIP says, unless the sandbox was told to stay local.
fn ignoring_listen_ip(context: &Context) -> Bind {
    if context.settings.obey_listen_ip { Bind::At([127, 0, 0, 1].into()) } else { Bind::Everywhere }
}

fn target(context: &Arc<Context>, name: &str, port: u16) {
    if context.settings.registry && port != 0 {
        let target = format!("{}:{port}", listen::register_ip(context));
        registry::keep_target(context, name, &target);
    }
}

fn port_taken(ip: &str, port: u16, error: &std::io::Error) -> StartError {
    StartError(format!("Error: listen tcp {ip}:{port}: bind: {} listen err", in_go(error)))
}

/// An error as Go words it.
fn in_go(error: &std::io::Error) -> String {
    let known = [
        (std::io::ErrorKind::AddrInUse, "address already in use"),
        (std::io::ErrorKind::PermissionDenied, "permission denied"),
        (std::io::ErrorKind::AddrNotAvailable, "cannot assign requested address"),
    ];
    let found = known.into_iter().find(|(kind, _)| *kind == error.kind());
    found.map_or_else(|| error.to_string(), |(_, text)| text.to_owned())
}

/// Waits for a missing MongoDB, gives up on others, each for the services that need it.
async fn dependencies(context: &Arc<Context>) -> Result<(), StartError> {
    let service = context.service();
    let config = &context.config;
    if context.lacks(Dependency::MongoDb) && needs_mongodb(service) {
        wait_for_mongodb(context).await?;
    }
    if context.lacks(Dependency::Redis) {
        return Err(no_redis(&config.redis));
    }
    let kafka = matches!(service, Service::RpcMsg | Service::MsgTransfer | Service::Push);
    if context.lacks(Dependency::Kafka) && kafka {
        tokio::time::sleep(Duration::from_secs(1)).await;
        return Err(no_kafka(context));
    }
    if context.lacks(Dependency::Minio) && service == Service::RpcThird {
        return Err(StartError(format!(
            "check bucket exists error: Get \"http://{}/openim/?location=\": dial tcp {}: connect: connection refused",
            config.minio,
            numeric(&config.minio)
        )));
    }
    Ok(())
}

/// What every service but api and crontask says of a Redis that refuses.
pub(super) fn no_redis(address: &str) -> StartError {
    StartError(format!(
        "Error: dial tcp {}: connect: connection refused Redis Ping failed, Address=[{address}], Username=, RedisMode=standalone | -> {}",
        numeric(address),
        stacks::REDIS
    ))
}

/// What the services that need Kafka say without it; push in the release line fails as a consumer first.
fn no_kafka(context: &Context) -> StartError {
    let address = &context.config.kafka;
    let consumer = context.service() == Service::Push && context.code_base == CodeBase::Release;
    let failed = if consumer { "NewConsumerGroup" } else { "NewSyncProducer" };
    let group = if consumer { ", groupID=push" } else { "" };
    StartError(format!(
        "Error: kafka: client has run out of available brokers to talk to: dial tcp {}: connect: connection refused {failed} failed, addr=[{address}]{group}",
        numeric(address)
    ))
}

fn numeric(address: &str) -> String {
    address.replace("localhost", "127.0.0.1")
}

const fn needs_mongodb(service: Service) -> bool {
    matches!(
        service,
        Service::RpcConversation
            | Service::RpcFriend
            | Service::RpcGroup
            | Service::RpcMsg
            | Service::RpcThird
            | Service::RpcUser
            | Service::MsgTransfer
    )
}

/// Ten tries of thirty seconds, an ERROR after each; goes on as soon as the fault is mended.
async fn wait_for_mongodb(context: &Arc<Context>) -> Result<(), StartError> {
    let mut faults = context.watch_faults();
    for _ in 0..10 {
        let mended = faults.wait_for(|faults| !faults.contains(&crate::Fault::Without(Dependency::MongoDb)));
        if tokio::time::timeout(Duration::from_secs(30), mended).await.is_ok() {
            return Ok(());
        }
        let error = serde_json::json!("server selection error: context deadline exceeded");
        context.log(
            Level::Error,
            "mongoutil/mongo_util.go:95",
            "Fail to connect Mongo",
            vec![("error", error)],
        );
    }
    Err(StartError("Error: failed to connect to MongoDB".to_owned()))
}
