//! Good and bad handshakes, with the whole text of each fault.

use super::*;
use crate::entry::handshake::Protocol;
use crate::error::handshake::HandshakeFault;
use crate::escape;
use crate::process::handshake::line::Address;

fn parse(line: impl AsRef<[u8]>) -> Result<Line, HandshakeFault> {
    Line::parse(line.as_ref(), &[2, 1])
}

/// Asserts the text of the fault, without its subject.
#[track_caller]
fn refused(line: impl AsRef<[u8]>, text: &str) {
    let fault = parse(line).expect_err("it is bad");
    assert_eq!(fault.predicate().to_string(), text);
    assert_eq!(fault.to_string(), format!("the plugin {text}"));
}

fn unix(path: &str) -> Address {
    Address::Unix(path.into())
}

/// A DER sequence whose length is right, and its base64.
fn certificate() -> (String, Vec<u8>) {
    let der = [&[0x30, 0x82, 0x01, 0x00][..], &[0xab; 256]].concat();
    let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD_NO_PAD, &der);
    (text, der)
}

#[test]
fn lines_of_go_are_read() {
    let line =
        Line { app: 1, address: unix("/tmp/plugin1"), protocol: Protocol::Grpc, certificate: None, multiplexed: None };
    assert_eq!(parse("1|1|unix|/tmp/plugin1|grpc|"), Ok(line.clone()));
    assert_eq!(parse("  1|1|unix|/tmp/plugin1|grpc|\r\n"), Ok(line.clone()));
    assert_eq!(parse("1|1|unix|/tmp/plugin1|grpc"), Ok(line.clone()));
    assert_eq!(parse("1|1|unix|/tmp/plugin1|grpc||true"), Ok(Line { multiplexed: Some(true), ..line.clone() }));
    assert_eq!(parse("1|1|unix|/tmp/plugin1|grpc||maybe|more|"), Ok(Line { multiplexed: Some(false), ..line.clone() }));
    assert_eq!(parse("1|2|unix|/tmp/plugin1|netrpc|"), Ok(Line { app: 2, protocol: Protocol::NetRpc, ..line.clone() }));
    let tcp = Line { address: Address::Tcp("127.0.0.1:1234".into()), ..line.clone() };
    assert_eq!(parse("1|1|tcp|127.0.0.1:1234|grpc|"), Ok(tcp.clone()));
    assert_eq!(parse("1|1|tcp|:1234|grpc|"), Ok(tcp));
    assert_eq!(parse("1|1|tcp|[::1]:1234|grpc|").map(|line| line.address), Ok(Address::Tcp("[::1]:1234".into())));
    // The shortest handshake.
    assert_eq!(parse("1|1|unix|/tmp/plugin1"), Ok(Line { protocol: Protocol::NetRpc, ..line.clone() }));
    let (text, der) = certificate();
    let secured = Line { certificate: Some(der), ..line.clone() };
    assert_eq!(parse(format!("1|1|unix|/tmp/plugin1|grpc|{text}")), Ok(secured));
    // Very old plugins have something else in this field.
    assert_eq!(parse(format!("1|1|unix|/tmp/plugin1|grpc|{}", "x".repeat(50))), Ok(line));
}

#[test]
fn a_written_line_reads_back() {
    let mut line =
        Line { app: 2, address: unix("/tmp/plugin1"), protocol: Protocol::Grpc, certificate: None, multiplexed: None };
    assert_eq!(line.to_bytes().as_deref(), Ok(&b"1|2|unix|/tmp/plugin1|grpc|\n"[..]));
    line.multiplexed = Some(false);
    assert_eq!(line.to_bytes().as_deref(), Ok(&b"1|2|unix|/tmp/plugin1|grpc||false\n"[..]));
    let (text, der) = certificate();
    line.certificate = Some(der);
    assert_eq!(line.to_bytes(), Ok(format!("1|2|unix|/tmp/plugin1|grpc|{text}|false\n").into_bytes()));
    assert_eq!(parse(line.to_bytes().unwrap()), Ok(line.clone()));
    line.address = unix("/tmp/a|b");
    let fault = HandshakeFault::Address { network: "unix", found: "/tmp/a|b".into() };
    assert_eq!(line.to_bytes(), Err(fault));
    line.address = Address::Tcp("127.0.0.1:9".into());
    line.certificate = None;
    assert_eq!(line.to_bytes().as_deref(), Ok(&b"1|2|tcp|127.0.0.1:9|grpc||false\n"[..]));
}

#[cfg(unix)]
#[test]
fn the_path_of_a_socket_need_not_be_utf8() {
    use std::os::unix::ffi::OsStrExt;
    let line = parse(b"1|1|unix|/tmp/\xff|grpc|").unwrap();
    assert_eq!(line.address, Address::Unix(std::ffi::OsStr::from_bytes(b"/tmp/\xff").into()));
    assert_eq!(line.to_bytes().as_deref(), Ok(&b"1|1|unix|/tmp/\xff|grpc|\n"[..]));
}

