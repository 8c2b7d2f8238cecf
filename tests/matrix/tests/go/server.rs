//! A plain gRPC server in Go, and the grpc link.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use app_interface::Plug;
use plug::link::{Grpc, GrpcOptions};
use plug::{Error, ErrorKind, Registry};
use plug_tests::{Sockets, go};
use process_interface::Work;

use crate::Server;

/// A server at an address, opened by its link.
struct Remote {
    link: Grpc,
    registry: Registry,
    name: String,
}

impl Remote {
    fn at(address: &str, options: GrpcOptions) -> Result<Self, Error> {
        let link = options.open(address)?;
        let mut registry = Registry::new();
        registry.add(&link)?;
        let name = registry.plugins().next().unwrap().name().to_owned();
        Ok(Self { link, registry, name })
    }

    fn plug(&self) -> Box<dyn Plug> {
        self.registry.open(&self.name).unwrap()
    }

    fn work(&self) -> Box<dyn Work> {
        self.registry.open(&self.name).unwrap()
    }
}

fn text(error: &Error) -> String {
    format!("{error:#}")
}

/// The address of the server as plug writes it.
fn plug_address(server: &Server) -> String {
    if server.address.starts_with("unix:") {
        format!("grpc+{}", server.address)
    } else {
        format!("grpc://{}", server.address)
    }
}

/// An address that is free now, though another program may take it.
fn free_address() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

#[test]
fn answers_over_a_port_and_a_socket() {
    let Some(program) = go("server") else { return };
    let sockets = Sockets::new();
    for address in ["127.0.0.1:0".to_owned(), format!("unix:{}", sockets.join("go").display())] {
        let server = Server::start(&program, &[], &address);
        let address = plug_address(&server);
        let remote = Remote::at(&address, GrpcOptions::new()).unwrap();
        remote.link.check().unwrap();
        let expected = address.split_once(':').unwrap().1.to_ascii_lowercase();
        let expected = expected.replace([':', '.', '/'], "-");
        assert_eq!(remote.name, expected.trim_start_matches('-'));
        let (plug, work) = (remote.plug(), remote.work());
        for name in ["x", "", "Zoë"] {
            assert_eq!(plug.say_hello(name).unwrap(), format!("hello, {name}"));
        }
        let large: Vec<_> = (0..8 << 20).map(|at| (at % 251) as u8).collect();
        assert!(work.echo(&large).unwrap() == large);
        assert_eq!(work.sum(5, &[1, 2, u64::MAX - 8]).unwrap(), u64::MAX);
        assert_eq!(work.version().unwrap(), "before versions");
        let error = work.fail("50 % of Zoë's: luck").unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Plugin), "{error:?}");
        assert_eq!(text(&error), "50 % of Zoë's: luck");
        let error = plug::with_deadline(Duration::from_millis(100), || work.sleep(60_000)).unwrap_err();
        let name = &remote.name;
        assert_eq!(text(&error), format!("plugin `{name}` did not answer `sleep` in time, and the call was cancelled"));
        let limited = GrpcOptions::new().max_reply(1 << 20).open(&address).unwrap();
        let mut registry = Registry::new();
        registry.add(&limited).unwrap();
        let error = registry.open::<dyn Work>(name).unwrap().echo(&large).unwrap_err();
        assert!(
            text(&error).starts_with(&format!("plugin `{name}` in `{address}` refused `echo` with OUT_OF_RANGE: ")),
            "{error:#}"
        );
    }
}

