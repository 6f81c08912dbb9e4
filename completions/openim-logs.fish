complete -c openim-logs -s S -l since -d 'Only what was written then or later' -r
complete -c openim-logs -s U -l until -d 'Only what was written then or earlier' -r
complete -c openim-logs -s p -l priority -d 'Only that priority and graver, or a range A..B: err, warning, 0 to 7' -r
complete -c openim-logs -s L -l level -d 'Only that level and graver, or a range A..B' -r -f -a "debug\t''
info\t''
warn\t''
error\t''
panic\t''
fatal\t''"
complete -c openim-logs -s g -l grep -d 'Only lines whose text, without colours, matches; in small letters only, case does not count' -r
complete -c openim-logs -l case-sensitive -d 'Whether case counts for --grep and --msg' -r -f -a "true\t''
false\t''"
complete -c openim-logs -l msg -d 'Only lines whose message matches: the text between place and keys' -r
complete -c openim-logs -l op -d 'Only lines of that request: its operationID' -r
complete -c openim-logs -l op-user -d 'Only lines on behalf of that user: opUserID' -r
complete -c openim-logs -l conn -d 'Only lines of that WebSocket connection: connID' -r
complete -c openim-logs -l platform -d 'Only lines of clients on that platform: Android, Web' -r
complete -c openim-logs -l caller -d 'Only lines written there: \'mw/*\', \'*.go:66\'' -r
complete -c openim-logs -l app-version -d 'Only lines of that version: \'v3.8.3-patch.*\'' -r
complete -c openim-logs -l code -d 'Only lines with that errCode or gRPC code' -r
complete -c openim-logs -l slow -d 'Only calls that took as long, or longer' -r
complete -c openim-logs -l where -d 'Only lines with such a key: = != ~ !~ < <= > >= on text, numbers and durations; a.b goes into values; a comma means or; repeated means and' -r
complete -c openim-logs -s u -l unit -d 'This unit of systemd instead of all of OpenIM' -r
complete -c openim-logs -l source -d 'Where the lines come from, several merged by time [journal]' -r -f -a "journal\t'systemd\'s journal'
files\t'OpenIM\'s log directory'
-\t'Standard input'"
complete -c openim-logs -l engine -d 'What reads the journal; libsystemd is in builds that have it' -r -f -a "libsystemd\t''"
complete -c openim-logs -l root -d 'OpenIM\'s directory, the one with start-config.yml [OPENIM_ROOT, the current one, /openim-server, /opt/openim]' -r -F
complete -c openim-logs -l config -d 'The directory with log.yml [CONFIG_PATH, config/ in OpenIM\'s directory]' -r -F
complete -c openim-logs -s D -l directory -d 'Read the journal\'s files in that directory' -r -F
complete -c openim-logs -l file -d 'Read that file of a journal; may be repeated' -r -F
complete -c openim-logs -l tz -d 'The zone of the times in OpenIM\'s lines, which name none [that of this host]' -r
complete -c openim-logs -l color -d 'Colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c openim-logs -s n -l lines -d 'Only the last N lines, or all [with -f: 10]' -r
complete -c openim-logs -s A -l after -d 'Also N lines of the same service after each that is found' -r
complete -c openim-logs -s B -l before -d 'Also N lines of the same service before each that is found' -r
complete -c openim-logs -s C -l context -d 'Also N lines of the same service around each that is found' -r
complete -c openim-logs -s o -l output -d 'How lines are shown [on a terminal: openim, else short]' -r -f -a "openim\t'Time, level, service, message, and the keys that matter'
short\t'As syslog has it, and journalctl'
cat\t'The stored text alone, colours and secrets included'
json\t'The journal\'s fields, one object a line'
openim-json\t'Time, service, level, request, message and keys, one object a line'"
complete -c openim-logs -l template -d 'A line of your own: {time} {service} {level} {msg} {op} {kv.KEY} ..., {level:5} padded' -r
complete -c openim-logs -l utc -d 'Show times in UTC'
complete -c openim-logs -l no-redact -d 'Show passwords, secrets and tokens'
complete -c openim-logs -s q -l quiet -d 'No remarks on standard error'
complete -c openim-logs -l no-pager -d 'Taken for journalctl\'s sake; there is no pager'
complete -c openim-logs -s f -l follow -d 'Go on with what is written from now on'
complete -c openim-logs -s r -l reverse -d 'The newest first'
complete -c openim-logs -l count -d 'Only how many there are'
complete -c openim-logs -l unfold -d 'Show whole dumps and long values'
complete -c openim-logs -s h -l help -d 'Print help (see more with \'--help\')'
complete -c openim-logs -s V -l version -d 'Print version'
