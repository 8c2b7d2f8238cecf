//! Splits a message into its fields, for conversion to another format.

use prost::encoding::WireType;

use crate::portable::codec::Malformed;
use crate::protobuf::reader::{key, varint};

/// The remaining fields of a message, in their order.
#[derive(Clone)]
pub(crate) struct Pieces<'b>(&'b [u8]);

/// The value of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece<'b> {
    Varint(u64),
    Fixed32([u8; 4]),
    Fixed64([u8; 8]),
    Delimited(&'b [u8]),
}

impl<'b> Pieces<'b> {
    pub(crate) fn of(message: &'b [u8]) -> Self {
        Self(message)
    }

    pub(crate) fn next(&mut self) -> Result<Option<(u32, Piece<'b>)>, Malformed> {
        let Some((tag, wire)) = key(&mut self.0)? else { return Ok(None) };
        Ok(Some((tag, Piece::read(wire, &mut self.0)?)))
    }

    /// The next field, if it has this number.
    pub(crate) fn take(&mut self, expected: u32) -> Result<Option<Piece<'b>>, Malformed> {
        let mut ahead = self.clone();
        match ahead.next()? {
            Some((tag, piece)) if tag == expected => {
                *self = ahead;
                Ok(Some(piece))
            }
            _ => Ok(None),
        }
    }

    /// Whether the next field has this number.
    pub(crate) fn has(&self, expected: u32) -> Result<bool, Malformed> {
        Ok(key(&mut &*self.0)?.is_some_and(|(tag, _)| tag == expected))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'b> Piece<'b> {
    /// Reads one value of this wire type.
    pub(crate) fn read(wire: WireType, rest: &mut &'b [u8]) -> Result<Self, Malformed> {
        let cut = || Malformed::new("a message ends early");
        match wire {
            WireType::Varint => varint(rest).map(Self::Varint),
            WireType::ThirtyTwoBit => {
                let (bytes, after) = rest.split_first_chunk().ok_or_else(cut)?;
                *rest = after;
                Ok(Self::Fixed32(*bytes))
            }
            WireType::SixtyFourBit => {
                let (bytes, after) = rest.split_first_chunk().ok_or_else(cut)?;
                *rest = after;
                Ok(Self::Fixed64(*bytes))
            }
            WireType::LengthDelimited => {
                let len = usize::try_from(varint(rest)?).map_err(|_| cut())?;
                let (bytes, after) = rest.split_at_checked(len).ok_or_else(cut)?;
                *rest = after;
                Ok(Self::Delimited(bytes))
            }
            WireType::StartGroup | WireType::EndGroup => Err(Malformed::new("a group is not read here")),
        }
    }

    pub(crate) fn varint(self) -> Result<u64, Malformed> {
        match self {
            Self::Varint(number) => Ok(number),
            other => Err(other.mismatch("varint")),
        }
    }

    pub(crate) fn delimited(self) -> Result<&'b [u8], Malformed> {
        match self {
            Self::Delimited(bytes) => Ok(bytes),
            other => Err(other.mismatch("length-delimited")),
        }
    }

    /// The error for a value of another wire type than this one.
    pub(crate) fn mismatch(self, expected: &str) -> Malformed {
        let found = match self {
            Self::Varint(_) => "varint",
            Self::Fixed32(_) => "fixed32",
            Self::Fixed64(_) => "fixed64",
            Self::Delimited(_) => "length-delimited",
        };
        Malformed::new(format!("its wire type is {found}, and not {expected}"))
    }
}
