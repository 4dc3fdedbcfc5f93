//! JSON on its way out, piece by piece: a document of any size need not lie in memory as values.
//!
//! Strings are what the kernel holds, not escaped for a terminal; characters that could act on one are written as
//! `\uNNNN`, which JSON reads back as the same text.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use crate::rule::lexer::is_unsafe;

/// An object's own fields, and behind them an array whose elements `each` writes.
///
/// # Errors
/// Whatever `out` gives.
pub fn object_with_array<T>(
    fields: &impl Serialize,
    name: &str,
    elements: impl IntoIterator<Item = T>,
    out: &mut dyn Write,
    each: impl Fn(T, &mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut object = Vec::new();
    write_value(fields, &mut object)?;
    object.pop_if(|last| *last == b'}');
    out.write_all(&object)?;
    write!(out, ",\"{name}\":[")?;
    for (index, element) in elements.into_iter().enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        each(element, out)?;
    }
    out.write_all(b"]}")
}

/// One value.
///
/// # Errors
/// None: a vector takes everything, and the fields are plain.
pub fn write_value(value: &impl Serialize, out: &mut Vec<u8>) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(out, WithoutControls)).map_err(io::Error::from)
}

/// Writes characters that serde_json leaves raw but that could act on a terminal (DEL, C1, bidirectional controls) as
/// `\uNNNN`.
struct WithoutControls;

impl Formatter for WithoutControls {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        if !fragment.contains(is_unsafe) {
            return out.write_all(fragment.as_bytes());
        }
        for character in fragment.chars() {
            if is_unsafe(character) {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
            } else {
                write!(out, "{character}")?;
            }
        }
        Ok(())
    }
}
