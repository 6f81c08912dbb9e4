//! The form for people: when, how grave, which service, what, and the keys that matter.
//!
//! ```text
//! 19:55:32.865 ERROR rpc-group     rpc server panic   getSpecifiedUserGroupRequestInfo
//!              op=bad-53 user=imAdmin  runtime error: index out of range [0] with length 0
//!              at internal/rpc/group/group.go:1900
//! ```
//!
//! The request and the user stand behind `op` and `user`, and behind `cost` how long a call took where that
//! was asked for; of an error the part before its stack. From warnings up the last line is the place in
//! OpenIM's own code that the stack names first, else where the line was written. Of other keys, short ones
//! are shown where there is no error; a `…` stands where something is left out. What is wider than the
//! terminal goes on in the next line. Of a dump the first line is shown, the places in OpenIM's own code, and
//! how many lines there are. The level has its colour and the service its own; keys and places are dim.

use std::io::{self, Write};

use anstyle::Style;

use super::colour::{DIM, style_of_service};
use super::dump::Folded;
use super::fold::{fold, width};
use super::{Heading, Render, computed_cost, paint, style_of};
use crate::logs::column::Column;
use crate::logs::plan::Look;
use crate::logs::record::Record;
use crate::openim::error::{STACK, first_sentence, own_place};
use crate::openim::level::Level;
use crate::openim::text::clean;
use crate::openim::zap::{RawValue, ZapLine};

/// Continuations begin under the level.
const INDENT: usize = 13;
/// The longest usual names: `msgtransfer#7`, `conversation` with its `rpc-` is longer.
const SERVICE: usize = 13;
/// A value that is longer is left out.
const LONGEST_VALUE: usize = 40;

pub(super) struct Openim<'l> {
    look: &'l Look,
}

impl<'l> Openim<'l> {
    pub(super) const fn new(look: &'l Look) -> Self {
        Self { look }
    }
}

impl Render for Openim<'_> {
    fn heading(&self, record: &Record<'_>) -> Option<Heading> {
        Some(Heading::Day(self.look.zone.civil(record.time).0.date()))
    }

    fn first_heading(&self) -> Option<Heading> {
        Some(Heading::Day(self.look.today))
    }

    fn render(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()> {
        let time = self.look.zone.civil(record.time).0;
        let service = clean(&record.instance_name());
        write!(out, "{} ", time.format("%H:%M:%S%.3f"))?;
        let level = if says_a_level(record) { record.level.name() } else { "" };
        paint(out, self.look.colour, style_of(record.level), level)?;
        write!(out, "{:pad$} ", "", pad = 5 - level.len())?;
        paint(out, self.look.colour, style_of_service(record), &service)?;
        let pad = SERVICE.saturating_sub(width(&service));
        write!(out, "{:pad$} ", "")?;
        let used = INDENT + 6 + width(&service) + pad + 1;
        match record.zap() {
            Some(zap) => self.record_of_the_logger(record, zap, used, out),
            None => match Folded::of(record, self.look) {
                Some(dump) => self.dump(&dump, used, out),
                None => self.other_text(&clean(&String::from_utf8_lossy(&record.text())), used, out),
            },
        }
    }
}

