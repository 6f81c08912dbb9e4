#[path = "../../tests/support/missing.rs"]
mod missing;

use std::collections::BTreeSet;

use chrono::NaiveDateTime;

use super::span::SECOND;
use super::*;

/// Mon 2026-11-23 22:28:18.25 UTC.
const NOW: Timestamp = Timestamp(1_795_472_898_250_000);

fn zone(name: &str) -> Zone {
    Zone::parse(name).unwrap()
}

fn utc(text: &str) -> Timestamp {
    let civil = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").unwrap();
    Timestamp(u64::try_from(civil.and_utc().timestamp_micros()).unwrap())
}

#[track_caller]
fn same(rows: &[(&str, &str)]) {
    for (text, expected) in rows {
        assert_eq!(parse_time(text, NOW, Zone::Utc), Ok(utc(expected)), "{text}");
    }
}

#[test]
fn the_words_stand_for_the_day_they_name() {
    same(&[
        ("now", "2026-11-23 22:28:18.25"),
        ("today", "2026-11-23 00:00:00"),
        ("yesterday", "2026-11-22 00:00:00"),
        ("tomorrow", "2026-11-24 00:00:00"),
        ("tomorrow UTC", "2026-11-24 00:00:00"),
        ("today Asia/Tokyo", "2026-11-23 15:00:00"),
    ]);
    assert_eq!(parse_time("today", NOW, zone("Asia/Shanghai")), Ok(utc("2026-11-23 16:00:00")));
}

#[test]
fn spans_count_from_now_and_m_is_minutes_while_a_large_one_is_months() {
    same(&[
        ("-5s", "2026-11-23 22:28:13.25"),
        ("- 1h", "2026-11-23 21:28:18.25"),
        ("+3h30min", "2026-11-24 01:58:18.25"),
        ("20 min ago", "2026-11-23 22:08:18.25"),
        ("20m ago", "2026-11-23 22:08:18.25"),
        ("1h 30min ago", "2026-11-23 20:58:18.25"),
        ("1.5h ago", "2026-11-23 20:58:18.25"),
        ("5 ago", "2026-11-23 22:28:13.25"),
        ("1 h 30 ago", "2026-11-23 21:27:48.25"),
        ("2h left", "2026-11-24 00:28:18.25"),
        ("250ms ago", "2026-11-23 22:28:18"),
        ("250000 µs ago", "2026-11-23 22:28:18"),
        ("-1w", "2026-11-16 22:28:18.25"),
        ("-1d1h1m1s1ms1us", "2026-11-22 21:27:17.248999"),
        ("-1M", "2026-10-24 11:58:18.25"),
        ("-1 year", "2025-11-23 16:28:18.25"),
    ]);
}

#[test]
fn a_bare_span_is_ago_as_docker_and_kubectl_mean_it() {
    same(&[
        ("20m", "2026-11-23 22:08:18.25"),
        ("20 minutes", "2026-11-23 22:08:18.25"),
        ("1h30m", "2026-11-23 20:58:18.25"),
        ("1.5h", "2026-11-23 20:58:18.25"),
    ]);
}

#[test]
fn seconds_of_the_epoch_have_an_at_sign_or_nine_digits() {
    same(&[
        ("@1395716396", "2014-03-25 02:59:56"),
        ("@1395716396.5", "2014-03-25 02:59:56.5"),
        ("1700000000", "2023-11-14 22:13:20"),
        ("1700000000.25", "2023-11-14 22:13:20.25"),
    ]);
}

#[test]
fn dates_and_times_of_day_may_leave_parts_out() {
    same(&[
        ("2012-11-23 11:12:13", "2012-11-23 11:12:13"),
        ("12-11-23 11:12:13", "2012-11-23 11:12:13"),
        ("2012-11-23 11:12:13.5", "2012-11-23 11:12:13.5"),
        ("2012-11-23 11:12:13.1234567", "2012-11-23 11:12:13.123457"),
        ("2012-11-23 11:12", "2012-11-23 11:12:00"),
        ("2012-11-23", "2012-11-23 00:00:00"),
        ("12-11-23", "2012-11-23 00:00:00"),
        ("68-01-01", "2068-01-01 00:00:00"),
        ("11:12:13.5", "2026-11-23 11:12:13.5"),
        ("11:12", "2026-11-23 11:12:00"),
        ("9:5", "2026-11-23 09:05:00"),
        ("2012-1-3", "2012-01-03 00:00:00"),
        ("2012-11-23  11:12", "2012-11-23 11:12:00"),
        ("Nov 3 11:12:13", "2026-11-03 11:12:13"),
        ("2012-02-30", "2012-03-01 00:00:00"),
        ("23:59:60", "2026-11-24 00:00:00"),
        ("Fri 2012-11-23 23:02:15", "2012-11-23 23:02:15"),
        ("friday 12-11-23 11:12", "2012-11-23 11:12:00"),
    ]);
}

