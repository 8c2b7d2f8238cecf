//! What the plugins of another build are in this program: which of its interfaces theirs is, and which of its methods are whose. It knows no link.

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

/// What the interface of a plugin is here.
#[derive(Clone)]
pub(crate) struct Match {
    pub identity: &'static Identity,
    /// For each method of this program's its place in the other's; or why they do not fit.
    pub places: Result<Arc<[Option<usize>]>, Arc<[Difference]>>,
}

/// The interface of a plugin that this program does not have.
struct Foreign;

impl Match {
    /// What the interface of this path is here, which the other build says this of, where it is portable there.
    pub(crate) fn of(path: &str, other: Option<&ParsedInterface<'_>>) -> Self {
        let ours = submissions::portables().map(|portables| portables.0).filter(|ours| ours.name() == path);
        let matches = ours.map(|identity| Self { identity, places: Self::places(identity, other) });
        // Two versions of an interface's crate may be in this program: the one that fits is meant.
        let best =
            matches.reduce(|best, other| if best.places.is_err() && other.places.is_ok() { other } else { best });
        best.unwrap_or_else(|| {
            let version = other.map(|other| other.version).unwrap_or_default();
            let identity = Identity::foreign(TypeId::of::<Foreign>(), path, version);
            Self { identity, places: Ok([].into()) }
        })
    }

    fn places(
        identity: &Identity,
        other: Option<&ParsedInterface<'_>>,
    ) -> Result<Arc<[Option<usize>]>, Arc<[Difference]>> {
        let (Some(record), Some(other)) = (identity.record(), other) else {
            return Err([Difference::NotPortable].into());
        };
        // Of one text, each method is where it is here. That is most often so, and then there is no need to read ours.
        if other.text.is_some_and(|text| text.as_bytes() == &record[HEAD..]) {
            return Ok((0..other.methods.len()).map(Some).collect());
        }
        match own_record(record) {
            Some(ours) => match_methods(&ours, other).map(Arc::from).map_err(Arc::from),
            None => Err([Difference::NotPortable].into()),
        }
    }
}
