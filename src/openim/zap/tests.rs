//! The samples of every generation, as they stand in files and journals.

use super::*;

/// Turns the escapes of a sample into bytes.
fn line(sample: &str) -> Vec<u8> {
    sample.replace("\\t", "\t").replace("\\x1b", "\x1b").into_bytes()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Level, process, module, version, caller, message in one line, then keys and values.
fn told(sample: &str) -> (String, Vec<(String, String)>) {
    let line = line(sample);
    let record = parse(&line).unwrap();
    let columns = format!(
        "{} {} {} {} {} {} {}|{}",
        text(record.time),
        record.level,
        record.pid.map_or("-".into(), |pid| pid.to_string()),
        text(record.module),
        record.version.map_or("-", text),
        record.caller.map_or("-", text),
        record.message_text(),
        if record.cut { "cut" } else { "" }
    );
    let fields = record.fields.iter().map(|(key, value)| (key.text().into(), value.text().into())).collect();
    (columns, fields)
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
}

const C1: &str = r#"2026-07-02 08:37:22.123\t\x1b[34mINFO\x1b[0m\t\x1b[34m[PID:1554]     \x1b[0m\t\x1b[34mopenim-rpc-user          \x1b[0m\t[v3.8.3-patch.16]             \t[startrpc/start.go:213]                           \tRPC server is initializing\t{"rpcRegisterName": "user", "rpcPort": 44303, "prometheusPort": 39941}"#;
const C2: &str = r#"2026-07-02 08:40:07.464\t\x1b[33mWARN\x1b[0m\t\x1b[33m[PID:1555]     \x1b[0m\t\x1b[33mopenim-msggateway        \x1b[0m\t[v3.8.3-patch.16]             \t[msggateway/http_error.go:23]                     \tws connection error                               \t{"remoteAddr": "172.18.0.1:53950", "connID": "383fdb61...", "error": "Error: 1602 args err, need token, sendID, platformID platformID is not int | -> msggateway.(*UserConnContext).parseByQuery() /.../context.go:123"}"#;
const C3: &str = r#"2026-07-02 08:41:00.001\t\x1b[34mINFO\x1b[0m\t\x1b[34m[PID:1566]     \x1b[0m\t\x1b[34mopenim-rpc-auth          \x1b[0m\t[v3.8.3-patch.16]             \t[mw/rpc_server_interceptor.go:36]                 \trpc server request                                \t{"platform": "Android", "connID": "6661da44...", "operationID": "1739333260516", "opUserID": "10007", "method": "/openim.auth.Auth/parseToken", "req": "token:\"eyJhb...\""}"#;
const C4: &str = r#"2026-07-02 08:52:44.282\t\x1b[33mWARN\x1b[0m\t\x1b[33m[PID:1555]     \x1b[0m\t\x1b[33mopenim-msggateway        \x1b[0m\t[v3.8.3-patch.16]             \t[mw/rpc_client_interceptor.go:64]                 \trpc client response failed                        \t{"operationID": "1739333260516", "opUserID": "10007", "method": "/openim.auth.Auth/parseToken", "req": "token:\"eyJhb...\"", "error": "Error: 14 last resolver error: produced zero addresses | -> mw.RpcClientInterceptor() /go/pkg/mod/.../rpc_client_interceptor.go:63"}"#;
const C5: &str = r#"2026-07-02 08:53:00.020\t\x1b[33mWARN\x1b[0m\t\x1b[33m[PID:165]      \x1b[0m\t\x1b[33mopenim-msgtransfer       \x1b[0m\t[v3.8.3-patch.16]             \t[kafka/consumer_group.go:61]                      \tconsume err                                       \t{"topic": ["toMongo"], "groupID": "mongo", "error": "kafka: client has run out of available brokers to talk to"}"#;
const C6: &str = r#"2026-07-02 08:54:11.507\t\x1b[34mINFO\x1b[0m\t\x1b[34m[PID:1556]     \x1b[0m\t\x1b[34mopenim-api               \x1b[0m\t[main]                        \t[api/logger.go:54]                                \thttp request processed                            \t{"platform": "Web", "operationID": "op-77", "opUserID": "imAdmin", "httpID": "5780bfb7-...", "operationID": "op-77", "method": "POST", "requestURI": "/user/get_users", "status": 200, "cost": "3.214ms", "reqBody": "{...}", "respBody": "{\"errCode\":0,...}"}"#;
const C7: &str = r#"2026-07-02 08:55:00.100\t\x1b[31mERROR\x1b[0m\t\x1b[31m[PID:1570]     \x1b[0m\t\x1b[31mopenim-rpc-msg           \x1b[0m\t[v3.8.3-patch.16]             \t[mw/rpc_server_interceptor.go:33]                 \trpc server panic                                  \t{"operationID": "op-79", "method": "/openim.msg.msg/SendMsg", "req": "...", "error": "500 panic error runtime error: invalid memory address ..."}"#;
const C8: &str = r#"2024-08-18 09:07:19.768\t\x1b[31mERROR\x1b[0m\t\x1b[31m[PID:3693]     \x1b[0m\t\x1b[31mopenim-api               \x1b[0m\t[version:3.8.0]  \t[mw/rpc_client_interceptor.go:50]                 \tRPC Client Response Error - userToken             \t{"operationID": "8b2f17f7792ecd1e", "funcName": "/openim.auth.Auth/userToken", "error": "rpc error: code = Unavailable desc = ... produced zero addresses"}"#;
const C9: [&str; 2] = [
    r"2025-02-12 12:07:44.282\t\x1b[33mWARN\x1b[0m\t\x1b[33m[PID:97010]    \x1b[0m\t\x1b[33mopenim-msggateway        \x1b[0m\t[v3.8.3",
    r#"]                     \t[mw/rpc_client_interceptor.go:74]                 \trpc client response failed                        \t{"operationID": "op-80", "error": "..."}"#,
];
const C10: &str = r#"2024-02-02 10:39:29.207\t\x1b[31mERROR\x1b[0m\t\x1b[31m[PID:155855]\x1b[0m\t\x1b[31mapi\x1b[0m\t[mw/rpc_client_interceptor.go:58]\trpc resp error\t{"operationID": "1876041458067178496", "error": "rpc error: code = Unavailable desc = last resolver error: produced zero addresses"}"#;
const J1: &str = r#"{"level":"INFO","time":"2026-07-02 08:37:22.123","logger":"openim-rpc-user","caller":"startrpc/start.go:213","msg":"RPC server is initializing","PID":1554,"version":"v3.8.3-patch.16","rpcRegisterName":"user","rpcPort":44303,"prometheusPort":39941}"#;
const J2: &str = r#"{"level":"WARN","time":"2026-07-02 08:53:00.020","logger":"openim-msgtransfer","caller":"kafka/consumer_group.go:61","msg":"consume err                                       ","PID":165,"version":"v3.8.3-patch.16","topic":["toMongo"],"groupID":"mongo","error":"kafka: client has run out of available brokers to talk to"}"#;
const J3: &str = r#"{"level":"INFO","time":"2026-07-02 08:54:11.507","logger":"openim-api","caller":"api/logger.go:54","msg":"http request processed                            ","PID":1556,"version":"main","platform":"Web","operationID":"op-77","opUserID":"imAdmin","httpID":"5780bfb7-...","operationID":"op-77","method":"POST","requestURI":"/user/get_users","status":200,"cost":"3.214ms","reqBody":"{}","respBody":"{}"}"#;

#[test]
fn a_start_up_line_is_read_in_both_forms() {
    let columns = "2026-07-02 08:37:22.123 INFO 1554 openim-rpc-user v3.8.3-patch.16 startrpc/start.go:213 RPC server is initializing|";
    let fields = pairs(&[("rpcRegisterName", "user"), ("rpcPort", "44303"), ("prometheusPort", "39941")]);
    assert_eq!(told(C1), (columns.to_owned(), fields.clone()));
    assert_eq!(told(J1), (columns.to_owned(), fields));
}

#[test]
fn a_padded_message_is_read_in_both_forms() {
    let columns = "2026-07-02 08:53:00.020 WARN 165 openim-msgtransfer v3.8.3-patch.16 kafka/consumer_group.go:61 consume err|";
    let fields = pairs(&[
        ("topic", r#"["toMongo"]"#),
        ("groupID", "mongo"),
        ("error", "kafka: client has run out of available brokers to talk to"),
    ]);
    assert_eq!(told(C5), (columns.to_owned(), fields.clone()));
    assert_eq!(told(J2), (columns.to_owned(), fields));
}

#[test]
fn a_key_that_occurs_twice_is_given_twice() {
    for sample in [C6, J3] {
        let (columns, fields) = told(sample);
        assert_eq!(
            columns,
            "2026-07-02 08:54:11.507 INFO 1556 openim-api main api/logger.go:54 http request processed|"
        );
        assert_eq!(fields.iter().filter(|(key, value)| key == "operationID" && value == "op-77").count(), 2);
        assert_eq!(fields.len(), 11);
        assert_eq!(fields[7], ("status".to_owned(), "200".to_owned()));
    }
}

#[test]
fn the_keys_of_a_request_have_names_of_their_own() {
    let line = line(C3);
    let record = parse(&line).unwrap();
    let all = [record.platform(), record.conn_id(), record.operation_id(), record.op_user_id()];
    assert_eq!(
        all.map(|value| value.unwrap().text().into_owned()),
        ["Android", "6661da44...", "1739333260516", "10007"]
    );
    assert_eq!(record.error(), None);
    assert_eq!(record.fields.get("req").unwrap().text(), r#"token:"eyJhb...""#);
    assert_eq!(record.fields.get("req").unwrap().raw(), br#""token:\"eyJhb...\"""#);
    assert!(record.fields.raw().starts_with(br#""platform": "#));
    assert!(record.fields.raw().ends_with(br#"eyJhb...\"""#));
}

#[test]
fn warnings_and_errors_are_read() {
    assert_eq!(
        told(C2).0,
        "2026-07-02 08:40:07.464 WARN 1555 openim-msggateway v3.8.3-patch.16 msggateway/http_error.go:23 ws connection error|"
    );
    assert_eq!(
        told(C4).0,
        "2026-07-02 08:52:44.282 WARN 1555 openim-msggateway v3.8.3-patch.16 mw/rpc_client_interceptor.go:64 rpc client response failed|"
    );
    assert_eq!(
        told(C7).0,
        "2026-07-02 08:55:00.100 ERROR 1570 openim-rpc-msg v3.8.3-patch.16 mw/rpc_server_interceptor.go:33 rpc server panic|"
    );
}

#[test]
fn older_generations_are_read() {
    assert_eq!(
        told(C8).0,
        "2024-08-18 09:07:19.768 ERROR 3693 openim-api 3.8.0 mw/rpc_client_interceptor.go:50 RPC Client Response Error - userToken|"
    );
    assert_eq!(
        told(C10).0,
        "2024-02-02 10:39:29.207 ERROR 155855 api - mw/rpc_client_interceptor.go:58 rpc resp error|"
    );
}

#[test]
fn a_record_on_two_lines_is_read_when_joined_and_its_first_line_alone_too() {
    let [head, tail] = C9.map(line);
    assert!(is_split_head(&head) && is_split_tail(&tail));
    assert!(!is_split_head(&tail) && !is_split_tail(&head));
    let joined = format!("{}\n{}", C9[0], C9[1]);
    let (columns, fields) = told(&joined);
    assert_eq!(
        columns,
        "2025-02-12 12:07:44.282 WARN 97010 openim-msggateway v3.8.3 mw/rpc_client_interceptor.go:74 rpc client response failed|"
    );
    assert_eq!(fields, pairs(&[("operationID", "op-80"), ("error", "...")]));
    assert_eq!(told(C9[0]).0, "2025-02-12 12:07:44.282 WARN 97010 openim-msggateway v3.8.3 - |cut");
    assert_eq!(parse(&tail), None);
    let json = J1.replace("v3.8.3-patch.16", "v3.8.3\\n");
    assert_eq!(parse(json.as_bytes()).and_then(|record| record.version), Some(b"v3.8.3".as_slice()));
}

#[test]
fn no_whole_record_is_the_head_or_tail_of_another() {
    for sample in [C1, C2, C3, C4, C5, C6, C7, C8, C10, J1, J2, J3] {
        assert!(!is_split_head(&line(sample)), "{sample}");
        assert!(!is_split_tail(&line(sample)), "{sample}");
    }
    assert!(!is_split_tail(b"]\tno bracket"));
    assert!(!is_split_tail(b"] trailing\t[a]"));
}

#[test]
fn a_line_without_colours_is_the_same_record() {
    for sample in [C1, C2, C3, C4, C5, C6, C7, C8, C10] {
        let coloured = line(sample);
        let plain = crate::openim::text::strip_colour(&coloured);
        assert!(!plain.contains(&0x1b));
        assert_eq!(parse(&plain), parse(&coloured), "{sample}");
    }
}

#[test]
fn a_line_end_is_no_part_of_the_record() {
    for sample in [C1, J1] {
        let bare = line(sample);
        for end in ["\n", "\r\n"] {
            let ended = [bare.as_slice(), end.as_bytes()].concat();
            assert_eq!(parse(&ended), parse(&bare));
        }
    }
}

#[test]
fn a_record_without_keys_has_none_and_is_whole() {
    let sample = C1.split(r"\t{").next().unwrap();
    let (columns, fields) = told(sample);
    assert!(columns.ends_with("RPC server is initializing|"), "{columns}");
    assert!(fields.is_empty());
    let json = J1.split(r#","rpcRegisterName""#).next().unwrap().to_owned() + "}";
    assert_eq!(told(&json).0, columns);
}

#[test]
fn a_tab_and_a_brace_may_stand_in_the_message() {
    let before = r"2026-07-02 08:37:22.123\tINFO\t[PID:1]\tapi\t[a/b.go:1]\t";
    let message = |rest: &str| {
        let line = line(&format!("{before}{rest}"));
        let record = parse(&line).unwrap();
        (text(record.message).to_owned(), record.fields.iter().count(), record.cut)
    };
    assert_eq!(message(r#"a\tb   \t{"k": 1}"#), ("a\tb".to_owned(), 1, false));
    assert_eq!(message(r"a\tb"), ("a\tb".to_owned(), 0, false));
    assert_eq!(message(r"a\t{b}"), ("a\t{b}".to_owned(), 0, false));
    assert_eq!(message(r#"a\t{"b" c"#), (r#"a	{"b" c"#.to_owned(), 0, false), "no JSON");
    assert_eq!(message(r#"a\t{"b": 1} c"#), (r#"a	{"b": 1} c"#.to_owned(), 0, false), "no JSON");
    assert_eq!(message(r#"{"k": 1}"#), (String::new(), 1, false), "an empty message has no column");
    assert_eq!(message(r#"[x] y   \t{"k": 1}"#), ("[x] y".to_owned(), 1, false), "no caller");
    assert_eq!(message(r#"m\t{"k": "}\", {", "l": {"a": ["]"]}}"#), ("m".to_owned(), 2, false));
}

#[test]
fn columns_that_were_cut_to_their_width_are_read() {
    let (columns, _) = told(
        r"2026-07-02 08:37:22.123\tINFO\t[PID:1554]     \topenim-rpc-conversation-x\t[v3.8.3-a-branch-with-a-long-n\t[some_package_with_a_name/a_file_with_a_name.go:12\tm",
    );
    assert_eq!(
        columns,
        "2026-07-02 08:37:22.123 INFO 1554 openim-rpc-conversation-x v3.8.3-a-branch-with-a-long-n some_package_with_a_name/a_file_with_a_name.go:12 m|"
    );
}

#[test]
fn lines_before_the_configuration_is_read_have_no_version() {
    let sample = C1.replace("[v3.8.3-patch.16]             ", "[undefined version]           ");
    let columns = told(&sample.replace("openim-rpc-user          ", "DefaultLoggerModule      ")).0;
    assert!(columns.contains(" DefaultLoggerModule undefined version startrpc/"), "{columns}");
}

#[test]
fn wherever_a_line_is_cut_what_is_whole_is_read() {
    for sample in [C2, C3, C6, C7, J2, J3] {
        let whole_line = line(sample);
        let whole = parse(&whole_line).unwrap();
        let fields: Vec<_> = whole.fields.iter().collect();
        let start = whole_line.len() - whole.fields.raw().len() - 1;
        for end in start..whole_line.len() {
            let record = parse(&whole_line[..end]).unwrap();
            assert!(
                record.cut || whole.form == Form::Console && end == start,
                "{}",
                text(&whole_line[..end])
            );
            assert_eq!(
                (record.level, record.message, record.caller),
                (whole.level, whole.message, whole.caller)
            );
            let read: Vec<_> = record.fields.iter().collect();
            assert!(fields.starts_with(&read), "{}", text(&whole_line[..end]));
        }
    }
}

#[test]
fn a_line_cut_in_its_columns_is_a_record_from_the_module_on() {
    let whole = line(C1);
    let module = whole.windows(15).position(|part| part == b"openim-rpc-user").unwrap();
    for end in 0..whole.len() {
        let Some(record) = parse(&whole[..end]) else {
            assert!(end < module + 33, "{}", text(&whole[..end]));
            continue;
        };
        assert_eq!(
            (record.level, record.pid, record.module),
            (Level::Info, Some(1554), &b"openim-rpc-user"[..])
        );
    }
}

#[test]
fn nothing_of_another_program_is_taken_for_a_record() {
    for other in [
        "",
        "{",
        "{}",
        "2026-07-02 08:37:22.123",
        "2026-07-02 08:37:22.123\tINFO",
        "2026-07-02 08:37:22.123\tINFO\tmain.go:12\tmessage",
        "2026-07-02T08:37:22.123Z\tINFO\t[PID:1]\tapi\t[a/b.go:1]\tm",
        "2026-07-02 08:37:22.123\tinfo\t[PID:1]\tapi\t[a/b.go:1]\tm",
        "2026-07-02 08:37:22.123\tINFO\t[PID:]\tapi\t[a/b.go:1]\tm",
        "2026-07-02 08:37:22.123\tINFO\t[PID:99999999999]\tapi\t[a/b.go:1]\tm",
        "2026-07-02 08:37:22.123\tINFO\t[PID:1]\t\t[a/b.go:1]\tm",
        "2026-07-02 08:37:22.123\tINFO\t[PID:1]\tapi\tm",
        " 2026-07-02 08:37:22.123\tINFO\t[PID:1]\tapi\t[a/b.go:1]\tm",
        "2026-07-02 08:37:22.123        INFO        [PID:1]        api        [a/b.go:1]        m",
        r#"{"level":"warn","ts":"2026-07-02T08:37:22.123Z","logger":"etcd-client","caller":"v3/a.go:63","msg":"retrying"}"#,
        r#"{"level":"WARN","ts":"2026-07-02 08:37:22.123","logger":"x","msg":"y"}"#,
        r#"{"level":"WARN","time":"2026-07-02T08:37:22Z","logger":"x","msg":"y"}"#,
        r#"{"level":"WARN","time":"2026-07-02 08:37:22.123","msg":"y"}"#,
        r#"{"level" :"WARN","time":"2026-07-02 08:37:22.123","logger":"x","msg":"y"}"#,
        r#"{"level":"trace","time":"2026-07-02 08:37:22.123","logger":"x"}"#,
    ] {
        assert_eq!(parse(other.as_bytes()), None, "{other}");
    }
}

#[test]
fn escapes_become_the_text_they_stand_for() {
    let line = line(C1).split(|&byte| byte == b'{').next().unwrap().to_vec();
    let value = |json: &str| {
        let line = [line.as_slice(), br#"{"k": "#, json.as_bytes(), b"}"].concat();
        parse(&line).unwrap().fields.get("k").unwrap().text().into_owned()
    };
    assert_eq!(value(r#""a\nb\tc\"d\\e\/""#), "a\nb\tc\"d\\e/");
    assert_eq!(value(r#""\u00e4\ud83d\ude00\u003c""#), "\u{e4}\u{1f600}<");
    assert_eq!(value(r#""\ud83d \ude00 \x \u12""#), "\u{fffd} \u{fffd} \\x \\u12");
    assert_eq!(value("-1.5e3"), "-1.5e3");
    assert_eq!(value("null"), "null");
    assert_eq!(value(r#"{"a":[1,"}"]}"#), r#"{"a":[1,"}"]}"#);
    let json = J1.replace("RPC server is", r"RPC \u003e server\tis");
    assert_eq!(parse(json.as_bytes()).unwrap().message_text(), "RPC > server\tis initializing");
}
