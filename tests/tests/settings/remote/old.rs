//! Peers that open no instances: a process of before there were any, and a server that allows none.

use plug::link::{Grpc, ProcessOptions};
use plug::{ErrorKind, OpenOptions, Registry};
use plug_tests::program;
use settings_plugins::Counter;

use super::{json, open, registry, server};

/// Two opened plugins are the same object.
fn assert_shared(registry: &Registry) {
    let [one, other] = [0, 1].map(|_| registry.open::<dyn Counter>("all").unwrap());
    assert_eq!([one.count().unwrap(), one.count().unwrap(), other.count().unwrap()], [1, 2, 3]);
    // Empty settings are none.
    assert_eq!(open(registry, "{}").unwrap().count().unwrap(), 4);
    assert_eq!(open(registry, " { } ").unwrap().count().unwrap(), 5);
}

#[test]
fn a_process_of_before_is_used_as_before() {
    let process = ProcessOptions::new().arg("old").without_tls().open(program("settings-peer")).unwrap();
    let registry = registry(&process);
    assert_shared(&registry);
    let all = registry.plugin::<dyn Counter>("all").unwrap();
    assert!(!all.takes_settings());
    assert_eq!(all.schema().unwrap(), None);
    let error = open(&registry, r#"{ "times": 2 }"#).err().unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let text = format!(
        "plugin `all` does not take its settings: it was built with plug {version}, which knows no settings\n \
         --> app.json:1:1"
    );
    assert!(matches!(error.kind(), ErrorKind::Settings { .. }));
    assert_eq!(format!("{error:?}"), text);
    assert_eq!(format!("{:?}", all.check(&json(r#"{ "times": 2 }"#)).unwrap_err()), text);
    all.check(&json("{}")).unwrap();
}

#[test]
fn a_server_without_instances_shares_its_objects() {
    let (_server, address) = server(0);
    let registry = registry(&Grpc::open(&address).unwrap());
    assert_shared(&registry);
    let all = registry.plugin::<dyn Counter>("all").unwrap();
    assert!(all.takes_settings());
    assert!(all.schema().unwrap().unwrap().starts_with('{'));
    let text = "plugin `all` does not take its settings: \
                its server opens no instances, and only they have settings: `Server::instances` allows them\n \
                --> app.json:1:1";
    let error = open(&registry, r#"{ "times": 2 }"#).err().unwrap();
    assert!(matches!(error.kind(), ErrorKind::Settings { .. }));
    assert_eq!(format!("{error:?}"), text);
    assert_eq!(format!("{:?}", all.check(&json(r#"{ "times": 2 }"#)).unwrap_err()), text);
    all.check(&json("{}")).unwrap();
    // A plugin that takes none says so, here as everywhere.
    let options = OpenOptions::new().settings(json(r#"{ "times": 2 }"#));
    let error = registry.open_with::<dyn Counter>("plain", &options).err().unwrap();
    let ErrorKind::Settings { what, .. } = error.kind() else { panic!("{error:?}") };
    assert_eq!(what, "it takes no settings, and `times` was set");
}

#[test]
fn a_program_that_lists_no_plugins_takes_no_settings() {
    let process = ProcessOptions::new().arg("foreign").without_tls().open(program("settings-peer")).unwrap();
    let registry = registry(&process);
    let plugin = registry.plugins_of::<dyn Counter>().next().unwrap();
    let error = plugin.open_with::<dyn Counter>(&OpenOptions::new().settings(json(r#"{ "times": 2 }"#))).err().unwrap();
    let path = program("settings-peer");
    assert_eq!(
        format!("{error:?}").replace(&*path.to_string_lossy(), "PATH"),
        "plugin `settings-peer` does not take its settings: `settings-peer` in `PATH` takes no settings by plug; \
         a plugin in Go takes them by a method of its interface, `configure` say\n \
         --> app.json:1:1"
    );
    // Without settings it is the object that all share.
    let [one, other] = [0, 1].map(|_| plugin.open::<dyn Counter>().unwrap());
    assert_eq!([one.process().unwrap(), other.process().unwrap()], [process.pid().unwrap(); 2]);
}
