//! What counts beside rules and policies: counters and quotas that have a name, and elements of sets.

use crate::expr::object::State;
use crate::expr::{Counter, Counts, Object, Quota, SetListing, user_data};
use crate::firewall::model::Declared;
use crate::rule::Names;
use crate::rule::lexer::printable;
use crate::rule::nft::{Style, ruleset};

/// Something that counts.
#[derive(Debug)]
pub struct Counting {
    /// The name of the object, or of the set that the element is in.
    pub name: String,
    /// The kernel's number for the object or the set.
    pub handle: u64,
    /// What it is.
    pub kind: Kind,
    /// What was written beside it.
    pub comment: Option<String>,
}

/// What counts.
#[derive(Debug)]
pub enum Kind {
    /// A counter that rules name.
    Counter(Counts),
    /// A quota that rules name.
    Quota(Quota),
    /// An element of a set or map, as nft writes it, and its key alone.
    Element(Counts, String, String),
}

impl Counting {
    /// `counter`, `quota`, `element`: what stands in the place of a target.
    pub const fn word(&self) -> &'static str {
        match self.kind {
            Kind::Counter(_) => "counter",
            Kind::Quota(_) => "quota",
            Kind::Element(..) => "element",
        }
    }

    /// Packets; a quota counts none.
    pub const fn packets(&self) -> Option<u64> {
        match &self.kind {
            Kind::Counter(counts) | Kind::Element(counts, ..) => Some(counts.packets),
            Kind::Quota(_) => None,
        }
    }

    /// Bytes that came by.
    pub const fn bytes(&self) -> u64 {
        match &self.kind {
            Kind::Counter(counts) | Kind::Element(counts, ..) => counts.bytes,
            Kind::Quota(quota) => quota.consumed,
        }
    }

    /// What is told of it in words, in nft syntax.
    pub fn nft(&self) -> String {
        let name = printable(&self.name);
        match &self.kind {
            Kind::Counter(_) => format!("counter name \"{name}\""),
            Kind::Quota(quota) => {
                let over = if quota.flags & Quota::INVERTED == 0 { "" } else { "over " };
                format!("quota name \"{name}\" {over}{} bytes", quota.bytes)
            }
            Kind::Element(_, element, _) => format!("@{name} {{ {element} }}"),
        }
    }
}

/// All that counts in what a table holds beside its chains.
pub fn counting(declared: Declared<'_>, names: &dyn Names) -> Vec<Counting> {
    match declared {
        Declared::Object(found) => object(found).into_iter().collect(),
        Declared::Set(listing) => elements(listing, names),
        Declared::Flowtable(_) => Vec::new(),
    }
}

fn object(object: &Object) -> Option<Counting> {
    let kind = match &object.state {
        State::Counter(counter) => Kind::Counter(counter.0),
        State::Quota(quota) => Kind::Quota(*quota),
        _ => return None,
    };
    let comment = user_data::comment(&object.user_data);
    Some(Counting { name: object.name.clone(), handle: object.handle, kind, comment })
}

fn elements(listing: &SetListing, names: &dyn Names) -> Vec<Counting> {
    let counting = |listed: ruleset::Listed<'_>| {
        let attached = listed.element.attached.as_deref()?;
        let counts = Counter::first(&attached.expressions)?;
        let comment = user_data::comment(&attached.user_data);
        let kind = Kind::Element(counts, listed.to_string(), listed.key);
        Some(Counting { name: listing.set.name.clone(), handle: listing.handle, kind, comment })
    };
    let listed = ruleset::Declaration::new(listing).elements(names, Style::default());
    listed.into_iter().filter_map(counting).collect()
}
