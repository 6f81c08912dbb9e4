# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_openim_logs_global_optspecs
    string join \n S/since= U/until= b/boot= k/dmesg I/this-run invocation= p/priority= L/level= g/grep= case-sensitive= msg= op= op-user= conn= platform= caller= app-version= code= slow= where= t/identifier= T/exclude-identifier= u/unit= user-unit= facility= source= engine= root= config= D/directory= i/file= m/merge namespace= system user tz= utc no-redact q/quiet no-pager color= f/follow n/lines= no-tail r/reverse e/pager-end c/cursor= after-cursor= cursor-file= show-cursor count list-invocations A/after= B/before= C/context= o/output= output-fields= no-full l/full truncate-newline template= a/all W/no-hostname x/catalog unfold h/help V/version
end

function __fish_openim_logs_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_openim_logs_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_openim_logs_using_subcommand
    set -l cmd (__fish_openim_logs_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c openim-logs -n "__fish_openim_logs_needs_command" -s S -l since -d 'Only what was written then or later' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -s U -l until -d 'Only what was written then or earlier' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -s b -l boot -l this-boot -d 'Only this boot, or that one: ID, ID±N, 0, -1, 1, all' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l invocation -d 'Only that run of each unit, as systemd counts them: ID, 0 for the last, -1 for the one before it, 1 for the first' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -s p -l priority -d 'Only that priority and graver, or a range A..B: err, warning, 0 to 7' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -s L -l level -d 'Only that level and graver, or a range A..B' -r -f -a "debug\t''
info\t''
warn\t''
error\t''
panic\t''
fatal\t''"
complete -c openim-logs -n "__fish_openim_logs_needs_command" -s g -l grep -d 'Only lines whose text, without colours, matches; in small letters only, case does not count' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l case-sensitive -d 'Whether case counts for --grep and --msg' -r -f -a "true\t''
false\t''"
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l msg -d 'Only lines whose message matches: the text between place and keys' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l op -d 'Only lines of that request: its operationID' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l op-user -d 'Only lines on behalf of that user: opUserID' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l conn -d 'Only lines of that WebSocket connection: connID' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l platform -d 'Only lines of clients on that platform, in any case: Android, web' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l caller -d 'Only lines written there: \'mw/*\', \'*.go:66\'' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l app-version -d 'Only lines of that version: \'v3.8.3-patch.*\'' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l code -d 'Only lines with that errCode or gRPC code' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l slow -d 'Only calls that took as long, or longer: 500ms, 2s' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l where -d 'Only lines with such a key: = != ~ !~ < <= > >= on text, numbers, durations, levels and versions; a.b goes into values, ids=7 into lists; a comma means or; repeated means and' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -s t -l identifier -d 'That identifier of syslog instead of all of OpenIM; may be repeated' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -s T -l exclude-identifier -d 'All but that identifier of syslog; may be repeated' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -s u -l unit -d 'This unit of systemd instead of all of OpenIM' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l user-unit -d 'The same of a unit of this user' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l facility -d 'Only these facilities of syslog: kern, daemon, 3; help lists them' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l source -d 'Where the lines come from; several are one stream, by time; - is standard input [the journal; with isStdout: false in log.yml, OpenIM\'s log directory too]' -r -f -a "journal\t'systemd\'s journal'
files\t'OpenIM\'s log directory'
stdout\t'What running services have as standard output, where it is a file (nohup, supervisord)'
-\t'Standard input'"
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l engine -d 'What reads the journal; libsystemd is in builds that have it' -r -f -a "native\t''
libsystemd\t''"
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l root -d 'OpenIM\'s directory, the one with start-config.yml [OPENIM_ROOT, the current one, /openim-server, /openim-chat, /opt/openim]' -r -F
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l config -d 'The directory with log.yml [CONFIG_PATH, config/ in OpenIM\'s directory]' -r -F
complete -c openim-logs -n "__fish_openim_logs_needs_command" -s D -l directory -d 'Read the journal\'s files in that directory' -r -F
complete -c openim-logs -n "__fish_openim_logs_needs_command" -s i -l file -d 'Read that file of a journal; may be repeated, and be a pattern' -r -F
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l namespace -d 'Read a namespace of the journal: NAME, +NAME to add it to the usual one, or * for all' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l tz -d 'The zone of the times in OpenIM\'s lines, which name none: Asia/Shanghai, or CST-8 as TZ has it [that of this host]' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l color -d 'Colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c openim-logs -n "__fish_openim_logs_needs_command" -s n -l lines -d 'Only the last N lines, +N for the first ones, or all [with -f: 10]' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -s c -l cursor -d 'From the entry of the journal with that cursor on' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l after-cursor -d 'From behind the entry of the journal with that cursor on' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l cursor-file -d 'From behind the entry whose cursor is in the file on, and write the last one there' -r -F
complete -c openim-logs -n "__fish_openim_logs_needs_command" -s A -l after -d 'Also N lines of the same service after each that is found' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -s B -l before -d 'Also N lines of the same service before each that is found' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -s C -l context -d 'Also N lines of the same service around each that is found' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -s o -l output -d 'How lines are shown [on a terminal: openim, else short]' -r -f -a "openim\t'Time, level, service, message, and the keys that matter'
openim-json\t'Time, service, level, request, message and keys, one object a line'
short\t'As syslog has it, and journalctl'
short-full\t'The same with the day of the week, the year and the zone'
short-iso\t'The same with times of ISO 8601'
short-iso-precise\t'The same with times of ISO 8601 and microseconds'
short-precise\t'The same with microseconds'
short-monotonic\t'The same with the time since the boot'
short-delta\t'The same with the time since the entry before'
short-unix\t'The same with seconds since 1970'
verbose\t'All fields of the journal\'s entry, each in a line'
export\t'The stored fields as journald exports them, colours and secrets included'
json\t'The journal\'s fields, one object a line'
json-pretty\t'The same object over several lines'
json-sse\t'The same object as a server-sent event'
json-seq\t'The same object in a JSON text sequence'
cat\t'The stored text alone, colours and secrets included'
with-unit\t'As short-full, with the unit instead of the identifier'"
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l output-fields -d 'Only these fields of an entry, with commas between, in the forms that have fields' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l template -d 'A line of your own: {time} {service} {level} {msg} {op} {kv.KEY} ..., {level:5} padded' -r
complete -c openim-logs -n "__fish_openim_logs_needs_command" -s k -l dmesg -d 'The kernel\'s messages of this boot, instead of OpenIM\'s lines'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -s I -l this-run -d 'Only since each service was last started, as far as it runs here'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -s m -l merge -d 'Read the journals of other machines as well'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l system -d 'Read the system\'s journal alone'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l user -d 'Read this user\'s journal alone; units are the user\'s then'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l utc -d 'Show times in UTC'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l no-redact -d 'Show passwords, secrets and tokens'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -s q -l quiet -d 'No remarks on standard error'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l no-pager -d 'No pager on a terminal'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -s f -l follow -d 'Go on with what is written from now on'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l no-tail -d 'With -f, all lines that there are first, and not ten'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -s r -l reverse -d 'The newest first'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -s e -l pager-end -d 'Begin with the end in the pager: the last thousand lines, unless -n says how many'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l show-cursor -d 'The cursor of the last entry at the end'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l count -d 'Only how many there are'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l list-invocations -d 'The runs of each service\'s units instead of lines: when each began and ended, and its id'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l no-full -d 'Lines cut to the width of the terminal, in short and its kin'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -s l -l full -d 'Lines in full, as is usual'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l truncate-newline -d 'Only the first line of each message, in short and its kin'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -s a -l all -d 'Fields whole and as they are, also long and unprintable ones, and whole dumps'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -s W -l no-hostname -d 'No host names in the forms that have them'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -s x -l catalog -d 'Explanations of messages; left out, and said so'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -l unfold -d 'Show whole dumps and long values'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -s V -l version -d 'Print version'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -a "trace" -d 'One request through all services: what was called, how long it took, where it failed'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -a "stats" -d 'How many lines of which level each service wrote, and when'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -a "top" -d 'Which messages come most: numbers and ids masked, grouped and counted'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -a "errors" -d 'The same for errors only'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -a "panics" -d 'Crashes and recovered panics, each once'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -a "slow" -d 'The slowest calls'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -a "gaps" -d 'What the journal has lost: dropped lines, missing entries, files that were rotated away'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -a "doctor" -d 'Why do I see nothing?'
complete -c openim-logs -n "__fish_openim_logs_needs_command" -a "journal" -d 'The whole journal, exactly as journalctl reads it'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -s S -l since -d 'Only what was written then or later' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -s U -l until -d 'Only what was written then or earlier' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -s b -l boot -l this-boot -d 'Only this boot, or that one: ID, ID±N, 0, -1, 1, all' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -l invocation -d 'Only that run of each unit, as systemd counts them: ID, 0 for the last, -1 for the one before it, 1 for the first' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -s p -l priority -d 'Only that priority and graver, or a range A..B: err, warning, 0 to 7' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -s L -l level -d 'Only that level and graver, or a range A..B' -r -f -a "debug\t''
info\t''
warn\t''
error\t''
panic\t''
fatal\t''"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -s g -l grep -d 'Only lines whose text, without colours, matches; in small letters only, case does not count' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -l case-sensitive -d 'Whether case counts for --grep and --msg' -r -f -a "true\t''
false\t''"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -l msg -d 'Only lines whose message matches: the text between place and keys' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -l op -d 'Only lines of that request: its operationID' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -l op-user -d 'Only lines on behalf of that user: opUserID' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -l conn -d 'Only lines of that WebSocket connection: connID' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -l platform -d 'Only lines of clients on that platform, in any case: Android, web' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -l caller -d 'Only lines written there: \'mw/*\', \'*.go:66\'' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -l app-version -d 'Only lines of that version: \'v3.8.3-patch.*\'' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -l code -d 'Only lines with that errCode or gRPC code' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -l slow -d 'Only calls that took as long, or longer: 500ms, 2s' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -l where -d 'Only lines with such a key: = != ~ !~ < <= > >= on text, numbers, durations, levels and versions; a.b goes into values, ids=7 into lists; a comma means or; repeated means and' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -s t -l identifier -d 'That identifier of syslog instead of all of OpenIM; may be repeated' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -s T -l exclude-identifier -d 'All but that identifier of syslog; may be repeated' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -s u -l unit -d 'This unit of systemd instead of all of OpenIM' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -l user-unit -d 'The same of a unit of this user' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -l facility -d 'Only these facilities of syslog: kern, daemon, 3; help lists them' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -l source -d 'Where the lines come from; several are one stream, by time; - is standard input [the journal; with isStdout: false in log.yml, OpenIM\'s log directory too]' -r -f -a "journal\t'systemd\'s journal'
files\t'OpenIM\'s log directory'
stdout\t'What running services have as standard output, where it is a file (nohup, supervisord)'
-\t'Standard input'"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -l engine -d 'What reads the journal; libsystemd is in builds that have it' -r -f -a "native\t''
libsystemd\t''"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -l root -d 'OpenIM\'s directory, the one with start-config.yml [OPENIM_ROOT, the current one, /openim-server, /openim-chat, /opt/openim]' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -l config -d 'The directory with log.yml [CONFIG_PATH, config/ in OpenIM\'s directory]' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -s D -l directory -d 'Read the journal\'s files in that directory' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -s i -l file -d 'Read that file of a journal; may be repeated, and be a pattern' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -l namespace -d 'Read a namespace of the journal: NAME, +NAME to add it to the usual one, or * for all' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -l tz -d 'The zone of the times in OpenIM\'s lines, which name none: Asia/Shanghai, or CST-8 as TZ has it [that of this host]' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -l color -d 'Colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -s o -l output -d 'How the answer is shown' -r -f -a "text\t'For people, in eighty columns'
json\t'One object, for programs'"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -s k -l dmesg -d 'The kernel\'s messages of this boot, instead of OpenIM\'s lines'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -s I -l this-run -d 'Only since each service was last started, as far as it runs here'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -s m -l merge -d 'Read the journals of other machines as well'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -l system -d 'Read the system\'s journal alone'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -l user -d 'Read this user\'s journal alone; units are the user\'s then'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -l utc -d 'Show times in UTC'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -l no-redact -d 'Show passwords, secrets and tokens'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -s q -l quiet -d 'No remarks on standard error'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -l no-pager -d 'No pager on a terminal'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -s f -l follow -d 'Wait for the request, and show it when six seconds have passed without a line of it'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand trace" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -s S -l since -d 'Only what was written then or later' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -s U -l until -d 'Only what was written then or earlier' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -s b -l boot -l this-boot -d 'Only this boot, or that one: ID, ID±N, 0, -1, 1, all' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -l invocation -d 'Only that run of each unit, as systemd counts them: ID, 0 for the last, -1 for the one before it, 1 for the first' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -s p -l priority -d 'Only that priority and graver, or a range A..B: err, warning, 0 to 7' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -s L -l level -d 'Only that level and graver, or a range A..B' -r -f -a "debug\t''
info\t''
warn\t''
error\t''
panic\t''
fatal\t''"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -s g -l grep -d 'Only lines whose text, without colours, matches; in small letters only, case does not count' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -l case-sensitive -d 'Whether case counts for --grep and --msg' -r -f -a "true\t''
false\t''"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -l msg -d 'Only lines whose message matches: the text between place and keys' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -l op -d 'Only lines of that request: its operationID' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -l op-user -d 'Only lines on behalf of that user: opUserID' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -l conn -d 'Only lines of that WebSocket connection: connID' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -l platform -d 'Only lines of clients on that platform, in any case: Android, web' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -l caller -d 'Only lines written there: \'mw/*\', \'*.go:66\'' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -l app-version -d 'Only lines of that version: \'v3.8.3-patch.*\'' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -l code -d 'Only lines with that errCode or gRPC code' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -l slow -d 'Only calls that took as long, or longer: 500ms, 2s' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -l where -d 'Only lines with such a key: = != ~ !~ < <= > >= on text, numbers, durations, levels and versions; a.b goes into values, ids=7 into lists; a comma means or; repeated means and' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -s t -l identifier -d 'That identifier of syslog instead of all of OpenIM; may be repeated' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -s T -l exclude-identifier -d 'All but that identifier of syslog; may be repeated' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -s u -l unit -d 'This unit of systemd instead of all of OpenIM' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -l user-unit -d 'The same of a unit of this user' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -l facility -d 'Only these facilities of syslog: kern, daemon, 3; help lists them' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -l source -d 'Where the lines come from; several are one stream, by time; - is standard input [the journal; with isStdout: false in log.yml, OpenIM\'s log directory too]' -r -f -a "journal\t'systemd\'s journal'
files\t'OpenIM\'s log directory'
stdout\t'What running services have as standard output, where it is a file (nohup, supervisord)'
-\t'Standard input'"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -l engine -d 'What reads the journal; libsystemd is in builds that have it' -r -f -a "native\t''
libsystemd\t''"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -l root -d 'OpenIM\'s directory, the one with start-config.yml [OPENIM_ROOT, the current one, /openim-server, /openim-chat, /opt/openim]' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -l config -d 'The directory with log.yml [CONFIG_PATH, config/ in OpenIM\'s directory]' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -s D -l directory -d 'Read the journal\'s files in that directory' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -s i -l file -d 'Read that file of a journal; may be repeated, and be a pattern' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -l namespace -d 'Read a namespace of the journal: NAME, +NAME to add it to the usual one, or * for all' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -l tz -d 'The zone of the times in OpenIM\'s lines, which name none: Asia/Shanghai, or CST-8 as TZ has it [that of this host]' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -l color -d 'Colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -l by -d 'Count by that instead of services: level, version, msg, caller, or a key of the lines' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -s o -l output -d 'How the answer is shown' -r -f -a "text\t'For people, in eighty columns'
json\t'One object, for programs'"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -s k -l dmesg -d 'The kernel\'s messages of this boot, instead of OpenIM\'s lines'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -s I -l this-run -d 'Only since each service was last started, as far as it runs here'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -s m -l merge -d 'Read the journals of other machines as well'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -l system -d 'Read the system\'s journal alone'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -l user -d 'Read this user\'s journal alone; units are the user\'s then'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -l utc -d 'Show times in UTC'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -l no-redact -d 'Show passwords, secrets and tokens'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -s q -l quiet -d 'No remarks on standard error'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -l no-pager -d 'No pager on a terminal'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand stats" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -s S -l since -d 'Only what was written then or later' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -s U -l until -d 'Only what was written then or earlier' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -s b -l boot -l this-boot -d 'Only this boot, or that one: ID, ID±N, 0, -1, 1, all' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -l invocation -d 'Only that run of each unit, as systemd counts them: ID, 0 for the last, -1 for the one before it, 1 for the first' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -s p -l priority -d 'Only that priority and graver, or a range A..B: err, warning, 0 to 7' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -s L -l level -d 'Only that level and graver, or a range A..B' -r -f -a "debug\t''
info\t''
warn\t''
error\t''
panic\t''
fatal\t''"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -s g -l grep -d 'Only lines whose text, without colours, matches; in small letters only, case does not count' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -l case-sensitive -d 'Whether case counts for --grep and --msg' -r -f -a "true\t''
false\t''"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -l msg -d 'Only lines whose message matches: the text between place and keys' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -l op -d 'Only lines of that request: its operationID' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -l op-user -d 'Only lines on behalf of that user: opUserID' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -l conn -d 'Only lines of that WebSocket connection: connID' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -l platform -d 'Only lines of clients on that platform, in any case: Android, web' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -l caller -d 'Only lines written there: \'mw/*\', \'*.go:66\'' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -l app-version -d 'Only lines of that version: \'v3.8.3-patch.*\'' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -l code -d 'Only lines with that errCode or gRPC code' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -l slow -d 'Only calls that took as long, or longer: 500ms, 2s' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -l where -d 'Only lines with such a key: = != ~ !~ < <= > >= on text, numbers, durations, levels and versions; a.b goes into values, ids=7 into lists; a comma means or; repeated means and' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -s t -l identifier -d 'That identifier of syslog instead of all of OpenIM; may be repeated' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -s T -l exclude-identifier -d 'All but that identifier of syslog; may be repeated' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -s u -l unit -d 'This unit of systemd instead of all of OpenIM' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -l user-unit -d 'The same of a unit of this user' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -l facility -d 'Only these facilities of syslog: kern, daemon, 3; help lists them' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -l source -d 'Where the lines come from; several are one stream, by time; - is standard input [the journal; with isStdout: false in log.yml, OpenIM\'s log directory too]' -r -f -a "journal\t'systemd\'s journal'
files\t'OpenIM\'s log directory'
stdout\t'What running services have as standard output, where it is a file (nohup, supervisord)'
-\t'Standard input'"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -l engine -d 'What reads the journal; libsystemd is in builds that have it' -r -f -a "native\t''
libsystemd\t''"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -l root -d 'OpenIM\'s directory, the one with start-config.yml [OPENIM_ROOT, the current one, /openim-server, /openim-chat, /opt/openim]' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -l config -d 'The directory with log.yml [CONFIG_PATH, config/ in OpenIM\'s directory]' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -s D -l directory -d 'Read the journal\'s files in that directory' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -s i -l file -d 'Read that file of a journal; may be repeated, and be a pattern' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -l namespace -d 'Read a namespace of the journal: NAME, +NAME to add it to the usual one, or * for all' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -l tz -d 'The zone of the times in OpenIM\'s lines, which name none: Asia/Shanghai, or CST-8 as TZ has it [that of this host]' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -l color -d 'Colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -s n -l lines -d 'That many rows instead of 10, or all' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -s o -l output -d 'How the answer is shown' -r -f -a "text\t'For people, in eighty columns'
json\t'One object, for programs'"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -s k -l dmesg -d 'The kernel\'s messages of this boot, instead of OpenIM\'s lines'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -s I -l this-run -d 'Only since each service was last started, as far as it runs here'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -s m -l merge -d 'Read the journals of other machines as well'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -l system -d 'Read the system\'s journal alone'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -l user -d 'Read this user\'s journal alone; units are the user\'s then'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -l utc -d 'Show times in UTC'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -l no-redact -d 'Show passwords, secrets and tokens'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -s q -l quiet -d 'No remarks on standard error'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -l no-pager -d 'No pager on a terminal'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand top" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -s S -l since -d 'Only what was written then or later' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -s U -l until -d 'Only what was written then or earlier' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -s b -l boot -l this-boot -d 'Only this boot, or that one: ID, ID±N, 0, -1, 1, all' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -l invocation -d 'Only that run of each unit, as systemd counts them: ID, 0 for the last, -1 for the one before it, 1 for the first' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -s p -l priority -d 'Only that priority and graver, or a range A..B: err, warning, 0 to 7' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -s L -l level -d 'Only that level and graver, or a range A..B' -r -f -a "debug\t''
info\t''
warn\t''
error\t''
panic\t''
fatal\t''"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -s g -l grep -d 'Only lines whose text, without colours, matches; in small letters only, case does not count' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -l case-sensitive -d 'Whether case counts for --grep and --msg' -r -f -a "true\t''
false\t''"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -l msg -d 'Only lines whose message matches: the text between place and keys' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -l op -d 'Only lines of that request: its operationID' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -l op-user -d 'Only lines on behalf of that user: opUserID' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -l conn -d 'Only lines of that WebSocket connection: connID' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -l platform -d 'Only lines of clients on that platform, in any case: Android, web' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -l caller -d 'Only lines written there: \'mw/*\', \'*.go:66\'' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -l app-version -d 'Only lines of that version: \'v3.8.3-patch.*\'' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -l code -d 'Only lines with that errCode or gRPC code' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -l slow -d 'Only calls that took as long, or longer: 500ms, 2s' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -l where -d 'Only lines with such a key: = != ~ !~ < <= > >= on text, numbers, durations, levels and versions; a.b goes into values, ids=7 into lists; a comma means or; repeated means and' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -s t -l identifier -d 'That identifier of syslog instead of all of OpenIM; may be repeated' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -s T -l exclude-identifier -d 'All but that identifier of syslog; may be repeated' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -s u -l unit -d 'This unit of systemd instead of all of OpenIM' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -l user-unit -d 'The same of a unit of this user' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -l facility -d 'Only these facilities of syslog: kern, daemon, 3; help lists them' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -l source -d 'Where the lines come from; several are one stream, by time; - is standard input [the journal; with isStdout: false in log.yml, OpenIM\'s log directory too]' -r -f -a "journal\t'systemd\'s journal'
files\t'OpenIM\'s log directory'
stdout\t'What running services have as standard output, where it is a file (nohup, supervisord)'
-\t'Standard input'"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -l engine -d 'What reads the journal; libsystemd is in builds that have it' -r -f -a "native\t''
libsystemd\t''"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -l root -d 'OpenIM\'s directory, the one with start-config.yml [OPENIM_ROOT, the current one, /openim-server, /openim-chat, /opt/openim]' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -l config -d 'The directory with log.yml [CONFIG_PATH, config/ in OpenIM\'s directory]' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -s D -l directory -d 'Read the journal\'s files in that directory' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -s i -l file -d 'Read that file of a journal; may be repeated, and be a pattern' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -l namespace -d 'Read a namespace of the journal: NAME, +NAME to add it to the usual one, or * for all' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -l tz -d 'The zone of the times in OpenIM\'s lines, which name none: Asia/Shanghai, or CST-8 as TZ has it [that of this host]' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -l color -d 'Colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -s n -l lines -d 'That many rows instead of 10, or all' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -s o -l output -d 'How the answer is shown' -r -f -a "text\t'For people, in eighty columns'
json\t'One object, for programs'"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -s k -l dmesg -d 'The kernel\'s messages of this boot, instead of OpenIM\'s lines'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -s I -l this-run -d 'Only since each service was last started, as far as it runs here'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -s m -l merge -d 'Read the journals of other machines as well'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -l system -d 'Read the system\'s journal alone'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -l user -d 'Read this user\'s journal alone; units are the user\'s then'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -l utc -d 'Show times in UTC'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -l no-redact -d 'Show passwords, secrets and tokens'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -s q -l quiet -d 'No remarks on standard error'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -l no-pager -d 'No pager on a terminal'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand errors" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -s S -l since -d 'Only what was written then or later' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -s U -l until -d 'Only what was written then or earlier' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -s b -l boot -l this-boot -d 'Only this boot, or that one: ID, ID±N, 0, -1, 1, all' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -l invocation -d 'Only that run of each unit, as systemd counts them: ID, 0 for the last, -1 for the one before it, 1 for the first' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -s p -l priority -d 'Only that priority and graver, or a range A..B: err, warning, 0 to 7' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -s L -l level -d 'Only that level and graver, or a range A..B' -r -f -a "debug\t''
info\t''
warn\t''
error\t''
panic\t''
fatal\t''"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -s g -l grep -d 'Only lines whose text, without colours, matches; in small letters only, case does not count' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -l case-sensitive -d 'Whether case counts for --grep and --msg' -r -f -a "true\t''
false\t''"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -l msg -d 'Only lines whose message matches: the text between place and keys' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -l op -d 'Only lines of that request: its operationID' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -l op-user -d 'Only lines on behalf of that user: opUserID' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -l conn -d 'Only lines of that WebSocket connection: connID' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -l platform -d 'Only lines of clients on that platform, in any case: Android, web' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -l caller -d 'Only lines written there: \'mw/*\', \'*.go:66\'' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -l app-version -d 'Only lines of that version: \'v3.8.3-patch.*\'' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -l code -d 'Only lines with that errCode or gRPC code' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -l slow -d 'Only calls that took as long, or longer: 500ms, 2s' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -l where -d 'Only lines with such a key: = != ~ !~ < <= > >= on text, numbers, durations, levels and versions; a.b goes into values, ids=7 into lists; a comma means or; repeated means and' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -s t -l identifier -d 'That identifier of syslog instead of all of OpenIM; may be repeated' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -s T -l exclude-identifier -d 'All but that identifier of syslog; may be repeated' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -s u -l unit -d 'This unit of systemd instead of all of OpenIM' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -l user-unit -d 'The same of a unit of this user' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -l facility -d 'Only these facilities of syslog: kern, daemon, 3; help lists them' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -l source -d 'Where the lines come from; several are one stream, by time; - is standard input [the journal; with isStdout: false in log.yml, OpenIM\'s log directory too]' -r -f -a "journal\t'systemd\'s journal'
files\t'OpenIM\'s log directory'
stdout\t'What running services have as standard output, where it is a file (nohup, supervisord)'
-\t'Standard input'"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -l engine -d 'What reads the journal; libsystemd is in builds that have it' -r -f -a "native\t''
libsystemd\t''"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -l root -d 'OpenIM\'s directory, the one with start-config.yml [OPENIM_ROOT, the current one, /openim-server, /openim-chat, /opt/openim]' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -l config -d 'The directory with log.yml [CONFIG_PATH, config/ in OpenIM\'s directory]' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -s D -l directory -d 'Read the journal\'s files in that directory' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -s i -l file -d 'Read that file of a journal; may be repeated, and be a pattern' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -l namespace -d 'Read a namespace of the journal: NAME, +NAME to add it to the usual one, or * for all' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -l tz -d 'The zone of the times in OpenIM\'s lines, which name none: Asia/Shanghai, or CST-8 as TZ has it [that of this host]' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -l color -d 'Colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -s o -l output -d 'How the answer is shown' -r -f -a "text\t'For people, in eighty columns'
json\t'One object, for programs'"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -s k -l dmesg -d 'The kernel\'s messages of this boot, instead of OpenIM\'s lines'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -s I -l this-run -d 'Only since each service was last started, as far as it runs here'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -s m -l merge -d 'Read the journals of other machines as well'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -l system -d 'Read the system\'s journal alone'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -l user -d 'Read this user\'s journal alone; units are the user\'s then'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -l utc -d 'Show times in UTC'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -l no-redact -d 'Show passwords, secrets and tokens'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -s q -l quiet -d 'No remarks on standard error'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -l no-pager -d 'No pager on a terminal'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand panics" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -s S -l since -d 'Only what was written then or later' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -s U -l until -d 'Only what was written then or earlier' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -s b -l boot -l this-boot -d 'Only this boot, or that one: ID, ID±N, 0, -1, 1, all' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -l invocation -d 'Only that run of each unit, as systemd counts them: ID, 0 for the last, -1 for the one before it, 1 for the first' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -s p -l priority -d 'Only that priority and graver, or a range A..B: err, warning, 0 to 7' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -s L -l level -d 'Only that level and graver, or a range A..B' -r -f -a "debug\t''
info\t''
warn\t''
error\t''
panic\t''
fatal\t''"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -s g -l grep -d 'Only lines whose text, without colours, matches; in small letters only, case does not count' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -l case-sensitive -d 'Whether case counts for --grep and --msg' -r -f -a "true\t''
false\t''"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -l msg -d 'Only lines whose message matches: the text between place and keys' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -l op -d 'Only lines of that request: its operationID' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -l op-user -d 'Only lines on behalf of that user: opUserID' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -l conn -d 'Only lines of that WebSocket connection: connID' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -l platform -d 'Only lines of clients on that platform, in any case: Android, web' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -l caller -d 'Only lines written there: \'mw/*\', \'*.go:66\'' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -l app-version -d 'Only lines of that version: \'v3.8.3-patch.*\'' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -l code -d 'Only lines with that errCode or gRPC code' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -l slow -d 'Only calls that took as long, or longer: 500ms, 2s' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -l where -d 'Only lines with such a key: = != ~ !~ < <= > >= on text, numbers, durations, levels and versions; a.b goes into values, ids=7 into lists; a comma means or; repeated means and' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -s t -l identifier -d 'That identifier of syslog instead of all of OpenIM; may be repeated' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -s T -l exclude-identifier -d 'All but that identifier of syslog; may be repeated' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -s u -l unit -d 'This unit of systemd instead of all of OpenIM' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -l user-unit -d 'The same of a unit of this user' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -l facility -d 'Only these facilities of syslog: kern, daemon, 3; help lists them' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -l source -d 'Where the lines come from; several are one stream, by time; - is standard input [the journal; with isStdout: false in log.yml, OpenIM\'s log directory too]' -r -f -a "journal\t'systemd\'s journal'
files\t'OpenIM\'s log directory'
stdout\t'What running services have as standard output, where it is a file (nohup, supervisord)'
-\t'Standard input'"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -l engine -d 'What reads the journal; libsystemd is in builds that have it' -r -f -a "native\t''
libsystemd\t''"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -l root -d 'OpenIM\'s directory, the one with start-config.yml [OPENIM_ROOT, the current one, /openim-server, /openim-chat, /opt/openim]' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -l config -d 'The directory with log.yml [CONFIG_PATH, config/ in OpenIM\'s directory]' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -s D -l directory -d 'Read the journal\'s files in that directory' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -s i -l file -d 'Read that file of a journal; may be repeated, and be a pattern' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -l namespace -d 'Read a namespace of the journal: NAME, +NAME to add it to the usual one, or * for all' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -l tz -d 'The zone of the times in OpenIM\'s lines, which name none: Asia/Shanghai, or CST-8 as TZ has it [that of this host]' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -l color -d 'Colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -s n -l lines -d 'That many rows instead of 10, or all' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -s o -l output -d 'How the answer is shown' -r -f -a "text\t'For people, in eighty columns'
json\t'One object, for programs'"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -s k -l dmesg -d 'The kernel\'s messages of this boot, instead of OpenIM\'s lines'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -s I -l this-run -d 'Only since each service was last started, as far as it runs here'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -s m -l merge -d 'Read the journals of other machines as well'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -l system -d 'Read the system\'s journal alone'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -l user -d 'Read this user\'s journal alone; units are the user\'s then'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -l utc -d 'Show times in UTC'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -l no-redact -d 'Show passwords, secrets and tokens'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -s q -l quiet -d 'No remarks on standard error'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -l no-pager -d 'No pager on a terminal'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand slow" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -s S -l since -d 'Only what was written then or later' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -s U -l until -d 'Only what was written then or earlier' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -s b -l boot -l this-boot -d 'Only this boot, or that one: ID, ID±N, 0, -1, 1, all' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -l invocation -d 'Only that run of each unit, as systemd counts them: ID, 0 for the last, -1 for the one before it, 1 for the first' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -s p -l priority -d 'Only that priority and graver, or a range A..B: err, warning, 0 to 7' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -s L -l level -d 'Only that level and graver, or a range A..B' -r -f -a "debug\t''
info\t''
warn\t''
error\t''
panic\t''
fatal\t''"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -s g -l grep -d 'Only lines whose text, without colours, matches; in small letters only, case does not count' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -l case-sensitive -d 'Whether case counts for --grep and --msg' -r -f -a "true\t''
false\t''"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -l msg -d 'Only lines whose message matches: the text between place and keys' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -l op -d 'Only lines of that request: its operationID' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -l op-user -d 'Only lines on behalf of that user: opUserID' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -l conn -d 'Only lines of that WebSocket connection: connID' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -l platform -d 'Only lines of clients on that platform, in any case: Android, web' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -l caller -d 'Only lines written there: \'mw/*\', \'*.go:66\'' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -l app-version -d 'Only lines of that version: \'v3.8.3-patch.*\'' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -l code -d 'Only lines with that errCode or gRPC code' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -l slow -d 'Only calls that took as long, or longer: 500ms, 2s' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -l where -d 'Only lines with such a key: = != ~ !~ < <= > >= on text, numbers, durations, levels and versions; a.b goes into values, ids=7 into lists; a comma means or; repeated means and' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -s t -l identifier -d 'That identifier of syslog instead of all of OpenIM; may be repeated' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -s T -l exclude-identifier -d 'All but that identifier of syslog; may be repeated' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -s u -l unit -d 'This unit of systemd instead of all of OpenIM' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -l user-unit -d 'The same of a unit of this user' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -l facility -d 'Only these facilities of syslog: kern, daemon, 3; help lists them' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -l source -d 'Where the lines come from; several are one stream, by time; - is standard input [the journal; with isStdout: false in log.yml, OpenIM\'s log directory too]' -r -f -a "journal\t'systemd\'s journal'
files\t'OpenIM\'s log directory'
stdout\t'What running services have as standard output, where it is a file (nohup, supervisord)'
-\t'Standard input'"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -l engine -d 'What reads the journal; libsystemd is in builds that have it' -r -f -a "native\t''
libsystemd\t''"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -l root -d 'OpenIM\'s directory, the one with start-config.yml [OPENIM_ROOT, the current one, /openim-server, /openim-chat, /opt/openim]' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -l config -d 'The directory with log.yml [CONFIG_PATH, config/ in OpenIM\'s directory]' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -s D -l directory -d 'Read the journal\'s files in that directory' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -s i -l file -d 'Read that file of a journal; may be repeated, and be a pattern' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -l namespace -d 'Read a namespace of the journal: NAME, +NAME to add it to the usual one, or * for all' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -l tz -d 'The zone of the times in OpenIM\'s lines, which name none: Asia/Shanghai, or CST-8 as TZ has it [that of this host]' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -l color -d 'Colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -s o -l output -d 'How the answer is shown' -r -f -a "text\t'For people, in eighty columns'
json\t'One object, for programs'"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -s k -l dmesg -d 'The kernel\'s messages of this boot, instead of OpenIM\'s lines'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -s I -l this-run -d 'Only since each service was last started, as far as it runs here'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -s m -l merge -d 'Read the journals of other machines as well'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -l system -d 'Read the system\'s journal alone'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -l user -d 'Read this user\'s journal alone; units are the user\'s then'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -l utc -d 'Show times in UTC'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -l no-redact -d 'Show passwords, secrets and tokens'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -s q -l quiet -d 'No remarks on standard error'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -l no-pager -d 'No pager on a terminal'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand gaps" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -s S -l since -d 'Only what was written then or later' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -s U -l until -d 'Only what was written then or earlier' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -s b -l boot -l this-boot -d 'Only this boot, or that one: ID, ID±N, 0, -1, 1, all' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -l invocation -d 'Only that run of each unit, as systemd counts them: ID, 0 for the last, -1 for the one before it, 1 for the first' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -s p -l priority -d 'Only that priority and graver, or a range A..B: err, warning, 0 to 7' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -s L -l level -d 'Only that level and graver, or a range A..B' -r -f -a "debug\t''
info\t''
warn\t''
error\t''
panic\t''
fatal\t''"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -s g -l grep -d 'Only lines whose text, without colours, matches; in small letters only, case does not count' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -l case-sensitive -d 'Whether case counts for --grep and --msg' -r -f -a "true\t''
false\t''"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -l msg -d 'Only lines whose message matches: the text between place and keys' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -l op -d 'Only lines of that request: its operationID' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -l op-user -d 'Only lines on behalf of that user: opUserID' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -l conn -d 'Only lines of that WebSocket connection: connID' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -l platform -d 'Only lines of clients on that platform, in any case: Android, web' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -l caller -d 'Only lines written there: \'mw/*\', \'*.go:66\'' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -l app-version -d 'Only lines of that version: \'v3.8.3-patch.*\'' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -l code -d 'Only lines with that errCode or gRPC code' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -l slow -d 'Only calls that took as long, or longer: 500ms, 2s' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -l where -d 'Only lines with such a key: = != ~ !~ < <= > >= on text, numbers, durations, levels and versions; a.b goes into values, ids=7 into lists; a comma means or; repeated means and' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -s t -l identifier -d 'That identifier of syslog instead of all of OpenIM; may be repeated' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -s T -l exclude-identifier -d 'All but that identifier of syslog; may be repeated' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -s u -l unit -d 'This unit of systemd instead of all of OpenIM' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -l user-unit -d 'The same of a unit of this user' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -l facility -d 'Only these facilities of syslog: kern, daemon, 3; help lists them' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -l source -d 'Where the lines come from; several are one stream, by time; - is standard input [the journal; with isStdout: false in log.yml, OpenIM\'s log directory too]' -r -f -a "journal\t'systemd\'s journal'
files\t'OpenIM\'s log directory'
stdout\t'What running services have as standard output, where it is a file (nohup, supervisord)'
-\t'Standard input'"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -l engine -d 'What reads the journal; libsystemd is in builds that have it' -r -f -a "native\t''
libsystemd\t''"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -l root -d 'OpenIM\'s directory, the one with start-config.yml [OPENIM_ROOT, the current one, /openim-server, /openim-chat, /opt/openim]' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -l config -d 'The directory with log.yml [CONFIG_PATH, config/ in OpenIM\'s directory]' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -s D -l directory -d 'Read the journal\'s files in that directory' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -s i -l file -d 'Read that file of a journal; may be repeated, and be a pattern' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -l namespace -d 'Read a namespace of the journal: NAME, +NAME to add it to the usual one, or * for all' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -l tz -d 'The zone of the times in OpenIM\'s lines, which name none: Asia/Shanghai, or CST-8 as TZ has it [that of this host]' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -l color -d 'Colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -s o -l output -d 'How the answer is shown' -r -f -a "text\t'For people, in eighty columns'
json\t'One object, for programs'"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -s k -l dmesg -d 'The kernel\'s messages of this boot, instead of OpenIM\'s lines'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -s I -l this-run -d 'Only since each service was last started, as far as it runs here'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -s m -l merge -d 'Read the journals of other machines as well'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -l system -d 'Read the system\'s journal alone'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -l user -d 'Read this user\'s journal alone; units are the user\'s then'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -l utc -d 'Show times in UTC'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -l no-redact -d 'Show passwords, secrets and tokens'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -s q -l quiet -d 'No remarks on standard error'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -l no-pager -d 'No pager on a terminal'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -s M -l machine -d 'A container of this host; done by journalctl' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -s D -l directory -d 'The journal\'s files in that directory' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -s i -l file -d 'That file of a journal; may be repeated, and be a pattern' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l root -d 'The journal of the system below that directory' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l image -d 'The journal in the image of a file system; done by journalctl' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l namespace -d 'A namespace of the journal: NAME, +NAME to add it to the usual one, or * for all' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l engine -d 'What reads the journal; libsystemd is in builds that have it' -r -f -a "native\t''
libsystemd\t''"
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -s S -l since -d 'Only entries of then or later' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -s U -l until -d 'Only entries of then or earlier' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -s c -l cursor -d 'From the entry with that cursor on' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l after-cursor -d 'From behind the entry with that cursor on' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l cursor-file -d 'From behind the entry whose cursor is in the file on, and write the last one there' -r -F
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -s b -l boot -d 'This boot, or that one: ID, ID±N, 0, -1, 1, all' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -s u -l unit -d 'What the unit said, and what was said about it; a pattern is of units in the journal' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l user-unit -d 'The same of a unit of this user' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l invocation -d 'That run of each unit: ID, 0 for the last, -1 for the one before it, 1 for the first' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -s t -l identifier -d 'Only that identifier of syslog' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -s T -l exclude-identifier -d 'All but that identifier of syslog' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -s p -l priority -d 'That priority and graver ones, or FROM..TO' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l facility -d 'Only these facilities of syslog; help lists them' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -s g -l grep -d 'Only entries whose stored message matches; without capitals in it, case does not count' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l case-sensitive -d 'Whether case counts for --grep' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -s o -l output -d 'The format; help lists them' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l output-fields -d 'Only these fields, with commas between' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -s n -l lines -d 'The last N entries, +N for the first ones, or all' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -s F -l field -d 'The values of a field' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l vacuum-size -d 'Remove files until the rest takes up no more' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l vacuum-files -d 'Remove files until no more are left' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l vacuum-time -d 'Remove older files' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l interval -d 'How often the key for sealing changes' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l verify-key -d 'The key for --verify' -r
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l system -d 'The system\'s journal'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l user -d 'The journal of this user'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -s m -l merge -d 'All journals there are, also those of other machines'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l this-boot -d 'This boot'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -s I -d 'The last run of each unit'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -s k -l dmesg -d 'Only the kernel\'s, of this boot'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -s r -l reverse -d 'The newest first'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l show-cursor -d 'The cursor of the last entry at the end'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l utc -d 'Times in UTC'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -s x -l catalog -d 'Explanations of messages; left out, and said so'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -s W -l no-hostname -d 'No host names'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l truncate-newline -d 'Only the first line of each message'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l no-full -d 'Lines cut to the width of the terminal'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -s l -l full -d 'Lines in full, as is usual'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -s a -l all -d 'Fields as they are, also long and unprintable ones'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -s f -l follow -d 'Go on with what is written from now on'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l no-tail -d 'All entries, also with --follow'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -s q -l quiet -d 'No remarks'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l no-pager -d 'No pager'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -s e -l pager-end -d 'The end of this boot\'s entries in the pager'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -s N -l fields -d 'The names of all fields'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l list-boots -d 'The boots in the journal'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l list-invocations -d 'The runs of a unit (--unit) in the journal'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l disk-usage -d 'What the journal\'s files take up'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l header -d 'What stands at the beginning of the journal\'s files'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l verify -d 'Check the files'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l sync -d 'Have journald write everything out'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l relinquish-var -d 'Have journald leave the disk'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l smart-relinquish-var -d 'The same, unless it is the root\'s'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l flush -d 'Have journald move to the disk'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l rotate -d 'Have journald begin new files'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l list-catalog -d 'All messages that have an explanation'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l dump-catalog -d 'All explanations'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l update-catalog -d 'Read the explanations anew'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l setup-keys -d 'Make keys for sealing'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l new-id128 -d 'A new random id'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -l force -d 'Make keys even if there are some'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -s h -l help -d 'Print help'
complete -c openim-logs -n "__fish_openim_logs_using_subcommand journal" -s V -l version -d 'Print version'
