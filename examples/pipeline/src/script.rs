//! Commands for a store, one on each line.
//! It takes any store.

use pipeline_interface::Store;
use plug::Error;

/// Runs the command in the line, and returns the lines of the answer.
///
/// ```text
/// set KEY VALUE      no answer; the value is the rest of the line
/// get KEY            the value, or no answer
/// keys               each key
/// ```
///
/// # Errors
///
/// If the line is no command, or the store fails.
pub async fn obey(store: &dyn Store, line: &str) -> Result<Vec<String>, Error> {
    match &line.splitn(3, ' ').collect::<Vec<_>>()[..] {
        ["set", key, value] => store.set(key, value).await.map(|()| Vec::new()),
        ["get", key] => Ok(store.get(key).await?.into_iter().collect()),
        ["keys"] => store.keys().await,
        _ => Err(Error::msg(format!("`{line}` is neither `get KEY`, `set KEY VALUE` nor `keys`"))),
    }
}
