//! TLS with a server in Go: both sides check the certificate of the peer.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use app_interface::Plug;
use plug::link::GrpcOptions;
use plug::{Error, ErrorKind, Registry};
use plug_tests::{Sockets, go, succeed};

use crate::Server;

/// A server, and the folder of all certificates.
struct Secured {
    folder: Sockets,
    server: Server,
}

impl Secured {
    fn start(flags: &[&str]) -> Option<Self> {
        let (program, certificates) = (go("server")?, go("certificates")?);
        let folder = Sockets::new();
        succeed(Command::new(certificates).arg(&*folder));
        let flags = [&["-tls", folder.to_str().unwrap()], flags].concat();
        let server = Server::start(&program, &flags, "127.0.0.1:0");
        Some(Self { folder, server })
    }

    fn pem(&self, file: &str) -> Vec<u8> {
        fs::read(self.folder.join(file)).unwrap()
    }

    fn options(&self) -> GrpcOptions {
        GrpcOptions::new().roots(self.pem("roots.pem")).connect_timeout(Duration::from_secs(2))
    }

    fn greet(&self, host: &str, options: GrpcOptions) -> Result<String, Error> {
        let port = self.server.address.rsplit_once(':').unwrap().1;
        let mut registry = Registry::new();
        registry.add(&options.open(&format!("grpcs://{host}:{port}"))?)?;
        let name = registry.plugins().next().unwrap().name().to_owned();
        registry.open::<dyn Plug>(&name)?.say_hello("x")
    }

    /// The message of the error. It has `PORT` for the port, which differs each time.
    fn refusal(&self, host: &str, options: GrpcOptions) -> String {
        let text = format!("{:#}", self.greet(host, options).unwrap_err());
        text.replace(self.server.address.rsplit_once(':').unwrap().1, "PORT")
    }
}

#[test]
fn believes_the_roots_it_was_given() {
    let Some(secured) = Secured::start(&[]) else { return };
    assert_eq!(secured.greet("127.0.0.1", secured.options()).unwrap(), "hello, x");
    assert_eq!(secured.greet("localhost", secured.options()).unwrap(), "hello, x");
    let refused = "`grpcs://127.0.0.1:PORT` is not there for `List`: \
        TLS failed: invalid peer certificate: UnknownIssuer\n\
        hint: `GrpcOptions::roots` sets the authorities that are trusted";
    let start = Instant::now();
    let others = GrpcOptions::new().roots(secured.pem("others.pem"));
    assert_eq!(secured.refusal("127.0.0.1", others), refused);
    // The default is the roots of the system.
    assert_eq!(secured.refusal("127.0.0.1", GrpcOptions::new()), refused);
    // A retry could not help, so it did not wait.
    assert!(start.elapsed() < Duration::from_secs(4));
}

#[test]
fn wants_the_name_of_the_server() {
    let Some(secured) = Secured::start(&[]) else { return };
    let refusal = secured.refusal("127.0.0.1", secured.options().server_name("elsewhere.example"));
    assert!(
        refusal.starts_with(
            "`grpcs://127.0.0.1:PORT` is not there for `List`: \
             TLS failed: invalid peer certificate: certificate not valid for name \"elsewhere.example\""
        ),
        "{refusal}"
    );
    assert_eq!(secured.greet("127.0.0.1", secured.options().server_name("localhost")).unwrap(), "hello, x");
}

#[test]
fn shows_its_own_certificate() {
    let Some(secured) = Secured::start(&["-clients"]) else { return };
    let with = |name: &str| {
        secured.options().client_certificate(secured.pem(&format!("{name}.pem")), secured.pem(&format!("{name}.key")))
    };
    assert_eq!(secured.greet("127.0.0.1", with("client")).unwrap(), "hello, x");
    let refused = |options: GrpcOptions, alerts: &[&str], hint: &str| {
        let refusal = secured.refusal("127.0.0.1", options);
        // The alert depends on the version of Go.
        let texts = alerts.iter().map(|alert| {
            format!(
                "`grpcs://127.0.0.1:PORT` is not there for `List`: TLS failed: received fatal alert: {alert}\n\
                 hint: {hint}"
            )
        });
        assert!(texts.into_iter().any(|text| text == refusal), "{refusal}");
    };
    refused(
        secured.options(),
        &["CertificateRequired", "BadCertificate"],
        "`GrpcOptions::client_certificate` sets the certificate of this program",
    );
    refused(
        with("stranger"),
        &["UnknownCA", "BadCertificate"],
        "the server does not accept the certificate of `GrpcOptions::client_certificate`",
    );
}

/// Neither side connects to a peer that differs about TLS.
#[test]
fn is_not_left_out_where_it_is_wanted() {
    let Some(secured) = Secured::start(&[]) else { return };
    let options = || GrpcOptions::new().connect_timeout(Duration::from_millis(500));
    let plain = options().open(&format!("grpc://{}", secured.server.address)).unwrap();
    let error = Registry::new().add(&plain).err().unwrap();
    assert!(matches!(error.kind(), ErrorKind::Unavailable { .. }), "{error:?}");
    let Some(program) = go("server") else { return };
    let server = Server::start(&program, &[], "127.0.0.1:0");
    let address = format!("grpcs://{}", server.address);
    let secure = options().roots(secured.pem("roots.pem")).open(&address).unwrap();
    let error = Registry::new().add(&secure).err().unwrap();
    assert_eq!(
        format!("{error:#}"),
        format!(
            "`{address}` is not there for `List`: \
             TLS failed: received corrupt message of type InvalidContentType\n\
             hint: the address of a server without TLS begins with `grpc://`"
        )
    );
}

#[test]
fn says_what_is_no_pem() {
    let text = |options: GrpcOptions| format!("{:#}", options.open("grpcs://127.0.0.1:1").unwrap_err());
    let roots = GrpcOptions::new().roots("no pem");
    assert_eq!(text(roots), "the roots of TLS cannot be read: there is no `CERTIFICATE` in PEM");
    let client = GrpcOptions::new().client_certificate("no pem", "no pem");
    assert_eq!(text(client), "the client's certificate cannot be read: there is no `CERTIFICATE` in PEM");
    let begin = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";
    let client = GrpcOptions::new().client_certificate(begin, begin);
    assert_eq!(text(client), "the key of the client's certificate cannot be read: there is no `PRIVATE KEY` in PEM");
}
