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
