//! Portable interfaces: one with a default body and a condition, and one without a method. Types that cross: a struct, an enum, one
//! without fields, and a generic one.

#[plug::interface(portable)]
pub trait Plug: Send + Sync {
    /// Greets `name`.
    fn say_hello(&self, name: &str) -> Result<String, plug::Error>;

    /// The sum of all.
    #[cfg(unix)]
    #[plug(idempotent)]
    fn sum(&self, start: u64, numbers: &[u64]) -> Result<u64, plug::Error>;

    /// Greets each of them.
    #[deprecated]
    fn say_hello_to_all(&self, _: &Page) -> Answer {
        Err(plug::Error::msg("not all at once"))
    }

    /// Not a method of its objects.
    fn made() -> Self
    where
        Self: Sized,
    {
        unimplemented!()
    }
}

/// Nothing to call.
#[doc = include_str!("nothing.md")]
#[plug::interface(crate = host::plug, portable, service = "empty.Nothing")]
#[cfg(unix)]
trait Nothing: Send + Sync {}

/// What is shown.
#[derive(plug::Portable)]
pub struct Page {
    /// Above it.
    pub title: String,
    #[plug(tag = 7)]
    r#type: Vec<Target>,
    size: u64,
}

#[derive(Clone, plug::Portable)]
#[plug(crate = host::plug)]
enum Target {
    Nowhere,
    /// Within:
    #[doc = include_str!("address.md")]
    Address(String),
    #[plug(tag = 12)]
    Anchor {
        page: u32,
    },
}

#[derive(plug::Portable)]
enum Direction {
    Left,
    Right,
}

#[derive(plug::Portable)]
struct Unit;

/// Numbers and names for other programs.
#[plug::interface(portable)]
trait Numbered: Send + Sync {
    #[plug(netrpc = "map")]
    fn configure(&self, #[plug(tag = 2, name = "ID")] id: u64, last: bool) -> Result<(), plug::Error>;
}

/// Several of them.
#[derive(plug::Portable)]
struct Several<T: Clone, const N: usize>
where
    T: Send,
{
    list: [T; N],
}