impl Openim<'_> {
    fn record_of_the_logger(
        &self,
        record: &Record<'_>,
        zap: &ZapLine<'_>,
        used: usize,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let mut text = clean(&zap.message_text());
        if let Some(method) = method_of(zap) {
            text.push_str("   ");
            text.push_str(&method);
        }
        let cost = computed_cost(record);
        let (keys, error) = (keys_of(zap, cost.as_deref(), self.look.unfold), error_of(zap));
        let is_brief = record.level < Level::Warn && error.is_none();
        if is_brief && !keys.is_empty() && used + width(&text) + 2 + width(&keys) <= self.look.columns {
            write!(out, "{text}  ")?;
            paint(out, self.look.colour, DIM, &keys)?;
            return out.write_all(b"\n");
        }
        self.folded(&text, used, 0, out)?;
        let between = if keys.is_empty() || error.is_none() { "" } else { "  " };
        let details = format!("{keys}{between}{}", error.unwrap_or_default());
        if !details.is_empty() {
            self.continued(&details, keys.len(), out)?;
        }
        if self.look.unfold
            && let Some(error) = zap.error()
        {
            return self.stack(&error.text(), out);
        }
        if record.level >= Level::Warn
            && let Some(place) = place_of(zap)
        {
            self.place(&place, out)?;
        }
        Ok(())
    }

    /// The frames behind an error, each on a line of its own.
    fn stack(&self, error: &str, out: &mut dyn Write) -> io::Result<()> {
        error.split(" -> ").skip(1).try_for_each(|frame| self.place(&clean(frame), out))
    }

    /// What happened and where in OpenIM's own code; not the thousand lines of goroutines.
    fn dump(&self, dump: &Folded, used: usize, out: &mut dyn Write) -> io::Result<()> {
        let exit = if dump.is_fatal { ", exit 2" } else { "" };
        self.folded(&format!("{}{exit}", dump.headline), used, 0, out)?;
        dump.places.iter().try_for_each(|place| self.place(place, out))?;
        self.continued(&dump.rest, dump.rest.len(), out)
    }

    /// What the logger did not write. The reason that a service gives for not starting carries a stack, too.
    fn other_text(&self, text: &str, used: usize, out: &mut dyn Write) -> io::Result<()> {
        let stack = text.split_once(STACK).filter(|_| !self.look.unfold);
        for (number, line) in stack.map_or(text, |(said, _)| said).lines().enumerate() {
            if number == 0 { self.folded(line, used, 0, out)? } else { self.continued(line, 0, out)? }
        }
        if let Some(place) = stack.and_then(|_| own_place(text)) {
            self.place(place, out)?;
        }
        if text.is_empty() { out.write_all(b"\n") } else { Ok(()) }
    }

    /// A text that begins behind what is used of the line; so many bytes of it are dim.
    fn folded(&self, text: &str, used: usize, dim: usize, out: &mut dyn Write) -> io::Result<()> {
        let columns = self.look.columns;
        let lines = fold(text, columns.saturating_sub(used), columns.saturating_sub(INDENT));
        for (number, line) in lines.into_iter().enumerate() {
            if number > 0 {
                write!(out, "{:INDENT$}", "")?;
            }
            let (faint, plain) = text[line.clone()].split_at(dim.clamp(line.start, line.end) - line.start);
            paint(out, self.look.colour, DIM, faint)?;
            paint(out, self.look.colour, Style::new(), plain)?;
            out.write_all(b"\n")?;
        }
        Ok(())
    }

    /// A line of its own under the first.
    fn continued(&self, text: &str, dim: usize, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{:INDENT$}", "")?;
        self.folded(text, INDENT, dim, out)
    }

    /// Where something happened, under what did.
    fn place(&self, place: &str, out: &mut dyn Write) -> io::Result<()> {
        let text = format!("at {place}");
        self.continued(&text, text.len(), out)
    }
}

/// A line of a dump, or other text that is neither good nor bad, has no level to show.
fn says_a_level(record: &Record<'_>) -> bool {
    record.line.level().is_some() || record.priority < 5
}

/// The last part of the method or the path that was called.
fn method_of(zap: &ZapLine<'_>) -> Option<String> {
    if let Some(method) = zap.fields.get("method")
        && let Some((_, name)) = method.text().rsplit_once('/')
    {
        return Some(clean(name));
    }
    zap.fields.get("requestURI").map(|path| clean(&path.text()))
}

/// What the error says, without its stack.
fn error_of(zap: &ZapLine<'_>) -> Option<String> {
    zap.error().map(|error| clean(&first_sentence(&error.text())))
}

/// Request, user and duration, and where there is no error the other keys that are short; unfolded, all of them.
fn keys_of(zap: &ZapLine<'_>, cost: Option<&str>, unfold: bool) -> String {
    let mut words = Vec::new();
    for (name, value) in [("op", zap.operation_id()), ("user", zap.op_user_id())] {
        if let Some(value) = value {
            words.push(format!("{name}={}", clean(&value.text())));
        }
    }
    words.extend(cost.map(|cost| format!("{}={cost}", Column::Cost.name())));
    let is_error = zap.error().is_some();
    let mut left_out = false;
    for (key, value) in zap.fields {
        if ["operationID", "opUserID", "error", "method", "requestURI"].iter().any(|&known| &key == known) {
            continue;
        }
        let (key, text) = (clean(&key.text()), clean(&value.text()));
        if unfold || !is_error && text.chars().count() <= LONGEST_VALUE {
            words.push(format!("{key}={text}"));
        } else if !is_error {
            words.push(format!("{key}=…"));
        } else {
            left_out = true;
        }
    }
    if left_out {
        words.push("…".to_owned());
    }
    words.join(" ")
}

