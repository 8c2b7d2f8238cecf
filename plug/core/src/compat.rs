//! Matches the interfaces and methods of another build with those of this program.

pub(crate) mod matching;
pub(crate) mod record;

use std::any::TypeId;
use std::sync::Arc;

use crate::compat::matching::match_methods;
use crate::compat::record::{ParsedInterface, own_record};
use crate::entry::submissions;
use crate::error::difference::Difference;
use crate::interface::Identity;
use crate::portable::record::HEAD;

/// The interface of this program that a plugin of another build implements.
#[derive(Clone)]
pub(crate) struct Match {
    pub identity: &'static Identity,
    /// For each method of this program, its place in the other build; or the differences between
    /// them.
    pub places: Result<Arc<[Option<usize>]>, Arc<[Difference]>>,
}

/// Parses a record of this program, as a kind of link compares it.
type OwnRecord = fn(&'static [u8]) -> Option<ParsedInterface<'static>>;

/// The type of all interfaces that this program does not have.
struct Foreign;

impl Match {
    /// Matches the interface with this path. `other` is its record in the other build, if it is
    /// portable.
    #[cfg(feature = "library")]
    pub(crate) fn of(path: &str, other: Option<&ParsedInterface<'_>>) -> Self {
        Self::find(path, other, own_record)
    }

    /// The same for a build that is called by message.
    #[cfg(feature = "wire")]
    pub(crate) fn by_message(path: &str, other: Option<&ParsedInterface<'_>>) -> Self {
        Self::find(path, other, |record| own_record(record).map(ParsedInterface::by_message))
    }

    fn find(path: &str, other: Option<&ParsedInterface<'_>>, own: OwnRecord) -> Self {
        let ours = submissions::portables().map(|portables| portables.0).filter(|ours| ours.name() == path);
        let matches = ours.map(|identity| Self { identity, places: Self::places(identity, other, own) });
        // This program may contain two versions of an interface's crate. The compatible one is
        // chosen.
        let best =
            matches.reduce(|best, other| if best.places.is_err() && other.places.is_ok() { other } else { best });
        best.unwrap_or_else(|| {
            let version = other.map(|other| other.version).unwrap_or_default();
            let identity = Identity::foreign(TypeId::of::<Foreign>(), path, version);
            Self { identity, places: Ok([].into()) }
        })
    }

    fn places(
        identity: &'static Identity,
        other: Option<&ParsedInterface<'_>>,
        own: OwnRecord,
    ) -> Result<Arc<[Option<usize>]>, Arc<[Difference]>> {
        let (Some(record), Some(other)) = (identity.record(), other) else {
            return Err([Difference::NotPortable].into());
        };
        // Equal texts have equal methods. This is the common case, and saves reading our own
        // record.
        if other.text.is_some_and(|text| text.as_bytes() == &record[HEAD..]) {
            return Ok((0..other.methods.len()).map(Some).collect());
        }
        match own(record) {
            Some(ours) => match_methods(&ours, other).map(Arc::from).map_err(Arc::from),
            None => Err([Difference::NotPortable].into()),
        }
    }
}
