//! The app as a host of programs in Go, and as their plugin.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use plug_tests::{Sockets, clean, go, succeed};

use crate::{Caller, Server, first_line, greets};

/// The app with the plugins `a`, `formal` and `polite`.
static APP: LazyLock<PathBuf> = LazyLock::new(|| plug_tests::app_with(&["a", "grpc", "polite", "process"], "dev"));

fn app(arguments: &[&str]) -> Command {
    let mut app = Command::new(&*APP);
    clean(&mut app).args(arguments);
    app
}

#[test]
fn greets_through_a_plugin() {
    let Some(plugin) = go("plugin") else { return };
    let plugin = format!("process:{}", plugin.display());
    assert_eq!(succeed(&mut app(&["hello", "--plugin", &plugin, "--name", "x"])), "hello, x\n");
}

#[test]
fn greets_through_a_server() {
    let Some(program) = go("server") else { return };
    let sockets = Sockets::new();
    let server = Server::start(&program, &[], "127.0.0.1:0");
    let plugin = format!("grpc://{}", server.address);
    assert_eq!(succeed(&mut app(&["hello", "--plugin", &plugin, "--name", "x"])), "hello, x\n");
    let path = sockets.join("go").display().to_string();
    let _server = Server::start(&program, &[], &format!("unix:{path}"));
    let plugin = format!("grpc+unix:{path}");
    assert_eq!(succeed(&mut app(&["hello", "--plugin", &plugin, "--name", "x"])), "hello, x\n");
}

#[test]
fn waits_for_a_server_that_starts() {
    let Some(program) = go("server") else { return };
    let sockets = Sockets::new();
    let path = sockets.join("go").display().to_string();
    // The build may take a while.
    LazyLock::force(&APP);
    let _server = Server::spawn(&program, &["-after", "300ms"], &format!("unix:{path}"));
    assert_eq!(succeed(&mut app(&["hello", "--plugin", &format!("grpc+unix:{path}"), "--name", "x"])), "hello, x\n");
}

#[test]
fn serves() {
    let Some(client) = go("client") else { return };
    let sockets = Sockets::new();
    let mut serve = app(&["serve", "--grpc", "127.0.0.1:0", "--plugin", "a", "--plugin", "polite"]);
    let mut child = serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let address = first_line(child.stdout.take().unwrap());
    let mut server = Server { child, address: address.strip_prefix("grpc://").unwrap().to_owned() };
    let client = Caller { program: &client, flags: &[], to: &server.address, sockets: &sockets };
    assert_eq!(
        client.error("hello", &["x"]),
        "FailedPrecondition: there are several plugins of `app_interface::Plug`: `a`, `polite`; \
         name one in the metadata `plug-name`"
    );
    greets(&Caller { flags: &["-meta", "plug-name=a"], ..client });
    let polite = Caller { flags: &["-meta", "plug-name=polite"], ..client };
    assert_eq!(polite.answer("hello", &["x"]), "good day, x");
    assert_eq!(polite.error("hello", &[]), "Unknown: cannot greet politely");
    assert_eq!(client.answer("health", &[""]), "SERVING");
    assert_eq!(client.answer("health", &["Plug"]), "SERVING");
    assert_eq!(
        client.answer("list", &[]),
        "Plug grpc.health.v1.Health grpc.reflection.v1.ServerReflection \
         grpc.reflection.v1alpha.ServerReflection plug.v1.Plugins"
    );
    assert_eq!(client.answer("describe", &["Plug"]), "SayHello(.SayHelloRequest) .SayHelloReply");
    succeed(Command::new("kill").arg(server.child.id().to_string()));
    assert!(server.child.wait().unwrap().success());
}
