//! A proxy between the services: gRPC goes through the one that `HTTPS_PROXY` names, to etcd and to the addresses under
//! which the services are registered there.
//!
//! `HTTP_PROXY` says nothing to gRPC, which asks for the proxy of `https://ADDRESS`; `MinIO`'s client follows it.
//!
//! Source: grpc-go, internal/transport/proxy.go; golang.org/x/net, http/httpproxy (what `NO_PROXY` spares); minio-go,
//! transport.go.

use std::net::IpAddr;

use super::reads::DISCOVERY;
use super::{Mistake, Reader, Rule, Scene};
use crate::openim::config::Environment;
use crate::openim::dependency::Dependency;
use crate::openim::endpoint::host_and_port;

const MINIO: &str = Dependency::Minio.config_file();

pub(super) fn find(scene: &Scene, reader: &Reader) -> Vec<Mistake> {
    let spared = first(reader.env, ["NO_PROXY", "no_proxy"]).map_or("", |(_, spared)| spared);
    of_grpc(scene, reader, spared).into_iter().chain(of_minio(scene, reader, spared)).collect()
}

/// Nothing where services find each other through `ZooKeeper`: whom they then call was not seen.
fn of_grpc(scene: &Scene, reader: &Reader, spared: &str) -> Option<Mistake> {
    if !scene.reads(reader, DISCOVERY) {
        return None;
    }
    let (name, _) = first(reader.env, ["HTTPS_PROXY", "https_proxy"])?;
    let through = etcd_through(reader, spared).or_else(|| service_through(reader, spared))?;
    let what = format!("is set, so gRPC to {through} goes through the proxy (403 Tunnel or SSL Forbidden)");
    let fix = format!("unset it for OpenIM, or add {through} to NO_PROXY");
    Some(reader.breaks(Rule::Proxy, reader.env.origin(name), what, &fix))
}

/// The address of `MinIO`, to which a proxy may find no way.
fn of_minio(scene: &Scene, reader: &Reader, spared: &str) -> Option<Mistake> {
    if !scene.reads(reader, MINIO) {
        return None;
    }
    let address = reader.file(MINIO)?.text("internalAddress", reader.env).ok()??.value;
    let names = if address.starts_with("https://") {
        ["HTTPS_PROXY", "https_proxy"]
    } else {
        ["HTTP_PROXY", "http_proxy"]
    };
    let (name, _) = first(reader.env, names)?;
    let (host, port) = split_port(host_and_port(&address));
    (!host.is_empty() && !is_spared(spared, host, port)).then(|| {
        let what = format!("is set, so MinIO at {host} is asked through the proxy");
        let fix = format!("unset it for OpenIM, or add {host} to NO_PROXY");
        reader.misleads(Rule::Proxy, reader.env.origin(name), what, &fix)
    })
}

/// The first of two variables that is set, as Go reads them.
fn first<'e>(env: &'e Environment, names: [&'static str; 2]) -> Option<(&'static str, &'e str)> {
    names.into_iter().find_map(|name| Some((name, env.get(name)?)))
}

/// The host of an etcd that is asked through the proxy.
fn etcd_through(reader: &Reader, spared: &str) -> Option<String> {
    let addresses = reader.file(DISCOVERY)?.texts("etcd.address", reader.env).ok()?.value;
    let mut targets = addresses.iter().map(|address| split_port(host_and_port(address)));
    let (host, _) = targets.find(|(host, port)| !is_spared(spared, host, *port))?;
    Some(host.to_owned())
}

/// The address under which this machine's services are called through the proxy: the configured one, else one of the
/// machine's, of which it is not known here which one they take.
fn service_through(reader: &Reader, spared: &str) -> Option<String> {
    let named = reader.own_file().and_then(|file| file.text("rpc.registerIP", reader.env).ok().flatten());
    let addresses: Vec<String> = match named.filter(|named| !named.value.is_empty()) {
        Some(named) => vec![named.value],
        None => reader.lan.iter().map(ToString::to_string).collect(),
    };
    // Their ports are the kernel's choice, so that an entry with a port spares none of them.
    let is_any_spared = addresses.iter().any(|address| is_spared(spared, address, None));
    addresses.into_iter().next().filter(|_| !is_any_spared)
}

