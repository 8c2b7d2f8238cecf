//! The two forms of a method are one, and lifetimes are those of an `async fn`.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;

use plug::{Task, plug};

use plug_tests::pause;
use pollster::block_on;

use crate::open;

#[plug::interface]
trait Short: Send + Sync {
    async fn get(&self, key: &str, or: Option<&str>) -> Option<String>;
    async fn set(&mut self, key: &str);
    async fn count(&self, list: &mut Vec<&str>) -> usize;
    async fn shorten(&self, text: Cow<'_, str>) -> String;
    async fn clear(&self);
}

#[plug::interface]
trait Long: Send + Sync {
    fn get<'a>(&'a self, key: &'a str, or: Option<&'a str>) -> Task<'a, Option<String>>;
    fn set<'a>(&'a mut self, key: &'a str) -> Task<'a, ()>;
    fn count<'a>(&'a self, list: &'a mut Vec<&str>) -> Pin<Box<dyn Future<Output = usize> + Send + 'a>>;
    fn shorten<'a, 'b: 'a>(&'a self, text: Cow<'b, str>) -> Task<'a, String>;
    fn clear(&self) -> Task<'_, ()>;
}

#[derive(Default)]
struct Memory(String);

#[plug("memory")]
impl Short for Memory {
    fn get<'a>(&'a self, key: &'a str, or: Option<&'a str>) -> Task<'a, Option<String>> {
        Box::pin(async move { Some(format!("{}{key}{}", self.0, or?)) })
    }
    fn set<'a>(&'a mut self, key: &'a str) -> Task<'a, ()> {
        Box::pin(async move { self.0 = key.to_owned() })
    }
    fn count<'a>(&'a self, list: &'a mut Vec<&str>) -> Pin<Box<dyn Future<Output = usize> + Send + 'a>> {
        Box::pin(async move {
            list.clear();
            self.0.len()
        })
    }
    fn shorten<'a, 'b: 'a>(&'a self, text: Cow<'b, str>) -> Task<'a, String> {
        Box::pin(async move { text[self.0.len()..].to_owned() })
    }
    fn clear(&self) -> Task<'_, ()> {
        Box::pin(pause())
    }
}

#[plug("memory")]
impl Long for Memory {
    async fn get(&self, key: &str, or: Option<&str>) -> Option<String> {
        Some(format!("{}{key}{}", self.0, or?))
    }
    async fn set(&mut self, key: &str) {
        self.0 = key.to_owned();
    }
    async fn count(&self, list: &mut Vec<&str>) -> usize {
        list.clear();
        self.0.len()
    }
    async fn shorten(&self, text: Cow<'_, str>) -> String {
        text[self.0.len()..].to_owned()
    }
    async fn clear(&self) {
        pause().await;
    }
}

macro_rules! check_both_forms {
    ($interface:ident) => {
        let mut memory = open::<dyn $interface>("memory");
        block_on(async {
            memory.set("a").await;
            assert_eq!(memory.get("b", Some("c")).await.as_deref(), Some("abc"));
            assert_eq!(memory.get("b", None).await, None);
            let text = String::from("text");
            let mut list = vec![&text[..]];
            assert_eq!(memory.count(&mut list).await, 1);
            // The list is borrowed for the call alone, and not for as long as its items.
            list.push("more");
            assert_eq!(list, ["more"]);
            assert_eq!(memory.shorten(Cow::Borrowed(&text)).await, "ext");
            memory.clear().await;
        });
    };
}

#[test]
fn a_method_by_hand_and_an_async_fn_are_the_same() {
    check_both_forms!(Short);
    check_both_forms!(Long);
}

