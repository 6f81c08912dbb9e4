//! The journal of a real journald, read by us and by journalctl at once: rotated, of several boots, of users and
//! namespaces, and of a clock that is put forward and back; and while it is written to, rotated and vacuumed all the
//! time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use openim_ops::journal::Engine;

use crate::clock;
use crate::deployment::static_binary;
use crate::machine::Machine;
use crate::removed;
use crate::wait;

const LIMIT: Duration = Duration::from_secs(30);
/// How long the live journal is read; `OPENIM_LIVE_SECONDS` sets another time.
const LIVE_SECONDS: u64 = 20;
/// Lines a second that are written to it.
const RATE: u64 = 20_000;

const HOUR: i64 = 3600;

/// Everything that journald stores in some way of its own.
const WRITE: &str = r#"
logger -t plain -p user.err "an error of logger"
logger -t plain -p local3.debug "and a word for those who debug"
printf 'MESSAGE=two tags\nTAG=one\nTAG=two\nPRIORITY=4\n' | logger --journald
printf 'a\001b\033[31mred\033[0m\377\n' | systemd-cat -t binary
head -c 120000 /dev/zero | tr '\0' x | systemd-cat -t long -p warning
printf '%2000s\n' packed | systemd-cat -t long
setpriv --reuid 1000 --regid 1000 --clear-groups logger -t user "of a user"
systemd-run --quiet --wait --unit=openim-api sh -c 'echo one; echo "<3>two"; echo >&2 three'
systemd-run --quiet --wait --unit=openim-push@3 sh -c 'kill -SEGV $$' || true
systemd-run --quiet --wait -p LogNamespace=im --unit=openim-rpc-msg echo "in a namespace"
journalctl --sync
"#;

const QUESTIONS: [&str; 45] = [
    "",
    "-r",
    "-n 20",
    "-b",
    "-b -1",
    "-b 1 -o short-monotonic",
    "-k",
    "-k -b -1",
    "-u openim-api",
    "-u openim-push@3 -o verbose",
    "-u openim-*",
    "-p err",
    "-p warning -o cat",
    "-t long -o cat",
    "-t binary -o export",
    "-t binary -a",
    "-o export",
    "-o short-precise --utc",
    "-o with-unit -n 50",
    "-g error",
    "-g 'an? error' -n 1",
    "_UID=1000",
    "--user-unit none",
    "TAG=two -o verbose",
    "/usr/lib/systemd/systemd",
    "--list-boots",
    "--namespace=im -o cat",
    "--namespace=* -o cat",
    "--disk-usage",
    "--root=/ -n 30",
    "-b -0",
    "-n",
    "-e",
    "_PID=1",
    "_UID=33",
    "-u openim-api -u openim-push@3",
    "-u openim-api --since today",
    "-p err -b",
    "--since '20 min ago'",
    "--since yesterday",
    "--since 09:00 --until '1 hour ago'",
    "--since '1 hour ago' --until now",
    "--no-pager -o json-pretty -n 1 --output-fields=MESSAGE -t plain | grep -o '\"MESSAGE\" : \"[^\"]*\"'",
    // Two directories, in any order; and a word of ours.
    "--vacuum-size=1G 2>&1 | grep -v 'is done by' | sort",
    "--vacuum-time=1years 2>&1 | grep -v 'is done by' | sort",
];

/// What the engine libsystemd says that it cannot do.
const BEYOND_LIBSYSTEMD: [&str; 2] = ["--namespace", "--root"];

/// The system's journal without those of users and namespaces: one sequence.
const SYSTEM: &str = "--file '/var/log/journal/*[0-9a-f]/system*.journal'";
/// Asked of it when the clock was put anywhere.
const QUESTIONS_OF_TIME: [&str; 12] = [
    "",
    "-r",
    "-n 30",
    "-S -90min -U +90min",
    "-S +50min",
    "-U +50min",
    "-r -S +50min",
    "-r -U -50min",
    "-n 7 -S -50min",
    "-u openim-api -S -50min -U +4h",
    "-b -1 -S -50min",
    "-g error -S -2days",
];

