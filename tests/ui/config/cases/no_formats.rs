//! Settings in a host with the feature `config` alone.

use plug::Settings;

#[derive(Clone)]
struct Value;

fn main() -> Result<(), plug::Error> {
    Settings::json("app.json", "{}")?;
    Settings::toml("app.toml", "")?;
    Settings::of(&Value)?;
    Ok(())
}
