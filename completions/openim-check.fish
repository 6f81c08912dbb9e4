# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_openim_check_global_optspecs
    string join \n root= config= layout= checks= via= only= skip= profile= o/format= deadline= probe-timeout= grace= strict deep state= repeat-every= q/quiet color= h/help V/version
end

function __fish_openim_check_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_openim_check_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_openim_check_using_subcommand
    set -l cmd (__fish_openim_check_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c openim-check -n "__fish_openim_check_needs_command" -l root -d 'OpenIM\'s directory [default: the current one if it has start-config.yml, else /openim-server, /openim-chat, /opt/openim]' -r -f -a "(__fish_complete_directories)"
complete -c openim-check -n "__fish_openim_check_needs_command" -l config -d 'OpenIM\'s configuration directory [default: ROOT/config]; a process\'s own -c wins over it' -r -f -a "(__fish_complete_directories)"
complete -c openim-check -n "__fish_openim_check_needs_command" -l layout -d 'The generation of OpenIM [default: told from its files and programs]' -r -f -a "chat-main\t'chat\'s branch main'
chat\t'chat\'s release line, v1.8'
standalone\t'The branch main of 2026 in one process'
main\t'The branch main of 2026'
v3.7\t'v3.7 and v3.8.0'
v3.8.1\t'v3.8.1 and v3.8.2'
v3.8.3\t'The release line, v3.8.3 and later'
v3.5\t'v3.0 to v3.6, with one file of configuration'"
complete -c openim-check -n "__fish_openim_check_needs_command" -l checks -d 'More checks: a file, or a directory of files; may be repeated, beside those in /etc/openim-ops/checks.d' -r -F
complete -c openim-check -n "__fish_openim_check_needs_command" -l via -d 'Who is asked why a service does not run' -r -f -a "auto\t'The managers that are there, where a process is missing or has just started'
process\t'Nobody: processes only'
systemd\t'systemd; its units are what should run'
supervisor\t'supervisord; its programs are what should run'
docker\t'docker; its containers are what should run'"
complete -c openim-check -n "__fish_openim_check_needs_command" -l only -d 'Only checks of this kind; may be repeated' -r -f -a "process\t'The process: there, once, alive'
port\t'The listening sockets: there, the right address, the right owner'
tcp\t'A TCP connection'
tls\t'A TLS handshake: for the right name, signed, and not about to end'
http\t'An HTTP request to the API, or to a server of your own'
grpc\t'A gRPC call: the right service, and it answers'
websocket\t'A connection that becomes a WebSocket'
metrics\t'A page of metrics, and the failures counted there'
registry\t'The keys in etcd against the listening sockets'
unit\t'What its manager says of it: running, crashed, stopped on purpose, never started'
dependency\t'A server that OpenIM stands on'
config\t'The files and variables that services start with'
host\t'The machine: memory, room on disk, ports, addresses'"
complete -c openim-check -n "__fish_openim_check_needs_command" -l skip -d 'No checks of this kind; may be repeated' -r -f -a "process\t'The process: there, once, alive'
port\t'The listening sockets: there, the right address, the right owner'
tcp\t'A TCP connection'
tls\t'A TLS handshake: for the right name, signed, and not about to end'
http\t'An HTTP request to the API, or to a server of your own'
grpc\t'A gRPC call: the right service, and it answers'
websocket\t'A connection that becomes a WebSocket'
metrics\t'A page of metrics, and the failures counted there'
registry\t'The keys in etcd against the listening sockets'
unit\t'What its manager says of it: running, crashed, stopped on purpose, never started'
dependency\t'A server that OpenIM stands on'
config\t'The files and variables that services start with'
host\t'The machine: memory, room on disk, ports, addresses'"
complete -c openim-check -n "__fish_openim_check_needs_command" -l profile -d 'Who reads the result: defaults, length and exit code are theirs' -r -f -a "human\t'A person'
docker\t'Docker\'s health check: exit 0 or 1, ten lines at most, under 3.5 KB'
k8s-live\t'A liveness probe: the processes and their ports alone; exit 1 only for what a restart can mend'
k8s-ready\t'A readiness probe: every check, in less than a second'
systemd\t'A unit of systemd: silent when well, else lines with their priority'
cron\t'A job whose output is mailed: silent when well, and while a failure that was told stays as it is (--state)'
nagios\t'Nagios, Icinga, Sensu: the format nagios and its exit codes'"
complete -c openim-check -n "__fish_openim_check_needs_command" -s o -l format -d 'How to print the result [default: text; nagios in its profile]' -r -f -a "text\t'For people: the verdict first, failing before passing'
json\t'One document, schema "openim-check/1"'
junit\t'`JUnit`\'s XML: a suite for each service, a case for each check'
tap\t'Test Anything Protocol, version 13'
nagios\t'One line with performance data, then details; exit 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN'
prometheus\t'Metrics as text, for the textfile collector'"
complete -c openim-check -n "__fish_openim_check_needs_command" -l deadline -d 'How long the whole run may take; what is not finished then is named [default: 5s; 800ms for kubernetes]' -r
complete -c openim-check -n "__fish_openim_check_needs_command" -l probe-timeout -d 'How long one question to one server may take [default: 2s; 500ms for kubernetes]' -r
complete -c openim-check -n "__fish_openim_check_needs_command" -l grace -d 'How long a deployment may take to come up; what is missing until then is starting, not broken [default: 10s]' -r
complete -c openim-check -n "__fish_openim_check_needs_command" -l state -d 'The file in which `report` and the profile cron remember the last report [default: last-report.json in systemd\'s state directory]' -r -F
complete -c openim-check -n "__fish_openim_check_needs_command" -l repeat-every -d 'How long an unchanged failure stays unsaid in the profile cron [default: for ever]' -r
complete -c openim-check -n "__fish_openim_check_needs_command" -l color -d 'When to colour the state word' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c openim-check -n "__fish_openim_check_needs_command" -l strict -d 'Take warnings for failures'
complete -c openim-check -n "__fish_openim_check_needs_command" -l deep -d 'Ask for a token with a wrong secret: the whole way through API, registry and auth, without a credential'
complete -c openim-check -n "__fish_openim_check_needs_command" -s q -l quiet -d 'Print nothing when all is well'
complete -c openim-check -n "__fish_openim_check_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c openim-check -n "__fish_openim_check_needs_command" -s V -l version -d 'Print version'
complete -c openim-check -n "__fish_openim_check_needs_command" -a "list" -d 'Show each check and the file or fact it comes from, without asking any server'
complete -c openim-check -n "__fish_openim_check_needs_command" -a "report" -d 'The verdict, what changed since the last report, restarts and uptime'
complete -c openim-check -n "__fish_openim_check_needs_command" -a "explain" -d 'One check: what it compares, where each side comes from, what it found, how to do it by hand'
complete -c openim-check -n "__fish_openim_check_needs_command" -a "wait" -d 'Look again until all is well, or until the deadline [default: 1min]'
complete -c openim-check -n "__fish_openim_check_needs_command" -a "watch" -d 'Look again and again, and say what changes'
complete -c openim-check -n "__fish_openim_check_needs_command" -a "completions" -d 'Print the completions of a shell'
complete -c openim-check -n "__fish_openim_check_needs_command" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c openim-check -n "__fish_openim_check_using_subcommand list" -l root -d 'OpenIM\'s directory [default: the current one if it has start-config.yml, else /openim-server, /openim-chat, /opt/openim]' -r -f -a "(__fish_complete_directories)"
complete -c openim-check -n "__fish_openim_check_using_subcommand list" -l config -d 'OpenIM\'s configuration directory [default: ROOT/config]; a process\'s own -c wins over it' -r -f -a "(__fish_complete_directories)"
complete -c openim-check -n "__fish_openim_check_using_subcommand list" -l layout -d 'The generation of OpenIM [default: told from its files and programs]' -r -f -a "chat-main\t'chat\'s branch main'
chat\t'chat\'s release line, v1.8'
standalone\t'The branch main of 2026 in one process'
main\t'The branch main of 2026'
v3.7\t'v3.7 and v3.8.0'
v3.8.1\t'v3.8.1 and v3.8.2'
v3.8.3\t'The release line, v3.8.3 and later'
v3.5\t'v3.0 to v3.6, with one file of configuration'"
complete -c openim-check -n "__fish_openim_check_using_subcommand list" -l checks -d 'More checks: a file, or a directory of files; may be repeated, beside those in /etc/openim-ops/checks.d' -r -F
complete -c openim-check -n "__fish_openim_check_using_subcommand list" -l via -d 'Who is asked why a service does not run' -r -f -a "auto\t'The managers that are there, where a process is missing or has just started'
process\t'Nobody: processes only'
systemd\t'systemd; its units are what should run'
supervisor\t'supervisord; its programs are what should run'
docker\t'docker; its containers are what should run'"
complete -c openim-check -n "__fish_openim_check_using_subcommand list" -l only -d 'Only checks of this kind; may be repeated' -r -f -a "process\t'The process: there, once, alive'
port\t'The listening sockets: there, the right address, the right owner'
tcp\t'A TCP connection'
tls\t'A TLS handshake: for the right name, signed, and not about to end'
http\t'An HTTP request to the API, or to a server of your own'
grpc\t'A gRPC call: the right service, and it answers'
websocket\t'A connection that becomes a WebSocket'
metrics\t'A page of metrics, and the failures counted there'
registry\t'The keys in etcd against the listening sockets'
unit\t'What its manager says of it: running, crashed, stopped on purpose, never started'
dependency\t'A server that OpenIM stands on'
config\t'The files and variables that services start with'
host\t'The machine: memory, room on disk, ports, addresses'"
complete -c openim-check -n "__fish_openim_check_using_subcommand list" -l skip -d 'No checks of this kind; may be repeated' -r -f -a "process\t'The process: there, once, alive'
port\t'The listening sockets: there, the right address, the right owner'
tcp\t'A TCP connection'
tls\t'A TLS handshake: for the right name, signed, and not about to end'
http\t'An HTTP request to the API, or to a server of your own'
grpc\t'A gRPC call: the right service, and it answers'
websocket\t'A connection that becomes a WebSocket'
metrics\t'A page of metrics, and the failures counted there'
registry\t'The keys in etcd against the listening sockets'
unit\t'What its manager says of it: running, crashed, stopped on purpose, never started'
dependency\t'A server that OpenIM stands on'
config\t'The files and variables that services start with'
host\t'The machine: memory, room on disk, ports, addresses'"
complete -c openim-check -n "__fish_openim_check_using_subcommand list" -l profile -d 'Who reads the result: defaults, length and exit code are theirs' -r -f -a "human\t'A person'
docker\t'Docker\'s health check: exit 0 or 1, ten lines at most, under 3.5 KB'
k8s-live\t'A liveness probe: the processes and their ports alone; exit 1 only for what a restart can mend'
k8s-ready\t'A readiness probe: every check, in less than a second'
systemd\t'A unit of systemd: silent when well, else lines with their priority'
cron\t'A job whose output is mailed: silent when well, and while a failure that was told stays as it is (--state)'
nagios\t'Nagios, Icinga, Sensu: the format nagios and its exit codes'"
complete -c openim-check -n "__fish_openim_check_using_subcommand list" -s o -l format -d 'How to print the result [default: text; nagios in its profile]' -r -f -a "text\t'For people: the verdict first, failing before passing'
json\t'One document, schema "openim-check/1"'
junit\t'`JUnit`\'s XML: a suite for each service, a case for each check'
tap\t'Test Anything Protocol, version 13'
nagios\t'One line with performance data, then details; exit 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN'
prometheus\t'Metrics as text, for the textfile collector'"
complete -c openim-check -n "__fish_openim_check_using_subcommand list" -l deadline -d 'How long the whole run may take; what is not finished then is named [default: 5s; 800ms for kubernetes]' -r
complete -c openim-check -n "__fish_openim_check_using_subcommand list" -l probe-timeout -d 'How long one question to one server may take [default: 2s; 500ms for kubernetes]' -r
complete -c openim-check -n "__fish_openim_check_using_subcommand list" -l grace -d 'How long a deployment may take to come up; what is missing until then is starting, not broken [default: 10s]' -r
complete -c openim-check -n "__fish_openim_check_using_subcommand list" -l state -d 'The file in which `report` and the profile cron remember the last report [default: last-report.json in systemd\'s state directory]' -r -F
complete -c openim-check -n "__fish_openim_check_using_subcommand list" -l repeat-every -d 'How long an unchanged failure stays unsaid in the profile cron [default: for ever]' -r
complete -c openim-check -n "__fish_openim_check_using_subcommand list" -l color -d 'When to colour the state word' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c openim-check -n "__fish_openim_check_using_subcommand list" -l strict -d 'Take warnings for failures'
complete -c openim-check -n "__fish_openim_check_using_subcommand list" -l deep -d 'Ask for a token with a wrong secret: the whole way through API, registry and auth, without a credential'
complete -c openim-check -n "__fish_openim_check_using_subcommand list" -s q -l quiet -d 'Print nothing when all is well'
complete -c openim-check -n "__fish_openim_check_using_subcommand list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c openim-check -n "__fish_openim_check_using_subcommand report" -l root -d 'OpenIM\'s directory [default: the current one if it has start-config.yml, else /openim-server, /openim-chat, /opt/openim]' -r -f -a "(__fish_complete_directories)"
complete -c openim-check -n "__fish_openim_check_using_subcommand report" -l config -d 'OpenIM\'s configuration directory [default: ROOT/config]; a process\'s own -c wins over it' -r -f -a "(__fish_complete_directories)"
complete -c openim-check -n "__fish_openim_check_using_subcommand report" -l layout -d 'The generation of OpenIM [default: told from its files and programs]' -r -f -a "chat-main\t'chat\'s branch main'
chat\t'chat\'s release line, v1.8'
standalone\t'The branch main of 2026 in one process'
main\t'The branch main of 2026'
v3.7\t'v3.7 and v3.8.0'
v3.8.1\t'v3.8.1 and v3.8.2'
v3.8.3\t'The release line, v3.8.3 and later'
v3.5\t'v3.0 to v3.6, with one file of configuration'"
complete -c openim-check -n "__fish_openim_check_using_subcommand report" -l checks -d 'More checks: a file, or a directory of files; may be repeated, beside those in /etc/openim-ops/checks.d' -r -F
complete -c openim-check -n "__fish_openim_check_using_subcommand report" -l via -d 'Who is asked why a service does not run' -r -f -a "auto\t'The managers that are there, where a process is missing or has just started'
process\t'Nobody: processes only'
systemd\t'systemd; its units are what should run'
supervisor\t'supervisord; its programs are what should run'
docker\t'docker; its containers are what should run'"
complete -c openim-check -n "__fish_openim_check_using_subcommand report" -l only -d 'Only checks of this kind; may be repeated' -r -f -a "process\t'The process: there, once, alive'
port\t'The listening sockets: there, the right address, the right owner'
tcp\t'A TCP connection'
tls\t'A TLS handshake: for the right name, signed, and not about to end'
http\t'An HTTP request to the API, or to a server of your own'
grpc\t'A gRPC call: the right service, and it answers'
websocket\t'A connection that becomes a WebSocket'
metrics\t'A page of metrics, and the failures counted there'
registry\t'The keys in etcd against the listening sockets'
unit\t'What its manager says of it: running, crashed, stopped on purpose, never started'
dependency\t'A server that OpenIM stands on'
config\t'The files and variables that services start with'
host\t'The machine: memory, room on disk, ports, addresses'"
complete -c openim-check -n "__fish_openim_check_using_subcommand report" -l skip -d 'No checks of this kind; may be repeated' -r -f -a "process\t'The process: there, once, alive'
port\t'The listening sockets: there, the right address, the right owner'
tcp\t'A TCP connection'
tls\t'A TLS handshake: for the right name, signed, and not about to end'
http\t'An HTTP request to the API, or to a server of your own'
grpc\t'A gRPC call: the right service, and it answers'
websocket\t'A connection that becomes a WebSocket'
metrics\t'A page of metrics, and the failures counted there'
registry\t'The keys in etcd against the listening sockets'
unit\t'What its manager says of it: running, crashed, stopped on purpose, never started'
dependency\t'A server that OpenIM stands on'
config\t'The files and variables that services start with'
host\t'The machine: memory, room on disk, ports, addresses'"
complete -c openim-check -n "__fish_openim_check_using_subcommand report" -l profile -d 'Who reads the result: defaults, length and exit code are theirs' -r -f -a "human\t'A person'
docker\t'Docker\'s health check: exit 0 or 1, ten lines at most, under 3.5 KB'
k8s-live\t'A liveness probe: the processes and their ports alone; exit 1 only for what a restart can mend'
k8s-ready\t'A readiness probe: every check, in less than a second'
systemd\t'A unit of systemd: silent when well, else lines with their priority'
cron\t'A job whose output is mailed: silent when well, and while a failure that was told stays as it is (--state)'
nagios\t'Nagios, Icinga, Sensu: the format nagios and its exit codes'"
complete -c openim-check -n "__fish_openim_check_using_subcommand report" -s o -l format -d 'How to print the result [default: text; nagios in its profile]' -r -f -a "text\t'For people: the verdict first, failing before passing'
json\t'One document, schema "openim-check/1"'
junit\t'`JUnit`\'s XML: a suite for each service, a case for each check'
tap\t'Test Anything Protocol, version 13'
nagios\t'One line with performance data, then details; exit 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN'
prometheus\t'Metrics as text, for the textfile collector'"
complete -c openim-check -n "__fish_openim_check_using_subcommand report" -l deadline -d 'How long the whole run may take; what is not finished then is named [default: 5s; 800ms for kubernetes]' -r
complete -c openim-check -n "__fish_openim_check_using_subcommand report" -l probe-timeout -d 'How long one question to one server may take [default: 2s; 500ms for kubernetes]' -r
complete -c openim-check -n "__fish_openim_check_using_subcommand report" -l grace -d 'How long a deployment may take to come up; what is missing until then is starting, not broken [default: 10s]' -r
complete -c openim-check -n "__fish_openim_check_using_subcommand report" -l state -d 'The file in which `report` and the profile cron remember the last report [default: last-report.json in systemd\'s state directory]' -r -F
complete -c openim-check -n "__fish_openim_check_using_subcommand report" -l repeat-every -d 'How long an unchanged failure stays unsaid in the profile cron [default: for ever]' -r
complete -c openim-check -n "__fish_openim_check_using_subcommand report" -l color -d 'When to colour the state word' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c openim-check -n "__fish_openim_check_using_subcommand report" -l strict -d 'Take warnings for failures'
complete -c openim-check -n "__fish_openim_check_using_subcommand report" -l deep -d 'Ask for a token with a wrong secret: the whole way through API, registry and auth, without a credential'
complete -c openim-check -n "__fish_openim_check_using_subcommand report" -s q -l quiet -d 'Print nothing when all is well'
complete -c openim-check -n "__fish_openim_check_using_subcommand report" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c openim-check -n "__fish_openim_check_using_subcommand explain" -l root -d 'OpenIM\'s directory [default: the current one if it has start-config.yml, else /openim-server, /openim-chat, /opt/openim]' -r -f -a "(__fish_complete_directories)"
complete -c openim-check -n "__fish_openim_check_using_subcommand explain" -l config -d 'OpenIM\'s configuration directory [default: ROOT/config]; a process\'s own -c wins over it' -r -f -a "(__fish_complete_directories)"
complete -c openim-check -n "__fish_openim_check_using_subcommand explain" -l layout -d 'The generation of OpenIM [default: told from its files and programs]' -r -f -a "chat-main\t'chat\'s branch main'
chat\t'chat\'s release line, v1.8'
standalone\t'The branch main of 2026 in one process'
main\t'The branch main of 2026'
v3.7\t'v3.7 and v3.8.0'
v3.8.1\t'v3.8.1 and v3.8.2'
v3.8.3\t'The release line, v3.8.3 and later'
v3.5\t'v3.0 to v3.6, with one file of configuration'"
complete -c openim-check -n "__fish_openim_check_using_subcommand explain" -l checks -d 'More checks: a file, or a directory of files; may be repeated, beside those in /etc/openim-ops/checks.d' -r -F
complete -c openim-check -n "__fish_openim_check_using_subcommand explain" -l via -d 'Who is asked why a service does not run' -r -f -a "auto\t'The managers that are there, where a process is missing or has just started'
process\t'Nobody: processes only'
systemd\t'systemd; its units are what should run'
supervisor\t'supervisord; its programs are what should run'
docker\t'docker; its containers are what should run'"
complete -c openim-check -n "__fish_openim_check_using_subcommand explain" -l only -d 'Only checks of this kind; may be repeated' -r -f -a "process\t'The process: there, once, alive'
port\t'The listening sockets: there, the right address, the right owner'
tcp\t'A TCP connection'
tls\t'A TLS handshake: for the right name, signed, and not about to end'
http\t'An HTTP request to the API, or to a server of your own'
grpc\t'A gRPC call: the right service, and it answers'
websocket\t'A connection that becomes a WebSocket'
metrics\t'A page of metrics, and the failures counted there'
registry\t'The keys in etcd against the listening sockets'
unit\t'What its manager says of it: running, crashed, stopped on purpose, never started'
dependency\t'A server that OpenIM stands on'
config\t'The files and variables that services start with'
host\t'The machine: memory, room on disk, ports, addresses'"
complete -c openim-check -n "__fish_openim_check_using_subcommand explain" -l skip -d 'No checks of this kind; may be repeated' -r -f -a "process\t'The process: there, once, alive'
port\t'The listening sockets: there, the right address, the right owner'
tcp\t'A TCP connection'
tls\t'A TLS handshake: for the right name, signed, and not about to end'
http\t'An HTTP request to the API, or to a server of your own'
grpc\t'A gRPC call: the right service, and it answers'
websocket\t'A connection that becomes a WebSocket'
metrics\t'A page of metrics, and the failures counted there'
registry\t'The keys in etcd against the listening sockets'
unit\t'What its manager says of it: running, crashed, stopped on purpose, never started'
dependency\t'A server that OpenIM stands on'
config\t'The files and variables that services start with'
host\t'The machine: memory, room on disk, ports, addresses'"
complete -c openim-check -n "__fish_openim_check_using_subcommand explain" -l profile -d 'Who reads the result: defaults, length and exit code are theirs' -r -f -a "human\t'A person'
docker\t'Docker\'s health check: exit 0 or 1, ten lines at most, under 3.5 KB'
k8s-live\t'A liveness probe: the processes and their ports alone; exit 1 only for what a restart can mend'
k8s-ready\t'A readiness probe: every check, in less than a second'
systemd\t'A unit of systemd: silent when well, else lines with their priority'
cron\t'A job whose output is mailed: silent when well, and while a failure that was told stays as it is (--state)'
nagios\t'Nagios, Icinga, Sensu: the format nagios and its exit codes'"
complete -c openim-check -n "__fish_openim_check_using_subcommand explain" -s o -l format -d 'How to print the result [default: text; nagios in its profile]' -r -f -a "text\t'For people: the verdict first, failing before passing'
json\t'One document, schema "openim-check/1"'
junit\t'`JUnit`\'s XML: a suite for each service, a case for each check'
tap\t'Test Anything Protocol, version 13'
nagios\t'One line with performance data, then details; exit 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN'
prometheus\t'Metrics as text, for the textfile collector'"
complete -c openim-check -n "__fish_openim_check_using_subcommand explain" -l deadline -d 'How long the whole run may take; what is not finished then is named [default: 5s; 800ms for kubernetes]' -r
complete -c openim-check -n "__fish_openim_check_using_subcommand explain" -l probe-timeout -d 'How long one question to one server may take [default: 2s; 500ms for kubernetes]' -r
complete -c openim-check -n "__fish_openim_check_using_subcommand explain" -l grace -d 'How long a deployment may take to come up; what is missing until then is starting, not broken [default: 10s]' -r
complete -c openim-check -n "__fish_openim_check_using_subcommand explain" -l state -d 'The file in which `report` and the profile cron remember the last report [default: last-report.json in systemd\'s state directory]' -r -F
complete -c openim-check -n "__fish_openim_check_using_subcommand explain" -l repeat-every -d 'How long an unchanged failure stays unsaid in the profile cron [default: for ever]' -r
complete -c openim-check -n "__fish_openim_check_using_subcommand explain" -l color -d 'When to colour the state word' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c openim-check -n "__fish_openim_check_using_subcommand explain" -l strict -d 'Take warnings for failures'
complete -c openim-check -n "__fish_openim_check_using_subcommand explain" -l deep -d 'Ask for a token with a wrong secret: the whole way through API, registry and auth, without a credential'
complete -c openim-check -n "__fish_openim_check_using_subcommand explain" -s q -l quiet -d 'Print nothing when all is well'
complete -c openim-check -n "__fish_openim_check_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c openim-check -n "__fish_openim_check_using_subcommand wait" -l for -d 'What to wait for' -r -f -a "all\t''
rpc\t''
message\t''
chat\t''
deps\t''
config\t''
host\t''
own\t''
api\t''
crontask\t''
msggateway\t''
msgtransfer\t''
push\t''
rpc-auth\t''
rpc-conversation\t''
rpc-friend\t''
rpc-group\t''
rpc-msg\t''
rpc-third\t''
rpc-user\t''
server\t''
chat-api\t''
admin-api\t''
chat-rpc\t''
admin-rpc\t''
bot-api\t''
bot-rpc\t''
etcd\t''
redis\t''
mongodb\t''
kafka\t''
minio\t''
zookeeper\t''
openim\t''"
complete -c openim-check -n "__fish_openim_check_using_subcommand wait" -l root -d 'OpenIM\'s directory [default: the current one if it has start-config.yml, else /openim-server, /openim-chat, /opt/openim]' -r -f -a "(__fish_complete_directories)"
complete -c openim-check -n "__fish_openim_check_using_subcommand wait" -l config -d 'OpenIM\'s configuration directory [default: ROOT/config]; a process\'s own -c wins over it' -r -f -a "(__fish_complete_directories)"
complete -c openim-check -n "__fish_openim_check_using_subcommand wait" -l layout -d 'The generation of OpenIM [default: told from its files and programs]' -r -f -a "chat-main\t'chat\'s branch main'
chat\t'chat\'s release line, v1.8'
standalone\t'The branch main of 2026 in one process'
main\t'The branch main of 2026'
v3.7\t'v3.7 and v3.8.0'
v3.8.1\t'v3.8.1 and v3.8.2'
v3.8.3\t'The release line, v3.8.3 and later'
v3.5\t'v3.0 to v3.6, with one file of configuration'"
complete -c openim-check -n "__fish_openim_check_using_subcommand wait" -l checks -d 'More checks: a file, or a directory of files; may be repeated, beside those in /etc/openim-ops/checks.d' -r -F
complete -c openim-check -n "__fish_openim_check_using_subcommand wait" -l via -d 'Who is asked why a service does not run' -r -f -a "auto\t'The managers that are there, where a process is missing or has just started'
process\t'Nobody: processes only'
systemd\t'systemd; its units are what should run'
supervisor\t'supervisord; its programs are what should run'
docker\t'docker; its containers are what should run'"
complete -c openim-check -n "__fish_openim_check_using_subcommand wait" -l only -d 'Only checks of this kind; may be repeated' -r -f -a "process\t'The process: there, once, alive'
port\t'The listening sockets: there, the right address, the right owner'
tcp\t'A TCP connection'
tls\t'A TLS handshake: for the right name, signed, and not about to end'
http\t'An HTTP request to the API, or to a server of your own'
grpc\t'A gRPC call: the right service, and it answers'
websocket\t'A connection that becomes a WebSocket'
metrics\t'A page of metrics, and the failures counted there'
registry\t'The keys in etcd against the listening sockets'
unit\t'What its manager says of it: running, crashed, stopped on purpose, never started'
dependency\t'A server that OpenIM stands on'
config\t'The files and variables that services start with'
host\t'The machine: memory, room on disk, ports, addresses'"
complete -c openim-check -n "__fish_openim_check_using_subcommand wait" -l skip -d 'No checks of this kind; may be repeated' -r -f -a "process\t'The process: there, once, alive'
port\t'The listening sockets: there, the right address, the right owner'
tcp\t'A TCP connection'
tls\t'A TLS handshake: for the right name, signed, and not about to end'
http\t'An HTTP request to the API, or to a server of your own'
grpc\t'A gRPC call: the right service, and it answers'
websocket\t'A connection that becomes a WebSocket'
metrics\t'A page of metrics, and the failures counted there'
registry\t'The keys in etcd against the listening sockets'
unit\t'What its manager says of it: running, crashed, stopped on purpose, never started'
dependency\t'A server that OpenIM stands on'
config\t'The files and variables that services start with'
host\t'The machine: memory, room on disk, ports, addresses'"
complete -c openim-check -n "__fish_openim_check_using_subcommand wait" -l profile -d 'Who reads the result: defaults, length and exit code are theirs' -r -f -a "human\t'A person'
docker\t'Docker\'s health check: exit 0 or 1, ten lines at most, under 3.5 KB'
k8s-live\t'A liveness probe: the processes and their ports alone; exit 1 only for what a restart can mend'
k8s-ready\t'A readiness probe: every check, in less than a second'
systemd\t'A unit of systemd: silent when well, else lines with their priority'
cron\t'A job whose output is mailed: silent when well, and while a failure that was told stays as it is (--state)'
nagios\t'Nagios, Icinga, Sensu: the format nagios and its exit codes'"
complete -c openim-check -n "__fish_openim_check_using_subcommand wait" -s o -l format -d 'How to print the result [default: text; nagios in its profile]' -r -f -a "text\t'For people: the verdict first, failing before passing'
json\t'One document, schema "openim-check/1"'
junit\t'`JUnit`\'s XML: a suite for each service, a case for each check'
tap\t'Test Anything Protocol, version 13'
nagios\t'One line with performance data, then details; exit 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN'
prometheus\t'Metrics as text, for the textfile collector'"
complete -c openim-check -n "__fish_openim_check_using_subcommand wait" -l deadline -d 'How long the whole run may take; what is not finished then is named [default: 5s; 800ms for kubernetes]' -r
complete -c openim-check -n "__fish_openim_check_using_subcommand wait" -l probe-timeout -d 'How long one question to one server may take [default: 2s; 500ms for kubernetes]' -r
complete -c openim-check -n "__fish_openim_check_using_subcommand wait" -l grace -d 'How long a deployment may take to come up; what is missing until then is starting, not broken [default: 10s]' -r
complete -c openim-check -n "__fish_openim_check_using_subcommand wait" -l state -d 'The file in which `report` and the profile cron remember the last report [default: last-report.json in systemd\'s state directory]' -r -F
complete -c openim-check -n "__fish_openim_check_using_subcommand wait" -l repeat-every -d 'How long an unchanged failure stays unsaid in the profile cron [default: for ever]' -r
complete -c openim-check -n "__fish_openim_check_using_subcommand wait" -l color -d 'When to colour the state word' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c openim-check -n "__fish_openim_check_using_subcommand wait" -l strict -d 'Take warnings for failures'
complete -c openim-check -n "__fish_openim_check_using_subcommand wait" -l deep -d 'Ask for a token with a wrong secret: the whole way through API, registry and auth, without a credential'
complete -c openim-check -n "__fish_openim_check_using_subcommand wait" -s q -l quiet -d 'Print nothing when all is well'
complete -c openim-check -n "__fish_openim_check_using_subcommand wait" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c openim-check -n "__fish_openim_check_using_subcommand watch" -l interval -d 'The time from one look to the next' -r
complete -c openim-check -n "__fish_openim_check_using_subcommand watch" -l count -d 'End after so many looks, with the exit code of the last' -r
complete -c openim-check -n "__fish_openim_check_using_subcommand watch" -l root -d 'OpenIM\'s directory [default: the current one if it has start-config.yml, else /openim-server, /openim-chat, /opt/openim]' -r -f -a "(__fish_complete_directories)"
complete -c openim-check -n "__fish_openim_check_using_subcommand watch" -l config -d 'OpenIM\'s configuration directory [default: ROOT/config]; a process\'s own -c wins over it' -r -f -a "(__fish_complete_directories)"
complete -c openim-check -n "__fish_openim_check_using_subcommand watch" -l layout -d 'The generation of OpenIM [default: told from its files and programs]' -r -f -a "chat-main\t'chat\'s branch main'
chat\t'chat\'s release line, v1.8'
standalone\t'The branch main of 2026 in one process'
main\t'The branch main of 2026'
v3.7\t'v3.7 and v3.8.0'
v3.8.1\t'v3.8.1 and v3.8.2'
v3.8.3\t'The release line, v3.8.3 and later'
v3.5\t'v3.0 to v3.6, with one file of configuration'"
complete -c openim-check -n "__fish_openim_check_using_subcommand watch" -l checks -d 'More checks: a file, or a directory of files; may be repeated, beside those in /etc/openim-ops/checks.d' -r -F
complete -c openim-check -n "__fish_openim_check_using_subcommand watch" -l via -d 'Who is asked why a service does not run' -r -f -a "auto\t'The managers that are there, where a process is missing or has just started'
process\t'Nobody: processes only'
systemd\t'systemd; its units are what should run'
supervisor\t'supervisord; its programs are what should run'
docker\t'docker; its containers are what should run'"
complete -c openim-check -n "__fish_openim_check_using_subcommand watch" -l only -d 'Only checks of this kind; may be repeated' -r -f -a "process\t'The process: there, once, alive'
port\t'The listening sockets: there, the right address, the right owner'
tcp\t'A TCP connection'
tls\t'A TLS handshake: for the right name, signed, and not about to end'
http\t'An HTTP request to the API, or to a server of your own'
grpc\t'A gRPC call: the right service, and it answers'
websocket\t'A connection that becomes a WebSocket'
metrics\t'A page of metrics, and the failures counted there'
registry\t'The keys in etcd against the listening sockets'
unit\t'What its manager says of it: running, crashed, stopped on purpose, never started'
dependency\t'A server that OpenIM stands on'
config\t'The files and variables that services start with'
host\t'The machine: memory, room on disk, ports, addresses'"
complete -c openim-check -n "__fish_openim_check_using_subcommand watch" -l skip -d 'No checks of this kind; may be repeated' -r -f -a "process\t'The process: there, once, alive'
port\t'The listening sockets: there, the right address, the right owner'
tcp\t'A TCP connection'
tls\t'A TLS handshake: for the right name, signed, and not about to end'
http\t'An HTTP request to the API, or to a server of your own'
grpc\t'A gRPC call: the right service, and it answers'
websocket\t'A connection that becomes a WebSocket'
metrics\t'A page of metrics, and the failures counted there'
registry\t'The keys in etcd against the listening sockets'
unit\t'What its manager says of it: running, crashed, stopped on purpose, never started'
dependency\t'A server that OpenIM stands on'
config\t'The files and variables that services start with'
host\t'The machine: memory, room on disk, ports, addresses'"
complete -c openim-check -n "__fish_openim_check_using_subcommand watch" -l profile -d 'Who reads the result: defaults, length and exit code are theirs' -r -f -a "human\t'A person'
docker\t'Docker\'s health check: exit 0 or 1, ten lines at most, under 3.5 KB'
k8s-live\t'A liveness probe: the processes and their ports alone; exit 1 only for what a restart can mend'
k8s-ready\t'A readiness probe: every check, in less than a second'
systemd\t'A unit of systemd: silent when well, else lines with their priority'
cron\t'A job whose output is mailed: silent when well, and while a failure that was told stays as it is (--state)'
nagios\t'Nagios, Icinga, Sensu: the format nagios and its exit codes'"
complete -c openim-check -n "__fish_openim_check_using_subcommand watch" -s o -l format -d 'How to print the result [default: text; nagios in its profile]' -r -f -a "text\t'For people: the verdict first, failing before passing'
json\t'One document, schema "openim-check/1"'
junit\t'`JUnit`\'s XML: a suite for each service, a case for each check'
tap\t'Test Anything Protocol, version 13'
nagios\t'One line with performance data, then details; exit 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN'
prometheus\t'Metrics as text, for the textfile collector'"
complete -c openim-check -n "__fish_openim_check_using_subcommand watch" -l deadline -d 'How long the whole run may take; what is not finished then is named [default: 5s; 800ms for kubernetes]' -r
complete -c openim-check -n "__fish_openim_check_using_subcommand watch" -l probe-timeout -d 'How long one question to one server may take [default: 2s; 500ms for kubernetes]' -r
complete -c openim-check -n "__fish_openim_check_using_subcommand watch" -l grace -d 'How long a deployment may take to come up; what is missing until then is starting, not broken [default: 10s]' -r
complete -c openim-check -n "__fish_openim_check_using_subcommand watch" -l state -d 'The file in which `report` and the profile cron remember the last report [default: last-report.json in systemd\'s state directory]' -r -F
complete -c openim-check -n "__fish_openim_check_using_subcommand watch" -l repeat-every -d 'How long an unchanged failure stays unsaid in the profile cron [default: for ever]' -r
complete -c openim-check -n "__fish_openim_check_using_subcommand watch" -l color -d 'When to colour the state word' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c openim-check -n "__fish_openim_check_using_subcommand watch" -l strict -d 'Take warnings for failures'
complete -c openim-check -n "__fish_openim_check_using_subcommand watch" -l deep -d 'Ask for a token with a wrong secret: the whole way through API, registry and auth, without a credential'
complete -c openim-check -n "__fish_openim_check_using_subcommand watch" -s q -l quiet -d 'Print nothing when all is well'
complete -c openim-check -n "__fish_openim_check_using_subcommand watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c openim-check -n "__fish_openim_check_using_subcommand completions" -l root -d 'OpenIM\'s directory [default: the current one if it has start-config.yml, else /openim-server, /openim-chat, /opt/openim]' -r -f -a "(__fish_complete_directories)"
complete -c openim-check -n "__fish_openim_check_using_subcommand completions" -l config -d 'OpenIM\'s configuration directory [default: ROOT/config]; a process\'s own -c wins over it' -r -f -a "(__fish_complete_directories)"
complete -c openim-check -n "__fish_openim_check_using_subcommand completions" -l layout -d 'The generation of OpenIM [default: told from its files and programs]' -r -f -a "chat-main\t'chat\'s branch main'
chat\t'chat\'s release line, v1.8'
standalone\t'The branch main of 2026 in one process'
main\t'The branch main of 2026'
v3.7\t'v3.7 and v3.8.0'
v3.8.1\t'v3.8.1 and v3.8.2'
v3.8.3\t'The release line, v3.8.3 and later'
v3.5\t'v3.0 to v3.6, with one file of configuration'"
complete -c openim-check -n "__fish_openim_check_using_subcommand completions" -l checks -d 'More checks: a file, or a directory of files; may be repeated, beside those in /etc/openim-ops/checks.d' -r -F
complete -c openim-check -n "__fish_openim_check_using_subcommand completions" -l via -d 'Who is asked why a service does not run' -r -f -a "auto\t'The managers that are there, where a process is missing or has just started'
process\t'Nobody: processes only'
systemd\t'systemd; its units are what should run'
supervisor\t'supervisord; its programs are what should run'
docker\t'docker; its containers are what should run'"
complete -c openim-check -n "__fish_openim_check_using_subcommand completions" -l only -d 'Only checks of this kind; may be repeated' -r -f -a "process\t'The process: there, once, alive'
port\t'The listening sockets: there, the right address, the right owner'
tcp\t'A TCP connection'
tls\t'A TLS handshake: for the right name, signed, and not about to end'
http\t'An HTTP request to the API, or to a server of your own'
grpc\t'A gRPC call: the right service, and it answers'
websocket\t'A connection that becomes a WebSocket'
metrics\t'A page of metrics, and the failures counted there'
registry\t'The keys in etcd against the listening sockets'
unit\t'What its manager says of it: running, crashed, stopped on purpose, never started'
dependency\t'A server that OpenIM stands on'
config\t'The files and variables that services start with'
host\t'The machine: memory, room on disk, ports, addresses'"
complete -c openim-check -n "__fish_openim_check_using_subcommand completions" -l skip -d 'No checks of this kind; may be repeated' -r -f -a "process\t'The process: there, once, alive'
port\t'The listening sockets: there, the right address, the right owner'
tcp\t'A TCP connection'
tls\t'A TLS handshake: for the right name, signed, and not about to end'
http\t'An HTTP request to the API, or to a server of your own'
grpc\t'A gRPC call: the right service, and it answers'
websocket\t'A connection that becomes a WebSocket'
metrics\t'A page of metrics, and the failures counted there'
registry\t'The keys in etcd against the listening sockets'
unit\t'What its manager says of it: running, crashed, stopped on purpose, never started'
dependency\t'A server that OpenIM stands on'
config\t'The files and variables that services start with'
host\t'The machine: memory, room on disk, ports, addresses'"
complete -c openim-check -n "__fish_openim_check_using_subcommand completions" -l profile -d 'Who reads the result: defaults, length and exit code are theirs' -r -f -a "human\t'A person'
docker\t'Docker\'s health check: exit 0 or 1, ten lines at most, under 3.5 KB'
k8s-live\t'A liveness probe: the processes and their ports alone; exit 1 only for what a restart can mend'
k8s-ready\t'A readiness probe: every check, in less than a second'
systemd\t'A unit of systemd: silent when well, else lines with their priority'
cron\t'A job whose output is mailed: silent when well, and while a failure that was told stays as it is (--state)'
nagios\t'Nagios, Icinga, Sensu: the format nagios and its exit codes'"
complete -c openim-check -n "__fish_openim_check_using_subcommand completions" -s o -l format -d 'How to print the result [default: text; nagios in its profile]' -r -f -a "text\t'For people: the verdict first, failing before passing'
json\t'One document, schema "openim-check/1"'
junit\t'`JUnit`\'s XML: a suite for each service, a case for each check'
tap\t'Test Anything Protocol, version 13'
nagios\t'One line with performance data, then details; exit 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN'
prometheus\t'Metrics as text, for the textfile collector'"
complete -c openim-check -n "__fish_openim_check_using_subcommand completions" -l deadline -d 'How long the whole run may take; what is not finished then is named [default: 5s; 800ms for kubernetes]' -r
complete -c openim-check -n "__fish_openim_check_using_subcommand completions" -l probe-timeout -d 'How long one question to one server may take [default: 2s; 500ms for kubernetes]' -r
complete -c openim-check -n "__fish_openim_check_using_subcommand completions" -l grace -d 'How long a deployment may take to come up; what is missing until then is starting, not broken [default: 10s]' -r
complete -c openim-check -n "__fish_openim_check_using_subcommand completions" -l state -d 'The file in which `report` and the profile cron remember the last report [default: last-report.json in systemd\'s state directory]' -r -F
complete -c openim-check -n "__fish_openim_check_using_subcommand completions" -l repeat-every -d 'How long an unchanged failure stays unsaid in the profile cron [default: for ever]' -r
complete -c openim-check -n "__fish_openim_check_using_subcommand completions" -l color -d 'When to colour the state word' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c openim-check -n "__fish_openim_check_using_subcommand completions" -l strict -d 'Take warnings for failures'
complete -c openim-check -n "__fish_openim_check_using_subcommand completions" -l deep -d 'Ask for a token with a wrong secret: the whole way through API, registry and auth, without a credential'
complete -c openim-check -n "__fish_openim_check_using_subcommand completions" -s q -l quiet -d 'Print nothing when all is well'
complete -c openim-check -n "__fish_openim_check_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c openim-check -n "__fish_openim_check_using_subcommand help; and not __fish_seen_subcommand_from list report explain wait watch completions help" -f -a "list" -d 'Show each check and the file or fact it comes from, without asking any server'
complete -c openim-check -n "__fish_openim_check_using_subcommand help; and not __fish_seen_subcommand_from list report explain wait watch completions help" -f -a "report" -d 'The verdict, what changed since the last report, restarts and uptime'
complete -c openim-check -n "__fish_openim_check_using_subcommand help; and not __fish_seen_subcommand_from list report explain wait watch completions help" -f -a "explain" -d 'One check: what it compares, where each side comes from, what it found, how to do it by hand'
complete -c openim-check -n "__fish_openim_check_using_subcommand help; and not __fish_seen_subcommand_from list report explain wait watch completions help" -f -a "wait" -d 'Look again until all is well, or until the deadline [default: 1min]'
complete -c openim-check -n "__fish_openim_check_using_subcommand help; and not __fish_seen_subcommand_from list report explain wait watch completions help" -f -a "watch" -d 'Look again and again, and say what changes'
complete -c openim-check -n "__fish_openim_check_using_subcommand help; and not __fish_seen_subcommand_from list report explain wait watch completions help" -f -a "completions" -d 'Print the completions of a shell'
complete -c openim-check -n "__fish_openim_check_using_subcommand help; and not __fish_seen_subcommand_from list report explain wait watch completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