#[plug::interface]
trait Names: Send + Sync {
    async fn either<'a>(&'a self, other: &'a str) -> &'a str;
    async fn of_self<'a, 'b>(&'a self, other: &'b str) -> &'a str;
    async fn of_other<'a>(&self, other: &'a str) -> &'a str;
    async fn elided(&self, other: &str) -> &str;
    async fn fixed(&self, other: &'static str) -> &'static str;
    async fn call(&self, function: &(dyn for<'a> Fn(&'a str) -> &'a str + Sync), plain: fn(&str) -> usize) -> usize;
    async fn boxed(self: Box<Self>, other: String) -> String;
    async fn shared(self: Arc<Self>, other: &str) -> String;
    async fn pinned(self: Pin<&mut Self>, other: &str) -> String;
}

#[derive(Default)]
struct Name(String);

#[plug("name")]
impl Names for Name {
    async fn either<'a>(&'a self, other: &'a str) -> &'a str {
        if other.is_empty() {
            return &self.0;
        }
        other
    }
    async fn of_self<'a, 'b>(&'a self, _: &'b str) -> &'a str {
        &self.0
    }
    async fn of_other<'a>(&self, other: &'a str) -> &'a str {
        other
    }
    async fn elided(&self, other: &str) -> &str {
        pause().await;
        &self.0[..other.len()]
    }
    async fn fixed(&self, other: &'static str) -> &'static str {
        other
    }
    async fn call(&self, function: &(dyn for<'a> Fn(&'a str) -> &'a str + Sync), plain: fn(&str) -> usize) -> usize {
        plain(function(&self.0))
    }
    async fn boxed(self: Box<Self>, other: String) -> String {
        self.0 + &other
    }
    async fn shared(self: Arc<Self>, other: &str) -> String {
        format!("{}{other}", self.0)
    }
    async fn pinned(mut self: Pin<&mut Self>, other: &str) -> String {
        self.0.push_str(other);
        self.0.clone()
    }
}

#[test]
fn a_result_borrows_as_it_is_written() {
    let name: Box<dyn Names> = Box::new(Name("name".to_owned()));
    block_on(async {
        let other = String::from("other");
        assert_eq!(name.either(&other).await, "other");
        assert_eq!(name.either("").await, "name");
        assert_eq!(name.of_other(&other).await, "other");
        // These outlive the other argument.
        let of_self = { name.of_self(&String::from("x")).await };
        let elided = { name.elided(&String::from("xx")).await };
        assert_eq!((of_self, elided), ("name", "na"));
        let fixed = name.fixed("fixed").await;
        assert_eq!(name.call(&|text| &text[1..], str::len).await, 3);
        assert_eq!(name.boxed("!".to_owned()).await, "name!");
        assert_eq!(fixed, "fixed");
    });
}

#[test]
fn an_object_is_passed_in_each_way() {
    block_on(async {
        let shared: Arc<dyn Names> = Arc::new(Name("a".to_owned()));
        assert_eq!(shared.clone().shared("b").await, "ab");
        let mut pinned: Pin<Box<dyn Names>> = Box::pin(Name("a".to_owned()));
        assert_eq!(pinned.as_mut().pinned("b").await, "ab");
    });
}

/// The parameter of a generic interface.
#[plug::interface]
trait Codec<K: Send + 'static>: Send + Sync {
    type Item: Send;
    async fn encode(&self, key: &K) -> Self::Item;
    async fn take(&self, key: K) -> Option<K> {
        pause().await;
        Some(key)
    }
}

#[derive(Default)]
struct Count;

#[plug("count")]
impl Codec<String> for Count {
    type Item = usize;
    async fn encode(&self, key: &String) -> Self::Item {
        key.len()
    }
}

#[plug("count")]
impl Codec<&'static str> for Count {
    type Item = Box<dyn Fn() -> usize + Send>;
    async fn encode(&self, key: &&'static str) -> Self::Item {
        let key = *key;
        Box::new(move || key.len())
    }
    async fn take(&self, _: &'static str) -> Option<&'static str> {
        None
    }
}

#[test]
fn a_generic_interface_has_asynchronous_methods() {
    let owned = open::<dyn Codec<String, Item = usize>>("count");
    assert_eq!(block_on(owned.encode(&"four".to_owned())), 4);
    assert_eq!(block_on(owned.take("four".to_owned())).as_deref(), Some("four"));
    let borrowed = open::<dyn Codec<&'static str, Item = Box<dyn Fn() -> usize + Send>>>("count");
    assert_eq!(block_on(borrowed.encode(&"four"))(), 4);
    assert_eq!(block_on(borrowed.take("four")), None);
}
