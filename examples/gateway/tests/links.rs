//! The server, with the plugins over each link.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

/// A program, which ends with the test.
struct Running(Child, String);

impl Running {
    /// Starts a program that prints its address.
    fn start(program: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new(program).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self(child, line.trim().to_owned())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const PLUGINS: &str = env!("CARGO_BIN_EXE_gateway-plugins");

/// Runs the case with a plugin of each link.
fn over_each_link(name: &str, case: impl Fn(&str)) {
    // Cargo has built the shared library beside this test.
    let library = format!("{}plugin_{name}{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let library = std::env::current_exe().unwrap().with_file_name(library);
    let served = Running::start(PLUGINS, &["127.0.0.1:0"]);
    let links = [format!("library:{}", library.display()), format!("process:{PLUGINS}"), served.1.clone()];
    case(name);
    links.iter().for_each(|link| case(&format!("{link}#{name}")));
}

/// Serves the plugin in the background.
fn serve(plugin: &str) -> SocketAddr {
    eprintln!("{plugin}");
    let (plugin, runtime) = (gateway::open(plugin).unwrap(), Runtime::new().unwrap());
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || runtime.block_on(async { axum::serve(listener, gateway::router(plugin)).await }));
    address
}

/// A client that has sent its request.
fn request(server: SocketAddr, address: &str) -> TcpStream {
    let mut client = TcpStream::connect(server).unwrap();
    write!(client, "GET /{address} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n").unwrap();
    client
}

/// The status and the body of the reply.
fn reply(mut client: TcpStream) -> (u16, String) {
    let mut text = String::new();
    client.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// The next connection, if it comes in time.
fn accept(source: &TcpListener) -> TcpStream {
    source.set_nonblocking(true).unwrap();
    let start = Instant::now();
    loop {
        match source.accept() {
            Ok((connection, _)) => {
                connection.set_nonblocking(false).unwrap();
                return connection;
            }
            Err(error) => assert!(start.elapsed() < Duration::from_secs(30), "{error}"),
        }
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn it_answers_with_the_plugin() {
    over_each_link("echo", |plugin| {
        assert_eq!(gateway::open(plugin).unwrap().form().unwrap(), "TEXT");
        assert_eq!(reply(request(serve(plugin), "a/b")), (200, "a/b".to_owned()));
    });
}

#[test]
fn a_plugin_uses_sockets() {
    let source = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = source.local_addr().unwrap().to_string();
    thread::spawn(move || source.incoming().for_each(|stream| stream.unwrap().write_all(b"a page").unwrap()));
    over_each_link("tcp", |plugin| {
        let server = serve(plugin);
        assert_eq!(reply(request(server, &address)), (200, "a page".to_owned()));
        // No server is there.
        let (status, body) = reply(request(server, "127.0.0.1:1"));
        let expected = "cannot fetch 127.0.0.1:1\ncaused by: Connection refused (os error 111)\n";
        assert_eq!((status, &body[..]), (502, expected));
    });
}

#[test]
fn a_client_that_disconnects_cancels_the_plugin() {
    let source = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = source.local_addr().unwrap().to_string();
    over_each_link("tcp", |plugin| {
        let client = request(serve(plugin), &address);
        let mut connection = accept(&source);
        connection.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        // The plugin waits.
        assert!(connection.read(&mut [0]).is_err());
        let start = Instant::now();
        drop(client);
        connection.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        assert_eq!(connection.read(&mut [0]).unwrap(), 0);
        // It did not end by its own timeout.
        assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    });
}

#[test]
fn a_source_that_never_answers_is_given_up() {
    let source = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = source.local_addr().unwrap().to_string();
    let (status, body) = reply(request(serve("tcp"), &address));
    assert_eq!((status, body), (502, format!("cannot fetch {address}\ncaused by: it takes too long\n")));
}

#[test]
fn the_program_serves_and_explains_itself() {
    let program = env!("CARGO_BIN_EXE_gateway");
    let server = Running::start(program, &["127.0.0.1:0", "echo"]);
    let address = server.1.strip_prefix("http://").unwrap().strip_suffix("/TEXT").unwrap();
    assert_eq!(reply(request(address.parse().unwrap(), "text")), (200, "text".to_owned()));
    for (arguments, code, expected) in [
        (&["127.0.0.1:0"][..], 2, "usage: gateway ADDRESS PLUGIN, where PLUGIN is NAME or LINK#NAME\n"),
        (&["127.0.0.1:0", "grpc://h:1"], 1, "gateway: which plugin of `grpc://h:1`?\nhint: append `#NAME`\n"),
    ] {
        let output = Command::new(program).args(arguments).output().unwrap();
        assert_eq!((output.status.code(), &*String::from_utf8_lossy(&output.stderr)), (Some(code), expected));
    }
}
