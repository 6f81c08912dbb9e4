//! The address of a server, as a configuration names it.
//!
//! `127.0.0.1:12379`, and also `http://root:secret@etcd:2379`, which nobody should write and somebody does.

/// `host:port` alone: no scheme, no path, and no credentials, so that no message can tell them.
#[must_use]
pub fn host_and_port(text: &str) -> &str {
    let text = text.trim();
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    // A password may hold an @ of its own, and a slash: the last @ ends it.
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    rest.split('/').next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_and_port_are_all_that_is_kept() {
        for (text, kept) in [
            ("127.0.0.1:12379", "127.0.0.1:12379"),
            ("http://etcd:2379/", "etcd:2379"),
            ("https://root:p@ss/word@etcd:2379", "etcd:2379"),
            ("root:secret@etcd:2379", "etcd:2379"),
            ("[::1]:2379", "[::1]:2379"),
            ("", ""),
        ] {
            assert_eq!(host_and_port(text), kept, "{text}");
        }
    }
}
