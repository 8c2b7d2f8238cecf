//! The binary: its output, its errors and its exit codes.
//! A test that needs a plugin runs if the plugin's feature is on, as it is by default.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// The folder of the files, in which the program runs.
const FOLDER: &str = env!("CARGO_TARGET_TMPDIR");

/// Standard output, standard error and the exit code.
fn pipeline(arguments: &[&str], input: &str) -> (String, String, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pipeline"));
    command.args(arguments).current_dir(FOLDER);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A program that fails stops reading, which is no failure of this test.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

/// Runs a command with a file of this name and text.
fn with(command: &str, file: &str, text: &str, input: &str) -> (String, String, i32) {
    fs::write(Path::new(FOLDER).join(file), text).unwrap();
    pipeline(&[command, file], input)
}

fn done(stdout: &str) -> (String, String, i32) {
    (stdout.to_owned(), String::new(), 0)
}

fn failed(stderr: &str, code: i32) -> (String, String, i32) {
    (String::new(), stderr.to_owned(), code)
}

#[test]
#[cfg_attr(
    not(all(feature = "lines", feature = "replace", feature = "memory", feature = "file")),
    ignore = "wants all features"
)]
fn lists_filters_and_stores() {
    let expected = "\
filter dedup: Drops the lines that came before.
filter file: Replaces each line that is a key by its value in a file.
filter nl: Puts its number, six wide, and a tab before each line that is not empty.
filter number: Puts its number before each line.
filter replace: Replaces texts by rules.
filter sort: Sorts the lines, by their bytes.
store file: Keeps values in a file.
store memory: Keeps values as long as the program runs.
";
    assert_eq!(pipeline(&["list"], ""), done(expected));
}

#[test]
#[cfg_attr(
    not(all(feature = "lines", feature = "replace", feature = "memory")),
    ignore = "wants the features `lines`, `replace` and `memory`"
)]
fn the_file_of_the_readme_is_right() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/pipeline.toml");
    let lines = " 10 spice: salt\n 11 fruit: pear\n 12 fruit: apple\n";
    assert_eq!(pipeline(&["filter", file], "pear\nsalt\napple\npear\n"), done(lines));
    assert_eq!(pipeline(&["store", file], "set pear fruit\nget pear\n"), done("fruit\n"));
    let checked = "dedup: fine\nfruit: fine\nspice: fine\nsort: fine\nnumber: fine\nstore: fine\n";
    assert_eq!(pipeline(&["check", file], ""), done(checked));
}

#[test]
#[cfg_attr(not(feature = "lines"), ignore = "wants the feature `lines`")]
fn stages_run_in_the_order_of_the_file() {
    let input = "pear\napple\npear\n";
    let stages = "[stages.uniq]\n[stages.sort]\n[stages.number]\n";
    assert_eq!(with("filter", "order.toml", stages, input), done("1 apple\n2 pear\n"));
    let stages = "[stages.number]\n[stages.uniq]\n[stages.sort]\n";
    assert_eq!(with("filter", "other-order.toml", stages, input), done("1 pear\n2 apple\n3 pear\n"));
}

#[test]
#[cfg_attr(not(feature = "lines"), ignore = "wants the feature `lines`")]
fn a_plugin_has_several_instances_with_settings_of_their_own() {
    let stages = "\
[stages.number]
start = 7

[stages.again]
plugin = 'number'
width = 4
";
    assert_eq!(with("filter", "several.toml", stages, "a\nb\n"), done("   1 7 a\n   2 8 b\n"));
}

#[test]
#[cfg_attr(not(feature = "lines"), ignore = "wants the feature `lines`")]
fn a_deprecated_plugin_works_and_says_what_to_use() {
    let warning = "pipeline: plugin `nl` of section `lines` is deprecated: use number\n";
    let expected = ("     1\tpear\n".to_owned(), warning.to_owned(), 0);
    assert_eq!(with("filter", "deprecated.toml", "[stages.lines]\nplugin = 'nl'\n", "pear\n"), expected);
}

#[test]
fn a_wrong_command_line_shows_the_usage() {
    let wrong = [&[][..], &["filter"], &["store"], &["check"], &["filter", "a", "b"], &["list", "a"], &["frobnicate"]];
    for arguments in wrong {
        let (stdout, stderr, code) = pipeline(arguments, "");
        assert_eq!((&stdout[..], code), ("", 2));
        assert!(stderr.starts_with("pipeline: usage: pipeline list"), "{stderr}");
    }
}

