//! A host with ordinary methods calls a plugin with asynchronous ones: a message is the same for both.

use paired_synchronous::Pair;
use plug::Registry;
use plug::link::ProcessOptions;

#[test]
fn a_plugin_with_the_other_kind_of_methods_is_called() {
    for protocol in ["grpc", "netrpc"] {
        let options = ProcessOptions::new().env("PLUG_PROTOCOL", protocol);
        let link = options.open(plug_tests::program("paired-asynchronous")).expect("it can be opened");
        let mut registry = Registry::new();
        registry.add(&link).expect("the link has plugins");
        let pair = registry.open::<dyn Pair>("adder").expect("it opens");
        assert_eq!(pair.sum(1, &[2, 3]).expect("a number"), 6);
        assert_eq!(pair.twice(21).expect("a number"), 42);
        assert_eq!(pair.fail("on purpose").expect_err("it fails").to_string(), "on purpose");
    }
}
