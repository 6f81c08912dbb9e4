//! One line of the log and what it says about itself: when, which service, how grave.
//!
//! The level is that of OpenIM's logger; of a line that it did not write, what the kind of the line means
//! (a panic, a start error); else journald's PRIORITY. The service is the logger's own column; else the unit,
//! the program or the identifier that journald noted. A record borrows everything from its source.

use std::borrow::Cow;

use chrono::NaiveDate;

use super::end::End;
use crate::journal::{Cursor, Entry};
use crate::openim::container::Content;
use crate::openim::error::code_of;
use crate::openim::level::Level;
use crate::openim::line::{Kind, Line, classify, exit_name, unit_named};
use crate::openim::redact::redact;
use crate::openim::service::Service;
use crate::openim::text::strip_colour;
use crate::openim::zap::{RawValue, ZapLine};
use crate::time::{Timestamp, Zone};

/// journald stores what has no priority of its own as information.
const INFO: u8 = 6;

/// One line of the log.
#[derive(Clone, Debug)]
pub(super) struct Record<'a> {
    /// When it was received (journal) or written (files).
    pub(super) time: Timestamp,
    pub(super) service: Option<Service>,
    /// The number of the instance, where the line or its unit tells.
    pub(super) instance: Option<u32>,
    pub(super) pid: Option<u32>,
    pub(super) level: Level,
    /// The same as a priority of syslog, 0 (gravest) to 7.
    pub(super) priority: u8,
    /// The stored bytes.
    pub(super) raw: &'a [u8],
    /// What the line is.
    pub(super) line: Line<'a>,
    /// The journal's entry that it was read from.
    pub(super) entry: Option<Entry<'a>>,
    /// The last entry of the journal that it was put together from, where there are several.
    pub(super) end: Option<Cursor>,
    /// How long the call took that ends here, in microseconds; where that is asked for.
    pub(super) cost: Option<u64>,
}

/// What is known of a line before its text is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Context {
    pub(super) time: Timestamp,
    pub(super) service: Option<Service>,
    pub(super) instance: Option<u32>,
    pub(super) pid: Option<u32>,
    pub(super) priority: Option<u8>,
}

impl<'a> Record<'a> {
    /// A line with what is known around it; what the line itself says wins, except for the time.
    pub(super) fn new(raw: &'a [u8], context: Context) -> Self {
        let line = classify(raw);
        let zap = match &line {
            Line::Zap(zap) => Some(zap),
            Line::Other(_) => None,
        };
        let module = zap.and_then(|zap| Service::from_binary(std::str::from_utf8(zap.module).ok()?));
        let level = line.level().or_else(|| level_of_end(&line, raw));
        let priority = match (level, context.priority) {
            (Some(level), _) => level.syslog_priority(),
            (None, priority) => priority.unwrap_or(INFO),
        };
        Self {
            time: context.time,
            service: module.or(context.service),
            instance: context.instance.filter(|_| module.is_none() || module == context.service),
            pid: zap.and_then(|zap| zap.pid).or(context.pid),
            level: level.unwrap_or_else(|| Level::from_syslog_priority(priority)),
            priority,
            raw,
            line,
            entry: None,
            end: None,
            cost: None,
        }
    }

    /// A line of a file or a stream, whose time stands in the line itself. A line that the logger did not write
    /// belongs to the record before it, if it does not say whose it is.
    pub(super) fn of_line(raw: &'a [u8], before: Context, zone: Zone) -> Self {
        let record = Self::new(raw, before);
        let Some(zap) = record.zap() else { return record.of_its_name().of_its_unit() };
        let time = parse_zap_time(zap.time, zone).unwrap_or(before.time);
        // No line has anything of the one before it.
        let module = Service::from_binary(std::str::from_utf8(zap.module).unwrap_or_default());
        Self { time, service: module, instance: None, ..record }
    }

    /// What a following line that is no record of its own takes over.
    pub(super) const fn context(&self) -> Context {
        let Self { time, service, instance, pid, .. } = *self;
        Context { time, service, instance, pid, priority: None }
    }

    /// The line of an entry of the journal; an entry without MESSAGE is an empty line.
    pub(super) fn of_entry(entry: Entry<'a>) -> Self {
        let raw = entry.field("MESSAGE").unwrap_or_default();
        Self { entry: Some(entry), ..Self::new(raw, context_of(entry)) }.of_its_name()
    }

