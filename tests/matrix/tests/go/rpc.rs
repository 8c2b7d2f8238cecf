//! net/rpc, go-plugin's first protocol: a host in Go with plugins in Rust, and the reverse.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use app_interface::Plug;
use plug::link::{Handshake, Process, ProcessOptions, Protocol};
use plug::{ErrorKind, Registry};
use plug_tests::{Sockets, built_program, entries, go, is_running, process};
use process_interface::{Entry, Kv, Place, Stamp, Store, Work};

use crate::{Caller, LARGE, log, not_running_within};

/// Runs the test with a host in Go and a plugin in Rust, without AutoMTLS and with it.
fn host_each_way(plugin: &Path, name: &str, test: impl Fn(&Caller)) {
    let Some(host) = go("rpc-host") else { return };
    for tls in [&[][..], &["-tls"]] {
        let (sockets, flags) = (Sockets::new(), [tls, &["-name", name]].concat());
        test(&Caller { program: &host, flags: &flags, to: plugin.to_str().unwrap(), sockets: &sockets });
        let left = entries(&sockets);
        assert!(left.is_empty(), "{left:?} is left");
    }
}

#[test]
fn a_host_calls_a_greeter() {
    host_each_way(&process("plugin-a"), "a", |host| {
        assert_eq!(host.answer("hello", &["x"]), "hello, x");
        assert_eq!(host.answer("hello", &[]), "hello, ");
        assert_eq!(host.answer("hello", &["Zoë"]), "hello, Zoë");
        assert_eq!(host.answer("ping", &[]), "pong");
    });
}

#[test]
fn a_host_calls_a_worker() {
    host_each_way(&built_program("worker"), "worker", |host| {
        assert_eq!(host.answer("echo", &["0"]), "0 bytes");
        assert_eq!(host.answer("echo", &[LARGE]), format!("{LARGE} bytes"));
        assert_eq!(host.answer("sum", &["5"]), "5");
        assert_eq!(host.answer("sum", &["5", "1", "2", "18446744073709551600"]), "18446744073709551608");
        assert_eq!(host.answer("sleep", &["20"]), "slept");
        assert_eq!(host.answer("many", &["64"]), "64 calls at once");
        assert_eq!(host.error("fail", &["no such luck"]), "no such luck");
        assert_eq!(host.error("sum", &["18446744073709551615", "1"]), "the sum is too large");
        assert_eq!(host.error("none", &["x"]), "rpc: can't find method Plugin.None");
        assert_eq!(host.error("hello", &["x"]), "rpc: can't find method Plugin.SayHello", "a worker is no greeter");
    });
}

#[test]
fn a_host_asks_for_a_plugin_that_is_not_there() {
    host_each_way(&built_program("worker"), "drudge", |host| assert_eq!(host.answer("sum", &["1", "2"]), "3"));
    host_each_way(&built_program("worker"), "nobody", |host| {
        assert_eq!(host.error("sum", &["1"]), "there is no plugin `nobody`: there is `worker`");
    });
}

const ENTRY: &str = r#"{"UserId":9223372036854775808,"Title":"Zoë","Newer":null,"IsOpen":true,"Ratio":-0.5,"Small":-128,"Data":"AP8=","Place":{"X":-1,"Y":0},"Labels":{"":"","a":"b"},"Scores":[-7,0,1073741824],"ID":42,"Stamp":{"At":"1970-01-01T00:00:01.000000005Z","Took":1500000000,"Letter":233,"Corner":[-1,0],"Pair":{"Field0":0,"Field1":"x"},"Parts":[{"At":"1969-12-31T23:59:59.000000005Z","Took":0,"Letter":0,"Corner":[0,0],"Pair":{"Field0":0,"Field1":""},"Parts":[{"At":"0001-01-01T00:00:00Z","Took":0,"Letter":0,"Corner":[0,0],"Pair":{"Field0":0,"Field1":""},"Parts":null}]}]}}"#;

