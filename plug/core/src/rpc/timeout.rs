//! The header with the timeout of a call: at most eight digits and a unit
//! (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>).

use std::fmt;
use std::time::{Duration, Instant};

use http::header::HeaderValue;
use http::{HeaderMap, HeaderName};

/// The name of the header.
pub(crate) static HEADER: HeaderName = HeaderName::from_static("grpc-timeout");

/// The largest number of eight digits.
const MAX: u128 = 99_999_999;
/// The most characters of a malformed header that a message repeats.
const SHOWN: usize = 16;

/// The value of the header for the time that remains until the deadline.
#[cfg_attr(not(feature = "process"), allow(dead_code, reason = "tonic writes it for the grpc link"))]
pub(crate) fn until(deadline: Instant) -> HeaderValue {
    format(deadline.saturating_duration_since(Instant::now()))
}

fn format(remaining: Duration) -> HeaderValue {
    let units = [(remaining.as_nanos(), 'n'), (remaining.as_micros(), 'u'), (remaining.as_millis(), 'm')];
    let short = units.into_iter().find(|(number, _)| *number <= MAX);
    let (number, unit) = short.unwrap_or((u128::from(remaining.as_secs()).min(MAX), 'S'));
    // The fallback is never used: digits and a letter are a valid value.
    HeaderValue::try_from(format!("{number}{unit}")).unwrap_or(HeaderValue::from_static("0n"))
}

/// A header that is not a timeout.
#[derive(Debug, PartialEq)]
pub(crate) struct Malformed(String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text) = self;
        let units = "`H`, `M`, `S`, `m`, `u` or `n`";
        write!(f, "`{text}` is no `{HEADER}`: it has up to eight digits and a unit, which is {units}")
    }
}

/// Parses the header. `None` if there is none.
///
/// # Errors
///
/// Fails if the header is malformed.
pub(crate) fn parse(headers: &HeaderMap) -> Result<Option<Duration>, Malformed> {
    let Some(value) = headers.get(&HEADER) else { return Ok(None) };
    let malformed = || Malformed(String::from_utf8_lossy(value.as_bytes()).chars().take(SHOWN).collect());
    value.to_str().ok().and_then(parse_text).map(Some).ok_or_else(malformed)
}

fn parse_text(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(number * 3600)),
        "M" => Some(Duration::from_secs(number * 60)),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_value(value: HeaderValue) -> Result<Option<Duration>, Malformed> {
        parse(&[(HEADER.clone(), value)].into_iter().collect())
    }

    #[test]
    fn timeouts_are_digits_and_a_unit() {
        let parsed = |text: &str| parse_value(text.parse().unwrap());
        assert_eq!(parse(&HeaderMap::new()), Ok(None));
        assert_eq!(parsed("2H"), Ok(Some(Duration::from_secs(7200))));
        assert_eq!(parsed("99999999m"), Ok(Some(Duration::from_millis(99_999_999))));
        assert_eq!(parsed("1n"), Ok(Some(Duration::from_nanos(1))));
        for malformed in ["", "m", "1", "1x", "abc", "-1S", "+1S", "999999999S", "1 S", "é"] {
            assert_eq!(parsed(malformed), Err(Malformed(malformed.to_owned())));
        }
        assert_eq!(parsed(&"x".repeat(1000)), Err(Malformed("x".repeat(16))));
    }

    #[test]
    fn the_header_never_exceeds_the_remaining_time() {
        for remaining in [0, 1, 99_999_999, 100_000_000, 1_234_567_891, 86_400_000_000_000] {
            let remaining = Duration::from_nanos(remaining);
            let sent = parse_value(format(remaining)).unwrap().unwrap();
            assert!(sent <= remaining && remaining - sent <= remaining / 100_000, "{remaining:?} {sent:?}");
        }
        assert_eq!(parse_value(format(Duration::MAX)), Ok(Some(Duration::from_secs(99_999_999))));
    }
}