    /// What a service says as it ends begins with its name, which tells more than who passed the line on.
    fn of_its_name(self) -> Self {
        let Line::Other(Kind::ExitLine) = self.line else { return self };
        let named = exit_name(self.raw).and_then(Service::from_binary);
        if named.is_none() || named == self.service {
            return self;
        }
        Self { service: named, instance: None, pid: None, ..self }
    }

    /// What systemd says of a unit stands in `journalctl -o cat` behind the line of any other.
    fn of_its_unit(self) -> Self {
        let Some(unit) = self.unit_named() else { return self };
        let (service, instance) = service_of_unit(unit).unzip();
        Self { service, instance: instance.flatten(), pid: None, ..self }
    }

    fn unit_named(&self) -> Option<&'a str> {
        match self.line {
            Line::Other(Kind::Other) => unit_named(self.raw),
            Line::Zap(_) | Line::Other(_) => None,
        }
    }

    /// Whether it is the first word of a process, which says that it initializes.
    pub(super) fn begins(&self) -> bool {
        const START: &[u8] = b" server is init";
        self.zap().is_some_and(|zap| memchr::memmem::find(zap.message, START).is_some())
    }

    /// The record of the logger, if that wrote the line.
    pub(super) fn zap(&self) -> Option<&ZapLine<'a>> {
        match &self.line {
            Line::Zap(zap) => Some(zap),
            Line::Other(_) => None,
        }
    }

    /// The service's name, or that of a program of OpenIM that is none of its services (chat, the one-process build).
    pub(super) fn service_name(&self) -> Option<Cow<'_, str>> {
        let module = || Some(String::from_utf8_lossy(self.zap()?.module));
        self.service.map(|service| service.short().into()).or_else(module)
    }

    /// The program: the logger's column, or the service that the line belongs to.
    pub(super) fn program(&self) -> Cow<'_, str> {
        let field = |name| self.entry.and_then(|entry| entry.text(name)).map(Cow::Borrowed);
        // What a container wrote is not docker's.
        let program = || field("CONTAINER_NAME").or_else(|| field("_COMM"));
        let unit = || self.unit_named()?.strip_suffix(".service").map(Cow::Borrowed);
        self.service_name().or_else(program).or_else(unit).unwrap_or_default()
    }

    /// The identifier of syslog; of a line of a file the program that journald would have noted.
    pub(super) fn identifier(&self) -> Option<Cow<'_, str>> {
        if let Some(entry) = self.entry {
            return entry.text("SYSLOG_IDENTIFIER").map(Cow::Borrowed);
        }
        let module = self.zap().map(|zap| String::from_utf8_lossy(zap.module));
        module.or_else(|| self.service.map(|service| service.binary().into()))
    }

    /// The fields that journald would have given a line of a file on this host, but for the message.
    pub(super) fn fields_of_line<'s>(&'s self, host: &'s str) -> Vec<(&'static str, Cow<'s, str>)> {
        let fields = [
            ("_HOSTNAME", Some(host.into())),
            ("SYSLOG_IDENTIFIER", self.identifier()),
            ("_PID", self.pid.map(|pid| pid.to_string().into())),
            ("PRIORITY", Some(self.priority.to_string().into())),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// Where whoever has seen it goes on.
    pub(super) fn end(&self) -> Option<Cursor> {
        self.end.or_else(|| self.entry.map(|entry| entry.cursor()))
    }

    /// The service and, of those that run several times, the number: `msgtransfer#3`.
    pub(super) fn instance_name(&self) -> Cow<'_, str> {
        match (self.service, self.instance) {
            (Some(service), Some(instance)) if instance > 0 || service.runs_several() => {
                format!("{service}#{instance}").into()
            }
            (Some(_) | None, _) => self.program(),
        }
    }

    /// The message between place and keys; all of a text that the logger did not write.
    pub(super) fn message(&self) -> Cow<'_, str> {
        match self.zap() {
            Some(zap) => zap.message_text(),
            None => match self.text() {
                Cow::Borrowed(text) => String::from_utf8_lossy(text),
                Cow::Owned(text) => String::from_utf8_lossy(&text).into_owned().into(),
            },
        }
    }

    /// The error, with its stack.
    pub(super) fn error(&self) -> Option<Cow<'a, str>> {
        self.zap()?.error().map(RawValue::text)
    }

    /// The code of the error, or the errCode of an answer.
    pub(super) fn code(&self) -> Option<u32> {
        if let Some(error) = self.error() {
            return code_of(&error);
        }
        let answer = self.zap()?.fields.get("respBody")?.text();
        serde_json::from_str::<serde_json::Value>(&answer).ok()?.get("errCode")?.as_u64()?.try_into().ok()
    }

    /// The raw text without colours.
    pub(super) fn text(&self) -> Cow<'a, [u8]> {
        strip_colour(self.raw)
    }

    /// The raw text with its secrets masked; the same bytes where there are none.
    pub(super) fn masked(&self) -> Cow<'a, [u8]> {
        redact(self.raw)
    }

    /// Shows it, with its secrets masked where they are to be.
    pub(super) fn show<T>(&self, redact: bool, take: impl FnOnce(&Record<'_>) -> T) -> T {
        match redact.then(|| self.masked()) {
            Some(Cow::Owned(masked)) => take(&self.with_raw(&masked)),
            Some(Cow::Borrowed(_)) | None => take(self),
        }
    }

    /// The same record with another text: its own, masked.
    pub(super) fn with_raw<'b>(&self, raw: &'b [u8]) -> Record<'b>
    where
        'a: 'b,
    {
        Record { raw, line: classify(raw), ..self.clone() }
    }
}

