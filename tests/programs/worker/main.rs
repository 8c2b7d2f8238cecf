//! A plugin process that follows orders. An argument makes it a plugin of another kind.

mod foreign;
mod orders;
mod pour;
mod shadow;

use std::process::ExitCode;
use std::time::Duration;

use plug::link::{Handshake, Protocol};
use plug::{Server, plug};
use plug_tests::back::Back;
use plug_tests::service::Served;
use process_interface::{Extra, Number, Work};

/// Does as it is told.
#[derive(Default)]
struct Worker;

/// Works as it is told.
#[plug("worker", aliases = ["drudge"])]
impl Work for Worker {
    fn echo(&self, data: &[u8]) -> Result<Vec<u8>, plug::Error> {
        Ok(data.to_vec())
    }

    fn fail(&self, text: &str) -> Result<(), plug::Error> {
        Err(plug::Error::msg(text).with_source(plug::Error::msg("because it was told to")))
    }

    fn sum(&self, start: u64, numbers: &[Number]) -> Result<u64, plug::Error> {
        let sum = numbers.iter().try_fold(start, |sum, number| sum.checked_add(*number));
        sum.ok_or_else(|| plug::Error::msg("the sum is too large"))
    }

    fn sleep(&self, millis: u64) -> Result<(), plug::Error> {
        std::thread::sleep(Duration::from_millis(millis));
        Ok(())
    }

    fn die(&self, how: &str) -> Result<(), plug::Error> {
        orders::die(how)
    }

    fn version(&self) -> Result<String, plug::Error> {
        Ok("1".to_owned())
    }

    fn obey(&self, order: &str) -> Result<String, plug::Error> {
        orders::obey(order)
    }
}

/// Something else.
#[derive(Default)]
struct Second;

/// Is there from version 2 on.
#[plug("second")]
impl Extra for Second {
    fn name(&self) -> Result<String, plug::Error> {
        Ok("second".to_owned())
    }
}

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        None => plug::serve(),
        // Nothing but a service, in a version that is declared as net/rpc.
        Some("service") => {
            let handshake = Handshake::new("HASHI", "hola").version(1).protocol(1, Protocol::NetRpc);
            Server::new().plugins([]).service(Served(pour::Pour)).handshake(handshake).serve_process()
        }
        Some("pours") => Server::new().service(Served(pour::Pour)).serve_process(),
        Some("brokers") => Server::new().service(Served(Back)).serve_process(),
        Some("shadows") => {
            let server = Server::new()
                .service(Served(shadow::Broker))
                .service(Served(shadow::Plugins))
                .service(Served(shadow::Work));
            server.serve_process()
        }
        Some("repeats") => Server::new().service(Served(Back)).service(Served(Back)).serve_process(),
        Some("versions") => {
            let handshake = Handshake::new("HASHI", "hola").interface::<dyn Work>(1).interface::<dyn Extra>(2);
            Server::new().handshake(handshake).serve_process()
        }
        Some("isolated") => plug::serve_isolated().unwrap_or(ExitCode::from(9)),
        Some(sort) => foreign::be(sort),
    }
}
