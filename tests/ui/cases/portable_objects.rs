//! Objects in a portable interface.

use plug::Error;

/// It crosses.
#[plug::interface(portable)]
trait Host: Send + Sync {
    fn log(&self, line: &str) -> Result<(), Error>;
}

/// It does not.
#[plug::interface]
trait Plain: Send + Sync {
    fn log(&self, line: &str);
}

struct Mine;

#[plug::interface(portable)]
trait Several: Send + Sync {
    fn two(&self, host: &(dyn Host + Send)) -> Result<(), Error>;
    fn change(&self, host: &mut dyn Host) -> Result<(), Error>;
    fn forever(&self, host: &'static dyn Host) -> Result<(), Error>;
    fn shared(&self, host: std::sync::Arc<dyn Host>) -> Result<(), Error>;
    fn maybe(&self, host: Option<&dyn Host>) -> Result<(), Error>;
    fn list(&self, hosts: Vec<Box<dyn Host>>) -> Result<(), Error>;
    fn call(&self, host: &dyn Fn(u32)) -> Result<(), Error>;
    fn lend(&self) -> Result<&dyn Host, Error>;
    fn both(&self) -> Result<(Box<dyn Host>, u32), Error>;
    fn bound(&self) -> Result<Box<dyn Host + Send>, Error>;
    fn any(&self, host: &impl Host) -> Result<(), Error>;
}

#[plug::interface(portable)]
trait NotPortable: Send + Sync {
    fn lent(&self, plain: &dyn Plain) -> Result<(), Error>;
    fn given(&self, plain: Box<dyn Plain>) -> Result<(), Error>;
    fn returned(&self) -> Result<Box<dyn Plain>, Error>;
    fn debug(&self, value: &dyn std::fmt::Debug) -> Result<(), Error>;
    fn mine(&self, mine: Box<Mine>) -> Result<(), Error>;
}

fn main() {}