#[test]
fn a_file_that_cannot_be_read() {
    let (stdout, stderr, code) = pipeline(&["filter", "no/such/file"], "");
    assert_eq!((&stdout[..], code), ("", 2));
    assert!(stderr.starts_with("pipeline: cannot read `no/such/file`\ncaused by: "), "{stderr}");

    let twice = "[stages.sort]\nreverse = true\nreverse = false\n";
    let expected = "\
pipeline: the settings of `unreadable.toml` cannot be read: duplicate key
 --> unreadable.toml:3:1
";
    assert_eq!(with("filter", "unreadable.toml", twice, ""), failed(expected, 2));
}

#[test]
fn a_file_without_the_section_of_the_command() {
    let expected = "pipeline: `no-stages.toml` has no section `[stages.NAME]`\n";
    assert_eq!(with("filter", "no-stages.toml", "[stage.sort]\n", ""), failed(expected, 2));
    let expected = "pipeline: `no-store.toml` has no section `[store]`\n";
    assert_eq!(with("store", "no-store.toml", "[stages.store]\n", ""), failed(expected, 2));
}

#[test]
#[cfg_attr(not(feature = "lines"), ignore = "wants the feature `lines`")]
fn a_stage_without_a_plugin() {
    let (stdout, stderr, code) = with("filter", "unknown.toml", "[stages.sort]\n\n[stages.unique]\n", "pear\n");
    assert_eq!((&stdout[..], code), ("", 2));
    let expected = "\
pipeline: unknown plugin `unique` of interface `pipeline_interface::Filter`
 --> unknown.toml:3:9, `stages.unique`
";
    assert!(stderr.starts_with(expected), "{stderr}");
    let hint = "hint: a section names its plugin by the key `plugin`, or by its own name\n";
    assert!(stderr.ends_with(hint), "{stderr}");

    let expected = "\
pipeline: unknown plugin `numbr` of interface `pipeline_interface::Filter`
 --> misspelt.toml:2:1, `stages.lines.plugin`
hint: did you mean `number`?
";
    let (_, stderr, code) = with("filter", "misspelt.toml", "[stages.lines]\nplugin = 'numbr'\n", "");
    assert!(stderr.starts_with(expected), "{stderr}");
    assert_eq!(code, 2);

    let expected = "\
pipeline: the settings of `no-table.toml` cannot be read: `stages.sort` is no table
 --> no-table.toml:2:1
";
    assert_eq!(with("filter", "no-table.toml", "[stages]\nsort = true\n", ""), failed(expected, 2));
}

#[test]
#[cfg_attr(not(feature = "lines"), ignore = "wants the feature `lines`")]
fn a_wrong_key_and_a_wrong_value_have_their_places() {
    let stages = "[stages.dedup]\n\n[stages.last-first]\nplugin = 'sort'\nrevers = true\n";
    let expected = "\
pipeline: plugin `sort` does not take the settings of `last-first`: there is no `revers`: did you mean `reverse`?
 --> wrong-key.toml:5:1, `stages.last-first.revers`
";
    assert_eq!(with("filter", "wrong-key.toml", stages, ""), failed(expected, 2));

    let stages = "[stages.number]\nstart = 1\nwidth = 300\n";
    let expected = "\
pipeline: plugin `number` does not take the settings of `number`: expected a whole number from 0 to 255, found 300
 --> wrong-value.toml:3:1, `stages.number.width`
";
    assert_eq!(with("filter", "wrong-value.toml", stages, ""), failed(expected, 2));
}

#[test]
#[cfg_attr(not(feature = "lines"), ignore = "wants the feature `lines`")]
fn settings_for_a_plugin_that_takes_none() {
    let expected = "\
pipeline: plugin `dedup` does not take the settings of `dedup`: it takes no settings, and `ignore-case` was set
 --> none.toml:2:1, `stages.dedup.ignore-case`
";
    assert_eq!(with("filter", "none.toml", "[stages.dedup]\nignore-case = true\n", ""), failed(expected, 2));
}

#[test]
#[cfg_attr(not(feature = "replace"), ignore = "wants the feature `replace`")]
fn replace_reads_a_file_of_rules() {
    fs::write(Path::new(FOLDER).join("rules"), "a=b\n").unwrap();
    assert_eq!(with("filter", "good-rules.toml", "[stages.sed]\nfile = 'rules'\n", "abc\n"), done("bbc\n"));
}