#[test]
fn a_zone_may_stand_behind() {
    same(&[
        ("2012-11-23 11:12:13 UTC", "2012-11-23 11:12:13"),
        ("2012-11-23T11:12:13Z", "2012-11-23 11:12:13"),
        ("2012-11-23t11:12:13z", "2012-11-23 11:12:13"),
        ("2012-11-23T11:12:13.123456789Z", "2012-11-23 11:12:13.123457"),
        ("2012-11-23T11:12Z", "2012-11-23 11:12:00"),
        ("2012-11-23T11:12:13+08:00", "2012-11-23 03:12:13"),
        ("2012-11-23 11:12:13 +0800", "2012-11-23 03:12:13"),
        ("2012-11-23 11:12:13 -05", "2012-11-23 16:12:13"),
        ("10:00 Asia/Shanghai", "2026-11-24 02:00:00"),
    ]);
    assert_eq!(parse_time("11:12", NOW, zone("Asia/Shanghai")), Ok(utc("2026-11-24 03:12:00")));
    assert_eq!(
        parse_time("2012-11-23 11:12 CST", NOW, zone("Asia/Shanghai")),
        Ok(utc("2012-11-23 03:12:00"))
    );
    assert_eq!(
        parse_time("2012-07-01 10:00 EST", NOW, zone("America/New_York")),
        Ok(utc("2012-07-01 15:00:00"))
    );
    assert_eq!(parse_time("2012-07-01 10:00", NOW, zone("America/New_York")), Ok(utc("2012-07-01 14:00:00")));
}

#[test]
fn an_hour_that_the_clock_leaves_out_or_shows_twice_still_has_a_meaning() {
    assert_eq!(parse_time("2026-03-08 02:30", NOW, zone("America/New_York")), Ok(utc("2026-03-08 07:30:00")));
    assert_eq!(parse_time("2026-11-01 01:30", NOW, zone("America/New_York")), Ok(utc("2026-11-01 05:30:00")));
}

#[test]
fn what_journalctl_refuses_is_refused_unless_it_has_one_meaning() {
    for text in [
        "",
        " now",
        "NOW",
        "Today",
        "today 10:00",
        "last week",
        "-20min ago",
        "Tuesday 10:00",
        "Mon today",
        "ago",
        "+",
        "-",
        "@",
        "@-1",
        "20",
        "2012",
        "24:00",
        "2012-11-23 11:12:13.",
        "@1.",
        "1.h ago",
        "-57y",
        "1000y",
        "+7974y",
        "now UTC",
        "5 minutes ago UTC",
        "@1.5 UTC",
        "1969-12-31",
        "1,5h ago",
        "1hago",
        "--1h",
        "5.5.5s",
        "10:00 Nowhere/City",
        "2012-13-01",
        "2012-00-10",
        "99999999999999999999s",
        "\u{e9}\u{e9}\u{e9}\u{e9}",
    ] {
        assert!(parse_time(text, NOW, Zone::Utc).is_err(), "{text:?} was taken");
    }
}

#[test]
fn the_error_says_what_is_accepted_in_two_lines() {
    let text = parse_time("2012/10/30", NOW, Zone::Utc).unwrap_err().to_string();
    assert!(text.starts_with("\"2012/10/30\" is no time; write 2012-10-30, or one of\n18:17, "), "{text}");
    assert!(text.contains("20 min ago") && text.contains("2012-10-30T18:17:16+08:00"), "{text}");
    assert_eq!(text.lines().count(), 2);
    let text = parse_time("Thu 2012-11-23", NOW, Zone::Utc).unwrap_err().to_string();
    assert_eq!(text, "\"Thu 2012-11-23\": that day is a Fri");
}