/// The first place in OpenIM's own code that the error's stack names, else where the line was written.
fn place_of(zap: &ZapLine<'_>) -> Option<String> {
    let error = zap.error().map(RawValue::text);
    let own = error.as_deref().and_then(own_place);
    own.map(clean).or_else(|| zap.caller.map(|caller| clean(&String::from_utf8_lossy(caller))))
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::logs::record::Context;
    use crate::logs::render::tests::{look, shown};
    use crate::openim::service::Service;
    use crate::openim::text::strip_colour;
    use crate::time::{Timestamp, Zone};

    const PANIC: &[u8] = b"2026-11-23 19:55:32.865\t\x1b[31mERROR\x1b[0m\t\x1b[31m[PID:9938]     \x1b[0m\t\x1b[31mopenim-rpc-group         \x1b[0m\t[v3.8.3-patch.16]             \t[mw/rpc_server_interceptor.go:33]                 \trpc server panic                                  \t{\"platform\": \"Admin\", \"operationID\": \"bad-53\", \"opUserID\": \"imAdmin\", \"method\": \"/openim.group.group/getSpecifiedUserGroupRequestInfo\", \"req\": \"groupID:\\\"x\\\"\", \"error\": \"Error: 500 panic error runtime error: index out of range [0] with length 0 | -> mw.X() /go/pkg/mod/github.com/a/b.go:1 -> group.(*groupServer).Get() /openim-server/internal/rpc/group/group.go:1900 -> grpc.Y() /go/pkg/mod/c/d.go:2\"}";
    const START: &[u8] = b"2026-07-02 08:37:22.123\t\x1b[34mINFO\x1b[0m\t\x1b[34m[PID:1554]     \x1b[0m\t\x1b[34mopenim-rpc-user          \x1b[0m\t[v3.8.3-patch.16]             \t[startrpc/start.go:213]                           \tRPC server is initializing\t{\"rpcRegisterName\": \"user\", \"rpcPort\": 44303}";

    fn show(raw: &[u8], columns: usize, colour: bool) -> String {
        let look = Look {
            today: NaiveDate::from_ymd_opt(2026, 11, 23).unwrap_or_default(),
            columns,
            colour,
            ..look()
        };
        let record = Record::of_line(raw, Context::default(), Zone::Utc);
        shown(&Openim::new(&look), &look, &record)
    }

    #[test]
    fn nothing_in_a_key_or_its_value_reaches_the_terminal_as_an_order() {
        let line = br#"{"level":"INFO","time":"2026-11-23 19:55:32.865","logger":"openim-api","caller":"a/b.go:1","msg":"m","PID":1,"version":"v","a\u001b]0;x\u0007b":"\u001b[2J"}"#;
        let shown = show(line, 80, false);
        assert!(shown.contains("]0;x") && shown.contains("[2J"), "{shown}");
        assert!(!shown.contains(['\x1b', '\x07']), "{shown:?}");
    }

    #[test]
    fn an_error_shows_request_user_first_sentence_and_place() {
        let expected = "\
19:55:32.865 ERROR rpc-group     rpc server panic
             getSpecifiedUserGroupRequestInfo
             op=bad-53 user=imAdmin …  runtime error: index out of range [0]
             with length 0
             at internal/rpc/group/group.go:1900
";
        assert_eq!(show(PANIC, 80, false), expected);
    }

    #[test]
    fn of_a_failed_start_the_reason_and_the_place_are_shown() {
        let raw = b"openim-rpc-user exit -1: Error: WRONGPASS | -> redisutil.New() /go/pkg/mod/x.go:1 -> user.Start() /openim-server/internal/rpc/user/user.go:85";
        let shown = show(raw, 80, false);
        assert!(shown.contains("openim-rpc-user exit -1: Error: WRONGPASS\n"), "{shown}");
        assert!(shown.ends_with("at internal/rpc/user/user.go:85\n"), "{shown}");
    }

    #[test]
    fn of_a_dump_the_reason_and_the_place_are_shown() {
        let raw = b"panic: boom\n\ngoroutine 7 [running]:\nmain.f()\n\t/openim-server/internal/push/push.go:78 +0x27";
        let context = Context { service: Some(Service::Push), instance: Some(5), ..Context::default() };
        let look = Look { today: Timestamp::default().utc().date_naive(), ..look() };
        let text = shown(&Openim::new(&look), &look, &Record::new(raw, context));
        let expected = "\
00:00:00.000 FATAL push#5        panic: boom, exit 2
             at internal/push/push.go:78
             4 lines of goroutines folded (--unfold)
";
        assert_eq!(text, expected);
        let look = Look { unfold: true, ..look };
        let text = shown(&Openim::new(&look), &look, &Record::new(raw, context));
        assert!(text.ends_with("/openim-server/internal/push/push.go:78 +0x27\n"), "{text}");
    }

    #[test]
    fn level_and_service_have_their_colours_and_keys_and_places_are_dim() {
        let expected = "\
19:55:32.865 <1><31>ERROR<0> <1><32>rpc-group<0>     rpc server panic
             getSpecifiedUserGroupRequestInfo
             <2>op=bad-53 user=imAdmin …<0>  runtime error: index out of range [0]
             with length 0
             <2>at internal/rpc/group/group.go:1900<0>
";
        let text = show(PANIC, 80, true);
        assert_eq!(text, expected.replace('<', "\x1b[").replace('>', "m"));
        assert_eq!(String::from_utf8_lossy(&strip_colour(text.as_bytes())), show(PANIC, 80, false));
        let start = show(START, 100, true);
        let keys = "\x1b[2mrpcRegisterName=user rpcPort=44303\x1b[0m\n";
        assert!(start.ends_with(&format!("RPC server is initializing  {keys}")), "{start:?}");
    }

    #[test]
    fn keys_that_take_several_lines_are_dim_in_each_and_the_indent_is_not() {
        for columns in [40, 60] {
            let text = show(PANIC, columns, true);
            assert_eq!(String::from_utf8_lossy(&strip_colour(text.as_bytes())), show(PANIC, columns, false));
            assert!(text.lines().all(|line| line.starts_with(' ') || line.starts_with("19:")), "{text:?}");
            let opened = text.matches("\x1b[2m").count();
            assert!(opened >= 2 && text.lines().all(|line| line.matches("\x1b[2m").count() <= 1), "{text:?}");
        }
    }

    #[test]
    fn a_line_stands_under_its_day_and_the_first_ones_under_today() {
        let look = look();
        let form = Openim::new(&look);
        let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).map(Heading::Day);
        assert_eq!(form.heading(&Record::of_line(START, Context::default(), Zone::Utc)), day(2026, 7, 2));
        assert_eq!(form.first_heading(), day(1970, 1, 1));
    }

    #[test]
    fn short_keys_stand_behind_the_message_where_they_fit() {
        let expected = "08:37:22.123 INFO  rpc-user      RPC server is initializing  rpcRegisterName=user rpcPort=44303\n";
        assert_eq!(show(START, 100, false), expected);
        assert_eq!(show(START, 80, false).lines().count(), 2);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for columns in [40, 60, 80, 132] {
            for line in show(PANIC, columns, false).lines() {
                assert!(line.chars().count() <= columns, "{columns}: {line}");
            }
        }
    }

    #[test]
    fn a_frame_of_a_dump_has_no_level_and_a_control_character_no_effect() {
        let context = Context { service: Some(Service::Push), instance: Some(5), ..Context::default() };
        let look = Look { today: Timestamp::default().utc().date_naive(), ..look() };
        let record = Record::new(b"goroutine 7 [running]:\x07\x1b[2J", context);
        let text = shown(&Openim::new(&look), &look, &record);
        assert_eq!(text, "00:00:00.000       push#5        goroutine 7 [running]:\u{fffd}\n");
    }
}
