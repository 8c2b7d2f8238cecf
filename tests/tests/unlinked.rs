//! A host that forgot `link!`: this binary has no plugin, and no catalogue.

use plug::link::Builtin;
use plug::{Plugin, Problem, Registry};

const PROBLEM: &str = "no plugin is linked, and no `plug::link!()` is in this program\n\
                       hint: add it at the root of this target (binary, test, example)";

#[plug::interface]
trait Named {}

struct Any;

impl Named for Any {}

#[test]
fn a_forgotten_link_is_a_problem() {
    let registry = Registry::builtin();
    assert_eq!(registry.problems(), [Problem::NotLinked]);
    let problem = &registry.problems()[0];
    assert_eq!((problem.name(), problem.interface()), (None, None));
    let error = registry.check().expect_err("nothing is linked");
    assert_eq!(error.to_string(), format!("the registry has 1 problem\n{PROBLEM}"));
}

/// A host with plugins of another link needs no `link!`.
#[test]
fn plugins_of_other_links_need_none() {
    let plugin = Plugin::new::<dyn Named>("any", || Ok(Box::new(Any))).expect("the name is right");
    let mut registry = Registry::new();
    registry.add(&Builtin).expect("nothing can fail");
    assert_eq!(registry.problems(), [Problem::NotLinked]);
    registry.add(&[plugin]).expect("a list cannot fail");
    assert_eq!(registry.problems(), []);
    assert_eq!(Registry::new().problems(), []);
}
