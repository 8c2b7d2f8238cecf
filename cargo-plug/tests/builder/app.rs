//! The app with a plugin from outside: it names the plugin with its version and source, and the file says the same.

use std::process::Command;

use plug_tests::{app, root};

use crate::world::{World, same};

#[test]
fn the_app_and_its_file_say_the_same() {
    let world = World::new("app");
    let (program, plugin) = (root().join("app"), root().join("plugins/polite"));
    let [program, plugin] = [program, plugin].map(|path| path.display().to_string());
    // A package that brings no plugin.
    let interface = root().join("app/interface").display().to_string();
    let dependencies = format!("app-interface = {{ path = '{interface}' }}\n{}\n", world.plug_dependency(""));
    world.plugin_with("plugin-none", "plugin-none", &dependencies);
    world.write("plugin-none/src/lib.rs", "//! Has no plugin.\n");
    let with = ["--with", &plugin, "--with", "./plugin-none"];
    world.plug(&[&["build", &program, "-F", "a", "--offline", "-o", "mine"], &with[..]].concat());
    let seen = |arguments: &[&str]| {
        let output = plug_tests::run(app(&world.path("mine")).args(arguments).env("COLUMNS", "200"));
        let seen = plug_tests::seen(&output).replace(&world.folder.display().to_string(), "<>");
        seen.replace(&root().display().to_string(), "<root>")
    };
    // The columns are as wide as the folder of the workspace is long.
    let cells =
        |line: &str| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join("|");
    assert_eq!(
        seen(&["list"]).lines().map(cells).collect::<Vec<_>>(),
        [
            "NAME|PACKAGE|SOURCE|SUMMARY",
            "a|plugin-a 0.1.0|Says hello in English.",
            "formal|plugin-polite 0.1.0|path <root>/plugins/polite|Says good day to anybody. (deprecated: use polite)",
            "polite|plugin-polite 0.1.0|path <root>/plugins/polite|Says good day, and refuses an empty name.",
            "---- exit status: 0",
        ]
    );
    same(
        &seen(&["doctor"]),
        "\
warning: package `plugin-none` from outside brought no plugin: path <>/plugin-none
note: plugin `formal` of plugin-polite 0.1.0 is deprecated: use polite
note: plugin `formal` of plugin-polite 0.1.0 is from outside: path <root>/plugins/polite
note: plugin `polite` of plugin-polite 0.1.0 is from outside: path <root>/plugins/polite
3 plugins, 0 problems, 1 deprecated
---- exit status: 0
",
    );
    same(
        &seen(&["--version"]),
        "\
app 0.1.0
plugins: +a -b +formal +polite
from outside: formal, plugin-polite 0.1.0, path <root>/plugins/polite
from outside: polite, plugin-polite 0.1.0, path <root>/plugins/polite
---- exit status: 0
",
    );
    let info = seen(&["info", "polite"]);
    assert!(info.contains("\nFrom       path <root>/plugins/polite\n"), "{info}");
    let json = |text: &str| text.parse::<serde_json::Value>().expect("it is JSON");
    let report = json(seen(&["doctor", "--format", "json"]).split("----").next().unwrap());
    let warning = r#"{"kind":"brings_no_plugin","link":null,"message":"package `plugin-none` from outside brought no plugin: path <>/plugin-none"}"#;
    assert_eq!(report["warnings"], json(&format!("[{warning}]")));
    let outside = report["outside"].to_string();
    assert!(
        outside.contains(r#""name":"polite""#) && outside.contains(r#""source":"path <root>/plugins/polite""#),
        "{outside}"
    );

    // The keys of a plugin are those of the app, and one more.
    let of_app = json(seen(&["list", "--available", "--format", "json"]).split("----").next().unwrap());
    let (text, _) = world.plug(&["list", "mine", "--format", "json"]);
    let mut of_file = json(&text.replace(&root().display().to_string(), "<root>"));
    let plugins = of_file["plugins"].as_array_mut().unwrap();
    let takes: Vec<_> =
        plugins.iter_mut().map(|plugin| plugin.as_object_mut().unwrap().remove("takes_settings").unwrap()).collect();
    assert_eq!(takes, [false, false, true]);
    assert_eq!(of_file["plugins"], of_app["plugins"]);
    assert_eq!(of_file["available"][0]["name"], of_app["available"][0]["name"]);
    assert_eq!(of_file["file"]["kind"], "program");
    // Without symbols, the records are still there.
    world.succeed(Command::new("strip").arg(world.path("mine")));
    same(&world.plug(&["list", "mine", "--format", "names"]).0, "a\nformal\npolite\n");
}

#[test]
fn the_app_has_plugins_apart_by_each_link() {
    let world = World::new("apart");
    let [a, polite] = ["plugins/a", "plugins/polite"].map(|path| root().join(path).display().to_string());
    let plugins = ["--with", &a, "--with", &polite, "--offline"];
    world.plug(&[&["build", "--as", "library", "-o", "both.so"], &plugins[..]].concat());
    world.plug(&[&["build", "--as", "process", "-o", "both"], &plugins[..]].concat());
    let program = root().join("app").display().to_string();
    world.plug(&["build", &program, "-F", "library,process", "--offline", "-o", "mine"]);
    for (kind, file) in [("library", "both.so"), ("process", "both")] {
        let link = format!("{kind}:{}", world.path(file).display());
        let seen = |arguments: &[&str]| plug_tests::seen(&plug_tests::run(app(&world.path("mine")).args(arguments)));
        let names = seen(&["list", "--link", &link, "--format", "names"]);
        same(&names, "a\nformal\npolite\n---- exit status: 0\n");
        for (plugin, greeting) in [("a", "hello, x"), ("polite", "good day, x")] {
            let hello = seen(&["hello", "--plugin", &format!("{link}#{plugin}"), "--name", "x"]);
            same(&hello, &format!("{greeting}\n---- exit status: 0\n"));
        }
    }
}
