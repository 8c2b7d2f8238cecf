//! Implements `Portable` for `Duration` and `SystemTime`, which protobuf has as types of its own.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Portable;
use crate::abi::view::{Pair, Scratch};
use crate::portable::codec::{Malformed, Moment, Sink, Source};
use crate::portable::types::{Type, TypeRef, type_id};

/// The longest duration of protobuf in seconds: 10,000 years.
const MAX_SECONDS: i64 = 315_576_000_000;
/// The first and the last second of protobuf's times, of the years 1 and 9999, from 1970 on.
pub(crate) const TIMES: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

const NANOS: std::ops::Range<i32> = 0..1_000_000_000;

impl Moment {
    /// Refuses a moment that protobuf does not have.
    pub(crate) fn check(self) -> Result<Self, Malformed> {
        let Self { seconds, nanos, is_time } = self;
        if is_time && !(TIMES.contains(&seconds) && NANOS.contains(&nanos)) {
            let message = format!("{seconds} s and {nanos} ns from 1970 on are no time of the years 1 to 9999");
            return Err(Malformed::new(message));
        }
        if !is_time && (seconds < 0 || nanos < 0) {
            return Err(Malformed::new(format!("a duration of {seconds} s and {nanos} ns is negative")));
        }
        if !is_time && (seconds > MAX_SECONDS || !NANOS.contains(&nanos)) {
            let message = format!("{seconds} s and {nanos} ns are no duration of at most {MAX_SECONDS} s");
            return Err(Malformed::new(message));
        }
        Ok(self)
    }
}

impl From<Duration> for Moment {
    fn from(duration: Duration) -> Self {
        let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        Self { seconds, nanos: duration.subsec_nanos() as i32, is_time: false }
    }
}

impl From<SystemTime> for Moment {
    fn from(time: SystemTime) -> Self {
        let since = |duration: Duration| Self { is_time: true, ..duration.into() };
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => since(after),
            Err(before) => {
                let Self { seconds, nanos, is_time } = since(before.duration());
                match nanos {
                    0 => Self { seconds: -seconds, nanos, is_time },
                    nanos => Self { seconds: -seconds - 1, nanos: NANOS.end - nanos, is_time },
                }
            }
        }
    }
}

fn duration(Moment { seconds, nanos, .. }: Moment) -> Duration {
    Duration::new(seconds.unsigned_abs(), nanos.unsigned_abs())
}

fn time(Moment { seconds, nanos, .. }: Moment) -> Option<SystemTime> {
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let second = if seconds < 0 { UNIX_EPOCH.checked_sub(whole) } else { UNIX_EPOCH.checked_add(whole) };
    second?.checked_add(Duration::from_nanos(nanos.unsigned_abs().into()))
}

macro_rules! moments {
    ($($ty:ident $name:ident is_time: $is_time:literal, $make:expr;)*) => {
        $(
            impl Portable for $ty {
                type View<'a> = Pair<i64, i32>;
                const TYPE: TypeRef = TypeRef::new(&Type::$name);
                const ID: u64 = type_id(stringify!($ty), &[]);
                const IS_FLAT: bool = true;

                fn view(&self, _: &Scratch) -> Pair<i64, i32> {
                    let Moment { seconds, nanos, .. } = (*self).into();
                    Pair(seconds, nanos)
                }

                /// The other side has checked it, and has the same clock.
                fn own(Pair(seconds, nanos): Pair<i64, i32>) -> Self {
                    $make(Moment { seconds, nanos, is_time: $is_time }).unwrap_or(Self::EMPTY)
                }

                fn put<S: Sink>(&self, sink: S) {
                    sink.moment((*self).into());
                }

                fn merge<S: Source>(slot: &mut Option<Self>, source: S) -> Result<(), Malformed> {
                    let mut moment = slot.map_or(Moment { is_time: $is_time, ..Moment::default() }, Moment::from);
                    source.moment(&mut moment)?;
                    let made = $make(moment.check()?);
                    *slot = Some(made.ok_or_else(|| Malformed::new("this system has no such time"))?);
                    Ok(())
                }

                fn missing() -> Result<Self, Malformed> {
                    Ok(Self::EMPTY)
                }
            }
        )*
    };
}

/// The value without seconds.
trait Empty {
    const EMPTY: Self;
}

impl Empty for Duration {
    const EMPTY: Self = Self::ZERO;
}

impl Empty for SystemTime {
    const EMPTY: Self = UNIX_EPOCH;
}

moments! {
    Duration Duration is_time: false, |moment| Some(duration(moment));
    SystemTime Time is_time: true, time;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_protobuf() {
        let parts = |time: SystemTime| {
            let Moment { seconds, nanos, .. } = time.into();
            (seconds, nanos)
        };
        let nanosecond = Duration::from_nanos(if cfg!(windows) { 100 } else { 1 });
        assert_eq!(parts(UNIX_EPOCH), (0, 0));
        assert_eq!(parts(UNIX_EPOCH + Duration::from_millis(1_500)), (1, 500_000_000));
        assert_eq!(parts(UNIX_EPOCH - Duration::from_secs(2)), (-2, 0));
        assert_eq!(parts(UNIX_EPOCH - Duration::from_millis(1_500)), (-2, 500_000_000));
        assert_eq!(parts(UNIX_EPOCH - nanosecond), (-1, 1_000_000_000 - nanosecond.subsec_nanos() as i32));
        for value in [UNIX_EPOCH, UNIX_EPOCH - Duration::from_millis(1_500), UNIX_EPOCH - nanosecond] {
            assert_eq!(time(value.into()), Some(value));
        }
        assert_eq!(duration(Duration::new(7, 5).into()), Duration::new(7, 5));
    }

    #[test]
    fn a_moment_that_protobuf_does_not_have_is_refused() {
        let refused = |seconds, nanos, is_time| {
            Moment { seconds, nanos, is_time }.check().map(|_| String::new()).unwrap_or_else(|error| error.to_string())
        };
        assert_eq!(refused(MAX_SECONDS, 999_999_999, false), "");
        assert_eq!(refused(-1, 0, false), "a duration of -1 s and 0 ns is negative");
        assert_eq!(refused(0, -1, false), "a duration of 0 s and -1 ns is negative");
        let long = "315576000001 s and 0 ns are no duration of at most 315576000000 s";
        assert_eq!(refused(MAX_SECONDS + 1, 0, false), long);
        let wide = "0 s and 1000000000 ns are no duration of at most 315576000000 s";
        assert_eq!(refused(0, 1_000_000_000, false), wide);
        assert_eq!(refused(*TIMES.start(), 0, true), "");
        assert_eq!(refused(*TIMES.end(), 999_999_999, true), "");
        let early = "-62135596801 s and 0 ns from 1970 on are no time of the years 1 to 9999";
        assert_eq!(refused(TIMES.start() - 1, 0, true), early);
        let late = "253402300800 s and 0 ns from 1970 on are no time of the years 1 to 9999";
        assert_eq!(refused(TIMES.end() + 1, 0, true), late);
        assert_eq!(refused(0, -1, true), "0 s and -1 ns from 1970 on are no time of the years 1 to 9999");
    }
}
