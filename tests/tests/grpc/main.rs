//! The grpc link, with servers in this program: long errors, limits and TLS.

mod errors;
mod tls;

use plug::Server;
use plug::link::{Grpc, GrpcOptions};
use plug::{Error, Registry, plug};

/// Answers as the argument says.
#[plug::interface(portable)]
pub trait Answer: Send + Sync {
    /// Fails with these texts, each the cause of the one before.
    fn fail(&self, texts: &[String]) -> Result<(), Error>;

    /// Panics with this text.
    fn panic(&self, text: &str) -> Result<(), Error>;

    /// Returns the same text.
    fn echo(&self, text: &str) -> Result<String, Error>;
}

#[derive(Default)]
struct Answers;

#[plug("answers")]
impl Answer for Answers {
    fn fail(&self, texts: &[String]) -> Result<(), Error> {
        let cause = |cause: Option<Error>, text: &String| {
            let error = Error::msg(text);
            Some(match cause {
                None => error,
                Some(cause) => error.with_source(cause),
            })
        };
        texts.iter().rev().fold(None, cause).map_or(Ok(()), Err)
    }

    fn panic(&self, text: &str) -> Result<(), Error> {
        panic!("{text}");
    }

    fn echo(&self, text: &str) -> Result<String, Error> {
        Ok(text.to_owned())
    }
}

/// Serves [`Answers`] until the program ends, and returns the address.
fn serve(server: Server) -> String {
    let server = server.bind("127.0.0.1:0").unwrap();
    let address = server.address();
    std::thread::spawn(move || server.serve());
    address
}

fn open(link: &Grpc) -> Result<Box<dyn Answer>, Error> {
    let mut registry = Registry::new();
    registry.add(link)?;
    registry.open::<dyn Answer>("answers")
}

/// The message of the error, with `ADDRESS` for the address.
fn message(error: &Error, address: &str) -> String {
    format!("{error:?}").replace(address, "ADDRESS")
}

#[test]
fn a_message_over_the_limit_names_the_option() {
    let address = serve(Server::new().max_request(1000));
    let answers = open(&Grpc::open(&address).unwrap()).unwrap();
    assert_eq!(answers.echo(&"x".repeat(900)).unwrap().len(), 900);
    let error = answers.echo(&"x".repeat(2000)).unwrap_err();
    assert_eq!(
        message(&error, &address),
        "plugin `answers` in `ADDRESS` refused `echo` with RESOURCE_EXHAUSTED: \
         the request has 2003 bytes, and the limit is 1000\n\
         hint: `Server::max_request` of the server sets the limit"
    );
    let address = serve(Server::new());
    let answers = open(&GrpcOptions::new().max_reply(1000).open(&address).unwrap()).unwrap();
    let error = answers.echo(&"x".repeat(2000)).unwrap_err();
    assert_eq!(
        message(&error, &address),
        "plugin `answers` in `ADDRESS` refused `echo` with OUT_OF_RANGE: \
         the reply has 2003 bytes, and the limit is 1000\n\
         hint: `GrpcOptions::max_reply` sets the limit"
    );
    assert_eq!(answers.echo("x").unwrap(), "x");
}
