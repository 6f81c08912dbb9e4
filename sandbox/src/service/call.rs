//! The API's side of a gRPC call: find the service in etcd, connect, ask.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use openim_ops::openim::service::{Role, Service};
use tokio::net::TcpStream;

use super::auth::Refusal;
use super::context::Context;
use super::grpc;

const UNAVAILABLE: u32 = 14;
/// How long a change in the registry may go unnoticed between two requests.
const WATCH: Duration = Duration::from_secs(1);
/// How long services are looked for more often.
const COMING_UP: Duration = Duration::from_secs(10);

/// What the API knows of the addresses of services; `None` where it has never seen one.
#[derive(Debug, Default)]
pub(super) struct Resolver {
    known: Mutex<BTreeMap<Service, Vec<String>>>,
}

impl Resolver {
    /// Learns of every service that is registered now.
    async fn learn(&self, context: &Arc<Context>) {
        let Some(keys) = keys_below(context, format!("{}/", context.config.etcd_root)).await else { return };
        for service in Service::ALL {
            let Some(name) = context.generation.register_name(service) else { continue };
            let prefix = format!("{}/{name}/", context.config.etcd_root);
            self.update(service, keys.iter().filter_map(|key| key.strip_prefix(&prefix)));
        }
    }

    /// Keeps learning, as the API's watch on etcd does.
    pub(super) async fn watch(self: Arc<Self>, context: Arc<Context>) {
        if !context.settings.registry {
            return;
        }
        let start = Instant::now();
        loop {
            self.learn(&context).await;
            // While the deployment comes up, the services come one by one.
            let pause = if start.elapsed() < COMING_UP { WATCH / 10 } else { WATCH };
            tokio::time::sleep(pause).await;
        }
    }

    /// The addresses of a service. While etcd is away the last known ones; `None` where there never was one.
    async fn look_up(&self, context: &Arc<Context>, service: Service) -> Option<Vec<String>> {
        let name = context.generation.register_name(service)?;
        let prefix = format!("{}/{name}/", context.config.etcd_root);
        if context.settings.registry
            && let Some(keys) = keys_below(context, prefix.clone()).await
        {
            self.update(service, keys.iter().filter_map(|key| key.strip_prefix(&prefix)));
        }
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&service).cloned()
    }

    fn update<'a>(&self, service: Service, addresses: impl Iterator<Item = &'a str>) {
        let addresses: Vec<_> = addresses.map(str::to_owned).collect();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !addresses.is_empty() || known.contains_key(&service) {
            known.insert(service, addresses);
        }
    }

    /// Calls a method. A service that the API has never known is waited for, for ever.
    pub(super) async fn call(
        &self,
        context: &Arc<Context>,
        service: Service,
        method: &str,
        operation: &str,
        message: &[u8],
    ) -> Result<Vec<u8>, Refusal> {
        if context.service().role() == Role::Whole {
            return grpc::call_within(context, service, method, message);
        }
        let Some(addresses) = self.look_up(context, service).await else {
            return std::future::pending().await;
        };
        let Some(stream) = connect(&addresses).await else {
            return Err(Refusal::new(UNAVAILABLE, nobody(context, &addresses)));
        };
        let path = format!("/{}/{method}", service.grpc_name().unwrap_or_default());
        let lost =
            |error: h2::Error| Refusal::new(UNAVAILABLE, format!("error reading from server: {error}"));
        exchange(stream, &path, operation, message).await.map_err(lost)?
    }
}

/// The keys below a prefix; `None` while etcd is away.
async fn keys_below(context: &Context, prefix: String) -> Option<Vec<String>> {
    let client = context.etcd.clone();
    let found = tokio::task::spawn_blocking(move || client.range(&prefix)).await.ok()?.ok()?;
    Some(found.into_iter().map(|pair| pair.key).collect())
}

fn nobody(context: &Context, addresses: &[String]) -> String {
    match addresses.last() {
        None => context.version.no_address().to_owned(),
        Some(address) => format!(
            "connection error: desc = \"transport: Error while dialing: dial tcp {address}: connect: connection refused\""
        ),
    }
}

async fn connect(addresses: &[String]) -> Option<TcpStream> {
    for address in addresses {
        if let Ok(stream) = TcpStream::connect(address).await {
            let _ = stream.set_nodelay(true);
            return Some(stream);
        }
    }
    None
}

async fn exchange(
    stream: TcpStream,
    path: &str,
    operation: &str,
    message: &[u8],
) -> Result<Result<Vec<u8>, Refusal>, h2::Error> {
    let (client, connection) = h2::client::handshake(stream).await?;
    tokio::spawn(connection);
    let mut client = client.ready().await?;
    let request = Request::post(format!("http://openim{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("operationid", operation)
        .body(())
        .map_err(|_| h2::Error::from(h2::Reason::INTERNAL_ERROR))?;
    let (answer, mut body) = client.send_request(request, false)?;
    body.send_data(grpc::frame(message), true)?;
    let (head, mut body) = answer.await?.into_parts();
    let mut wire = Vec::new();
    while let Some(part) = body.data().await {
        let part: Bytes = part?;
        let _ = body.flow_control().release_capacity(part.len());
        wire.extend_from_slice(&part);
    }
    let trailers = body.trailers().await?.unwrap_or(head.headers);
    let text = |name: &str| trailers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Ok(match text("grpc-status").parse() {
        Ok(0) => Ok(wire.get(5..).unwrap_or_default().to_vec()),
        Ok(code) => Err(Refusal::new(code, percent_decode(text("grpc-message")))),
        Err(_) => Err(Refusal::new(UNAVAILABLE, "no status")),
    })
}

fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let code = after.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        if let (b'%', Some(byte)) = (first, code) {
            bytes.push(byte);
            rest = after.get(2..).unwrap_or_default();
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
