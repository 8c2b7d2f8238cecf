//! Settings in a host without the features that read them.

use plug::Settings;

#[derive(Clone)]
struct Value;

fn main() -> Result<(), plug::Error> {
    let text = String::new();
    Settings::toml("app.toml", &text)?;
    Settings::json("app.json", &text)?;
    Settings::of(&Value)?;
    Ok(())
}
