//! Several instances: their order, whole messages of their errors, and opening anew.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use plug::{Error, ErrorKind, Instances, OpenOptions, Opened, Plugin, Registry, Settings};
use serde::Deserialize;

#[plug::interface]
trait Label: Send + Sync {
    fn label(&self) -> String;
    fn relabel(&mut self, label: &str);
}

/// Notes when it is made and dropped.
struct Noted {
    label: String,
    notes: Notes,
}

type Notes = Arc<Mutex<Vec<String>>>;

impl Label for Noted {
    fn label(&self) -> String {
        self.label.clone()
    }

    fn relabel(&mut self, label: &str) {
        label.clone_into(&mut self.label);
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        self.notes.lock().unwrap().push(format!("-{}", self.label));
        assert_ne!(self.label, "panic in drop");
    }
}

#[derive(Deserialize)]
struct Labelled {
    label: String,
}

/// A registry with `noted`, which takes settings, and `plain`, which takes none.
struct Host {
    registry: Registry,
    notes: Notes,
}

impl Host {
    fn new() -> Self {
        let notes = Notes::default();
        let notes_of_plugin = notes.clone();
        let open = move |Labelled { label }: Labelled| {
            match &label[..] {
                "" => return Err(Error::msg("a label is no empty text").at("label")),
                "io" => return Err(Error::new(std::io::Error::other("the disk is gone"))),
                "io at" => return Err(Error::new(std::io::Error::other("the disk is gone")).at("label")),
                "hint" => return Err(Error::msg("no\nhint: yes").with_source(Error::msg("a cause")).at("label")),
                "panic" => panic!("a label"),
                _ => {}
            }
            let notes = notes_of_plugin.clone();
            notes.lock().unwrap().push(format!("+{label}"));
            Ok(Box::new(Noted { label, notes }) as Box<dyn Label>)
        };
        let noted = Plugin::builder_with_settings("noted", open).aliases(["n"]).package("labels", "1.0.0");
        let plain = Plugin::builder::<dyn Label>("plain", || {
            Ok(Box::new(Noted { label: "plain".to_owned(), notes: Notes::default() }))
        });
        let plugins = [noted, plain].map(|plugin| plugin.build().expect("the names are right"));
        Self { registry: plugins.into_iter().collect(), notes }
    }

    fn open(&self, toml: &str) -> Result<Instances<dyn Label>, Error> {
        self.registry.open_all(&Settings::toml("app.toml", toml)?.at("plugins"))
    }

    /// The labels that were made and dropped since the last call.
    fn notes(&self) -> String {
        std::mem::take(&mut *self.notes.lock().unwrap()).join(" ")
    }
}

const THREE: &str = "
[plugins.z]
plugin = 'noted'
label = '1'

[plugins.'a b']
plugin = 'n'
label = '2'

[plugins.noted]
label = '3'
";

#[test]
fn instances_have_the_order_of_the_file_and_are_dropped_in_reverse() {
    let host = Host::new();
    let mut instances = host.open(THREE).unwrap();
    assert_eq!(host.notes(), "+1 +2 +3");
    let of = |opened: &Opened<dyn Label>| [opened.name().to_owned(), opened.plugin().to_owned(), opened.label()];
    let described: Vec<_> = instances.iter().map(of).collect();
    assert_eq!(described, [["z", "noted", "1"], ["a b", "noted", "2"], ["noted", "noted", "3"]]);
    for opened in &mut instances {
        let twice = opened.label().repeat(2);
        opened.relabel(&twice);
    }
    assert_eq!(instances.named("a b").map(|opened| opened.label()).as_deref(), Some("22"));
    assert!(instances.named("b").is_none());
    let debug = "[Opened { name: \"z\", plugin: \"noted\", .. }, Opened { name: \"a b\", plugin: \"noted\", .. }, \
                 Opened { name: \"noted\", plugin: \"noted\", .. }]";
    assert_eq!(format!("{instances:?}"), debug);
    drop(instances);
    assert_eq!(host.notes(), "-33 -22 -11");
}

#[test]
fn instances_can_be_taken_out() {
    let host = Host::new();
    let mut instances = host.open(THREE).unwrap().into_iter();
    let first: Box<dyn Label> = instances.next().unwrap().into_inner();
    drop(instances);
    assert_eq!(first.label(), "1");
    drop(first);
    assert_eq!(host.notes(), "+1 +2 +3 -2 -3 -1");
}