const TEXTS: &[&str] = &[
    "2012-11-23 11:12:13",
    "12-10-30 9:5",
    "today",
    "yesterday",
    "tomorrow UTC",
    "11:12",
    "9:5",
    "@1395716396",
    "@1395716396.5",
    "@5min",
    "Fri 2012-11-23 23:02:15",
    "Thu 2012-11-23 23:02:15",
    "friday 12-11-23 11:12",
    "2012-11-23 11:12:13.1234567",
    "2012-11-23 11:12:13.1234564",
    "today 10:00",
    "Nov 23 11:12:13",
    "November 3 11:12:13",
    "Nov 23 11:12",
    "2012-02-30",
    "2012-02-31 23:59:61",
    "24:00",
    "23:59:60",
    "",
    "NOW",
    "now UTC",
    "2012-11-23 11:12:13.",
    "2012-11-23 UTC",
    "2012-11-23  11:12",
    " 11:12",
    "11:12 ",
    "2 012-11-23",
    "Tuesday 10:00",
    "Mon today",
    "1970-01-01",
    "1969-12-31",
    "68-01-01",
    "69-01-01",
    "2012-1-3",
    "20 12-1-3",
    "12 - 1-3",
    "@",
    "@-1",
    "@1.5 UTC",
    "@1.5.5",
    "11:12:13.5",
    "last week",
    "2012/10/30",
    "-20min ago",
    "1hago",
    "2012-11-23",
    "2012-11-23 11:12",
    "12-11-23",
    "12-11-23 11:12:13",
    "00:00",
    "0:0",
    "1:2:3",
    "23:59",
    "23:59:59",
    "23:59:59.999999",
    "12:60",
    "12:30:61",
    "11:12:",
    ":12",
    "11::12",
    "11 12",
    "Mon 2012-11-26",
    "MON 2012-11-26",
    "monday 2012-11-26 00:00",
    "sun 2012-11-25 1:2",
    "Saturday 2012-11-24 11:12:13",
    "Sat2012-11-24",
    "Foo 2012-11-23",
    "Jan 1 00:00:00",
    "Feb 28 11:12:13",
    "dec 31 1:2:3",
    "DEC 31 23:59:59",
    "Oct 5 11:12:13.25",
    "Foo 5 11:12:13",
    "Nov 0 11:12:13",
    "Nov 32 11:12:13",
    "2012-00-10",
    "2012-13-10",
    "2012-10-00",
    "2012-10-32",
    "2000-02-29",
    "2100-02-29",
    "2024-02-29 23:59:59.5",
    "2038-01-19 03:14:08",
    "1970-01-02",
    "1970-01-01 00:00:01 UTC",
    "00-01-01",
    "99-12-31",
    "today UTC",
    "yesterday UTC",
    "2012-11-23 11:12:13 UTC",
    "2012-11-23 UTC UTC",
    "UTC",
    "@0",
    "@1",
    "@1.000001",
    "@2147483648",
    "@1h",
    "@ 1",
    "@1.",
    "@1.s",
    "@.",
    "@.5",
    "@18446744073708",
    "@18446744073709",
    "@99999999999999999999",
];

/// Those that count from each program's own now.
const SPANS: &[&str] = &[
    "now",
    "+1h",
    "+ 30min",
    "+1.5h",
    "-1us",
    "-3msec",
    "-1month",
    "-2months",
    "-1year 2weeks",
    "-1 minutes 2 hours",
    "1h 30min ago",
    "3 days ago",
    "90 sec left",
    "1w left",
    "-5s",
    "-1M",
    "-1y",
    "- 1h",
    "-.5h",
    "-0",
    "-5.5.5s",
    "-5.5s.5",
    "--1h",
    "-1 h 30",
    "-1h 30min",
    "-",
    "+1h ",
    "11min ago",
    "1.5h ago",
    "1,5h ago",
    "2h left",
    "5 left",
    "ago",
    " ago",
    "5µs ago",
    "1m1M ago",
    "-1w2d3h4m5s6ms7us",
    "-3 weeks",
    "-1.25days",
    "-2 hr",
    "-7sec",
    "-7 seconds",
    "-1e3",
    "-0x10",
    "-1.",
    "5.min ago",
    "-56y",
    "-57y",
    "1000y ago",
    "+7970y",
    "+7975y",
    "+584000y",
];

