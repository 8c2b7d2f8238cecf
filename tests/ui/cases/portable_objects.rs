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
    fn lend(&self) -> Result<&dyn Host, Error>;
    fn lend_bare(&self) -> &dyn Host;
    fn lend_some(&self) -> Result<Option<&dyn Host>, Error>;
    fn bare(&self) -> Box<dyn Host>;
    fn bare_bound(&self) -> Box<dyn Host + Send>;
    fn bare_some(&self) -> Option<Box<dyn Host>>;
    async fn bare_task(&self) -> Box<dyn crate::Host>;
    fn both(&self) -> Result<(Box<dyn Host>, u32), Error>;
    fn bound(&self) -> Result<Box<dyn Host + Send>, Error>;
    fn any(&self, host: &impl Host) -> Result<(), Error>;
}

#[plug::interface(portable)]
trait Closures: Send + Sync {
    fn lent(&self, each: &dyn Fn(u32)) -> Result<(), Error>;
    fn changed(&self, each: &mut dyn FnMut(u32)) -> Result<(), Error>;
    fn maybe(&self, each: Option<&dyn Fn(u32)>) -> Result<(), Error>;
    fn given(&self, each: Box<dyn Fn(u32) + Send>) -> Result<(), Error>;
    fn shared(&self, each: std::sync::Arc<dyn Fn(u32)>) -> Result<(), Error>;
    fn opaque(&self, each: impl FnOnce(u32)) -> Result<(), Error>;
    fn returned(&self) -> Result<Box<dyn Fn(u32)>, Error>;
    fn bare(&self) -> Box<dyn Fn(u32)>;
    fn lends(&self) -> Result<&dyn Fn(u32), Error>;
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