#[test]
fn a_host_gives_values_of_every_kind() {
    host_each_way(&built_program("store"), "store", |host| {
        // Fields that the plugin does not know are dropped.
        assert_eq!(host.answer("mirror", &[]), ENTRY);
        assert_eq!(host.answer("tag", &["a=b", "="]), r#"{"":"","a":"b","seen":"yes"}"#);
        assert_eq!(host.answer("tag", &[]), r#"{"seen":"yes"}"#);
        assert_eq!(host.answer("count", &[]), "0");
        assert_eq!(host.error("hello", &["x"]), "rpc: can't find method Plugin.SayHello", "a store is no greeter");
    });
}

#[test]
fn a_host_gives_its_arguments_in_a_map() {
    host_each_way(&built_program("store"), "kv", |host| {
        assert_eq!(
            host.answer("keep", &["x", "value"]),
            "the request for `put` of plugin `kv` cannot be decoded: \
             a map of arguments has a value that is no `bool`, number, `string` or `[]byte` of Go\n\
             the request for `put` of plugin `kv` cannot be decoded: \
             a `int` of gob has come, and not a `[]byte`, in `value`\n\
             value!"
        );
    });
}

/// More bytes than a stream may have for the descriptions of types.
#[test]
fn a_host_gives_long_arguments_in_maps() {
    host_each_way(&built_program("store"), "kv", |host| {
        assert_eq!(host.answer("fill", &["6"]), "6 MiB");
    });
}

#[test]
fn a_host_sees_a_plugin_die() {
    host_each_way(&built_program("worker"), "worker", |host| {
        let sockets = Sockets::new();
        let host = Caller { sockets: &sockets, ..*host };
        for how in ["exit", "abort"] {
            let error = host.error("die", &[how]);
            assert!(error == "unexpected EOF" || error == "connection is shut down", "{how}: {error}");
        }
        let start = Instant::now();
        let killing = Caller { flags: &[host.flags, &["-kill-after", "100ms"]].concat(), ..host };
        let error = killing.error("sleep", &["60000"]);
        assert!(error == "unexpected EOF" || error == "connection is shut down", "{error}");
        assert!(start.elapsed() < Duration::from_secs(30));
    });
}

#[test]
fn a_host_goes_on_with_a_plugin_that_has_panicked() {
    host_each_way(&built_program("worker"), "worker", |host| {
        let both = Caller { flags: &[host.flags, &["-first", "panic"]].concat(), ..*host }.answer("sum", &["5", "2"]);
        let (panic, sum) = both.split_once('\n').unwrap();
        assert!(panic.starts_with("plugin `worker` panicked in `die` at "), "{panic}");
        assert!(panic.ends_with(": told to panic"), "{panic}");
        assert_eq!(sum, "7");
    });
}

/// The output comes by its own stream, and on stderr.
#[test]
fn a_host_hears_what_a_plugin_prints() {
    host_each_way(&built_program("worker"), "worker", |host| {
        let printing = Caller { flags: &[host.flags, &["-first", "print"]].concat(), ..*host };
        assert_eq!(printing.answer("sleep", &["300"]), "printed: printed\nslept");
        let saying = Caller { flags: &[host.flags, &["-log", "-first", "say"]].concat(), ..*host };
        let (_, log) = plug_tests::texts(&plug_tests::run(&mut saying.command("sleep", &["100"])));
        assert!(log.contains("[DEBUG] host.worker: said\n"), "{log}");
    });
}

/// go-plugin kills a plugin that has not ended after two seconds.
#[test]
fn a_host_tells_a_plugin_to_leave() {
    host_each_way(&built_program("worker"), "worker", |host| {
        let start = Instant::now();
        let logging = Caller { flags: &[host.flags, &["-log"]].concat(), ..*host };
        let (_, log) = plug_tests::texts(&plug_tests::run(&mut logging.command("sum", &["1"])));
        assert!(log.contains("plugin process exited"), "{log}");
        assert!(!log.contains("killed") && !log.contains("err="), "{log}");
        assert!(start.elapsed() < Duration::from_millis(1900), "{:?}", start.elapsed());
    });
}

/// A plugin on go-plugin survives its host, as `baseline` shows for gRPC.
#[test]
fn a_host_that_is_killed_takes_its_plugin_along() {
    let Some(host) = go("rpc-host") else { return };
    let sockets = Sockets::new();
    let (mut host, running) = crate::hang(&host, &[], &process("plugin-a"), &sockets);
    assert!(is_running(running.pid));
    host.kill().unwrap();
    host.wait().unwrap();
    not_running_within(running.pid, Duration::from_secs(1));
    assert!(entries(&sockets).is_empty());
}

/// Runs the test with the plugin in Go of this name, without AutoMTLS and with it.
fn plugin_each_way(name: &str, test: impl Fn(&Process, &Registry)) {
    let Some(path) = go("rpc-plugin") else { return };
    log::record();
    for options in [ProcessOptions::new().without_tls(), ProcessOptions::new()] {
        let handshake = Handshake::new("HASHI", "hola")
            .interface::<dyn Plug>(1)
            .interface::<dyn Work>(1)
            .interface::<dyn Store>(1)
            .interface::<dyn Kv>(1);
        let process = options.handshake(handshake).dispense(name).open(&path).unwrap();
        let mut registry = Registry::new();
        registry.add(&process).unwrap();
        test(&process, &registry);
    }
}

#[test]
fn a_plugin_in_go_greets() {
    plugin_each_way("a", |process, registry| {
        let plug = registry.open::<dyn Plug>("a").unwrap();
        for name in ["x", "", "Zoë"] {
            assert_eq!(plug.say_hello(name).unwrap(), format!("hello, {name}"));
        }
        assert_eq!(process.version().unwrap(), 1);
        process.check().unwrap();
        assert_eq!(
            process.channel().err().unwrap().to_string(),
            format!("`process:{}` speaks net/rpc, and a channel is one of gRPC", go("rpc-plugin").unwrap().display())
        );
    });
}

#[test]
fn a_plugin_in_go_works() {
    plugin_each_way("worker", |_, registry| {
        let work = registry.open::<dyn Work>("worker").unwrap();
        let large: Vec<_> = (0..8 << 20).map(|at| (at % 251) as u8).collect();
        assert!(work.echo(&large).unwrap() == large);
        assert!(work.echo(&[]).unwrap().is_empty());
        assert_eq!(work.sum(5, &[]).unwrap(), 5);
        assert_eq!(work.sum(5, &[1, 2, u64::MAX - 8]).unwrap(), u64::MAX);
        work.sleep(20).unwrap();
        // The plugin lacks this method.
        assert_eq!(work.version().unwrap(), "before versions");
        assert_eq!(work.version().unwrap(), "before versions");
        let error = work.fail("50 % of Zoë's: luck").unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Plugin), "{error:?}");
        assert_eq!(error.to_string(), "50 % of Zoë's: luck");
        let start = Instant::now();
        std::thread::scope(|scope| {
            for at in 0..64 {
                let work = &work;
                scope.spawn(move || {
                    work.sleep(200).unwrap();
                    assert_eq!(work.sum(at, &[1]).unwrap(), at + 1);
                });
            }
        });
        assert!(start.elapsed() < Duration::from_secs(3), "they waited for each other");
    });
}

