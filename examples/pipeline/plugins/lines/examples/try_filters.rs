//! Runs three lines through each filter of this package.
//! It names no filter.

use pipeline_interface::Filter;

plug::link!();

fn main() -> Result<(), plug::Error> {
    for plugin in plug::Registry::builtin().plugins_of::<dyn Filter>() {
        let mut filter = plugin.open::<dyn Filter>()?;
        let mut lines = Vec::new();
        for line in ["pear", "apple", "pear"] {
            lines.extend(filter.line(line)?);
        }
        lines.extend(filter.finish()?);
        println!("{}: {lines:?}", plugin.name());
    }
    Ok(())
}
