//! What a portable interface cannot be called on the wire, and what cannot be said of a method.

use plug::plug;

#[plug::interface(portable, service = "proto..KV", service = "proto.KV")]
trait Dots: Send + Sync {}

#[plug::interface(portable, service = "1KV")]
trait Digit: Send + Sync {}

#[plug::interface(portable, service = KV)]
trait Bare: Send + Sync {}

#[plug::interface(portable, service)]
trait NoValue: Send + Sync {}

#[plug::interface(service = "KV")]
trait NotPortable: Send + Sync {
    #[plug(idempotent)]
    fn get(&self);
}

#[plug::interface(portable)]
trait Größe: Send + Sync {
    fn größe(&self) -> Result<u8, plug::Error>;
}

// The name that is written is the one that counts.
#[plug::interface(portable, service = "Laenge")]
trait Länge: Send + Sync {}

#[plug::interface(portable)]
trait Methods: Send + Sync {
    fn say_hello(&self) -> Result<(), plug::Error>;
    #[allow(non_snake_case)]
    fn sayHello(&self) -> Result<(), plug::Error>;
    fn say__hello(&self) -> Result<(), plug::Error>;
    #[cfg(unix)]
    fn one(&self) -> Result<(), plug::Error>;
    #[cfg(not(unix))]
    fn one(&self) -> Result<(), plug::Error>;
    #[plug]
    fn nothing(&self) -> Result<(), plug::Error>;
    #[plug(idempotent, idempotent)]
    fn twice(&self) -> Result<(), plug::Error>;
    #[plug(idempotent = true)]
    fn valued(&self) -> Result<(), plug::Error>;
    #[plug(tag = 3, repeatable)]
    fn others(&self) -> Result<(), plug::Error>;
    #[plug(idempotent)]
    fn aside()
    where
        Self: Sized,
    {
    }
}

#[derive(Default)]
struct A;

#[plug("a")]
impl Methods for A {
    fn say_hello(&self) -> Result<(), plug::Error> {
        Ok(())
    }
    fn sayHello(&self) -> Result<(), plug::Error> {
        Ok(())
    }
    fn say__hello(&self) -> Result<(), plug::Error> {
        Ok(())
    }
    fn one(&self) -> Result<(), plug::Error> {
        Ok(())
    }
    fn nothing(&self) -> Result<(), plug::Error> {
        Ok(())
    }
    fn twice(&self) -> Result<(), plug::Error> {
        Ok(())
    }
    fn valued(&self) -> Result<(), plug::Error> {
        Ok(())
    }
    fn others(&self) -> Result<(), plug::Error> {
        Ok(())
    }
}

fn main() {
    let _ = plug::Registry::builtin().open::<dyn Methods>("a");
}