#[test]
fn a_plugin_in_go_gives_values_of_every_kind() {
    plugin_each_way("store", |_, registry| {
        let store = registry.open::<dyn Store>("store").unwrap();
        let label = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let stamp = |parts| Stamp {
            at: SystemTime::UNIX_EPOCH - Duration::from_millis(1500),
            took: Duration::from_nanos(1_500_000_001),
            letter: '𝄞',
            corner: [0, i16::MIN],
            pair: (7, "x".to_owned()),
            parts,
        };
        let entry = Entry {
            user_id: u64::MAX,
            title: "Zoë".to_owned(),
            is_open: true,
            ratio: -0.5,
            small: -128,
            data: vec![0, 255],
            place: Some(Place { x: -1, y: 0 }),
            labels: BTreeMap::from([label("a", "b"), label("", "")]),
            scores: vec![-7, 0, 1 << 30],
            id: 42,
            stamp: Some(Stamp { parts: vec![stamp(vec![]), stamp(vec![stamp(vec![])])], ..stamp(vec![]) }),
        };
        assert_eq!(store.mirror(entry.clone()).unwrap(), entry);
        let zero = Entry {
            user_id: 0,
            title: String::new(),
            is_open: false,
            ratio: 0.0,
            small: 0,
            data: Vec::new(),
            place: None,
            labels: BTreeMap::new(),
            scores: Vec::new(),
            id: 0,
            stamp: None,
        };
        assert_eq!(store.mirror(zero.clone()).unwrap(), zero);
        assert_eq!(store.tag(BTreeMap::new()).unwrap(), BTreeMap::from([label("seen", "yes")]));
        // In Go, the type is signed.
        assert_eq!(store.count().unwrap(), 3);
    });
}

