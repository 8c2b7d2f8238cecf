//! `app schema`: the JSON Schema of a configuration file.
//! It asks each plugin for the schema of its settings, which runs code of libraries too.

use app_interface::Plug;
use serde_json::{Value, json};

use crate::cli::Schema;
use crate::failure::{Exit, Failure};
use crate::linked::Linked;
use crate::settings::{self, schema_of};
use crate::{choosing, output};

pub(crate) fn run(arguments: &Schema) -> Result<Exit, Failure> {
    let linked = Linked::with(&arguments.links)?;
    let registry = &linked.registry;
    let plugins = choosing::names(registry).into_iter().map(|name| {
        // Two plugins can have one name, and the lookup by name finds that out.
        let plugin = registry.plugin::<dyn Plug>(name)?;
        let names = std::iter::once(plugin.name()).chain(plugin.aliases()).collect();
        let schema = match schema_of(plugin)? {
            None if !plugin.takes_settings() => Some(json!({ "type": "object" })),
            schema => schema,
        };
        Ok((names, schema))
    });
    let plugins: Vec<(Vec<&str>, Option<Value>)> = plugins.collect::<Result<_, Failure>>()?;
    output::data(&format!("{:#}\n", settings::of_file(&plugins)))?;
    Ok(Exit::Done)
}
