//! The JSON Schema of a plugin's settings.

/// The schema of a type: <https://json-schema.org/draft/2020-12>.
pub(crate) fn of<S: schemars::JsonSchema>() -> String {
    schemars::schema_for!(S).as_value().to_string()
}
