//! What stands in for `library.rs` where its feature is off: the same functions, which say how to turn it on.

use std::path::Path;

use plug::{Link, Plugin};

use crate::failure::Failure;
use crate::inspected::Inspected;
use crate::left_out::LeftOut;

/// There is none.
#[derive(Debug)]
pub(crate) enum Library {}

const LEFT_OUT: LeftOut = LeftOut { text: "this build of app opens no libraries", features: &["library"] };

pub(crate) fn way_in() -> Option<String> {
    Some(LEFT_OUT.way_in())
}

pub(crate) fn open(_: &Path) -> Result<Library, Failure> {
    Err(LEFT_OUT.failure())
}

pub(crate) fn inspect(_: &Path) -> Result<Inspected, Failure> {
    Err(LEFT_OUT.failure())
}

impl Library {
    pub(crate) fn aborts_on_panic(&self) -> bool {
        match *self {}
    }
}

impl Link for Library {
    fn plugins(&self) -> Result<Vec<Plugin>, plug::Error> {
        match *self {}
    }
}
