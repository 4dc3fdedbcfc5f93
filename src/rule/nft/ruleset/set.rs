//! Sets and maps as nft declares them.

use super::type_of;
use super::{Style, block, comment};
use crate::expr::user_data::SetUserData;
use crate::expr::{Set, SetFlags, SetListing};
use crate::rule::Names;
use crate::rule::nft::datatype::Order;
use crate::rule::nft::field::Field;
use crate::rule::nft::set::{self, Layout, Listed, Part};
use crate::rule::nft::{duration, objects, statement, types};

/// A set's or map's lines, elements included.
#[must_use]
pub fn set(listing: &SetListing, names: &dyn Names, style: Style) -> String {
    let declaration = Declaration::new(listing);
    let mut body = vec![declaration.line()];
    body.extend(properties(listing, &declaration.data, style));
    if !listing.set.elements.is_empty() {
        body.push(lines(&declaration.elements(names, style), declaration.a_line()));
    }
    block(declaration.word(), &listing.set.name, listing.handle, &body, style)
}

/// The elements' lines, so many elements on each.
fn lines(elements: &[Listed<'_>], a_line: usize) -> String {
    let line = |line: &[Listed<'_>]| line.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let lines: Vec<String> = elements.chunks(a_line).map(line).collect();
    format!("elements = {{ {} }}", lines.join(",\n\t\t\t     "))
}

/// What stands between the type and the elements.
fn properties(listing: &SetListing, data: &SetUserData, style: Style) -> Vec<String> {
    const MEMORY: u32 = 1;
    let mut lines = Vec::new();
    if listing.policy == Some(MEMORY) {
        lines.push("policy memory".to_owned());
    }
    // What never changes is given as much room as it needs.
    let size = listing.size.filter(|_| !listing.set.flags.contains(SetFlags::CONSTANT));
    lines.extend(size.map(|size| format!("size {size}")));
    lines.extend(flags(listing));
    let stateless = Style { stateless: true, ..style };
    let statements: Vec<String> = listing
        .expressions
        .iter()
        .map(|expression| statement::alone(expression, stateless).unwrap_or_else(|| crate::rule::nft::raw(expression)))
        .collect();
    if !statements.is_empty() {
        lines.push(statements.join(" "));
    }
    if data.merges {
        lines.push("auto-merge".to_owned());
    }
    lines.extend(listing.timeout.map(|span| format!("timeout {}", duration::span(span))));
    lines.extend(listing.gc_interval.map(|span| format!("gc-interval {}", duration::span(span.into()))));
    lines.extend(data.comment.as_deref().map(comment));
    lines
}

/// nft's words for a set's flags.
#[must_use]
pub fn flag_words(flags: SetFlags) -> Vec<&'static str> {
    const WORDS: [(u32, &str); 4] = [
        (SetFlags::CONSTANT, "constant"),
        (SetFlags::EVALUATED, "dynamic"),
        (SetFlags::INTERVAL, "interval"),
        (SetFlags::TIMEOUT, "timeout"),
    ];
    WORDS.iter().filter(|row| flags.contains(row.0)).map(|row| row.1).collect()
}

/// `flags constant,interval`. That elements expire goes without saying where they all do after the same time, but is said
/// beside other flags.
fn flags(listing: &SetListing) -> Option<String> {
    let words = flag_words(listing.set.flags);
    let goes_without_saying = words.is_empty() || (words == ["timeout"] && listing.timeout.is_some());
    (!goes_without_saying).then(|| format!("flags {}", words.join(",")))
}

/// A type: as nft writes it, and the parts of its values.
#[derive(Debug, Default)]
struct Typed {
    text: String,
    parts: Vec<Part>,
}

/// How a set is declared: what its keys and values are.
#[derive(Debug)]
pub struct Declaration<'a> {
    set: &'a Set,
    object: Option<u32>,
    /// What nft keeps with it.
    pub data: SetUserData,
    /// Whether nft tells types by examples: `typeof`.
    pub by_expression: bool,
    key: Typed,
    value: Typed,
}

