//! The configuration of chat's services.

use openim_ops::openim::service::{Role, Service};

use super::{Layout, Socket};

/// The file of one service.
pub(super) fn own_file(layout: &Layout, service: Service) -> String {
    let list = |socket| {
        let ports = layout.ports.list(layout.generation, service, socket);
        ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    if service.role() == Role::HttpGateway {
        return format!("api:\n  listenIP: {}\n  ports: [ {} ]\n", layout.listen_ip, list(Socket::Client));
    }
    format!(
        "rpc:\n  registerIP: {}\n  listenIP: {}\n  ports: [ {} ]\n",
        layout.register_ip,
        layout.listen_ip,
        list(Socket::Rpc)
    )
}

/// Where open-im-server is, and who administers it.
pub(super) fn share(layout: &Layout) -> String {
    let address = &layout.addresses.openim;
    let url = if address.is_empty() { String::new() } else { format!("http://{address}") };
    format!(
        "openIM:\n  apiURL: {url}\n  secret: openIM123\n  adminUserID: imAdmin\n  tokenRefreshInterval: 120\n\n\
         chatAdmin:\n  - chatAdmin\n\nproxyHeader: X-Forwarded-For\n"
    )
}