/// `2026-07-02 08:37:22.123`, which has no zone of its own.
pub(super) fn parse_zap_time(text: &[u8], zone: Zone) -> Option<Timestamp> {
    let number = |range: std::ops::Range<usize>| -> Option<u32> {
        text.get(range)?
            .iter()
            .try_fold(0, |sum, &digit| digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0')))
    };
    let year = i32::try_from(number(0..4)?).ok()?;
    let day = NaiveDate::from_ymd_opt(year, number(5..7)?, number(8..10)?)?;
    let civil = day.and_hms_milli_opt(number(11..13)?, number(14..16)?, number(17..19)?, number(20..23)?)?;
    zone.instant(civil)
}

/// The fields that say which process wrote an entry. What systemd and the crash collector say about a unit is filed
/// under that unit.
const PROCESS: [&[u8]; 8] = [
    b"UNIT",
    b"OBJECT_SYSTEMD_UNIT",
    b"COREDUMP_UNIT",
    b"_SYSTEMD_UNIT",
    b"_CMDLINE",
    b"_PID",
    b"SYSLOG_PID",
    b"PRIORITY",
];

/// What journald noted about the process, put into OpenIM's terms.
fn context_of(entry: Entry<'_>) -> Context {
    let texts = entry.fields_of(&PROCESS).map(|value| std::str::from_utf8(value?).ok());
    let [unit, object, coredump, own, command_line, pid, syslog_pid, priority] = texts;
    let of_unit = [unit, object, coredump, own].into_iter().flatten().find_map(service_of_unit);
    let (service, instance) = match of_unit {
        Some((service, instance)) => (Some(service), instance),
        None => (service_of_program(entry), None),
    };
    let of_command = || service.and_then(|_| instance_of_command(command_line?));
    let number = |text: Option<&str>| text?.parse::<u32>().ok();
    Context {
        time: entry.realtime(),
        service,
        instance: instance.or_else(of_command),
        pid: number(pid).or_else(|| number(syslog_pid)),
        priority: number(priority).and_then(|priority| u8::try_from(priority).ok()).filter(|p| *p < 8),
    }
}

/// The service by the program that wrote it.
fn service_of_program(entry: Entry<'_>) -> Option<Service> {
    let program = entry.text("_EXE").and_then(|path| path.rsplit('/').next()).and_then(Service::from_binary);
    let command = || entry.text("_COMM").and_then(service_of_comm);
    let identifier = || entry.text("SYSLOG_IDENTIFIER").and_then(Service::from_binary);
    program.or_else(command).or_else(identifier).or_else(|| service_of_container(entry))
}

/// Docker notes the container and its image; unit and program are docker's own.
fn service_of_container(entry: Entry<'_>) -> Option<Service> {
    let name = entry.text("CONTAINER_NAME").and_then(Content::of_name);
    let content = name.or_else(|| entry.text("IMAGE_NAME").and_then(Content::of_image));
    content.and_then(Content::service)
}

/// `openim-push@3.service` is push, instance 3.
pub(super) fn service_of_unit(unit: &str) -> Option<(Service, Option<u32>)> {
    let name = unit.strip_suffix(".service")?;
    match name.split_once('@') {
        Some((name, instance)) => Some((Service::from_binary(name)?, instance.parse().ok())),
        None => Some((Service::from_binary(name)?, None)),
    }
}

/// The service and its number by a command line: `/o/openim-push -i 3 -c /o/config/`.
pub(super) fn instance_of_process(command: &str) -> Option<(Service, u32)> {
    let program = command.split_whitespace().next()?.rsplit('/').next()?;
    Some((Service::from_binary(program)?, instance_of_command(command)?))
}

/// The kernel keeps fifteen characters of a program's name.
fn service_of_comm(comm: &str) -> Option<Service> {
    Service::ALL.into_iter().find(|service| comm_of(*service) == comm)
}

/// What systemd says of a process that ended is as grave as that is.
fn level_of_end(line: &Line<'_>, raw: &[u8]) -> Option<Level> {
    let may_tell = matches!(line, Line::Other(Kind::Other));
    may_tell.then(|| String::from_utf8_lossy(raw)).and_then(|text| End::parse(&text).map(End::level))
}

/// A service's name as the kernel cuts it: `openim-rpc-conv`.
pub(super) fn comm_of(service: Service) -> &'static str {
    let binary = service.binary();
    binary.get(..15).unwrap_or(binary)
}

