//! A library whose plugin uses tokio without the feature `tokio` of plug, in a host with a tokio of
//! its own.

use plug::Registry;
use plug_tests::library;
use tokio_plugins::Net;

#[test]
fn a_library_without_the_feature_says_what_it_lacks() {
    let mut registry = Registry::new();
    let path = library("tokio-plugins", &["--no-default-features"]);
    registry.add(&crate::open(&path).expect("it can be opened")).expect("the link has plugins");
    let net = registry.open::<dyn Net>("net").expect("it opens");
    let host = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("it is built");
    let errors = [
        ("sleep", host.block_on(net.sleep(1)).expect_err("there is no runtime")),
        ("spawn", host.block_on(net.spawn()).expect_err("there is no runtime")),
        ("echo", host.block_on(net.echo("text")).expect_err("there is no runtime")),
        ("spawn_outside", net.spawn_outside().expect_err("there is no runtime")),
    ];
    let fact = "there is no reactor running, must be called from the context of a Tokio 1.x runtime";
    let hint =
        "turn on the feature `tokio` of plug in the plugin's crate, and use tokio in an `async fn` or a `Stream`";
    for (method, error) in errors {
        let text = error.to_string();
        assert!(text.starts_with(&format!("plugin `net` panicked in `{method}` at ")), "{text}");
        assert!(text.ends_with(&format!(": {fact}\nhint: {hint}")), "{text}");
    }
}
