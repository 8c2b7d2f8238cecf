//! The registry alone: every problem and every error, with its whole text.
//! Miri runs these tests too, so none of them starts a process.

use plug::{Error, ErrorKind, Link, Plugin, PluginBuilder, Problem, Registry};

/// An interface with state.
#[plug::interface]
trait Counter {
    /// The next number.
    fn next(&mut self) -> u32;
}

/// Another interface, with plugins of the same names.
#[plug::interface]
trait Named {
    /// What it is called.
    fn named(&self) -> String;
}

struct From(u32);

impl Counter for From {
    fn next(&mut self) -> u32 {
        self.0 += 1;
        self.0
    }
}

impl Named for From {
    fn named(&self) -> String {
        format!("from {}", self.0)
    }
}

fn counter(name: &str, from: u32) -> Plugin {
    built(builder(name, from))
}

fn builder(name: &str, from: u32) -> PluginBuilder {
    Plugin::builder::<dyn Counter>(name, move || Ok(Box::new(From(from))))
}

fn built(builder: PluginBuilder) -> Plugin {
    builder.build().expect("the names are right")
}

fn named(name: &str, from: u32) -> Plugin {
    Plugin::new::<dyn Named>(name, move || Ok(Box::new(From(from)))).expect("the name is right")
}

fn registry(plugins: impl IntoIterator<Item = Plugin>) -> Registry {
    let mut registry = Registry::new();
    registry.add(&plugins.into_iter().collect::<Vec<_>>()).expect("a list of plugins is a link");
    registry
}

/// Replaces the line numbers of this file with `N`, since they change.
fn text(error: impl std::fmt::Display) -> String {
    let text = error.to_string();
    let mut parts = text.split(file!());
    let mut normal = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.strip_prefix(':').unwrap_or(part).trim_start_matches(|c: char| c.is_ascii_digit());
        normal = normal + "this.rs:N" + rest;
    }
    normal
}

#[test]
fn each_open_makes_an_object_of_its_own() {
    let registry = registry([counter("up", 5)]);
    let mut one = registry.open::<dyn Counter>("up").expect("it opens");
    let mut two = registry.open::<dyn Counter>("up").expect("it opens");
    assert_eq!((one.next(), one.next(), two.next()), (6, 7, 6));
}

#[test]
fn interfaces_do_not_mix() {
    let registry = registry([counter("x", 1), named("x", 2), named("y", 3)]);
    assert!(registry.problems().is_empty());
    assert_eq!(registry.open::<dyn Counter>("x").expect("it opens").next(), 2);
    assert_eq!(registry.open::<dyn Named>("x").expect("it opens").named(), "from 2");
    let names: Vec<_> = registry.plugins().map(|plugin| (plugin.interface(), plugin.name())).collect();
    assert_eq!(names, [("registry::Counter", "x"), ("registry::Named", "x"), ("registry::Named", "y")]);
    assert_eq!(
        text(registry.open::<dyn Counter>("y").err().expect("it is of the other")),
        "unknown plugin `y` of interface `registry::Counter`\n\
         hint: there is one of this name for `registry::Named`\n\
         hint: available: `x`"
    );
}

#[test]
fn order_is_by_interface_then_name_whatever_was_added_first() {
    let names = ["m", "a", "z", "b-2", "b", "b_1"];
    let plugins = names.iter().map(|name| named(name, 0)).chain(names.iter().rev().map(|name| counter(name, 0)));
    let registry = registry(plugins);
    let listed: Vec<_> = registry.plugins().map(Plugin::name).collect();
    assert_eq!(listed, ["a", "b", "b-2", "b_1", "m", "z", "a", "b", "b-2", "b_1", "m", "z"]);
}

#[test]
fn a_name_that_is_twice_cannot_be_opened_and_all_others_can() {
    let twin = built(builder("x", 2).package("plugin-twin", "0.2.0"));
    let registry = registry([built(builder("x", 1).package("plugin-x", "0.1.0")), counter("y", 7), twin]);
    let problem = "2 plugins of interface `registry::Counter` have the name `x`: plugin-twin 0.2.0 at this.rs:N and \
         plugin-x 0.1.0 at this.rs:N\n\
         hint: rename one, or leave one out of the build";
    assert_eq!(registry.problems().iter().map(text).collect::<Vec<_>>(), [problem]);
    let error = registry.open::<dyn Counter>("x").err().expect("it is twice");
    assert!(
        matches!(error.kind(), ErrorKind::Problem(Problem::Duplicate { name, places, .. }) if name == "x" && places.len() == 2)
    );
    assert_eq!(text(&error), problem);
    assert_eq!(
        text(registry.check().expect_err("there is a problem")),
        format!("the registry has 1 problem\n{problem}")
    );
    assert_eq!(registry.open::<dyn Counter>("y").expect("it opens").next(), 8);
    assert_eq!(registry.plugins().len(), 3);
}