#[test]
fn a_plugin_in_go_takes_its_arguments_in_a_map() {
    plugin_each_way("kv", |_, registry| {
        let kv = registry.open::<dyn Kv>("kv").unwrap();
        let long = vec![7; 1 << 20];
        for value in [b"value", &b""[..], &long] {
            kv.put("x", value).unwrap();
            assert_eq!(kv.get("x").unwrap(), value);
        }
        // A zero is there too: Go does not look for a key that is missing.
        kv.put("", b"").unwrap();
        assert_eq!(kv.get("").unwrap(), b"");
        assert_eq!(kv.get("y").unwrap_err().to_string(), "there is no `y`");
    });
}

#[test]
fn a_plugin_in_go_that_has_another_name() {
    plugin_each_way("somebody", |_, registry| {
        let error = registry.open::<dyn Plug>("somebody").unwrap().say_hello("x").unwrap_err();
        let path = go("rpc-plugin").unwrap();
        assert_eq!(
            error.to_string(),
            format!(
                "plugin `somebody` in `process:{}` refused `say_hello` with NOT_FOUND: unknown plugin type: somebody",
                path.display()
            )
        );
    });
}

#[test]
fn a_plugin_in_go_dies() {
    plugin_each_way("worker", |process, registry| {
        let work = registry.open::<dyn Work>("worker").unwrap();
        let pid = process.pid().unwrap();
        let killing = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(100));
            crate::kill(pid);
        });
        let error = work.sleep(60_000).unwrap_err().to_string();
        killing.join().unwrap();
        assert!(error.contains(" was killed by signal 9 (SIGKILL) while it was being called\n"), "{error}");
    });
    for (how, text) in [("exit", "exited with status 3 while it was being called"), ("panic", "panic: dying as asked")]
    {
        plugin_each_way("worker", |_, registry| {
            let error = format!("{:#}", registry.open::<dyn Work>("worker").unwrap().die(how).unwrap_err());
            assert!(error.contains(text), "{error}");
        });
    }
}

#[test]
fn a_plugin_in_go_is_given_up_when_it_takes_too_long() {
    plugin_each_way("worker", |_, registry| {
        let work = registry.open::<dyn Work>("worker").unwrap();
        let start = Instant::now();
        let error = plug::with_deadline(Duration::from_millis(100), || work.sleep(60_000)).unwrap_err();
        assert_eq!(error.to_string(), "plugin `worker` did not answer `sleep` in time, and the call was cancelled");
        assert!(start.elapsed() < Duration::from_secs(5));
        assert_eq!(work.sum(1, &[]).unwrap(), 1);
    });
}

#[test]
fn a_plugin_in_go_is_heard_and_leaves() {
    plugin_each_way("worker", |process, registry| {
        let work = registry.open::<dyn Work>("worker").unwrap();
        work.die("print").unwrap();
        work.die("say").unwrap();
        for text in ["printed", "said"] {
            let record = log::wait_for("rpc-plugin", |record| record.contains(text));
            assert!(record.starts_with(&format!("DEBUG plug::process message={text} plugin=rpc-plugin")), "{record}");
        }
        let pid = process.pid().unwrap();
        drop(work);
        not_running_within(pid, Duration::from_secs(3));
    });
}