#[test]
fn json_and_values_have_an_order_too() {
    let host = Host::new();
    let json = r#"{ "z": { "plugin": "noted", "label": "1" }, "noted": { "label": "2" }, "plain": {} }"#;
    let settings = Settings::json("app.json", json).unwrap();
    assert_eq!(host.registry.open_all::<dyn Label>(&settings).unwrap()[2].plugin(), "plain");
    assert_eq!(host.notes(), "+1 +2 -2 -1");

    let section = |label| BTreeMap::from([("plugin", "noted"), ("label", label)]);
    let value = Settings::of(&BTreeMap::from([("b", section("2")), ("a", section("1"))])).unwrap();
    let options = OpenOptions::new().deadline(Duration::from_secs(1)).settings(settings);
    assert_eq!(host.registry.open_all_with::<dyn Label>(&value, &options).unwrap().len(), 2);
    assert_eq!(host.notes(), "+1 +2 -2 -1");

    assert!(host.open("").unwrap().is_empty());
}

/// The error of a third section, after which the first two are dropped.
fn third(section: &str) -> Error {
    let host = Host::new();
    let before = "[plugins.one]\nplugin = 'noted'\nlabel = '1'\n[plugins.two]\nplugin = 'noted'\nlabel = '2'\n";
    let after = "\n[plugins.four]\nplugin = 'noted'\nlabel = '4'\n[plugins.five]\nplugin = 'noted'\nlabel = '5'\n";
    let error = host.open(&[before, section, after].concat()).unwrap_err();
    assert_eq!(host.notes(), "+1 +2 -2 -1");
    error
}

const HINTS: &str = "hint: available: `noted`, `plain`";

