//! What a store is told to do, a line at a time. It knows no store but the one it is given, and nothing of who waits for it.

use pipeline_interface::Store;
use plug::Error;

/// Does what the line says, and returns the lines of the answer.
///
/// ```text
/// set KEY VALUE      no answer; the value is the rest of the line
/// get KEY            the value, or no answer
/// keys               each key
/// ```
///
/// # Errors
///
/// Where the line says something else, and where the store fails.
pub async fn obey(store: &dyn Store, line: &str) -> Result<Vec<String>, Error> {
    match &line.splitn(3, ' ').collect::<Vec<_>>()[..] {
        ["set", key, value] => store.set(key, value).await.map(|()| Vec::new()),
        ["get", key] => Ok(store.get(key).await?.into_iter().collect()),
        ["keys"] => store.keys().await,
        _ => Err(Error::msg(format!("`{line}` is neither `get KEY`, `set KEY VALUE` nor `keys`"))),
    }
}
