//! Where chat finds OpenIM's API: a URL. One without its scheme is refused by Go's HTTP, and chat's own check, which
//! asks for a token there, then lets nothing of chat start.
//!
//! Left out: a blank one, for nobody saw what comes of it.

use super::{Mistake, Reader, Rule, Scene};

const FILE: &str = "share.yml";
const KEY: &str = "openIM.apiURL";

/// Its value is not told: it may hold a password.
pub(super) fn find(scene: &Scene, reader: &Reader) -> Option<Mistake> {
    if !scene.line.is_of_chat() || !scene.reads(reader, FILE) {
        return None;
    }
    let url = reader.file(FILE)?.text(KEY, reader.env).ok()??;
    let has_scheme =
        |scheme: &str| url.value.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme));
    let is_url = url.value.is_empty() || has_scheme("http://") || has_scheme("https://");
    (!is_url).then(|| {
        let what =
            format!("{KEY} does not begin with http:// or https://, so that OpenIM's API is not found");
        reader.breaks(Rule::Values, url.origin, what, "write http://HOST:PORT, with the port of openim-api")
    })
}
