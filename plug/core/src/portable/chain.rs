//! The texts of a method's error: its own, and those of its causes where it has some.

use std::error::Error as StdError;
use std::fmt::Display;

/// What an error tells, as texts.
pub(super) fn texts(tell: impl FnOnce(&mut dyn FnMut(&dyn Display))) -> Vec<String> {
    let mut texts = Vec::new();
    tell(&mut |text| texts.push(text.to_string()));
    texts
}

/// An error, of which the macros ask for its texts: all of the chain where it is a `std::error::Error`, else the one it
/// displays. Which of the two is up to the type, and found by the order in which the compiler looks for a method.
pub struct Told<'a, E>(pub &'a E);

pub trait TellChain {
    fn tell(&self, text: &mut dyn FnMut(&dyn Display));

    fn texts(&self) -> Vec<String> {
        texts(|text| self.tell(text))
    }
}

pub trait TellText {
    fn tell(&self, text: &mut dyn FnMut(&dyn Display));
}

impl<E: StdError + 'static> TellChain for Told<'_, E> {
    fn tell(&self, text: &mut dyn FnMut(&dyn Display)) {
        let first: &(dyn StdError + 'static) = self.0;
        std::iter::successors(Some(first), |error| (*error).source()).for_each(|error| text(&error));
    }
}

impl<E: Display> TellText for &Told<'_, E> {
    fn tell(&self, text: &mut dyn FnMut(&dyn Display)) {
        text(self.0);
    }
}

/// Where the compiler looks last, so that an error without a text is told so by `Fails`, and not by this too.
pub struct Untold;

impl Untold {
    pub fn tell(&self, _: &mut dyn FnMut(&dyn Display)) {}
}

impl<E> std::ops::Deref for Told<'_, E> {
    type Target = Untold;

    fn deref(&self) -> &Untold {
        &Untold
    }
}