impl<'a> Declaration<'a> {
    /// Reads what nft left with the set.
    #[must_use]
    pub fn new(listing: &'a SetListing) -> Self {
        let (set, data) = (&listing.set, listing.declaration().unwrap_or_default());
        let example = data.key_type.as_deref().and_then(type_of::read).unwrap_or_default();
        let key_type = fields(&example, set.key_type);
        let value_type = set.data.and_then(|declared| {
            let found = data.data_type.as_deref().and_then(type_of::read)?;
            if set.is_verdict_map() { Some(Typed::default()) } else { fields(&found, declared.kind) }
        });
        // nft writes what both are by example, or neither.
        let by_expression = key_type.is_some() && (set.data.is_none() || value_type.is_some() && !data.data_interval);
        let (mut key, value) = match (key_type, value_type) {
            (Some(key), value) if by_expression => (key, value.unwrap_or_default()),
            _ => (
                numbered(set.key_type, set.key_length, data.key_byte_order, &example),
                set.data.filter(|_| !set.is_verdict_map()).map_or_else(Typed::default, |declared| {
                    numbered(declared.kind, declared.length, data.data_byte_order, &[])
                }),
            ),
        };
        // Only then the kernel's order of bytes is that of numbers.
        let intervals = set.flags.contains(SetFlags::INTERVAL);
        for part in key.parts.iter_mut().filter(|part| intervals && !part.kind.is_text()) {
            part.kind.order = Order::Network;
        }
        Self { set, object: listing.object_type, data, by_expression, key, value }
    }

    /// `set` or `map`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        if self.set.data.is_some() || self.object.is_some() { "map" } else { "set" }
    }

    /// What its keys are: `ipv4_addr . inet_service`, or `ip saddr . tcp dport`.
    #[must_use]
    pub fn key_type(&self) -> &str {
        &self.key.text
    }

    /// What a map has for them: `verdict`, `counter`, `interval ipv4_addr`.
    #[must_use]
    pub fn value_type(&self) -> Option<String> {
        match self.object {
            Some(kind) => Some(objects::word(kind)),
            None if self.set.is_verdict_map() => Some("verdict".to_owned()),
            None if self.set.data.is_none() => None,
            None if self.data.data_interval => Some(format!("interval {}", self.value.text)),
            None => Some(self.value.text.clone()),
        }
    }

    /// Its elements in nft's order.
    #[must_use]
    pub fn elements(&self, names: &dyn Names, style: Style) -> Vec<Listed<'a>> {
        let layout = Layout { key: &self.key.parts, value: &self.value.parts };
        set::elements(self.set, layout, names, style)
    }

    /// `type ipv4_addr : verdict`, `typeof ip saddr`.
    fn line(&self) -> String {
        let word = if self.by_expression { "typeof" } else { "type" };
        let value = self.value_type().map_or_else(String::new, |value| format!(" : {value}"));
        format!("{word} {}{value}", self.key.text)
    }

    /// How many elements nft puts on a line.
    fn a_line(&self) -> usize {
        match types::declared(self.set.key_type).as_deref() {
            Some([only]) => only.a_line,
            _ => 1,
        }
    }
}

fn part(field: &Field) -> Part {
    Part { kind: field.kind, bytes: field.bits.div_ceil(8) }
}

/// What an example tells, if it is of as many parts as the number: nft keeps no more than four of them.
fn fields(example: &[Field], number: u32) -> Option<Typed> {
    let whole = types::declared(number).is_none_or(|declared| declared.len() == example.len());
    let text = example.iter().map(|field| field.label.as_str()).collect::<Vec<_>>().join(" . ");
    (whole && !example.is_empty()).then(|| Typed { text, parts: example.iter().map(part).collect() })
}

/// What the number of a type tells; the number alone where nft has no word for it. Of a longer one the example tells how
/// wide the first parts are.
fn numbered(number: u32, length: u32, byte_order: Option<u32>, example: &[Field]) -> Typed {
    const NETWORK: u32 = 2;
    let Some(declared) = types::declared(number) else {
        return Typed { text: number.to_string(), parts: Vec::new() };
    };
    let text = declared.iter().map(|row| row.name).collect::<Vec<_>>().join(" . ");
    let mut parts = types::parts(number);
    match parts.as_mut_slice() {
        [only] if only.bytes == 0 => {
            only.bytes = length;
            if byte_order == Some(NETWORK) {
                only.kind.order = Order::Network;
            }
        }
        [_] => {}
        several => several.iter_mut().zip(example).for_each(|(declared, field)| *declared = part(field)),
    }
    Typed { text, parts }
}
