//! The settings of a plugin, as its JSON Schema describes them.
//! It prints nothing.

use plug::Plugin;
use serde_json::{Map, Value, json};

use crate::failure::{Exit, Failure};
use crate::panic;

/// How deep the settings of settings are described. A type can contain itself.
const MAX_DEPTH: usize = 4;

/// The schema of a plugin's settings, if it has one.
/// It runs code of the plugin.
pub(crate) fn schema_of(plugin: &Plugin) -> Result<Option<Value>, Failure> {
    let schema = panic::guard(plugin.name(), || plugin.schema());
    // The guard has printed the panic.
    let Some(schema) = schema else {
        return Err(Failure::new(format!("plugin `{}` has no schema", plugin.name()), Exit::Failed));
    };
    let Some(schema) = schema? else { return Ok(None) };
    serde_json::from_str(&schema).map(Some).map_err(|error| {
        let text = format!("the schema of plugin `{}` is no JSON", plugin.name());
        Failure::new(text, Exit::Failed).caused_by(Some(&error))
    })
}

/// One setting.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    /// With the keys above it, such as `rules[].pattern`.
    pub key: String,
    /// Such as `list of texts`.
    pub kind: String,
    /// As JSON.
    pub default: Option<String>,
    pub is_required: bool,
    pub is_secret: bool,
    /// The first paragraph of its docs.
    pub docs: String,
}

impl Setting {
    /// The type, and what else a person must know.
    pub(crate) fn traits(&self) -> String {
        let required = self.is_required.then(|| "required".to_owned());
        let default = self.default.as_ref().map(|default| format!("default {default}"));
        let secret = self.is_secret.then(|| "secret".to_owned());
        [Some(self.kind.clone()), secret, required, default].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// The settings in a schema, with those inside of others.
pub(crate) fn of(schema: &Value) -> Vec<Setting> {
    let mut settings = Vec::new();
    Reader { root: schema }.table(schema, "", 0, &mut settings);
    settings
}

struct Reader<'s> {
    root: &'s Value,
}

impl<'s> Reader<'s> {
    fn table(&self, schema: &'s Value, above: &str, depth: usize, settings: &mut Vec<Setting>) {
        let schema = self.resolved(schema);
        let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
        for (key, property) in schema["properties"].as_object().into_iter().flatten() {
            let is_required = required.iter().any(|required| required == key);
            let (key, value) = (format!("{above}{key}"), self.present(property));
            settings.push(Setting {
                kind: self.kind(property, false),
                default: property.get("default").filter(|default| !default.is_null()).map(Value::to_string),
                is_required,
                is_secret: value["writeOnly"] == true || property["writeOnly"] == true,
                docs: docs(property).or_else(|| docs(value)).unwrap_or_default(),
                key: key.clone(),
            });
            if depth < MAX_DEPTH {
                let (inner, sign) = match value.get("items") {
                    Some(items) => (items, "[]"),
                    None => (value, ""),
                };
                self.table(inner, &format!("{key}{sign}."), depth + 1, settings);
            }
        }
    }