#[test]
fn an_unknown_plugin_in_the_third_of_five_sections() {
    let error = third("[plugins.third]\nplugin = 'notd'\nlabel = '3'");
    assert!(matches!(error.kind(), ErrorKind::Unknown { nearest: Some(nearest), .. } if nearest == "noted"));
    let interface = concat!(module_path!(), "::Label");
    assert_eq!(
        error.to_string(),
        format!(
            "unknown plugin `notd` of interface `{interface}`\n --> app.toml:8:1, `plugins.third.plugin`\n\
             hint: did you mean `noted`?\n{HINTS}"
        )
    );
    assert_eq!(
        third("  [ plugins . third ]\nlabel = '3'").to_string(),
        format!(
            "unknown plugin `third` of interface `{interface}`\n --> app.toml:7:15, `plugins.third`\n{HINTS}\n\
             hint: a section names its plugin by the key `plugin`, or by its own name"
        )
    );
    assert_eq!(
        third(r#"[plugins."\u001b[m"]"#).to_string(),
        "`\\u{1b}[m` cannot be the name of a plugin\n --> app.toml:7:10, `plugins.\"\\u001B[m\"`\n\
         hint: a name is lower-case letters and digits, in parts joined by `-` or `_`, of at most 64 bytes\n\
         hint: a section names its plugin by the key `plugin`, or by its own name"
    );
}

#[test]
fn a_section_that_is_none() {
    for (section, expected) in [
        ("[plugins]\nthird = 3", "`plugins.third` is no table\n --> app.toml:8:1"),
        ("[[plugins.third]]", "`plugins.third` is no table\n --> app.toml:7:11"),
        ("[plugins.third]\nplugin = 3", "`plugins.third.plugin` is no text, and names the plugin\n --> app.toml:8:1"),
        ("[plugins.third.plugin]", "`plugins.third.plugin` is no text, and names the plugin\n --> app.toml:7:16"),
    ] {
        let error = third(section);
        assert!(matches!(error.kind(), ErrorKind::Unreadable { place: Some(_), .. }));
        assert_eq!(error.to_string(), format!("the settings of `app.toml` cannot be read: {expected}"));
    }
    let no_table = "the settings of `app.toml` cannot be read: `plugins` is no table of sections\n --> app.toml:1:1";
    assert_eq!(Host::new().open("plugins = ['hunter2']").unwrap_err().to_string(), no_table);
}

#[test]
fn refused_settings_name_the_instance() {
    let error = third("[plugins.third]\nplugin = 'noted'\nlabel = ''");
    assert_eq!(
        error.to_string(),
        "plugin `noted` does not take the settings of `third`: a label is no empty text\n \
         --> app.toml:9:1, `plugins.third.label`"
    );
    let ErrorKind::Settings { plugin, instance, key, place, what, nearest } = error.kind() else { panic!("{error}") };
    assert_eq!((&plugin[..], instance.as_deref(), &key[..]), ("noted", Some("third"), "plugins.third.label"));
    assert_eq!(place.as_ref().map(|place| (&place.file[..], place.line, place.column)), Some(("app.toml", 9, 1)));
    assert_eq!((&what[..], nearest), ("a label is no empty text", &None));

    let error = third("[plugins.third]\nplugin = 'plain'\n\"say \\\"hi\\\"\\u001b\" = 3");
    assert_eq!(
        error.to_string(),
        "plugin `plain` does not take the settings of `third`: it takes no settings, and `say \"hi\"\\u{1b}` was set\n \
         --> app.toml:9:1, `plugins.third.\"say \\\"hi\\\"\\u001B\"`"
    );
    let error = third("[plugins.third]\nplugin = 'plain'\nother = 3");
    assert_eq!(
        error.to_string(),
        "plugin `plain` does not take the settings of `third`: it takes no settings, and `other` was set\n \
         --> app.toml:9:1, `plugins.third.other`"
    );
}

#[test]
fn a_near_miss_has_its_place() {
    assert_eq!(
        third("[plugins.third]\nplugin = 'noted'\nlable = '3'").to_string(),
        "plugin `noted` does not take the settings of `third`: there is no `lable`: did you mean `label`?\n \
         --> app.toml:9:1, `plugins.third.lable`"
    );
    assert_eq!(
        third("[plugins.third]\nplugin = 'noted'\nlabel = 3").to_string(),
        "plugin `noted` does not take the settings of `third`: expected a text, found a number\n \
         --> app.toml:9:1, `plugins.third.label`"
    );
    assert_eq!(
        third("[plugins.third]\nplugin = 'noted'").to_string(),
        "plugin `noted` does not take the settings of `third`: `label` is missing\n --> app.toml:7:10, `plugins.third`"
    );
}

#[test]
fn the_causes_of_an_error_stay() {
    let error = third("[plugins.third]\nplugin = 'noted'\nlabel = 'hint'");
    let first = "plugin `noted` does not take the settings of `third`: no";
    let rest = "\n --> app.toml:9:1, `plugins.third.label`\nhint: yes";
    assert_eq!(error.to_string(), format!("{first}{rest}"));
    assert_eq!(format!("{error:#}"), format!("{first}: a cause{rest}"));
    assert_eq!(format!("{error:?}"), format!("{first}{rest}\ncaused by: a cause"));

    let error = third("[plugins.third]\nplugin = 'noted'\nlabel = 'io at'");
    let text = "plugin `noted` does not take the settings of `third`: the disk is gone\n \
                --> app.toml:9:1, `plugins.third.label`";
    assert_eq!([format!("{error:#}"), format!("{error:?}")], [text, text]);
    assert!(error.downcast_ref::<std::io::Error>().is_some());

    let error = third("[plugins.third]\nplugin = 'noted'\nlabel = 'io'");
    assert!(matches!(error.kind(), ErrorKind::Open { plugin, .. } if plugin == "noted"));
    let (first, rest) = ("cannot open plugin `noted` of labels", "\n --> app.toml:7:10, `plugins.third`");
    assert_eq!(error.to_string(), format!("{first}{rest}"));
    assert_eq!(format!("{error:#}"), format!("{first}: the disk is gone{rest}"));
    assert_eq!(format!("{error:?}"), format!("{first}{rest}\ncaused by: the disk is gone"));
    assert!(error.downcast_ref::<std::io::Error>().is_some());
}

#[test]
fn a_value_has_keys_and_no_places() {
    let host = Host::new();
    let open = |plugin, label| {
        let section = BTreeMap::from([("plugin", plugin), ("label", label)]);
        let settings = Settings::of(&BTreeMap::from([("plugins", BTreeMap::from([("a.b", section)]))])).unwrap();
        host.registry.open_all::<dyn Label>(&settings.at("plugins")).unwrap_err().to_string()
    };
    assert_eq!(
        open("noted", ""),
        "plugin `noted` does not take the settings of `a.b`: a label is no empty text\n --> `plugins.\"a.b\".label`"
    );
    assert_eq!(open("noted", "io"), "cannot open plugin `noted` of labels\n --> `plugins.\"a.b\"`");
    let settings = Settings::of(&BTreeMap::from([("a", 1)])).unwrap();
    assert_eq!(
        host.registry.open_all::<dyn Label>(&settings).unwrap_err().to_string(),
        format!("the settings of `{}` cannot be read: `a` is no table", std::any::type_name::<BTreeMap<&str, i32>>())
    );
}

#[test]
fn a_panic_drops_the_earlier_instances() {
    let host = Host::new();
    let text = THREE.replace("'3'", "'panic'");
    assert!(catch_unwind(AssertUnwindSafe(|| host.open(&text))).is_err());
    assert_eq!(host.notes(), "+1 +2 -2 -1");
    let instances = host.open(&THREE.replace("'2'", "'panic in drop'")).unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| drop(instances))).is_err());
    assert_eq!(host.notes(), "+1 +panic in drop +3 -3 -panic in drop -1");
}

