use std::path::Path;

use super::*;
use crate::journal::boot::BootWanted;
use crate::journal::output::Format;
use crate::journal::{Host, Namespace, Owner, Place, Start};
use crate::logs::args::{Args, Output};
use crate::openim::config::Environment;
use crate::openim::level::Level;

fn around(directory: &Path) -> Surroundings {
    Surroundings {
        environment: Environment::default(),
        directory: directory.to_owned(),
        usual_roots: Vec::new(),
        now: Timestamp::from_micros(1_795_472_898_000_000),
        zone: Zone::Utc,
        host: "box".to_owned(),
        on_terminal: false,
        columns: 80,
        running_boot: None,
        uid: 1000,
        owns_session: true,
        running_services: |_| Vec::new(),
    }
}

fn deployment(log_yml: &str) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(root.path().join("config")).unwrap();
    std::fs::write(root.path().join("config/log.yml"), log_yml).unwrap();
    std::fs::write(root.path().join("start-config.yml"), "serviceBinaries:\n").unwrap();
    root
}

fn resolve(line: &str, around: &Surroundings) -> Result<Plan, LogsError> {
    Plan::resolve(&Args::read(line.split_whitespace().map(Into::into)).unwrap(), around)
}

#[test]
fn the_log_directory_is_relative_to_the_binaries_and_needs_none_of_them() {
    let root = deployment("isStdout: false\nstorageLocation: ../../../../logs/\n");
    let plan = resolve("openim-logs --source files", &around(root.path())).unwrap();
    let [SourcePlan::Files(files)] = plan.sources.as_slice() else { unreachable!("files were asked for") };
    assert_eq!(files.directory, root.path().join("_output/logs"));
    assert!(files.named_by().contains("log.yml:2 has storageLocation"));
    let settings = plan.settings.unwrap();
    assert_eq!(settings.to_stdout.map(|setting| setting.value), Some(false));
}

#[test]
fn a_variable_moves_the_log_directory() {
    let root = deployment("storageLocation: ../../../../logs/\n");
    let mut around = around(Path::new("/"));
    let variables =
        [("IMENV_LOG_STORAGELOCATION", "/var/log/openim"), ("OPENIM_ROOT", root.path().to_str().unwrap())];
    around.environment =
        variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
    let plan = resolve("openim-logs --source files", &around).unwrap();
    assert_eq!(plan.settings.unwrap().directory, Path::new("/var/log/openim"));
}

#[test]
fn a_named_configuration_wins_over_the_directory_that_one_is_in() {
    let (here, there) = (deployment("storageLocation: /here\n"), deployment("storageLocation: /there\n"));
    let line = format!("openim-logs --source files --config {}", there.path().join("config").display());
    let plan = resolve(&line, &around(here.path())).unwrap();
    assert_eq!(plan.settings.unwrap().directory, Path::new("/there"));
}

#[test]
fn without_log_yml_the_message_says_how_to_name_it() {
    let empty = tempfile::tempdir().unwrap();
    let error = resolve("openim-logs --source files", &around(empty.path())).unwrap_err();
    assert!(error.to_string().contains("--root DIR"), "{error}");
    assert_eq!(error.exit().code(), 75);
}

#[test]
fn a_broken_log_yml_is_a_matter_of_configuration() {
    let root = deployment("isStdout: [\n");
    let error = resolve("openim-logs --source files", &around(root.path())).unwrap_err();
    assert_eq!(error.exit().code(), 78, "{error}");
}

#[test]
fn follow_shows_ten_lines_first_unless_told_otherwise() {
    let root = deployment("");
    let extent = |line| resolve(line, &around(root.path())).unwrap().extent;
    assert_eq!(extent("openim-logs --source files -f"), Extent::Last(10));
    assert_eq!(extent("openim-logs --source files -f -n 3"), Extent::Last(3));
    assert_eq!(extent("openim-logs --source files -f -n all"), Extent::All);
    assert_eq!(extent("openim-logs --source files -f -S today"), Extent::All);
    assert_eq!(extent("openim-logs --source files"), Extent::All);
    assert_eq!(extent("openim-logs - -f"), Extent::All);
}

#[test]
fn bounds_in_the_wrong_order_are_refused_as_journalctl_refuses_them() {
    let error = resolve("openim-logs - -S today -U yesterday", &around(Path::new("/"))).unwrap_err();
    assert_eq!(error.to_string(), "--since= must be before --until=.");
    assert_eq!(error.exit().code(), 64);
}

#[test]
fn what_does_not_go_together_is_refused() {
    for line in [
        "openim-logs - -r",
        "openim-logs - _PID=1",
        "openim-logs --source files -u openim-api",
        "openim-logs api -u openim-push",
        "openim-logs trace op-1 --op op-2 -",
    ] {
        assert_eq!(resolve(line, &around(Path::new("/"))).unwrap_err().exit().code(), 64, "{line}");
    }
}

#[test]
fn a_terminal_gets_the_aligned_form_and_a_pipe_the_short_one() {
    let mut around = around(Path::new("/"));
    assert_eq!(
        resolve("openim-logs -", &around).unwrap().look.form,
        Form::Known(Output::Journal(Format::Short))
    );
    around.on_terminal = true;
    let look = resolve("openim-logs -", &around).unwrap().look;
    assert_eq!((look.form, look.colour), (Form::Known(Output::Openim), true));
}

