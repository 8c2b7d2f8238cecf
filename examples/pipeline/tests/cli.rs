//! The binary: its output, its errors and its exit codes.
//! A test that needs a plugin runs if the plugin's feature is on, as it is by default.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Standard output, standard error and the exit code.
fn pipeline(arguments: &[&str], variables: &[(&str, &OsStr)], input: &str) -> (String, String, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pipeline"));
    command.args(arguments).env_remove("PIPELINE_RULES").env_remove("PIPELINE_FILE").envs(variables.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A program that fails stops reading, which is no failure of this test.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test]
#[cfg_attr(
    not(all(feature = "lines", feature = "replace", feature = "memory", feature = "file")),
    ignore = "wants all features"
)]
fn lists_filters_and_stores() {
    let expected = "\
filter dedup: Drops the lines that came before.
filter file: Replaces each line that is a key by its value in the file that `PIPELINE_FILE` names.
filter nl: Puts its number, six wide, and a tab before each line that is not empty.
filter number: Puts its number before each line.
filter replace: Replaces texts by the rules of a file.
filter sort: Sorts the lines, by their bytes.
store file: Keeps values in the file that `PIPELINE_FILE` names.
store memory: Keeps values as long as the program runs.
";
    assert_eq!(pipeline(&["list"], &[], ""), (expected.to_owned(), String::new(), 0));
}

#[test]
#[cfg_attr(not(feature = "lines"), ignore = "wants the feature `lines`")]
fn filters_run_in_order() {
    let (stdout, stderr, code) = pipeline(&["filter", "dedup", "sort", "number"], &[], "pear\napple\npear\n");
    assert_eq!((&stdout[..], &stderr[..], code), ("1 apple\n2 pear\n", "", 0));
    let (stdout, _, _) = pipeline(&["filter", "number", "uniq"], &[], "pear\npear\n");
    assert_eq!(stdout, "1 pear\n2 pear\n");
}

#[test]
#[cfg_attr(not(feature = "lines"), ignore = "wants the feature `lines`")]
fn a_deprecated_filter_works_and_says_what_to_use() {
    let (stdout, stderr, code) = pipeline(&["filter", "nl"], &[], "pear\n");
    assert_eq!((&stdout[..], &stderr[..], code), ("     1\tpear\n", "pipeline: `nl` is deprecated: use number\n", 0));
}

#[test]
#[cfg_attr(not(feature = "lines"), ignore = "wants the feature `lines`")]
fn an_unknown_name_is_a_wrong_command_line() {
    let (stdout, stderr, code) = pipeline(&["filter", "numbr"], &[], "pear\n");
    assert_eq!((&stdout[..], code), ("", 2));
    let (fact, hints) = stderr.split_once('\n').unwrap();
    assert_eq!(fact, "pipeline: unknown plugin `numbr` of interface `pipeline_interface::Filter`");
    assert!(hints.starts_with("hint: did you mean `number`?\n"), "{hints}");
}

#[test]
fn a_wrong_command_line_shows_the_usage() {
    for arguments in [&[][..], &["filter"], &["store"], &["store", "a", "b"], &["frobnicate"]] {
        let (stdout, stderr, code) = pipeline(arguments, &[], "");
        assert_eq!((&stdout[..], code), ("", 2));
        assert!(stderr.starts_with("pipeline: usage: pipeline list"), "{stderr}");
    }
    let (_, stderr, code) = pipeline(&["filter", "No Name"], &[], "");
    assert_eq!(code, 2);
    assert!(stderr.starts_with("pipeline: `No Name` cannot be the name of a plugin\n"), "{stderr}");
}

#[test]
#[cfg_attr(not(feature = "replace"), ignore = "wants the feature `replace`")]
fn replace_reads_the_rules_that_the_environment_names() {
    let rules = path("rules");
    fs::write(&rules, "a=b\n").unwrap();
    let (stdout, stderr, code) = pipeline(&["filter", "sed"], &[("PIPELINE_RULES", rules.as_os_str())], "abc\n");
    assert_eq!((&stdout[..], &stderr[..], code), ("bbc\n", "", 0));
}

#[test]
#[cfg_attr(not(feature = "replace"), ignore = "wants the feature `replace`")]
fn replace_fails_with_its_causes_without_rules() {
    let (_, stderr, code) = pipeline(&["filter", "replace"], &[], "abc\n");
    let expected = "\
pipeline: cannot open plugin `replace` of plugin-replace
caused by: PIPELINE_RULES names no file of rules
caused by: environment variable not found
";
    assert_eq!((&stderr[..], code), (expected, 1));

    let rules = path("bad-rules");
    fs::write(&rules, "a=b\nno rule\n").unwrap();
    let (_, stderr, code) = pipeline(&["filter", "replace"], &[("PIPELINE_RULES", rules.as_os_str())], "abc\n");
    let expected = format!(
        "\
pipeline: cannot open plugin `replace` of plugin-replace
caused by: cannot read the rules in {}
caused by: line 2 is no rule of the form `old=new`: `no rule`
",
        rules.display(),
    );
    assert_eq!((stderr, code), (expected, 1));
}

#[test]
#[cfg_attr(not(feature = "memory"), ignore = "wants the feature `memory`")]
fn memory_forgets() {
    let script = "set a 1 and 2\nset b 3\nget a\nget c\nkeys\n";
    let (stdout, stderr, code) = pipeline(&["store", "memory"], &[], script);
    assert_eq!((&stdout[..], &stderr[..], code), ("1 and 2\na\nb\n", "", 0));
    assert_eq!(pipeline(&["store", "ram"], &[], "keys\n").0, "");
}

#[test]
#[cfg_attr(not(feature = "memory"), ignore = "wants the feature `memory`")]
fn a_line_that_is_no_command_is_an_error() {
    let (stdout, stderr, code) = pipeline(&["store", "memory"], &[], "set a 1\ngte a\nget a\n");
    let expected = "pipeline: `gte a` is neither `get KEY`, `set KEY VALUE` nor `keys`\n";
    assert_eq!((&stdout[..], &stderr[..], code), ("", expected, 1));
}

#[test]
#[cfg_attr(not(feature = "file"), ignore = "wants the feature `file`")]
fn a_file_keeps_values_and_a_filter_looks_them_up() {
    let path = path("values");
    let _ = fs::remove_file(&path);
    let file = [("PIPELINE_FILE", path.as_os_str())];
    assert_eq!(pipeline(&["store", "file"], &file, "set pear fruit\n"), (String::new(), String::new(), 0));
    assert_eq!(pipeline(&["store", "file"], &file, "get pear\n").0, "fruit\n");
    assert_eq!(pipeline(&["filter", "file"], &file, "pear\nsalt\n").0, "fruit\nsalt\n");
}

#[test]
#[cfg_attr(not(feature = "file"), ignore = "wants the feature `file`")]
fn a_file_without_a_name_does_not_open() {
    let (_, stderr, code) = pipeline(&["store", "file"], &[], "keys\n");
    let expected = "pipeline: cannot open plugin `file` of plugin-file\ncaused by: PIPELINE_FILE names no file\n";
    assert_eq!((&stderr[..], code), (expected, 1));
}
