//! The host with the plugins of its features, and with registries made by hand.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use pipeline::{Failure, run};
use pipeline_interface::{Filter, Reply, Store};
use plug::{Error, ErrorKind, Plugin, Registry};

plug::link!();

/// The interfaces' names in messages.
const FILTER: &str = "pipeline_interface::Filter";
const STORE: &str = "pipeline_interface::Store";

/// Each plugin, its interface, and its feature: whether that is on, and its name.
const PLUGINS: [(&str, &str, bool, &str); 8] = [
    ("dedup", FILTER, cfg!(feature = "lines"), "lines"),
    ("file", FILTER, cfg!(feature = "file"), "file"),
    ("nl", FILTER, cfg!(feature = "lines"), "lines"),
    ("number", FILTER, cfg!(feature = "lines"), "lines"),
    ("replace", FILTER, cfg!(feature = "replace"), "replace"),
    ("sort", FILTER, cfg!(feature = "lines"), "lines"),
    ("file", STORE, cfg!(feature = "file"), "file"),
    ("memory", STORE, cfg!(feature = "memory"), "memory"),
];

/// Shouts.
struct Shout;

impl Filter for Shout {
    fn line(&mut self, line: &str) -> Result<Option<String>, Error> {
        if line.is_empty() { Err(Error::msg("nothing to shout")) } else { Ok(Some(line.to_uppercase())) }
    }
}

/// A store that cannot be reached.
struct Broken;

impl Store for Broken {
    fn get<'a>(&'a self, _: &'a str) -> Reply<'a, Option<String>> {
        Box::pin(async { Err(Error::new(std::io::Error::other("the cable is cut"))) })
    }

    fn set<'a>(&'a self, _: &'a str, _: &'a str) -> Reply<'a, ()> {
        Box::pin(async { Err(Error::msg("cannot set").with_source(std::io::Error::other("the cable is cut"))) })
    }

    fn keys(&self) -> Reply<'_, Vec<String>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

fn by_hand() -> Registry {
    let shout =
        Plugin::builder::<dyn Filter>("shout", || Ok(Box::new(Shout))).docs("Shouts.\n\nLoudly.").build().unwrap();
    let broken = Plugin::new::<dyn Store>("broken", || Ok(Box::new(Broken))).unwrap();
    let mut registry = Registry::new();
    registry.add(&vec![shout, broken]).unwrap();
    registry
}

/// Runs a command, with a file of this text if it takes one.
fn output(registry: &Registry, command: &str, file: &str, input: &str) -> Result<String, Failure> {
    static FILES: AtomicU32 = AtomicU32::new(0);
    let mut arguments = vec![command.to_owned()];
    if command != "list" {
        let name = format!("plugins-{}.toml", FILES.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&path, file).unwrap();
        arguments.push(path.display().to_string());
    }
    let mut output = Vec::new();
    run(registry, &arguments, &mut input.as_bytes(), &mut output)?;
    Ok(String::from_utf8(output).unwrap())
}

fn failure(registry: &Registry, command: &str, file: &str, input: &str) -> String {
    output(registry, command, file, input).unwrap_err().to_string()
}

const SHOUT: &str = "[stages.loud]\nplugin = 'shout'\n";
const BROKEN: &str = "[store]\nplugin = 'broken'\n";

/// What happened to the instances of a plugin, in order.
type Log = Arc<Mutex<Vec<String>>>;

/// Notes its opening, its lines and its drop.
struct Noted(String, Log);

impl Noted {
    fn note(&self, what: &str) {
        self.1.lock().unwrap().push(format!("{what} {}", self.0));
    }
}

impl Filter for Noted {
    fn line(&mut self, line: &str) -> Result<Option<String>, Error> {
        self.note("line of");
        Ok(Some(format!("{line}{}", self.0)))
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        self.note("drop");
    }
}

/// A registry with the plugin `noted`, whose setting `name` is that of the instance.
fn noted() -> (Registry, Log) {
    let log = Log::default();
    let of_plugin = log.clone();
    let open = move |mut settings: BTreeMap<String, String>| {
        let noted = Noted(settings.remove("name").unwrap_or_default(), of_plugin.clone());
        noted.note("open");
        Ok(Box::new(noted) as Box<dyn Filter>)
    };
    let noted = Plugin::builder_with_settings::<dyn Filter, _>("noted", open).build().unwrap();
    let mut registry = Registry::new();
    registry.add(&vec![noted]).unwrap();
    (registry, log)
}

/// Five stages, of which the third has the other plugin.
fn stages(third: &str) -> String {
    let stage = |name: &str| {
        let plugin = if name == "c" { third } else { "noted" };
        format!("[stages.{name}]\nplugin = '{plugin}'\nname = '{name}'\n\n")
    };
    ["a", "b", "c", "d", "e"].map(stage).concat()
}

#[test]
fn the_features_choose_the_plugins() {
    let registry = Registry::builtin();
    registry.check().unwrap();
    let expected: Vec<_> = PLUGINS.iter().filter(|plugin| plugin.2).map(|plugin| (plugin.1, plugin.0)).collect();
    let plugins: Vec<_> = registry.plugins().map(|plugin| (plugin.interface(), plugin.name())).collect();
    assert_eq!(plugins, expected);
}

#[test]
fn a_plugin_whose_feature_is_off_is_known() {
    for (name, interface, is_on, feature) in PLUGINS {
        let found = match interface {
            FILTER => Registry::builtin().plugin::<dyn Filter>(name),
            _ => Registry::builtin().plugin::<dyn Store>(name),
        };
        match found {
            Ok(_) => assert!(is_on, "{name}"),
            Err(error) => {
                assert!(!is_on, "{name}: {error}");
                let ErrorKind::NotInBuild { features, .. } = error.kind() else { panic!("{error}") };
                assert_eq!(*features, [feature]);
            }
        }
    }
}