/// The number behind `-i` or `--index`.
fn instance_of_command(command: &str) -> Option<u32> {
    let mut words = command.split_whitespace();
    words
        .find_map(|word| word.strip_prefix("--index=").or((word == "-i" || word == "--index").then_some("")))
        .and_then(|value| if value.is_empty() { words.next()?.parse().ok() } else { value.parse().ok() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::OwnedEntry;

    const WARN: &[u8] = b"2026-07-02 08:40:07.464\t\x1b[33mWARN\x1b[0m\t\x1b[33m[PID:1555]     \x1b[0m\t\x1b[33mopenim-msggateway        \x1b[0m\t[v3.8.3-patch.16]             \t[msggateway/http_error.go:23]                     \tws connection error                               \t{\"connID\": \"383fdb61\"}";

    fn entry(fields: &[(&str, &[u8])]) -> OwnedEntry {
        OwnedEntry::of(Timestamp::from_micros(1_000_000), fields)
    }

    #[test]
    fn the_level_in_the_line_wins_over_the_priority() {
        let entry = entry(&[("PRIORITY", b"6"), ("MESSAGE", WARN)]);
        let record = Record::of_entry(entry.lend());
        assert_eq!((record.level, record.priority), (Level::Warn, 4));
        assert!(record.text().starts_with(b"2026-07-02 08:40:07.464\tWARN\t[PID:1555]"));
        assert_eq!(record.raw, WARN);
    }

    #[test]
    fn a_line_of_systemd_has_its_priority() {
        let entry = entry(&[
            ("PRIORITY", b"4"),
            ("_PID", b"1"),
            ("_SYSTEMD_UNIT", b"init.scope"),
            ("UNIT", b"openim-push@5.service"),
            ("MESSAGE", b"openim-push@5.service: Failed with result 'exit-code'."),
        ]);
        let record = Record::of_entry(entry.lend());
        assert_eq!((record.level, record.priority), (Level::Warn, 4));
        assert_eq!((record.service, record.instance), (Some(Service::Push), Some(5)));
    }

    #[test]
    fn the_module_column_decides_where_all_services_share_one_stream() {
        let entry = entry(&[("CONTAINER_NAME", b"openim-server"), ("_COMM", b"dockerd"), ("MESSAGE", WARN)]);
        let record = Record::of_entry(entry.lend());
        assert_eq!((record.service, record.pid), (Some(Service::MsgGateway), Some(1555)));
    }

    #[test]
    fn a_container_of_one_service_tells_whose_its_lines_are_by_its_name_or_its_image() {
        let service = |name: &[u8], image: &[u8]| {
            let text = ("MESSAGE", &b"panic: boom"[..]);
            let entry =
                entry(&[("CONTAINER_NAME", name), ("IMAGE_NAME", image), ("_COMM", b"dockerd"), text]);
            Record::of_entry(entry.lend()).service
        };
        assert_eq!(service(b"im-openim-api-1", b"x"), Some(Service::Api));
        assert_eq!(service(b"dreamy_wing", b"openim/openim-push:v3.8.3"), Some(Service::Push));
        assert_eq!(service(b"openim-server", b"openim/openim-server:v3.8.3"), None);
    }

    #[test]
    fn the_module_column_wins_over_the_unit_and_its_number_is_not_taken_over() {
        let entry = entry(&[("_SYSTEMD_UNIT", b"openim-push@3.service"), ("MESSAGE", WARN)]);
        let record = Record::of_entry(entry.lend());
        assert_eq!((record.service, record.instance), (Some(Service::MsgGateway), None));
    }

    #[test]
    fn under_mage_start_the_program_and_its_command_line_decide() {
        let entry = entry(&[
            ("SYSLOG_IDENTIFIER", b"sh"),
            ("_SYSTEMD_UNIT", b"openim-server.service"),
            ("_COMM", b"openim-msgtrans"),
            ("_CMDLINE", b"/o/_output/bin/platforms/linux/amd64/openim-msgtransfer -i 3 -c /o/config/"),
            ("MESSAGE", b"goroutine 1 [running]:"),
        ]);
        let record = Record::of_entry(entry.lend());
        assert_eq!((record.service, record.instance), (Some(Service::MsgTransfer), Some(3)));
    }

    #[test]
    fn a_number_of_another_program_is_no_instance() {
        let entry = entry(&[("_COMM", b"grep"), ("_CMDLINE", b"grep -i 3"), ("MESSAGE", WARN)]);
        assert_eq!(Record::of_entry(entry.lend()).instance, None);
    }

    #[test]
    fn units_and_commands_are_read_exactly() {
        assert_eq!(service_of_unit("openim-api.service"), Some((Service::Api, None)));
        assert_eq!(service_of_unit("openim-push@x.service"), Some((Service::Push, None)));
        assert_eq!(service_of_unit("openim-server.service"), None);
        assert_eq!(service_of_unit("openim-api.slice"), None);
        assert_eq!(service_of_comm("openim-rpc-conv"), Some(Service::RpcConversation));
        assert_eq!(service_of_comm("openim-rpc-con"), None);
        assert_eq!(instance_of_command("x --index=4"), Some(4));
        assert_eq!(instance_of_command("x --index 7 -c y"), Some(7));
        assert_eq!(instance_of_command("x -i"), None);
    }

    #[test]
    fn a_line_of_a_file_has_its_own_time_and_what_follows_it_takes_it_over() {
        let shanghai = Zone::parse("Asia/Shanghai").unwrap_or(Zone::Utc);
        let record = Record::of_line(WARN, Context::default(), shanghai);
        assert_eq!(record.time.utc().to_rfc3339(), "2026-07-02T00:40:07.464+00:00");
        let next = Record::of_line(b"goroutine 1 [running]:", record.context(), shanghai);
        assert_eq!((next.time, next.service, next.pid), (record.time, Some(Service::MsgGateway), Some(1555)));
        assert_eq!(next.level, Level::Info);
        assert_eq!(parse_zap_time(b"2026-13-02 08:40:07.464", shanghai), None);
    }

    #[test]
    fn a_line_of_systemd_belongs_to_the_unit_that_it_names() {
        let before = Record::of_line(WARN, Context::default(), Zone::Utc).context();
        let of = |text: &'static str| {
            let record = Record::of_line(text.as_bytes(), before, Zone::Utc);
            assert_eq!((record.time, record.pid), (before.time, None), "{text}");
            record.instance_name().into_owned()
        };
        assert_eq!(
            of("openim-msgtransfer@3.service: Main process exited, code=killed, status=9/KILL"),
            "msgtransfer#3"
        );
        assert_eq!(of("Stopped openim-push@5.service - OpenIM openim-push 5."), "push#5");
        assert_eq!(of("Started openim-api.service - OpenIM openim-api 0."), "api");
        assert_eq!(of("openim-server.service: Deactivated successfully."), "openim-server");
    }

    #[test]
    fn a_masked_record_is_the_same_record() {
        let raw = br#"{"level":"ERROR","time":"2026-07-02 08:53:00.020","logger":"openim-push","caller":"a/b.go:1","msg":"m","PID":165,"version":"v","token":"abc"}"#;
        let record = Record::new(raw, Context::default());
        let masked = record.masked();
        let record = record.with_raw(&masked);
        assert_eq!(record.service, Some(Service::Push));
        assert_eq!(
            record.zap().and_then(|zap| zap.fields.get("token")).map(RawValue::raw),
            Some(&b"\"***\""[..])
        );
    }
}