/// Whether Go reaches a host without the proxy: what is local always, else by an entry of `NO_PROXY`.
fn is_spared(no_proxy: &str, host: &str, port: Option<&str>) -> bool {
    let host = host.to_lowercase();
    let ip: Option<IpAddr> = host.parse().ok();
    host == "localhost"
        || ip.is_some_and(|ip| ip.is_loopback())
        || no_proxy.split(',').any(|entry| covers(&entry.trim().to_lowercase(), &host, ip, port))
}

/// An entry is `*`, a network, or a host with or without a port.
fn covers(entry: &str, host: &str, ip: Option<IpAddr>, port: Option<&str>) -> bool {
    if let Some((base, length)) = network(entry) {
        return ip.is_some_and(|ip| is_within(base, length, ip));
    }
    let (name, wanted) = split_port(entry);
    let has_port = wanted.is_none_or(|wanted| port == Some(wanted));
    let named = match name.parse::<IpAddr>() {
        Ok(address) => ip == Some(address),
        Err(_) => is_of_domain(name, host),
    };
    entry == "*" || (named && has_port)
}

/// `example.org` is itself and what is below it; `.example.org` and `*.example.org` only what is below.
fn is_of_domain(domain: &str, host: &str) -> bool {
    let below = domain.strip_prefix('*').unwrap_or(domain);
    match below.strip_prefix('.') {
        Some(_) => host.ends_with(below),
        None => !below.is_empty() && (host == below || host.ends_with(&format!(".{below}"))),
    }
}

/// `10.0.0.0/8`
fn network(entry: &str) -> Option<(IpAddr, u32)> {
    let (base, length) = entry.split_once('/')?;
    Some((base.parse().ok()?, length.parse().ok()?))
}

fn is_within(base: IpAddr, length: u32, ip: IpAddr) -> bool {
    match (base, ip) {
        (IpAddr::V4(base), IpAddr::V4(ip)) => {
            let differing = base.to_bits() ^ ip.to_bits();
            32_u32.checked_sub(length).is_some_and(|rest| differing.checked_shr(rest).unwrap_or(0) == 0)
        }
        (IpAddr::V6(base), IpAddr::V6(ip)) => {
            let differing = base.to_bits() ^ ip.to_bits();
            128_u32.checked_sub(length).is_some_and(|rest| differing.checked_shr(rest).unwrap_or(0) == 0)
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

/// `etcd:2379`, `[::1]:2379`, `etcd`, `::1`
fn split_port(text: &str) -> (&str, Option<&str>) {
    if let Some((host, rest)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        return (host, rest.strip_prefix(':'));
    }
    match text.split_once(':') {
        Some((host, port)) if !port.contains(':') => (host, Some(port)),
        Some(_) | None => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spared_is_what_go_spares() {
        for (no_proxy, address, spared) in [
            ("", "etcd:2379", false),
            ("", "localhost:2379", true),
            ("", "127.0.0.1:2379", true),
            ("", "[::1]:2379", true),
            ("*", "etcd:2379", true),
            ("etcd", "etcd:2379", true),
            ("etcd:2379", "etcd:2379", true),
            ("etcd:2380", "etcd:2379", false),
            ("ETCD", "etcd:2379", true),
            ("example.org", "etcd.example.org:2379", true),
            (".example.org", "example.org:2379", false),
            ("*.example.org", "etcd.example.org:2379", true),
            ("a, 10.0.0.0/8", "10.77.0.2:2379", true),
            ("10.0.0.0/16", "10.77.0.2:2379", false),
            ("0.0.0.0/0", "10.77.0.2:2379", true),
            ("10.77.0.2", "10.77.0.2:2379", true),
            ("10.77.0.2:2379", "10.77.0.2:2379", true),
            ("10.77.0.0/40", "10.77.0.2:2379", false),
            ("fd00::/8", "[fd00::7]:2379", true),
            ("10.0.0.0/8", "etcd:2379", false),
        ] {
            let (host, port) = split_port(address);
            assert_eq!(is_spared(no_proxy, host, port), spared, "{no_proxy:?} and {address}");
        }
    }
}
