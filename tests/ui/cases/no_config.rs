//! Settings in a host without the features that read them.

use plug::{Registry, Settings};

#[plug::interface]
trait Greet {}

#[derive(Clone)]
struct Value;

fn main() -> Result<(), plug::Error> {
    let text = String::new();
    let settings = Settings::toml("app.toml", &text)?;
    Registry::builtin().open_all::<dyn Greet>(&settings.at("plugins"))?;
    Registry::builtin().check_all::<dyn Greet>(&settings)?;
    Settings::json("app.json", &text)?;
    Settings::of(&Value)?;
    Ok(())
}
