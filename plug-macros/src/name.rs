//! The rule for names of plugins.
//! It is the same as in `plug`, and is checked at the literal.

/// The longest name, in bytes.
const MAX_LEN: usize = 64;

/// Checks a name.
/// The error says why it is refused, and suggests a similar name if it can.
pub(crate) fn check(name: &str) -> Result<(), String> {
    if name.len() > MAX_LEN {
        return Err(format!("a plugin's name has at most {MAX_LEN} bytes, and this one has {}", name.len()));
    }
    if is_valid(name) {
        return Ok(());
    }
    let rule = "lower-case letters and digits, in parts joined by `-` or `_`";
    let better: String = name.to_lowercase().split(|c: char| !is_letter(c)).filter(|part| !part.is_empty()).fold(
        String::new(),
        |mut better, part| {
            if !better.is_empty() {
                better.push('-');
            }
            better + part
        },
    );
    Err(match &better[..] {
        "" => format!("a plugin's name is {rule}"),
        better => format!("a plugin's name is {rule}, such as `{better}`"),
    })
}

/// `[a-z0-9]+([-_][a-z0-9]+)*`
fn is_valid(name: &str) -> bool {
    name.split(['-', '_']).all(|part| !part.is_empty() && part.chars().all(is_letter))
}

fn is_letter(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}