/// Where the clock jumps, and beside it: an hour that is left out, and one that comes twice, in either hemisphere,
/// and by half an hour only.
const EDGES: &[&str] = &[
    "2026-03-29 01:59:59",
    "2026-03-29 02:00:00",
    "2026-03-29 02:30",
    "2026-03-29 03:00:00",
    "2026-10-25 01:59:59",
    "2026-10-25 02:00:00",
    "2026-10-25 02:30:00.5",
    "2026-10-25 03:00",
    "2026-03-08 01:59:59",
    "2026-03-08 02:30",
    "2026-03-08 03:00",
    "2026-11-01 01:00",
    "2026-11-01 01:30:00.25",
    "2026-11-01 02:00:00",
    "2026-10-04 01:59",
    "2026-10-04 02:00",
    "2026-10-04 02:15",
    "2026-10-04 02:30",
    "2026-04-05 01:30",
    "2026-04-05 01:45",
    "2026-04-05 02:00",
    "2026-06-01 12:00 UTC",
    "2026-01-01",
    "2026-07-01",
    "2026-07-01 12:00 CEST",
    "2026-07-01 12:00 EDT",
    "2026-07-01 12:00 CST",
    "2026-03-29 02:59:59.999999",
    "2026-10-25 01:30",
    "2026-03-08 02:59:59",
    "2026-11-01 00:59:59",
    "2026-04-05 01:29:59",
    "2025-03-30 02:15",
    "2025-10-26 02:45",
    "2027-03-14 02:30",
    "1991-09-15 00:30",
    "1986-05-04 00:30",
    "1986-09-14 00:30",
];

const ZONES: &[&str] = &[
    "UTC",
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    ":Asia/Shanghai",
    "CST-8",
    "<+0530>-5:30",
    "EST5EDT,M3.2.0,M11.1.0",
    "CET-1CEST,M3.5.0,M10.5.0/3",
    "IST-2IDT,M3.4.4/26,M10.5.0",
    "AEST-10AEDT,M10.1.0,M4.1.0/3",
    "EST5EDT4,J60/2,300/2",
    "/usr/share/zoneinfo/Asia/Tokyo",
    "Foo/Bar",
];

/// The forms that systemd 252 knows, put to systemd itself in many zones, in every spelling of one.
#[test]
fn systemd_reads_them_the_same_way() {
    let Some(version) = systemd_version() else {
        return missing::did_not_run("systemd-analyze is not installed");
    };
    let mut compared = BTreeSet::new();
    let mut differ = Vec::new();
    for zone in ZONES {
        for text in TEXTS.iter().chain(SPANS).chain(EDGES) {
            let before = Timestamp::read_clock();
            let theirs = ask_systemd(text, zone);
            let ours = parse_time(text, before, Zone::read_host(Some(zone))).ok().map(Timestamp::micros);
            let slack = if SPANS.contains(text) { 5 * SECOND } else { 0 };
            let agree = match (theirs, ours) {
                (Some(theirs), Some(ours)) => theirs.abs_diff(ours) <= slack,
                (theirs, ours) => theirs.is_some() == ours.is_some(),
            };
            if !agree {
                differ.push(format!("{zone} {text:?}: systemd {version} {theirs:?}, here {ours:?}"));
            }
            compared.insert((zone, (*text).to_owned()));
        }
        // systemd-analyze 252 refuses the names of zones that journalctl takes, so the zone is its own there.
        let has_none = |text: &&&str| text.ends_with(|last: char| last.is_ascii_digit() || last == 'y');
        let as_name = if Zone::named(zone).is_some() { EDGES } else { &[] };
        let words = if as_name.is_empty() { &[] } else { ["today", "yesterday", "tomorrow"].as_slice() };
        for text in as_name.iter().chain(words).filter(has_none) {
            let theirs = ask_systemd(text, zone);
            let named = format!("{text} {zone}");
            let ours = parse_time(&named, Timestamp::read_clock(), Zone::Utc).ok().map(Timestamp::micros);
            if ours != theirs {
                differ.push(format!("{named:?}: systemd {version} {theirs:?}, here {ours:?}"));
            }
            compared.insert((zone, named));
        }
    }
    let of_one_zone = |zone: &str| compared.iter().filter(|(asked, _)| **asked == zone).count();
    for zone in ZONES {
        assert!(of_one_zone(zone) >= 150, "{zone}: only {} texts", of_one_zone(zone));
    }
    let count = compared.len();
    eprintln!("{count} texts compared with systemd {version}, in {} zones", ZONES.len());
    assert!(differ.is_empty(), "{} of {count}:\n{}", differ.len(), differ.join("\n"));
}

fn systemd_version() -> Option<String> {
    let output = std::process::Command::new("systemd-analyze").arg("--version").output().ok()?;
    String::from_utf8(output.stdout).ok()?.split_whitespace().nth(1).map(str::to_owned)
}

fn ask_systemd(text: &str, zone: &str) -> Option<u64> {
    let output = std::process::Command::new("systemd-analyze")
        .args(["timestamp", "--", text])
        .env("TZ", zone)
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let seconds = stdout.lines().find_map(|line| line.trim().strip_prefix("UNIX seconds: @"))?;
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    Some(whole.parse::<u64>().unwrap() * SECOND + format!("{fraction:0<6}").parse::<u64>().unwrap())
}
