//! Units that are named on OpenIM's face and have nothing to show: systemd knows one, nobody knows the other.

use crate::machine::Machine;

#[test]
fn a_unit_that_never_logged_is_told_apart_from_one_that_does_not_exist() {
    let machine = Machine::boot();
    machine.install(env!("CARGO_BIN_EXE_openim-logs"), "/usr/local/bin/openim-logs");
    machine.install_unit("openim-idle.service", "[Service]\nExecStart=true\n");
    machine.install_unit("openim-spare@.service", "[Service]\nExecStart=true\n");
    let asked = |unit: &str| machine.run(&format!("openim-logs -u {unit}")).stderr;
    for (unit, file) in [("openim-idle", "openim-idle"), ("openim-spare@3", "openim-spare@")] {
        let said = asked(unit);
        let expected = format!(
            "openim-logs: nothing from {unit}.service in the journal;\n{unit}.service is a unit of systemd \
             (/etc/systemd/system/{file}.service) of which the journal has nothing:\n\
             systemctl status {unit}.service says whether it was ever started"
        );
        assert!(said.starts_with(&expected), "{said}");
    }
    let said = asked("openim-idel");
    let expected = "neither systemd nor the journal knows a unit openim-idel.service;\n\
                    there is openim-idle.service";
    assert!(said.contains(expected), "{said}");

    machine.run("systemctl start openim-idle; journalctl --sync").expect_success();
    let output = machine.run("openim-logs -u 'openim-id*' -o cat");
    assert!(output.stdout.contains("Started openim-idle.service"), "{output}");

    machine.install_unit("openim-push@.service", "[Service]\nExecStart=true\n");
    machine.run("systemctl start openim-push@2 openim-push@3; journalctl --sync").expect_success();
    let output = machine.run("openim-logs push#9");
    let expected = "there is no instance push#9, neither running nor in the logs;\nthere is push#2 to push#3";
    assert!(output.stderr.contains(expected), "{output}");
    let output = machine.run("openim-logs push#3 --until @1; echo ended with $?");
    assert!(output.stdout.contains("ended with 0") && !output.stderr.contains("no instance"), "{output}");
}
