//! `#[automock]` of mockall above `#[plug::interface]`. These are the items that it makes of
//! `#[automock] #[plug::interface] trait Store { fn get(&self) -> u8; }`.

#[plug::interface]
trait Store {
    fn get(&self) -> u8;
}

#[plug::interface]
#[allow(missing_docs)]
pub mod __mock_MockStore_Store {}

#[plug::interface]
#[allow(missing_docs)]
pub struct MockStore;

#[plug::interface]
impl Store for MockStore {
    fn get(&self) -> u8 {
        0
    }
}

#[plug::interface]
impl MockStore {}

fn main() {}
