//! Streams in a portable interface.

use plug::{Error, Items};

struct Mine;

#[plug::interface(portable)]
trait Written: Send + Sync {
    fn opaque(&self) -> Result<impl Iterator<Item = u32>, Error>;
    fn boxed(&self) -> Result<Box<dyn Iterator<Item = u32>>, Error>;
    fn borrowed(&self, items: &Items<u32>) -> Result<(), Error>;
    fn changed(&self, items: &mut Items<u32>) -> Result<(), Error>;
    async fn both(&self, stream: &plug::Stream<String>, name: &str) -> Result<(), Error>;
}

#[plug::interface(portable)]
trait Items1: Send + Sync {
    fn mine(&self) -> Result<Items<Mine>, Error>;
    fn nested(&self) -> Result<Items<Items<u32>>, Error>;
    fn option(&self) -> Result<Option<Items<u32>>, Error>;
    fn list(&self, streams: Vec<Items<u32>>) -> Result<(), Error>;
    fn error(&self) -> Result<Items<u32, std::io::Error>, Error>;
}

#[plug::interface(portable)]
trait Beside: Send + Sync {
    fn two(&self, items: Items<u32>, name: &str) -> Result<(), Error>;
}

fn main() {}