#[test]
fn other_settings_are_opened_anew() {
    let host = Host::new();
    let mut instances = host.open(THREE).unwrap();
    assert_eq!(host.notes(), "+1 +2 +3");

    // The old ones stay where the new ones cannot be opened.
    let error = host.open(&THREE.replace("'1'", "'4'").replace("'3'", "''")).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Settings { .. }));
    assert_eq!(host.notes(), "+4 +2 -2 -4");
    assert_eq!(instances[2].label(), "3");

    let old = std::mem::replace(&mut instances, host.open(&THREE.replace("'1'", "'4'")).unwrap());
    assert_eq!(host.notes(), "+4 +2 +3");
    drop(old);
    assert_eq!(host.notes(), "-3 -2 -1");
    assert_eq!(instances[0].label(), "4");

    // A host can tell what has changed.
    let section = |text: &str, path| Settings::toml("app.toml", text).unwrap().at(path);
    let changed = format!("# moved\n{}", THREE.replace("'1'", "'4'"));
    assert_eq!(section(THREE, "plugins.noted"), section(&changed, "plugins.noted"));
    assert_ne!(section(THREE, "plugins.z"), section(&changed, "plugins.z"));
}

#[test]
fn each_section_is_checked() {
    let host = Host::new();
    let text = "[plugins.one]\nplugin = 'n'\nlabel = ''\n[plugins.two]\nplugin = 3\n[plugins.plain]\nother = 1\n\
                [plugins.noted]\nlabel = 1\n[plugins.last]\n";
    let settings = Settings::toml("app.toml", text).unwrap().at("plugins");
    let checked = host.registry.check_all::<dyn Label>(&settings).unwrap();
    let described: Vec<_> = checked.iter().map(|one| (one.name(), one.plugin().map(Plugin::name))).collect();
    let expected =
        [("one", Some("noted")), ("two", None), ("plain", Some("plain")), ("noted", Some("noted")), ("last", None)];
    assert_eq!(described, expected);
    let [one, two, plain, noted, last] = &checked[..] else { panic!("{checked:?}") };
    // Only the constructor refuses the label.
    assert!(one.result().is_ok());
    assert!(matches!(two.result().unwrap_err().kind(), ErrorKind::Unreadable { .. }));
    assert_eq!(
        plain.result().unwrap_err().to_string(),
        "plugin `plain` does not take the settings of `plain`: it takes no settings, and `other` was set\n \
         --> app.toml:7:1, `plugins.plain.other`"
    );
    assert!(
        matches!(noted.result().unwrap_err().kind(), ErrorKind::Settings { instance, .. } if instance.as_deref() == Some("noted"))
    );
    assert!(matches!(last.result().unwrap_err().kind(), ErrorKind::Unknown { .. }));
    assert_eq!(host.notes(), "");
    assert!(host.registry.check_all::<dyn Label>(&settings.at("one.label")).is_err());
}

#[test]
fn settings_by_hand_say_the_instance_too() {
    let host = Host::new();
    let settings = Settings::toml("app.toml", THREE).unwrap();
    let open = |path: &str| {
        let options = OpenOptions::new().settings(settings.at(path).without("plugin"));
        host.registry.open_with::<dyn Label>("plain", &options).err().map(|error| error.to_string())
    };
    assert_eq!(
        open("plugins.z").as_deref(),
        Some(
            "plugin `plain` does not take the settings of `z`: it takes no settings, and `label` was set\n \
             --> app.toml:4:1, `plugins.z.label`"
        )
    );
    assert_eq!(
        open("plugins.z.label").as_deref(),
        Some(
            "plugin `plain` does not take the settings of `label`: it takes no settings\n --> app.toml:4:1, `plugins.z.label`"
        )
    );
    assert_eq!(open("plugins.missing"), None);
}
