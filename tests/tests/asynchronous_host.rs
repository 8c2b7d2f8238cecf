//! A host with asynchronous methods calls a plugin with ordinary ones: a message is the same for both.

use paired_asynchronous::Pair;
use plug::Registry;
use plug::link::ProcessOptions;

#[test]
fn a_plugin_with_the_other_kind_of_methods_is_called() {
    for protocol in ["grpc", "netrpc"] {
        let options = ProcessOptions::new().env("PLUG_PROTOCOL", protocol);
        let link = options.open(plug_tests::program("paired-synchronous")).expect("it can be opened");
        let mut registry = Registry::new();
        registry.add(&link).expect("the link has plugins");
        let pair = registry.open::<dyn Pair>("adder").expect("it opens");
        futures_executor::block_on(async {
            assert_eq!(pair.sum(1, &[2, 3]).await.expect("a number"), 6);
            assert_eq!(pair.twice(21).await.expect("a number"), 42);
            assert_eq!(pair.fail("on purpose").await.expect_err("it fails").to_string(), "on purpose");
        });
    }
}