/// Prints what differs; nothing where the two are the same. Asked of journalctl twice, for what is written between.
const COMPARE: &str = r#"
for attempt in 1 2 3 4 5; do
  journalctl QUESTION >/tmp/before 2>&1; before=$?
  openim-logs journal --engine ENGINE QUESTION >/tmp/ours 2>&1; ours=$?
  journalctl QUESTION >/tmp/after 2>&1; after=$?
  if cmp -s /tmp/before /tmp/after; then break; fi
done
[ "$before" = "$ours" ] || echo "journalctl ends with $before, openim-logs with $ours"
diff /tmp/before /tmp/ours | head -n 20
"#;

#[test]
fn a_journal_of_boots_users_namespaces_and_rotations_is_read_as_journalctl_reads_it() {
    let mut machine = Machine::boot();
    machine.install(env!("CARGO_BIN_EXE_openim-logs"), "/usr/local/bin/openim-logs");
    clock::install(&machine);
    write(&machine, 0);
    machine.run("journalctl --rotate").expect_success();
    write(&machine, 0);
    machine.reboot();
    // Never before the last boot's end: where files are of several sequences only the clock tells the order of boots,
    // and journalctl leaves out what is between those of which it tells a wrong one.
    write(&machine, HOUR);
    machine.run("journalctl --rotate").expect_success();
    write(&machine, 3 * HOUR);
    write(&machine, HOUR / 2);
    let files = machine.run("ls /var/log/journal/*/").expect_success();
    for name in ["system@", "user-1000", "system.journal"] {
        assert!(files.contains(name), "{name} is missing\n{files}");
    }

    assert_alike(&machine, &QUESTIONS.map(str::to_owned));
    followed_alike(&machine);
    // journalctl puts the names of JSON in another order each time.
    for question in ["-o json", "-o json -r -n 50"] {
        let sorted = compare(Engine::Native, &format!("{question} | jq -cS ."));
        let compared = machine.run_within(LIMIT, &format!("set -o pipefail; {sorted}"));
        assert_eq!(compared.stdout, "", "{question}");
    }

    // More than a day beyond the end that is asked for we read on where journalctl stops.
    for hours in [-1, 20, -20, 2] {
        write(&machine, hours * HOUR);
    }
    assert_alike(&machine, &QUESTIONS_OF_TIME.map(|words| format!("{SYSTEM} -o short-precise {words}")));
}