#[test]
fn three_of_a_name_are_one_problem() {
    let registry = registry([counter("x", 1), counter("x", 2), counter("x", 3)]);
    let texts: Vec<_> = registry.problems().iter().map(text).collect();
    assert_eq!(
        texts,
        ["3 plugins of interface `registry::Counter` have the name `x`: this.rs:N and this.rs:N and this.rs:N\n\
          hint: rename one, or leave one out of the build"]
    );
}

#[test]
fn an_alias_that_hides_a_name() {
    let hides = built(builder("y", 2).aliases(["x", "why"]));
    let registry = registry([hides, counter("x", 1)]);
    let problem = "`x` is a plugin of interface `registry::Counter` (this.rs:N) and an alias of `y` (this.rs:N)\n\
         hint: drop the alias, or leave one of them out of the build";
    assert_eq!(registry.problems().iter().map(text).collect::<Vec<_>>(), [problem]);
    assert_eq!(text(registry.open::<dyn Counter>("x").err().expect("it is hidden")), problem);
    assert_eq!(registry.open::<dyn Counter>("y").expect("it opens").next(), 3);
    assert_eq!(registry.open::<dyn Counter>("why").expect("it opens").next(), 3);
}

#[test]
fn an_alias_of_two() {
    let aliased = |name| built(builder(name, 1).aliases(["both"]));
    let registry = registry([aliased("x"), aliased("y")]);
    assert_eq!(
        registry.problems().iter().map(text).collect::<Vec<_>>(),
        ["alias `both` of interface `registry::Counter` belongs to `x` (this.rs:N) and `y` (this.rs:N)\n\
          hint: drop it from one, or leave one of them out of the build"]
    );
    assert!(registry.open::<dyn Counter>("both").is_err());
    assert!(registry.open::<dyn Counter>("x").is_ok());
}

#[test]
fn problems_are_in_order_and_counted() {
    let registry =
        registry([named("x", 1), named("x", 2), counter("z", 1), counter("z", 2), counter("a", 1), counter("a", 2)]);
    let names: Vec<_> =
        registry.problems().iter().map(|problem| (problem.interface(), problem.name().unwrap_or_default())).collect();
    assert_eq!(
        names,
        [(Some("registry::Counter"), "a"), (Some("registry::Counter"), "z"), (Some("registry::Named"), "x")]
    );
    let text = text(registry.check().expect_err("there are problems"));
    assert!(text.starts_with("the registry has 3 problems\n2 plugins of interface `registry::Counter`"), "{text}");
}

#[test]
fn names_that_no_plugin_can_have() {
    let registry = registry([counter("x", 1)]);
    let rule = "hint: a name is lower-case letters and digits, in parts joined by `-` or `_`, of at most 64 bytes";
    let refused = |name: &str| {
        let error = registry.open::<dyn Counter>(name).err().expect("no plugin has it");
        assert!(matches!(error.kind(), ErrorKind::BadName { .. }));
        text(error)
    };
    assert_eq!(refused(""), format!("`` cannot be the name of a plugin\n{rule}"));
    assert_eq!(refused("a/b"), format!("`a/b` cannot be the name of a plugin\n{rule}"));
    assert_eq!(refused("\u{1b}[2J"), format!("`\\u{{1b}}[2J` cannot be the name of a plugin\n{rule}"));
    let long = "x".repeat(1 << 20);
    assert_eq!(refused(&long), format!("`{}… (1048576 bytes)` cannot be the name of a plugin\n{rule}", &long[..64]));
    let made = Plugin::new::<dyn Counter>("X", || Ok(Box::new(From(0)))).expect_err("the name is bad");
    assert_eq!(text(made), format!("`X` cannot be the name of a plugin\n{rule}"));
    let aliased = builder("x", 1).aliases(["fine", "not fine"]).build().expect_err("the alias is bad");
    assert_eq!(text(aliased), format!("`not fine` cannot be the name of a plugin\n{rule}"));
}