#[test]
#[cfg_attr(not(feature = "replace"), ignore = "wants the feature `replace`")]
fn replace_refuses_a_file_at_its_key_and_with_its_causes() {
    fs::write(Path::new(FOLDER).join("no-rules"), "a=b\nno rule\n").unwrap();
    let stages = "[stages.fruit]\nplugin = 'replace'\nfile = 'no-rules'\n";
    let expected = "\
pipeline: plugin `replace` does not take the settings of `fruit`: cannot read the rules in no-rules
 --> bad-rules.toml:3:1, `stages.fruit.file`
caused by: line 2 is no rule of the form `old=new`: `no rule`
";
    assert_eq!(with("filter", "bad-rules.toml", stages, "abc\n"), failed(expected, 2));
}

#[test]
#[cfg_attr(not(feature = "lines"), ignore = "wants the feature `lines`")]
fn check_goes_on_after_a_wrong_section() {
    let text = "[stages.sort]\n\n[stages.dedup]\nreverse = true\n\n[stages.number]\n";
    let stdout = "\
sort: fine
dedup: plugin `dedup` does not take the settings of `dedup`: it takes no settings, and `reverse` was set
 --> check.toml:4:1, `stages.dedup.reverse`
number: fine
";
    let expected = (stdout.to_owned(), "pipeline: a section is wrong\n".to_owned(), 2);
    assert_eq!(with("check", "check.toml", text, ""), expected);

    // A section that is neither a stage nor a store that exists.
    let (stdout, stderr, code) = with("check", "check-names.toml", "[stage.sort]\n\n[store]\nplugin = 'x'\n", "");
    let expected = "stage: unknown plugin `stage` of interface `pipeline_interface::Store`\n \
                    --> check-names.toml:1:2, `stage`\n";
    assert!(stdout.starts_with(expected), "{stdout}");
    assert!(stdout.contains("\nstore: unknown plugin `x` of interface `pipeline_interface::Store`\n"), "{stdout}");
    assert_eq!((&stderr[..], code), ("pipeline: 2 sections are wrong\n", 2));
}

#[test]
#[cfg_attr(not(feature = "memory"), ignore = "wants the feature `memory`")]
fn memory_forgets() {
    let script = "set a 1 and 2\nset b 3\nget a\nget c\nkeys\n";
    let memory = "[store]\nplugin = 'memory'\n";
    assert_eq!(with("store", "memory.toml", memory, script), done("1 and 2\na\nb\n"));
    assert_eq!(with("store", "ram.toml", "[store]\nplugin = 'ram'\n", "keys\n"), done(""));
}

#[test]
#[cfg_attr(not(feature = "memory"), ignore = "wants the feature `memory`")]
fn a_line_that_is_no_command_is_an_error() {
    let expected = "pipeline: `gte a` is neither `get KEY`, `set KEY VALUE` nor `keys`\n";
    let script = "set a 1\ngte a\nget a\n";
    assert_eq!(with("store", "script.toml", "[store]\nplugin = 'memory'\n", script), failed(expected, 1));
}

#[test]
#[cfg_attr(not(feature = "file"), ignore = "wants the feature `file`")]
fn a_store_without_the_key_that_it_needs() {
    let expected = "\
pipeline: plugin `file` does not take the settings of `store`: `path` is missing
 --> no-path.toml:1:2, `store`
";
    assert_eq!(with("store", "no-path.toml", "[store]\nplugin = 'file'\n", "keys\n"), failed(expected, 2));
}

#[test]
#[cfg_attr(not(feature = "file"), ignore = "wants the feature `file`")]
fn a_file_keeps_values_and_a_filter_looks_them_up() {
    let _ = fs::remove_file(Path::new(FOLDER).join("values"));
    let both = "[store]\nplugin = 'file'\npath = 'values'\n\n[stages.lookup]\npath = 'values'\n";
    assert_eq!(with("store", "file.toml", both, "set pear fruit\n"), done(""));
    assert_eq!(with("store", "file.toml", both, "get pear\n"), done("fruit\n"));
    assert_eq!(with("filter", "file.toml", both, "pear\nsalt\n"), done("fruit\nsalt\n"));
}
