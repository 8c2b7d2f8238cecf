//! `app info`.

use crate::{ALL, check};

#[test]
fn text_and_json() {
    let expected = "\
Name       b
Aliases    bonjour
Interface  app_interface::Plug
Package    plugin-b 0.1.0
License    MIT OR Apache-2.0
Source     plugins/b/src/lib.rs:11

Says hello in French.
---- exit status: 0
";
    check(&ALL, &["info", "b"], expected);
    check(&ALL, &["info", "bonjour"], expected);
    check(
        &ALL,
        &["info", "formal", "--format", "json"],
        r#"{
  "format_version": 1,
  "plugins": [
    {
      "name": "formal",
      "aliases": [],
      "deprecated": "use polite",
      "interface": "app_interface::Plug",
      "summary": "Says good day to anybody.",
      "docs": "Says good day to anybody.",
      "package": "plugin-polite",
      "version": "0.1.0",
      "license": "MIT OR Apache-2.0",
      "repository": null,
      "file": "plugins/polite/src/lib.rs",
      "line": 67,
      "link": null,
      "differences": [],
      "takes_settings": false,
      "schema": null,
      "library": null
    }
  ]
}
---- exit status: 0
"#,
    );
}
