//! The suite that runs over every link.

use plug::{OpenOptions, Registry, Settings};
use settings_plugins::Counter;

fn with(json: &str) -> OpenOptions {
    OpenOptions::new().settings(Settings::json("app.json", json).expect("it is JSON"))
}

pub fn settings_reach_the_object(registry: &Registry) {
    let twice = registry.open_with::<dyn Counter>("all", &with(r#"{ "times": 2, "token": "hunter2" }"#)).unwrap();
    let default = registry.open::<dyn Counter>("all").unwrap();
    assert!(twice.settings().unwrap().starts_with("Settings { times: 2, token: Some(Secret), "));
    assert!(default.settings().unwrap().starts_with("Settings { times: 0, token: None, "));
    assert_eq!(twice.token().unwrap().as_deref(), Some("hunter2"));
    // Each is an object of its own.
    assert_eq!([twice.count().unwrap(), twice.count().unwrap(), default.count().unwrap()], [1, 2, 1]);
}

pub fn instances_have_settings_of_their_own(registry: &Registry) {
    let text =
        "[plugins.twice]\nplugin = 'all'\ntimes = 2\n[plugins.needs]\npath = '/x'\n[plugins.all]\n[plugins.plain]\n";
    let open = |text: &str| {
        let settings = Settings::toml("app.toml", text).expect("it is TOML");
        registry.open_all::<dyn Counter>(&settings.at("plugins"))
    };
    let instances = open(text).unwrap();
    let names: Vec<_> = instances.iter().map(|opened| [opened.name(), opened.plugin()]).collect();
    assert_eq!(names, [["twice", "all"], ["needs", "needs"], ["all", "all"], ["plain", "plain"]]);
    let settings: Vec<_> = instances.iter().map(|opened| opened.settings().unwrap()).collect();
    let [twice, needs, all, plain] = &settings[..] else { panic!("{settings:?}") };
    assert!(twice.starts_with("Settings { times: 2, ") && all.starts_with("Settings { times: 0, "));
    assert_eq!([&needs[..], plain], ["/x", ""]);
    let counts: Vec<_> = [0, 0, 2].map(|at| instances[at].count().unwrap()).into();
    assert_eq!(counts, [1, 2, 1]);

    let error = open(&format!(
        "{text}[plugins.last]\nplugin = 'all'\nfail = 'deep'\nrules = [{{ pattern = 'x' }},\n  {{ pattern = 'y' }}]"
    ));
    assert_eq!(
        error.unwrap_err().to_string(),
        "plugin `all` does not take the settings of `last`: the pattern is no pattern\n \
         --> app.toml:12:5, `plugins.last.rules.1.pattern`"
    );
}