#[test]
fn something_else_was_printed() {
    const HINT: &str = "\nhint: a plugin prints its handshake before all else on stdout; what it has to say before that belongs on stderr";
    refused("hello, world", &format!("printed `hello, world` instead of its handshake{HINT}"));
    refused("a | b | c | d | e", &format!("printed `a | b | c | d | e` instead of its handshake{HINT}"));
    refused("", &format!("printed an empty line instead of its handshake{HINT}"));
    refused("1", &format!("printed `1` instead of its handshake{HINT}"));
    refused(b"\x7fELF\x02\0\xff", &format!("printed `\\u{{7f}}ELF\\u{{2}}\\0�` instead of its handshake{HINT}"));
    let long = "x".repeat(1 << 20);
    let start = "x".repeat(200);
    refused(&long, &format!("printed `{start}… (1048576 bytes)` instead of its handshake{HINT}"));
    let long = HandshakeFault::TooLong { printed: escape::cut([b'x'; 65536], 5) };
    assert_eq!(
        long.predicate().to_string(),
        "printed 65536 bytes without a line's end instead of its handshake: `xxxxx… (65536 bytes)`\n\
         hint: a handshake is one line like `1|1|unix|/tmp/plugin123|grpc|`"
    );
}

#[test]
fn a_field_is_bad() {
    const LIKE: &str = "hint: a handshake is one line like `1|1|unix|/tmp/plugin123|grpc|`";
    refused("1|1|unix", &format!("printed a handshake of 3 fields, and needs at least 4: `1|1|unix`\n{LIKE}"));
    refused(
        "2|1|unix|x|grpc|",
        "speaks version 2 of go-plugin's core protocol, and this program speaks version 1\n\
         hint: build the plugin with a library that speaks that one",
    );
    refused(
        format!("{}|", "9".repeat(1000)),
        "speaks version 99999999999999999999… (1000 bytes) of go-plugin's core protocol, and this program speaks version 1\n\
         hint: build the plugin with a library that speaks that one",
    );
    for bad in ["x", "", "-1", "4294967296"] {
        refused(
            format!("1|{bad}|unix|x|grpc|"),
            &format!("names `{bad}` as its version of the application's protocol, which is no number\n{LIKE}"),
        );
    }
    refused(
        "1|7|unix|x|grpc|",
        "speaks version 7 of the application's protocol, and this program versions 1, 2\n\
         hint: install a plugin that is made for this version of the program",
    );
    assert_eq!(
        Line::parse(b"1|7|unix|x|grpc|", &[6]).unwrap_err().predicate().to_string(),
        "speaks version 7 of the application's protocol, and this program version 6\n\
         hint: install a plugin that is made for this version of the program"
    );
    refused("1|1|udp|x|grpc|", &format!("listens on network `udp`, which is neither `unix` nor `tcp`\n{LIKE}"));
    for bad in ["", "/tmp/\0"] {
        refused(
            format!("1|1|unix|{bad}|grpc|"),
            &format!(
                "names `{}` as its address of network `unix`\nhint: that would be the path of a socket, without `|`",
                bad.replace('\0', "\\0")
            ),
        );
    }
    for bad in ["", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:70000", "h o s t:1", "::1:", "[::1", "::1:9", "a/b:9"] {
        refused(
            format!("1|1|tcp|{bad}|grpc|"),
            &format!(
                "names `{bad}` as its address of network `tcp`\n\
                 hint: that would be a host and a port, as in `127.0.0.1:10000`"
            ),
        );
    }
    for bad in ["http", "", "GRPC"] {
        refused(
            format!("1|1|unix|x|{bad}|"),
            &format!("speaks protocol `{bad}`, which is neither `grpc` nor `netrpc`\n{LIKE}"),
        );
    }
}

#[test]
fn a_certificate_is_bad() {
    const HINT: &str = "\nhint: the field has the certificate's DER in standard base64 without padding, or nothing";
    let (text, _) = certificate();
    let line = |text: &str| format!("1|1|unix|x|grpc|{text}|true");
    refused(line(&format!("{text}!")), &format!("printed a handshake with a certificate that is not base64{HINT}"));
    let no_der = format!("printed a handshake with a certificate that is not DER{HINT}");
    refused(line(&text[4..]), &no_der);
    refused(line(&text[..text.len() - 8]), &no_der);
    refused(line(&"A".repeat(51)), &no_der);
}

#[test]
fn the_fuzzers_entry_accepts_any_bytes() {
    assert!(read(b"\x031|1|unix|/tmp/plugin1|grpc|\nmore"));
    assert!(!read(b"\xff1|1|unix|/tmp/plugin1|grpc|"));
    for bytes in [&b""[..], b"\0", b"\0\n", b"\x05||||||||||\n", &[0xff; 1 << 18]] {
        assert!(!read(bytes));
    }
}
