//! Matches the interfaces and methods of another build with those of this program.

pub(crate) mod matching;
pub(crate) mod objects;
pub(crate) mod record;

use std::any::TypeId;
use std::sync::Arc;

use crate::compat::matching::match_methods;
use crate::compat::objects::Builds;
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

/// Finds the record of another interface of the other build, by its path.
type Others<'b, 't> = &'b dyn Fn(&str) -> Option<&'b ParsedInterface<'t>>;

/// The type of all interfaces that this program does not have.
struct Foreign;

impl Match {
    /// Matches the interface with this path. `other` is its record in the other build, if it is
    /// portable, and `others` finds those of the objects that cross with its methods.
    #[cfg(feature = "library")]
    pub(crate) fn of<'b, 't: 'b>(path: &str, other: Option<&ParsedInterface<'t>>, others: Others<'b, 't>) -> Self {
        Self::find(path, other, others, own_record)
    }

    /// The same for a build that is called by message.
    #[cfg(feature = "wire")]
    pub(crate) fn by_message<'b, 't: 'b>(
        path: &str,
        other: Option<&ParsedInterface<'t>>,
        others: Others<'b, 't>,
    ) -> Self {
        Self::find(path, other, others, |record| own_record(record).map(ParsedInterface::by_message))
    }

    fn find<'b, 't: 'b>(
        path: &str,
        other: Option<&ParsedInterface<'t>>,
        others: Others<'b, 't>,
        own: OwnRecord,
    ) -> Self {
        let ours = submissions::portables().map(|portables| portables.0).filter(|ours| ours.name() == path);
        let matches = ours.map(|identity| Self { identity, places: Self::places(identity, other, others, own) });
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

    fn places<'b, 't: 'b>(
        identity: &'static Identity,
        other: Option<&ParsedInterface<'t>>,
        others: Others<'b, 't>,
        own: OwnRecord,
    ) -> Result<Arc<[Option<usize>]>, Arc<[Difference]>> {
        let (Some(record), Some(other)) = (identity.record(), other) else {
            return Err([Difference::NotPortable].into());
        };
        // Equal texts have equal methods. This is the common case, and saves reading our own
        // record.
        let places = if other.text.is_some_and(|text| text.as_bytes() == &record[HEAD..]) {
            (0..other.methods.len()).map(Some).collect()
        } else {
            let ours = own(record).ok_or([Difference::NotPortable])?;
            match_methods(&ours, other)?.into()
        };
        if !other.methods.iter().any(|method| objects::has_objects(method.signature)) {
            return Ok(places);
        }
        let ours = |path: &str| {
            let portables = submissions::portables().map(|portables| portables.0);
            own(portables.filter(|ours| ours.name() == path).find_map(Identity::record)?)
        };
        let differences =
            own(record).map(|record| objects::differences(&record, &Builds { ours: &ours, theirs: others }));
        match differences.filter(|differences| !differences.is_empty()) {
            Some(differences) => Err(differences.into()),
            None => Ok(places),
        }
    }
}
