//! How long a call may take, as it is told to the other side: at most eight digits and a unit
//! (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>).

use std::time::{Duration, Instant};

use http::HeaderMap;
use http::header::HeaderValue;

/// The header that says it.
pub(crate) const HEADER: &str = "grpc-timeout";

/// The most that eight digits can say.
const MOST: u128 = 99_999_999;

/// What is left until then.
#[cfg_attr(not(feature = "process"), allow(dead_code, reason = "tonic tells it"))]
pub(crate) fn until(deadline: Instant) -> HeaderValue {
    of(deadline.saturating_duration_since(Instant::now()))
}

fn of(left: Duration) -> HeaderValue {
    let units = [(left.as_nanos(), 'n'), (left.as_micros(), 'u'), (left.as_millis(), 'm')];
    let short = units.into_iter().find(|(number, _)| *number <= MOST);
    let (number, unit) = short.unwrap_or((u128::from(left.as_secs()).min(MOST), 'S'));
    // Digits and a letter are fit for a header.
    HeaderValue::try_from(format!("{number}{unit}")).unwrap_or(HeaderValue::from_static("0n"))
}

/// What the header says. What says something else says nothing.
pub(crate) fn told(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(HEADER)?.to_str().ok()?;
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

    fn back(text: HeaderValue) -> Option<Duration> {
        told(&[(http::HeaderName::from_static(HEADER), text)].into_iter().collect())
    }

    #[test]
    fn timeouts_are_digits_and_a_unit() {
        let of = |text: &str| back(text.parse().unwrap());
        assert_eq!(of("2H"), Some(Duration::from_secs(7200)));
        assert_eq!(of("99999999m"), Some(Duration::from_millis(99_999_999)));
        assert_eq!(of("1n"), Some(Duration::from_nanos(1)));
        for none in ["", "m", "1", "1x", "-1S", "+1S", "999999999S", "1 S", "é"] {
            assert_eq!(of(none), None, "{none}");
        }
    }

    #[test]
    fn what_is_told_is_no_more_than_is_left() {
        for left in [0, 1, 99_999_999, 100_000_000, 1_234_567_891, 86_400_000_000_000] {
            let left = Duration::from_nanos(left);
            let told = back(of(left)).unwrap();
            assert!(told <= left && left - told <= left / 100_000, "{left:?} {told:?}");
        }
        assert_eq!(back(of(Duration::MAX)), Some(Duration::from_secs(99_999_999)));
    }
}