    /// The schema that a reference leads to.
    fn resolved(&self, schema: &'s Value) -> &'s Value {
        let mut schema = schema;
        // A reference may lead to another, and a malformed schema in a circle.
        for _ in 0..MAX_DEPTH {
            let Some(place) = schema["$ref"].as_str().and_then(|place| place.strip_prefix('#')) else { break };
            schema = self.root.pointer(place).unwrap_or(&Value::Null);
        }
        schema
    }

    /// The schema of a value that is there: an optional one is `null` too.
    fn present(&self, schema: &'s Value) -> &'s Value {
        let schema = self.resolved(schema);
        let present = schema["anyOf"].as_array().and_then(|any| any.iter().find(|one| one["type"] != "null"));
        present.map_or(schema, |present| self.resolved(present))
    }

    /// The type in plain words, of one value or of several.
    fn kind(&self, schema: &'s Value, is_plural: bool) -> String {
        let schema = self.present(schema);
        let choices = schema["enum"].as_array().or_else(|| schema["oneOf"].as_array());
        if let Some(choices) = choices {
            let constant =
                |choice: &Value| choice.get("const").unwrap_or(choice).as_str().map(|text| format!("`{text}`"));
            let constants: Option<Vec<_>> = choices.iter().map(constant).collect();
            return constants.map_or_else(|| "variant".to_owned(), |constants| constants.join(" or "));
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null").unwrap_or(&Value::Null),
            kind => kind,
        };
        let noun = match kind.as_str() {
            Some("string") => "text",
            Some("integer") => "integer",
            Some("number") => "number",
            Some("boolean") => "boolean",
            Some("array") => return format!("list of {}", self.kind(&schema["items"], true)),
            Some("object") => match schema.get("additionalProperties") {
                Some(values @ Value::Object(_)) => return format!("table of {}", self.kind(values, true)),
                _ => "table",
            },
            _ => "value",
        };
        if is_plural { format!("{noun}s") } else { noun.to_owned() }
    }
}

fn docs(schema: &Value) -> Option<String> {
    let text = schema["description"].as_str()?;
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    Some(paragraph.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The dialect of all schemas.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema of a whole file: a section for each instance, of any of these plugins.
/// Each plugin has its name and aliases, and the schema of its settings.
pub(crate) fn of_file(plugins: &[(Vec<&str>, Option<Value>)]) -> Value {
    let id = |names: &[&str]| format!("plugin:{}", names[0]);
    let reference = |names: &[&str]| json!({ "$ref": id(names) });
    let definitions: Map<_, _> =
        plugins.iter().map(|(names, schema)| (id(names), section(id(names), names, schema.clone()))).collect();
    let all: Vec<_> = plugins.iter().flat_map(|(names, _)| names).collect();
    let choices: Vec<_> = plugins
        .iter()
        .map(|(names, _)| {
            let is_it = json!({ "required": ["plugin"], "properties": { "plugin": { "enum": names } } });
            json!({ "if": is_it, "then": reference(names) })
        })
        .collect();
    let named: Map<_, _> = plugins
        .iter()
        .flat_map(|(names, _)| names.iter().map(move |name| (name, names)))
        .map(|(name, names)| {
            let chosen = json!({ "required": ["plugin"] });
            let section = json!({ "if": chosen, "then": { "$ref": "#/$defs/section" }, "else": reference(names) });
            ((*name).to_owned(), section)
        })
        .collect();
    let mut definitions = definitions;
    let plugin = json!({ "enum": all, "description": "The name of the plugin." });
    definitions.insert(
        "section".to_owned(),
        json!({ "type": "object", "required": ["plugin"], "properties": { "plugin": plugin }, "allOf": choices }),
    );
    json!({
        "$schema": DIALECT,
        "type": "object",
        "properties": {
            "plugins": {
                "description": "The instances of plugins, each by a name.",
                "type": "object",
                "properties": named,
                "additionalProperties": { "$ref": "#/$defs/section" },
            },
        },
        "$defs": definitions,
    })
}

/// The schema of a section of one plugin: its settings, and its name.
fn section(id: String, names: &[&str], schema: Option<Value>) -> Value {
    // Without a schema it may have any key.
    let Some(schema) = schema else { return json!({ "$id": id, "type": "object" }) };
    let Value::Object(mut schema) = schema else { return schema };
    schema.remove("$schema");
    // With an identifier, the references within the schema stay as they are.
    schema.insert("$id".to_owned(), id.into());
    let properties = schema.entry("properties").or_insert_with(|| json!({}));
    if let Value::Object(properties) = properties {
        properties.entry("plugin").or_insert_with(|| json!({ "enum": names }));
    }
    // `plug` refuses unknown keys, whether or not the author does.
    if !schema.contains_key("additionalProperties") {
        schema.insert("unevaluatedProperties".to_owned(), false.into());
    }
    Value::Object(schema)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(schema: &Value) -> Vec<String> {
        of(schema).iter().map(|setting| format!("{}: {} | {}", setting.key, setting.traits(), setting.docs)).collect()
    }

    #[test]
    fn settings_are_described_with_those_inside() {
        let schema = json!({
            "type": "object",
            "required": ["path"],
            "properties": {
                "path": { "type": "string", "description": "Where\nit is.\n\nMore." },
                "token": { "anyOf": [{ "type": "string", "writeOnly": true }, { "type": "null" }] },
                "limit": { "type": ["integer", "null"], "default": null },
                "rules": { "type": "array", "items": { "$ref": "#/$defs/Rule" }, "default": [] },
                "names": { "type": "object", "additionalProperties": { "type": "string" } },
                "mode": { "$ref": "#/$defs/Mode", "default": "fast" },
            },
            "$defs": {
                "Rule": { "type": "object", "required": ["pattern"], "properties": { "pattern": { "type": "string" } } },
                "Mode": { "description": "How.", "oneOf": [{ "const": "fast" }, { "const": "slow" }] },
            },
        });
        assert_eq!(
            lines(&schema),
            [
                "limit: integer | ",
                "mode: `fast` or `slow`, default \"fast\" | How.",
                "names: table of texts | ",
                "path: text, required | Where it is.",
                "rules: list of tables, default [] | ",
                "rules[].pattern: text, required | ",
                "token: text, secret | ",
            ]
        );
    }

    #[test]
    fn a_type_that_contains_itself_ends() {
        let schema = json!({ "$ref": "#/$defs/Node", "$defs": { "Node": {
            "type": "object", "properties": { "next": { "$ref": "#/$defs/Node" } },
        } } });
        let last = "next.".repeat(MAX_DEPTH) + "next: table | ";
        assert_eq!(lines(&schema).last(), Some(&last));
        assert_eq!(lines(&json!({ "$ref": "#" })), [] as [&str; 0]);
    }
}
