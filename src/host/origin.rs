//! What started a process, and so what ends it: a unit, a container, or a terminal that may be closed.
//!
//! `0::/system.slice/openim-api.service`, `0::/system.slice/docker-4f….scope`, `12:pids:/docker/4f…`

use super::proc_file;

/// What a process belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Who manages it, as its control group tells.
    pub manager: Option<Manager>,
    /// The terminal that it was started from, `pts/3`.
    pub terminal: Option<String>,
    /// Whether it survives when that terminal closes: `nohup` and `setsid` see to it, `&` does not.
    pub ignores_hangup: bool,
    /// The path of its control group.
    pub cgroup: Option<String>,
}

/// A manager whose control group a process is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Manager {
    /// A service unit of systemd.
    Unit(String),
    /// A container, by the first twelve digits of its id.
    Container(String),
}

impl Origin {
    /// Whether closing a terminal ends it. The release line dies of SIGHUP.
    #[must_use]
    pub const fn dies_with_terminal(&self) -> bool {
        self.terminal.is_some() && !self.ignores_hangup && self.manager.is_none()
    }

    /// "unit openim-api.service", "container 4f5a…", "terminal pts/3"; `None` where nothing tells.
    #[must_use]
    pub fn describe(&self) -> Option<String> {
        match (&self.manager, &self.terminal) {
            (Some(Manager::Unit(name)), _) => Some(format!("unit {name}")),
            (Some(Manager::Container(id)), _) => Some(format!("container {id}")),
            (None, Some(terminal)) if self.ignores_hangup => {
                Some(format!("terminal {terminal}, and ignores its end"))
            }
            (None, Some(terminal)) => Some(format!("terminal {terminal}")),
            (None, None) => None,
        }
    }
}

/// Reads what a process belongs to; `terminal` is the number of its controlling terminal, 0 for none.
#[must_use]
pub fn read_origin(pid: u32, terminal: i32) -> Origin {
    let read = |name: &str| proc_file::read_text(format!("/proc/{pid}/{name}")).unwrap_or_default();
    let cgroup = parse_cgroup(&read("cgroup")).map(str::to_owned);
    Origin {
        manager: cgroup.as_deref().and_then(parse_manager),
        terminal: parse_terminal(terminal),
        // Without a terminal nobody asks.
        ignores_hangup: terminal != 0 && parse_ignores_hangup(&read("status")),
        cgroup,
    }
}

/// The path in the unified hierarchy, else that of systemd's own, else any.
fn parse_cgroup(text: &str) -> Option<&str> {
    let unified = group_of(text, "").filter(|path| *path != "/");
    let named = unified.or_else(|| group_of(text, "name=systemd"));
    named.or_else(|| groups(text).map(|(_, path)| path).max_by_key(|path| path.len()))
}

/// The path in the hierarchy of a controller; the unified one has no name.
pub(super) fn group_of<'t>(text: &'t str, controller: &str) -> Option<&'t str> {
    let has_it = |controllers: &str| controllers.split(',').any(|name| name == controller);
    groups(text).find(|(controllers, _)| has_it(controllers)).map(|(_, path)| path)
}

/// `7:cpu,cpuacct:/a`: the controllers and the path of each hierarchy.
fn groups(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| line.split_once(':')?.1.split_once(':'))
}

/// The innermost part of a path that names a unit or a container.
fn parse_manager(path: &str) -> Option<Manager> {
    path.rsplit('/').find_map(|part| {
        if let Some(id) = container_id(part) {
            return Some(Manager::Container(id.to_owned()));
        }
        // The manager of a user's session is nobody's service.
        let is_session = part.starts_with("user@");
        (part.ends_with(".service") && !is_session).then(|| Manager::Unit(part.to_owned()))
    })
}

/// `docker-4f….scope`, `libpod-4f….scope`, `cri-containerd-4f….scope`, `4f…`: 64 hexadecimal digits.
fn container_id(part: &str) -> Option<&str> {
    let name = part.strip_suffix(".scope").unwrap_or(part);
    let id = name.rsplit('-').next()?;
    (id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| id.get(..12))?
}

/// `SigIgn: 0000000000000001`: bit 0 is SIGHUP.
fn parse_ignores_hangup(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// The kernel's number of a terminal: minor in bits 0-7 and 20-31, major in bits 8-19.
/// Source: proc(5), Documentation/admin-guide/devices.txt.
fn parse_terminal(number: i32) -> Option<String> {
    let number = number.cast_unsigned();
    let (major, minor) = ((number >> 8) & 0xfff, (number & 0xff) | ((number >> 12) & 0xfff00));
    match major {
        0 => None,
        4 => Some(format!("tty{minor}")),
        136..=143 => Some(format!("pts/{}", (major - 136) * 256 + minor)),
        _ => Some(format!("device {major}:{minor}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_and_a_container_are_told_from_the_control_group() {
        let id = "4f5a".repeat(16);
        let manager = |text: &str| parse_cgroup(text).and_then(parse_manager);
        let unit = |name: &str| Some(Manager::Unit(name.to_owned()));
        assert_eq!(manager("0::/system.slice/openim-api.service\n"), unit("openim-api.service"));
        let template = "0::/system.slice/system-openim\\x2dpush.slice/openim-push@3.service";
        assert_eq!(manager(template), unit("openim-push@3.service"));
        let container = Some(Manager::Container("4f5a4f5a4f5a".to_owned()));
        assert_eq!(manager(&format!("0::/system.slice/docker-{id}.scope")), container);
        assert_eq!(manager(&format!("12:pids:/docker/{id}\n1:name=systemd:/docker/{id}\n0::/")), container);
        assert_eq!(manager("0::/user.slice/user-0.slice/session-3.scope"), None);
        assert_eq!(manager("0::/user.slice/user-0.slice/user@0.service/init.scope"), None);
        assert_eq!(manager("0::/"), None);
    }

    #[test]
    fn terminals_have_the_names_that_people_know() {
        assert_eq!(parse_terminal(0), None);
        assert_eq!(parse_terminal(34_819).as_deref(), Some("pts/3"));
        assert_eq!(parse_terminal(1_025).as_deref(), Some("tty1"));
    }

    #[test]
    fn only_a_process_that_minds_its_terminal_dies_with_it() {
        let mut origin = Origin { terminal: Some("pts/3".to_owned()), ..Origin::default() };
        assert!(origin.dies_with_terminal());
        assert_eq!(origin.describe().as_deref(), Some("terminal pts/3"));
        origin.ignores_hangup =
            parse_ignores_hangup("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000001\n");
        assert!(!origin.dies_with_terminal());
        assert!(!parse_ignores_hangup("SigIgn:\t0000000000001000\n"));
    }
}
