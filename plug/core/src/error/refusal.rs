//! Why a plugin refuses its settings, as data: it is what crosses to the host.

/// The place of refused settings, and the name that was probably meant.
/// The text of the error says what is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// A JSON pointer within the settings of the plugin:
    /// <https://www.rfc-editor.org/rfc/rfc6901>.
    pub pointer: String,
    /// The most similar name that is known there.
    pub nearest: Option<String>,
}

impl Refusal {
    /// The same refusal, of settings that are deeper by one key, or by the keys of a pointer.
    pub(crate) fn below(mut self, key: &str) -> Self {
        let above = if key.is_empty() || key.starts_with('/') { key.to_owned() } else { step(key) };
        self.pointer.insert_str(0, &above);
        self
    }
}

/// One step of a JSON pointer.
pub(crate) fn step(key: &str) -> String {
    format!("/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// The keys of a JSON pointer.
#[cfg(feature = "host")]
pub(crate) fn keys(pointer: &str) -> impl Iterator<Item = String> {
    pointer.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~"))
}

#[cfg(all(test, feature = "host"))]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_is_made_of_keys_and_taken_apart_again() {
        let refusal = Refusal::default().below("a/b").below("~1").below("/rules/0").below("");
        assert_eq!(refusal.pointer, "/rules/0/~01/a~1b");
        assert_eq!(keys(&refusal.pointer).collect::<Vec<_>>(), ["rules", "0", "~1", "a/b"]);
        assert_eq!(keys("").count(), 0);
        assert_eq!(keys("/").collect::<Vec<_>>(), [""]);
    }
}