#[test]
fn unknown_names() {
    let upper = built(builder("upper", 1).aliases(["capitals"]));
    let registry = registry([upper, counter("lower", 1)]);
    let unknown = |name: &str| text(registry.open::<dyn Counter>(name).err().expect("it is unknown"));
    let fact = |name: &str| format!("unknown plugin `{name}` of interface `registry::Counter`");
    assert_eq!(
        unknown("uper"),
        format!("{}\nhint: did you mean `upper`?\nhint: available: `lower`, `upper`", fact("uper"))
    );
    assert_eq!(
        unknown("capitasl"),
        format!("{}\nhint: did you mean `capitals`?\nhint: available: `lower`, `upper`", fact("capitasl"))
    );
    assert_eq!(unknown("else"), format!("{}\nhint: available: `lower`, `upper`", fact("else")));
    let none = Registry::new().open::<dyn Counter>("x").err().expect("there is none");
    assert_eq!(
        text(none),
        format!(
            "{}\nhint: no plugin of this interface is linked, and no `plug::link!()` is in this program: add it at the root of this target (binary, test, example)",
            fact("x")
        )
    );
    let many = self::registry((0..23).map(|at| counter(&format!("plugin-number-{at}"), at)));
    let names: Vec<_> = many.plugins().take(20).map(|plugin| format!("`{}`", plugin.name())).collect();
    assert_eq!(
        text(many.open::<dyn Counter>("z").err().expect("it is unknown")),
        format!("{}\nhint: available: {} and 3 more", fact("z"), names.join(", "))
    );
}

#[test]
fn a_new_that_fails_is_the_source() {
    let io = || std::io::Error::new(std::io::ErrorKind::NotFound, "no such file");
    let fails = move || Err(Error::msg("cannot read the start").with_source(io()));
    let of_package = built(Plugin::builder::<dyn Counter>("fails", fails).package("plugin-fails", "1.0.0"));
    let fails = Plugin::new::<dyn Counter>("fails", fails).expect("the name is right");
    let of_no_package = fails.open::<dyn Counter>().err().expect("it fails");
    assert_eq!(format!("{of_no_package:#}"), "cannot open plugin `fails`: cannot read the start: no such file");
    let registry = registry([of_package]);
    let error = registry.open::<dyn Counter>("fails").err().expect("it fails");
    assert!(
        matches!(error.kind(), ErrorKind::Open { plugin, package } if plugin == "fails" && package.as_deref() == Some("plugin-fails"))
    );
    assert_eq!(
        format!("{error:?}"),
        "cannot open plugin `fails` of plugin-fails\ncaused by: cannot read the start\ncaused by: no such file"
    );
}

#[test]
fn a_plugin_opened_as_what_it_is_not() {
    let error = counter("x", 1).open::<dyn Named>().err().expect("it is no such thing");
    assert_eq!(text(error), "plugin `x` implements interface `registry::Counter`, and was opened as `registry::Named`");
}

#[test]
fn a_built_plugin_has_the_given_fields() {
    let plugin = built(builder("x", 1).deprecated("use y").docs("First.\n\nSecond.").package("p", "1.0.0"));
    assert_eq!(plugin.deprecated(), Some("use y"));
    assert_eq!((plugin.summary(), plugin.docs()), ("First.", "First.\n\nSecond."));
    assert_eq!((plugin.package(), plugin.version()), (Some("p"), Some("1.0.0")));
    assert_eq!((plugin.license(), plugin.repository()), (None, None));
    assert!(plugin.file().ends_with("registry.rs") && plugin.line() > 0);
    assert_eq!(plugin.open::<dyn Counter>().expect("it opens").next(), 2);
    assert_eq!(counter("x", 1).summary(), "");
}

#[test]
fn a_link_that_fails_leaves_the_registry_as_it_was() {
    struct Broken;
    impl Link for Broken {
        fn plugins(&self) -> Result<Vec<Plugin>, Error> {
            Err(Error::msg("cannot reach the plugins"))
        }
    }
    let mut registry = registry([counter("x", 1)]);
    assert_eq!(text(registry.add(&Broken).expect_err("it fails")), "cannot reach the plugins");
    assert!(registry.open::<dyn Counter>("x").is_ok());
}

#[test]
fn a_thousand_names_are_each_found() {
    let most = if cfg!(miri) { 50 } else { 1000 };
    let aliased = |at| built(builder(&format!("plugin-{at}"), at).aliases([&*format!("alias-{at}")]));
    let registry = registry((0..most).map(aliased));
    assert!(registry.problems().is_empty());
    for at in 0..most {
        for name in [format!("plugin-{at}"), format!("alias-{at}")] {
            assert_eq!(registry.open::<dyn Counter>(&name).expect("it opens").next(), at + 1);
        }
        assert!(registry.plugin::<dyn Named>(&format!("plugin-{at}")).is_err());
    }
    assert!(registry.plugin::<dyn Counter>("plugin-1000").is_err());
}

#[test]
fn a_registry_and_a_plugin_can_be_shared_and_sent() {
    fn both<T: Send + Sync>() {}
    both::<Registry>();
    both::<Plugin>();
    both::<Error>();
}
