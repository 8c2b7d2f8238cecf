//! Completion, asked for as the scripts ask, and then in the shells themselves.

use std::path::Path;
use std::process::Command;

use crate::{ALL, app, check, check_command};

/// What a script of this shell gets for these words, of which the last is being typed.
#[track_caller]
fn check_words(shell: &str, words: &[&str], expected: &str) {
    let mut command = app(&ALL);
    command.env("COMPLETE", shell).env("_CLAP_IFS", "\n").env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string());
    check_command(command.arg("--").args(words), &format!("{expected}---- exit status: 0\n"));
}

#[test]
fn plugins_complete_by_name() {
    let words = ["app", "hello", "--plugin", ""];
    check_words("bash", &words, "a\nb\nformal\npolite");
    check_words(
        "fish",
        &words,
        "\
a\tSays hello in English.
b\tSays hello in French.
formal\tdeprecated: use polite
polite\tSays good day, and refuses an empty name.
",
    );
    check_words(
        "zsh",
        &words,
        "\
a:Says hello in English.
b:Says hello in French.
formal:deprecated: use polite
polite:Says good day, and refuses an empty name.",
    );
    check_words("bash", &["app", "info", ""], "a\nb\nformal\npolite\n--link\n--format\n--schema\n--help");
    check_words("bash", &["app", "hello", "--plugin", "p"], "polite");
    check_words("bash", &["app", "hello", "--plugin=p"], "--plugin=polite");
    check_words("bash", &["app", "hello", "--plugin", "z"], "");
}

#[test]
fn all_else_completes_too() {
    check_words("bash", &["app", "d"], "doctor");
    check_words("bash", &["app", "list", "--format", ""], "table\njson\nnames");
    check_words("bash", &["app", "completions", ""], "bash\nelvish\nfish\npowershell\nzsh\n--help");
}

#[test]
fn a_shell_that_there_is_not() {
    check_command(
        app(&ALL).env("COMPLETE", "tcsh"),
        "\
---- stderr
error: unknown shell `tcsh`, expected one of `bash`, `elvish`, `fish`, `powershell`, `zsh`
---- exit status: 2
",
    );
    check(
        &ALL,
        &["completions", "tcsh"],
        "\
---- stderr
error: invalid value 'tcsh' for '<SHELL>'
  [possible values: bash, elvish, fish, powershell, zsh]

  tip: a similar value exists: 'zsh'

For more information, try '--help'.
---- exit status: 2
",
    );
}

#[test]
fn every_shell_has_a_script_that_calls_the_program() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = plug_tests::succeed(app(&ALL).args(["completions", shell]));
        let program = ALL.to_str().expect("the path is UTF-8");
        assert!(script.contains(program) && script.contains("COMPLETE"), "{shell}:\n{script}");
    }
}

#[test]
fn bash() {
    let script = r#"
        source <("$1" completions bash)
        complete -p app | grep -o -e '-F .*'
        COMP_WORDS=(app hello --plugin "") COMP_CWORD=3
        _clap_complete_app app "" --plugin
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let Some(mut bash) = shell("bash", &["--norc", "-c", script, "bash"]) else { return };
    check_command(
        bash.arg(&*ALL),
        "\
-F _clap_complete_app app
a
b
formal
polite
---- exit status: 0
",
    );
}

#[test]
fn fish() {
    let script = "$argv[1] completions fish | source; complete --do-complete 'app hello --plugin '";
    let Some(mut fish) = shell("fish", &["--no-config", "-c", script]) else { return };
    // Where fish keeps its state: not at the home of whoever runs the test.
    let home = plug_tests::scratch("fish");
    check_command(
        fish.arg(&*ALL).env("HOME", &home).env_remove("XDG_CONFIG_HOME").env_remove("XDG_DATA_HOME"),
        "\
a\tSays hello in English.
b\tSays hello in French.
formal\tdeprecated: use polite
polite\tSays good day, and refuses an empty name.
---- exit status: 0
",
    );
}

#[test]
fn zsh() {
    // Zsh completes only where somebody types, so a second one types into the first.
    let script = r#"
        zmodload zsh/zpty
        zpty -b typing zsh -f -i
        wait_for() {
            for i in {1..1200}; do
                zpty -r -t typing part && seen+=$part
                [[ $seen == *$1* ]] && return
                sleep 0.05
            done
            print -r -- "never seen: $1 in $seen"
            exit 1
        }
        zpty -w typing "PROMPT= RPROMPT=; autoload -U compinit; compinit -u -D; source <('$1' completions zsh); echo rea''dy"
        wait_for ready
        zpty -w -n typing $'app hello --plugin \t'
        wait_for 'an empty name.'
        print -r -- $seen
    "#;
    let Some(mut zsh) = shell("zsh", &["-f", "-c", script, "zsh"]) else { return };
    let shown = plug_tests::succeed(zsh.arg(&*ALL));
    for line in [
        "a       -- Says hello in English.",
        "b       -- Says hello in French.",
        "formal  -- deprecated: use polite",
        "polite  -- Says good day, and refuses an empty name.",
    ] {
        assert!(shown.contains(line), "`{line}` is not in\n{shown}");
    }
}

/// The shell, where it is installed.
fn shell(name: &str, arguments: &[&str]) -> Option<Command> {
    if Command::new(name).arg("--version").output().is_err() {
        plug_tests::leave_out(name, "it is not installed, so completion was not tried in it");
        return None;
    }
    let mut shell = app(Path::new(name));
    shell.args(arguments);
    Some(shell)
}
