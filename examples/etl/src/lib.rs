//! A host that moves records from a source, through transforms, to a sink.
//! Each of them is a plugin on any link: a word in the user's file chooses the link.
//!
//! * [`Job`]: the stages of a file, and their run.
//! * `links`: the links, by their words.

mod job;
mod links;

pub use job::{Job, Reports};

plug::link!();