/// The server reports on stderr that its caller has gone.
#[test]
fn hears_that_it_was_given_up() {
    let Some(program) = go("server") else { return };
    let mut command = Command::new(program);
    let mut child = command.arg("127.0.0.1:0").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let server = Server { child, address: crate::first_line(stdout) };
    let work = Remote::at(&plug_address(&server), GrpcOptions::new()).unwrap().work();
    let start = Instant::now();
    plug::with_deadline(Duration::from_millis(100), || work.sleep(60_000)).unwrap_err();
    let mut line = String::new();
    BufReader::new(stderr).read_line(&mut line).unwrap();
    // The server has the deadline too, and the call is also cancelled.
    assert!(["sleep: context deadline exceeded\n", "sleep: context canceled\n"].contains(&&line[..]), "{line:?}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

/// The document's own program takes a second to do so.
#[test]
fn is_waited_for_while_it_starts() {
    let Some(program) = go("server") else { return };
    let address = free_address();
    let start = Instant::now();
    let _server = Server::spawn(&program, &["-after", "300ms"], &address);
    let remote = Remote::at(&format!("grpc://{address}"), GrpcOptions::new()).unwrap();
    assert_eq!(remote.plug().say_hello("x").unwrap(), "hello, x");
    let took = start.elapsed();
    assert!(took > Duration::from_millis(300) && took < Duration::from_millis(1000), "{took:?}");
}

#[test]
fn is_not_waited_for_for_ever() {
    let address = format!("grpc://{}", free_address());
    let start = Instant::now();
    let options = GrpcOptions::new().connect_timeout(Duration::from_millis(200));
    let error = Remote::at(&address, options).err().unwrap();
    let took = start.elapsed();
    assert!(took > Duration::from_millis(100) && took < Duration::from_secs(2), "{took:?}");
    assert_eq!(
        text(&error),
        format!("`{address}` is not there for `List`: tcp connect error: Connection refused (os error 111)")
    );
}

#[test]
fn is_killed_and_comes_back() {
    let Some(program) = go("server") else { return };
    let sockets = Sockets::new();
    for address in [free_address(), format!("unix:{}", sockets.join("go").display())] {
        let mut server = Server::start(&program, &[], &address);
        let remote = Remote::at(&plug_address(&server), GrpcOptions::new()).unwrap();
        let work = remote.work();
        assert_eq!(work.sum(1, &[]).unwrap(), 1);
        let started = Instant::now();
        let error = std::thread::scope(|scope| {
            let calling = scope.spawn(|| work.sleep(60_000).unwrap_err());
            std::thread::sleep(Duration::from_millis(100));
            server.child.kill().unwrap();
            server.child.wait().unwrap();
            calling.join().unwrap()
        });
        assert!(started.elapsed() < Duration::from_secs(5));
        assert!(matches!(error.kind(), ErrorKind::Unavailable { .. }), "{error:?}");
        let (name, origin) = (&remote.name, plug_address(&server));
        let text = text(&error);
        assert!(text.starts_with(&format!("plugin `{name}` in `{origin}` is not there for `sleep`: ")), "{text}");
        if let Some(path) = address.strip_prefix("unix:") {
            std::fs::remove_file(path).unwrap();
        }
        let _again = Server::spawn(&program, &["-after", "200ms"], &address);
        assert_eq!(work.sum(1, &[1]).unwrap(), 2);
    }
}

#[test]
fn is_one_of_two() {
    let Some(program) = go("server") else { return };
    let [one, other] = [(); 2].map(|()| Server::start(&program, &[], "127.0.0.1:0"));
    let address = format!("grpc://{},{}", one.address, other.address);
    let remote = Remote::at(&address, GrpcOptions::new()).unwrap();
    let plug = remote.plug();
    for _ in 0..20 {
        assert_eq!(plug.say_hello("x").unwrap(), "hello, x");
    }
    drop(one);
    // Calls that are sent just now may be lost.
    std::thread::sleep(Duration::from_millis(100));
    let failed = (0..50).filter(|_| plug.say_hello("x").is_err()).count();
    assert_eq!(failed, 0);
    drop(other);
    let error = plug::with_deadline(Duration::from_millis(500), || plug.say_hello("x")).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unavailable { .. } | ErrorKind::Deadline { .. }), "{error:?}");
}
