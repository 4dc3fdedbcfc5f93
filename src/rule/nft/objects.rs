//! Kinds of stateful objects: nft's words for them.

/// A kind of object.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    number: u32,
    /// What declares one, and what the values of a map of them are.
    pub word: &'static str,
    /// What stands in front of the object's name in a rule.
    pub statement: &'static str,
}

const fn kind(number: u32, word: &'static str, statement: &'static str) -> Kind {
    Kind { number, word, statement }
}

/// The word for a kind, or its number.
#[must_use]
pub fn word(number: u32) -> String {
    row(number).map_or_else(|| format!("object-{number}"), |row| row.word.to_owned())
}

const KINDS: &[Kind] = &[
    kind(1, "counter", "counter name"),
    kind(2, "quota", "quota name"),
    kind(3, "ct helper", "ct helper set"),
    kind(4, "limit", "limit name"),
    kind(7, "ct timeout", "ct timeout set"),
    kind(8, "secmark", "meta secmark set"),
    kind(9, "ct expectation", "ct expectation set"),
    kind(10, "synproxy", "synproxy name"),
];

/// The words for a kind (`NFT_OBJECT_*`); `None` for what nft has no words for.
#[must_use]
pub fn row(number: u32) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.number == number)
}