#[test]
fn the_catalogue_lists_what_each_feature_brings() {
    let features = Registry::builtin().catalogue().features();
    let features: Vec<_> = features.iter().map(|feature| (&feature.name[..], feature.plugins.join(" "))).collect();
    let expected = [("file", "file"), ("lines", "number dedup sort nl"), ("memory", "memory"), ("replace", "replace")];
    assert_eq!(features, expected.map(|(feature, plugins)| (feature, plugins.to_owned())));
}

#[test]
fn a_registry_is_made_by_hand() {
    let registry = by_hand();
    assert_eq!(output(&registry, "list", "", "").unwrap(), "filter shout: Shouts.\nstore broken: \n");
    assert_eq!(output(&registry, "filter", SHOUT, "a\nb\n").unwrap(), "A\nB\n");
}

#[test]
fn a_fake_replaces_some_of_the_real_plugins() {
    let real = Registry::builtin();
    let mut plugins: Vec<_> = real.plugins().filter(|plugin| plugin.name() != "file").cloned().collect();
    plugins.push(Plugin::new::<dyn Store>("file", || Ok(Box::new(Broken))).unwrap());
    let mut registry = Registry::new();
    registry.add(&plugins).unwrap();
    registry.check().unwrap();
    assert_eq!(registry.plugin::<dyn Store>("file").unwrap().package(), None);
    let error = registry.plugin::<dyn Filter>("file").unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unknown { elsewhere, .. } if *elsewhere == [STORE]), "{error}");
}

#[test]
fn two_plugins_of_one_name_are_a_problem_of_that_name_alone() {
    let mut plugins: Vec<_> = by_hand().plugins().cloned().collect();
    plugins.push(Plugin::new::<dyn Filter>("shout", || Ok(Box::new(Shout))).unwrap());
    let mut registry = Registry::new();
    registry.add(&plugins).unwrap();
    let error = registry.plugin::<dyn Filter>("shout").unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Problem(problem) if problem.name() == Some("shout")), "{error}");
    assert!(registry.open::<dyn Store>("broken").is_ok());
    // The list comes first, and then the problem.
    assert!(failure(&registry, "list", "", "").starts_with("the registry has 1 problem\n2 plugins of interface"));
}

#[test]
fn a_plugin_s_error_keeps_its_causes() {
    let registry = by_hand();
    let expected = "stage `loud` failed\ncaused by: nothing to shout";
    assert_eq!(failure(&registry, "filter", SHOUT, "a\n\nb\n"), expected);
    assert_eq!(failure(&registry, "store", BROKEN, "get a\n"), "the cable is cut");
    assert_eq!(failure(&registry, "store", BROKEN, "set a b\n"), "cannot set\ncaused by: the cable is cut");

    let Err(Failure::Plug(error)) = output(&registry, "store", BROKEN, "set a b\n") else { panic!("nothing failed") };
    assert!(matches!(error.kind(), ErrorKind::Plugin));
    assert!(error.source().unwrap().downcast_ref::<std::io::Error>().is_some());
}

#[test]
fn the_error_for_a_name_of_the_other_interface_names_that() {
    let failure = output(&by_hand(), "filter", "[stages.broken]\n", "").unwrap_err();
    assert!(failure.is_usage());
    let Failure::Plug(error) = failure else { panic!("{failure}") };
    let ErrorKind::Unknown { name, interface, names, elsewhere, .. } = error.kind() else { panic!("{error}") };
    assert_eq!((&name[..], *interface), ("broken", FILTER));
    assert_eq!((&names[..], &elsewhere[..]), (&["shout".to_owned()][..], &[STORE.to_owned()][..]));
}

#[test]
fn stages_are_dropped_in_the_reverse_order() {
    let (registry, log) = noted();
    assert_eq!(output(&registry, "filter", &stages("noted"), "-\n").unwrap(), "-abcde\n");
    let all = |what: &str, names: [&str; 5]| names.map(|name| format!("{what} {name}"));
    let (forth, back) = (["a", "b", "c", "d", "e"], ["e", "d", "c", "b", "a"]);
    assert_eq!(*log.lock().unwrap(), [all("open", forth), all("line of", forth), all("drop", back)].concat());
}

#[test]
fn an_unknown_plugin_in_the_third_of_five_stages_leaves_nothing_open() {
    let (registry, log) = noted();
    let failure = output(&registry, "filter", &stages("nobody"), "-\n").unwrap_err();
    assert!(failure.is_usage());
    let text = failure.to_string();
    assert!(text.starts_with("unknown plugin `nobody` of interface `pipeline_interface::Filter`\n"), "{text}");
    assert!(text.contains(".toml:10:1, `stages.c.plugin`\n"), "{text}");
    assert_eq!(*log.lock().unwrap(), ["open a", "open b", "drop b", "drop a"]);
}

#[test]
fn an_object_goes_to_another_thread() {
    let registry = by_hand();
    let (mut filter, store) =
        (registry.open::<dyn Filter>("shout").unwrap(), registry.open::<dyn Store>("broken").unwrap());
    std::thread::scope(|scope| {
        assert_eq!(scope.spawn(move || filter.line("a").unwrap().unwrap()).join().unwrap(), "A");
        scope.spawn(|| drop(store.keys()));
        scope.spawn(|| drop(store.keys()));
    });
}