#[test]
fn a_plugin_in_go_is_reattached_to() {
    let Some(path) = go("rpc-plugin") else { return };
    let handshake = || Handshake::new("HASHI", "hola").interface::<dyn Work>(1);
    let options = ProcessOptions::new().without_tls().handshake(handshake()).dispense("worker");
    let process = options.clone().open(&path).unwrap();
    let reattachment = process.reattachment().unwrap();
    assert_eq!(reattachment.protocol, Protocol::NetRpc);
    let again = options.reattach(reattachment).unwrap();
    let mut registry = Registry::new();
    registry.add(&again).unwrap();
    assert_eq!(registry.open::<dyn Work>("worker").unwrap().sum(1, &[1]).unwrap(), 2);
}

/// A program that starts this one with an argument, which a host in Go has no place for.
fn with_argument(program: &Path, argument: &str, folder: &Path) -> PathBuf {
    let path = folder.join(argument);
    fs::write(&path, format!("#!/bin/sh\nexec '{}' {argument}\n", program.display())).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// The app declares version 1 as net/rpc, and version 2 is gRPC.
#[test]
fn a_host_is_answered_over_the_protocol_of_its_version() {
    let (Some(host), Some(rpc_host)) = (go("host"), go("rpc-host")) else { return };
    let sockets = Sockets::new();
    let (plugin, sockets) = (process("plugin-a"), &*sockets);
    let to = plugin.to_str().unwrap();
    let caller = |program, flags| Caller { program, flags, to, sockets };
    assert_eq!(caller(&rpc_host, &[]).answer("hello", &["x"]), "hello, x");
    assert_eq!(caller(&host, &["-version", "2"]).answer("hello", &["x"]), "hello, x");
    assert_eq!(
        caller(&host, &["-version", "1"]).error("hello", &["x"]),
        "Unsupported plugin protocol \"netrpc\". Supported: [grpc]"
    );
}

/// Like go-plugin's KV example, the host has version 1 and knows gRPC alone.
#[test]
fn a_host_without_netrpc_is_answered_in_version_1() {
    let Some(host) = go("host") else { return };
    let (folder, sockets) = (Sockets::new(), Sockets::new());
    // It declares version 1 without a protocol, which is gRPC.
    let worker = with_argument(&built_program("worker"), "versions", &folder);
    for flags in [&[][..], &["-tls"]] {
        let host = Caller { program: &host, flags, to: worker.to_str().unwrap(), sockets: &sockets };
        assert_eq!(host.answer("sum", &["5", "2"]), "7");
    }
    // It has nothing but a service, in versions that are declared as net/rpc.
    let service = with_argument(&built_program("worker"), "service", &folder);
    let host = Caller { program: &host, flags: &[], to: service.to_str().unwrap(), sockets: &sockets };
    assert!(host.answer("list", &[]).contains(" tests.Pour"), "{}", host.answer("list", &[]));
}

#[test]
fn the_app_asks_for_what_stands_behind_the_number_sign() {
    let Some(path) = go("rpc-plugin") else { return };
    let app = plug_tests::app_with(&["process"], "dev");
    let hello = |name: &str| {
        let mut hello = std::process::Command::new(&app);
        hello.args(["hello", "--plugin", &format!("process:{}{name}", path.display()), "--name", "x"]);
        plug_tests::run(&mut hello)
    };
    assert_eq!(plug_tests::texts(&hello("#a")).0, "hello, x\n");
    // Go's plugin has no plugin with the name of its file.
    let (stdout, stderr) = plug_tests::texts(&hello(""));
    let path = path.display();
    assert_eq!(
        (&stdout[..], &stderr[..]),
        (
            "",
            &format!(
                "error: plugin `rpc-plugin` in `process:{path}` refused `say_hello` with NOT_FOUND: unknown plugin type: rpc-plugin\n"
            )[..]
        )
    );
    assert_eq!(hello("").status.code(), Some(1));
}