/// The same answers, with every engine.
fn assert_alike(machine: &Machine, questions: &[String]) {
    let mut differences = Vec::new();
    for (engine, question) in
        Engine::BUILT_IN.iter().flat_map(|engine| questions.iter().map(move |one| (engine, one)))
    {
        if *engine == Engine::Libsystemd
            && BEYOND_LIBSYSTEMD.iter().any(|option| question.starts_with(option))
        {
            continue;
        }
        let compared = machine.run_within(LIMIT, &compare(*engine, question));
        if !compared.stdout.is_empty() {
            differences.push(format!("journalctl {question} [{}]\n{}", engine.name(), compared.stdout));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// The script that asks both.
fn compare(engine: Engine, question: &str) -> String {
    COMPARE.replace("ENGINE", engine.name()).replace("QUESTION", question)
}

/// Writes everything, by a clock that is so many seconds off.
fn write(machine: &Machine, seconds: i64) {
    clock::put(machine, seconds);
    machine.run(WRITE).expect_success();
}

/// `-f` without more: ten lines of what was there, and what comes.
fn followed_alike(machine: &Machine) {
    let mut followers = ["journalctl -f", "openim-logs journal -f"].map(|command| machine.spawn(command));
    for follower in &mut followers {
        follower.wait_for_line(LIMIT, |_| true);
    }
    machine.run("logger -t last the end; journalctl --sync").expect_success();
    let [theirs, ours] = followers.map(|mut follower| {
        follower.wait_for_line(LIMIT, |line| line.ends_with("the end"));
        follower.stop("INT", LIMIT).stdout
    });
    // Whoever began later has shown one line less of what was there, where one came in between.
    assert!(theirs.ends_with(&ours) || ours.ends_with(&theirs), "{theirs}\n{ours}");
    assert!(ours.lines().count() > 10, "{ours}");
}

/// Writes numbered lines, a thousand in each round, and waits until the next round is due. Every second one is a notice,
/// so that they stand in two lists.
fn writer() -> String {
    format!(
        r#"begin=${{EPOCHREALTIME/./}}; a=1
        while [ ! -e /run/enough ]; do
            seq $a $((a + 999)) | sed 'n;s/^/<5>/'; a=$((a + 1000))
            rest=$((begin + a * 1000000 / {RATE} - ${{EPOCHREALTIME/./}}))
            [ $rest -le 0 ] || sleep "$(printf '0.%06d' $rest)"
        done
        echo $((a - 1)) >/run/written"#
    )
}

/// The lines that are numbers.
fn numbers(text: &str) -> Vec<u64> {
    text.lines().filter_map(|line| line.parse().ok()).collect()
}

#[test]
fn a_journal_that_is_written_rotated_and_vacuumed_all_the_time_is_followed_without_a_line_twice_or_lost_in_silence()
 {
    let seconds = std::env::var("OPENIM_LIVE_SECONDS").ok().and_then(|text| text.parse().ok());
    let seconds = Duration::from_secs(seconds.unwrap_or(LIVE_SECONDS));
    let machine = Machine::boot();
    machine.install(static_binary("openim-logs"), "/usr/local/bin/openim-logs");
    let conf = "[Journal]\nRateLimitBurst=0\nRateLimitIntervalSec=0\nSystemMaxFileSize=16M\n";
    machine.write_file("/etc/systemd/journald.conf.d/live.conf", conf, 0o644);
    machine.run("systemctl restart systemd-journald").expect_success();
    let mut followers = ["-t counter", "-p info", ""]
        .map(|filter| machine.spawn(&format!("openim-logs journal -f --no-tail -o cat {filter}")));
    machine.write_file("/usr/local/bin/writer", writer(), 0o755);
    machine
        .run("systemd-run --quiet --unit=counter -p SyslogIdentifier=counter bash /usr/local/bin/writer")
        .expect_success();
    for follower in &mut followers {
        follower.wait_for_line(LIMIT, |line| line == "1");
    }

    let started = Instant::now();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let last = machine.run("openim-logs journal -o cat -t counter -n 500").expect_success();
                    let last = numbers(&last);
                    assert!(last.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{last:?}");
                }
            });
        }
        while started.elapsed() < seconds {
            machine.run("journalctl --rotate && journalctl --vacuum-size=100M").expect_success();
        }
        is_over.store(true, Ordering::Relaxed);
    });
    machine.write_file("/run/enough", "", 0o644);
    wait::until("the writer to end", LIMIT, || machine.run("test -s /run/written").success());
    let written: u64 = machine.read_file("/run/written").trim().parse().expect("a number");
    machine.run("journalctl --sync").expect_success();

    let is_every = [false, false, true];
    for (mut follower, is_every) in followers.into_iter().zip(is_every) {
        follower.wait_for_line(LIMIT * 2, |line| line.parse() == Ok(written));
        let ended = follower.stop("INT", LIMIT);
        let seen = numbers(&ended.stdout);
        let turned = seen.windows(2).position(|pair| pair[0] >= pair[1]);
        let around = turned.map(|at| &seen[at.saturating_sub(3)..(at + 5).min(seen.len())]);
        assert_eq!(around, None, "a line came twice or in the wrong place");
        let lost = written - seen.len() as u64;
        let told = removed::told(&ended.stderr);
        // Whoever asks for every entry can be told how many there were.
        assert!(!is_every || !ended.stderr.contains("up to"), "{}", ended.stderr);
        assert!(
            lost <= told,
            "{lost} of {written} lines are missing, of which it tells {told}\n{}",
            ended.stderr
        );
        println!("{} of {written} lines in {seconds:?}, {lost} removed ({told} told)", seen.len());
    }
}
