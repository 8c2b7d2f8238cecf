//! `app doctor`.

use crate::{ALL, check};

#[test]
fn text_and_json() {
    check(
        &ALL,
        &["doctor"],
        "\
note: plugin `formal` of plugin-polite 0.1.0 is deprecated: use polite
4 plugins, 0 problems, 1 deprecated
---- exit status: 0
",
    );
    check(
        &ALL,
        &["doctor", "--format", "json"],
        r#"{
  "format_version": 1,
  "problems": [],
  "warnings": [],
  "deprecated": [
    {
      "name": "formal",
      "interface": "app_interface::Plug",
      "instead": "use polite",
      "link": null
    }
  ]
}
---- exit status: 0
"#,
    );
}
