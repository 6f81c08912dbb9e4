//! Whose login session this process is in.

use super::origin::group_of;
use super::proc_file;

/// Whether this process has the rights of the session's owner, and not those of somebody else. Without a session it is
/// not known, and so not said.
pub(crate) fn is_own() -> bool {
    owner() == Some(rustix::process::geteuid().as_raw())
}

/// The user to whom the session or the user manager belongs that this process was started in. It stays the same under
/// sudo and pkexec.
fn owner() -> Option<u32> {
    parse_owner(&proc_file::read_text("/proc/self/cgroup").ok()?)
}

/// The unified hierarchy tells it, or systemd's own where that one has no slices.
fn parse_owner(groups: &str) -> Option<u32> {
    ["", "name=systemd"].iter().find_map(|hierarchy| owner_of(group_of(groups, hierarchy)?))
}

/// `/user.slice/user-1000.slice/session-3.scope`: the innermost of the slices that the path begins with names the user.
/// What a user may have made in a group of their own is behind them.
fn owner_of(path: &str) -> Option<u32> {
    let slices = path.split('/').skip(1).map_while(|part| part.strip_suffix(".slice"));
    let uid = slices.last()?.strip_prefix("user-")?;
    let is_plain = uid == "0" || !uid.starts_with(['0', '+']);
    is_plain.then(|| uid.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_is_whom_the_slice_names() {
        let session = "0::/user.slice/user-1000.slice/session-3.scope\n";
        assert_eq!(parse_owner(session), Some(1000));
        assert_eq!(parse_owner("0::/user.slice/user-0.slice/user@0.service/app.slice/a.service"), Some(0));
        let hybrid = "4:memory:/user.slice\n1:name=systemd:/user.slice/user-7.slice/session-1.scope\n0::/\n";
        assert_eq!(parse_owner(hybrid), Some(7));
    }

    #[test]
    fn a_user_cannot_pretend_to_be_another() {
        let nested = "/user.slice/user-1000.slice/user@1000.service/user.slice/user-0.slice/a.scope";
        assert_eq!(owner_of(nested), Some(1000));
        for path in [
            "/",
            "/system.slice/ssh.service",
            "/a/user.slice/user-0.slice/session-3.scope",
            "/user.slice/user-00.slice/session-3.scope",
            "/user.slice/user-+1.slice/session-3.scope",
            "/../../user.slice/user-0.slice/session-3.scope",
        ] {
            assert_eq!(owner_of(path), None, "{path}");
        }
    }
}
