//! `app list`, and the list that `app --version` prints.

use crate::{ALL, check};

#[test]
fn list() {
    check(
        &ALL,
        &["list"],
        "\
NAME    PACKAGE              SUMMARY
a       plugin-a 0.1.0       Says hello in English.
b       plugin-b 0.1.0       Says hello in French.
formal  plugin-polite 0.1.0  Says good day to anybody. (deprecated: use polite)
polite  plugin-polite 0.1.0  Says good day, and refuses an empty name.
---- exit status: 0
",
    );
    check(&ALL, &["list", "--format", "names"], "a\nb\nformal\npolite\n---- exit status: 0\n");
    // None is left out of this build.
    check(&ALL, &["list", "--available", "--format", "names"], "a\nb\nformal\npolite\n---- exit status: 0\n");
}

#[test]
fn version() {
    check(&ALL, &["--version"], "app 0.1.0\nplugins: +a +b +formal +polite\n---- exit status: 0\n");
    check(&ALL, &["-V"], "app 0.1.0\nplugins: +a +b +formal +polite\n---- exit status: 0\n");
}