#[test]
fn a_terminal_gets_a_pager_unless_somebody_waits_or_wants_none() {
    let mut around = around(Path::new("/"));
    let has = |line: &str, around: &Surroundings| resolve(line, around).unwrap().pager.is_some();
    assert!(!has("openim-logs -D /x", &around), "a pipe");
    around.on_terminal = true;
    assert!(has("openim-logs -D /x", &around) && has("openim-logs top -D /x", &around));
    for line in ["-D /x --no-pager", "-D /x -f", "-", "-D /x --count", "stats -D /x -o json", "doctor -D /x"]
    {
        assert!(!has(&format!("openim-logs {line}"), &around), "{line}");
    }
    around.environment = [("PAGER".to_owned(), "cat".to_owned())].into_iter().collect();
    assert!(!has("openim-logs -D /x", &around));
}

#[test]
fn a_cursor_is_of_the_journal_and_lines_are_counted_from_it() {
    let around = around(Path::new("/"));
    let plan = resolve("openim-logs -D /x -c t=5 -n 3", &around).unwrap();
    assert_eq!(plan.extent, Extent::First(3));
    assert!(matches!(plan.journal().map(|journal| &journal.start), Some(Start::At(_))));
    let plan = resolve("openim-logs -D /x --after-cursor t=5", &around).unwrap();
    assert!(matches!(plan.journal().map(|journal| &journal.start), Some(Start::After(_))));
    for line in [
        "- --show-cursor",
        "-D /x -c nonsense",
        "- -o export",
        "-D /x -n +3 -r",
        "-D /x -n +3 -f",
        "- -b",
        "- -k",
        "--source files -t x",
        "--source files --user-unit x",
        "- --facility kern",
        "- -m",
        "--source files --namespace x",
        "- --user",
        "- --invocation 0",
        "- --list-invocations",
        "gaps -",
        "gaps -D /x -L warn",
        "gaps -D /x --op op-1",
        "-m -b",
        "-m -k",
        "A=1 +",
        "api + A=1",
        "/nowhere/x",
    ] {
        let error = resolve(&format!("openim-logs {line}"), &around).map(|_| line).unwrap_err();
        assert_eq!(error.exit().code(), 64, "{line}: {error}");
    }
}

#[test]
fn of_files_that_are_not_read_after_all_nothing_is_said() {
    let mut plan = resolve("openim-logs -D /x", &around(Path::new("/"))).unwrap();
    plan.reads_too = Some("reading files too".to_owned());
    plan.read_only_the_journal("Cursors are of").unwrap();
    assert_eq!(plan.reads_too, None);
}

#[test]
fn the_kernel_is_that_of_this_boot_unless_a_boot_is_named() {
    let around = around(Path::new("/"));
    let boot = |line| resolve(line, &around).unwrap().journal().and_then(|journal| journal.boot);
    assert_eq!(boot("openim-logs -D /x -k"), Some(BootWanted::Nth(0)));
    assert_eq!(boot("openim-logs -D /x -k -b -1"), Some(BootWanted::Nth(-1)));
    assert_eq!(boot("openim-logs -D /x -b"), Some(BootWanted::Nth(0)));
    assert_eq!(boot("openim-logs -D /x"), None);
}

#[test]
fn the_place_is_that_of_the_machines_the_namespace_and_the_owner_that_are_named() {
    let around = around(Path::new("/"));
    let journal = |line| match resolve(line, &around).unwrap().sources.pop() {
        Some(SourcePlan::Journal(journal)) => journal,
        other => unreachable!("{line}: {other:?}"),
    };
    let place = |line| journal(line).place;
    let host = |host| Place::Host(host);
    assert_eq!(place("openim-logs -m"), host(Host { all_machines: true, ..Host::default() }));
    assert_eq!(place("openim-logs -m -k -b all"), place("openim-logs -m"));
    let namespace = Namespace::DefaultAnd("im".to_owned());
    assert_eq!(place("openim-logs --namespace=+im"), host(Host { namespace, ..Host::default() }));
    let owner = Owner::CurrentUser;
    assert_eq!(place("openim-logs --user"), host(Host { owner, ..Host::default() }));
    assert_eq!(
        place("openim-logs --system -D /x"),
        Place::Directory { path: "/x".into(), owner: Owner::System }
    );
    let units = journal("openim-logs --user -u api --user-unit push").units;
    assert_eq!(
        (units.system.len(), units.user, units.uid),
        (0, vec!["api".to_owned(), "push".to_owned()], 1000)
    );
    assert_eq!(journal("openim-logs --facility=kern,daemon --facility 16").facilities, [0, 3, 16]);
}

#[test]
fn filters_and_groups_arrive_in_the_criteria() {
    let plan = resolve("openim-logs - rpc -L warn", &around(Path::new("/"))).unwrap();
    assert_eq!(plan.criteria.selection.0.len(), 7);
    assert_eq!(plan.criteria.filter.levels.map(|levels| levels.from), Some(Level::Warn));
    assert_eq!(plan.scope, "rpc");
}
