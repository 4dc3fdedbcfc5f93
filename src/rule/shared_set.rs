//! A set with a name that several rules of a table share: what `-m recent` calls a list.
//!
//! The kernel frees it with its table only. So it carries a comment by which this program knows it again, and takes it
//! away with the last rule that names it.

use crate::expr::{Set, SetFlags, SetListing};

/// How long such a set keeps what packets put into it. The kernel settles that when the set is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// The rule works with any.
    Any,
    /// Until a packet takes it out.
    Forever,
    /// So many milliseconds since it was last put there.
    Milliseconds(u64),
    /// At least so many.
    AtLeast(u64),
}

impl Lifetime {
    /// A hundred years: for ever. Of a set with a timeout nf_tables can make it another one while packets use it; what is
    /// put into one without keeps no time, even when the set has one later.
    pub const FOREVER: u64 = 36_500 * 24 * 60 * 60 * 1000;

    /// Of a set that exists: `NFTA_SET_TIMEOUT`.
    #[must_use]
    pub fn of(listing: &SetListing) -> Self {
        let timeout = listing.timeout.filter(|timeout| (1..Self::FOREVER).contains(timeout));
        timeout.map_or(Self::Forever, Self::Milliseconds)
    }

    /// The timeout of a set that is made for rules which ask for this.
    #[must_use]
    pub const fn timeout(self) -> u64 {
        match self {
            Self::Milliseconds(timeout) | Self::AtLeast(timeout) => timeout,
            Self::Any | Self::Forever => Self::FOREVER,
        }
    }

    /// Whether a rule that asks for this can use a set that has the other.
    #[must_use]
    pub fn is_met_by(self, other: Self) -> bool {
        match (self, other) {
            (Self::Any, _) | (Self::AtLeast(_), Self::Forever) => true,
            (Self::AtLeast(least), Self::Milliseconds(kept)) => kept >= least,
            _ => self == other,
        }
    }

    /// What serves a rule that asks for this and, as far as that can be, one that asks for the other.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::AtLeast(one), Self::AtLeast(two)) => Self::AtLeast(one.max(two)),
            (Self::Any, other) | (Self::AtLeast(_), other) if other != Self::Any => other,
            (this, _) => this,
        }
    }
}

/// What a rule needs of a set with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedSet {
    /// As it is made.
    pub set: Set,
    /// How long its elements live.
    pub lifetime: Lifetime,
}

impl SharedSet {
    /// How the names of lists begin, so that they cannot clash with sets that somebody made for rules of nft.
    pub const PREFIX: &'static str = "recent_";
    /// The comment of a set that goes with its last rule.
    pub const COMMENT: &'static str = "list of -m recent, kept by nsfw";

    /// A set that packets fill, under the name of a list.
    #[must_use]
    pub fn new(list: &str, key_type: u32, key_length: u32, lifetime: Lifetime) -> Self {
        let flags = SetFlags(SetFlags::EVALUATED | SetFlags::TIMEOUT);
        let name = format!("{}{list}", Self::PREFIX);
        Self { set: Set { name, flags, key_type, key_length, ..Set::default() }, lifetime }
    }

    /// Whether the kernel's set is one that goes with its last rule.
    #[must_use]
    pub fn is_kept(listing: &SetListing) -> bool {
        let comment = || listing.declaration().and_then(|declaration| declaration.comment);
        listing.set.name.starts_with(Self::PREFIX) && comment().as_deref() == Some(Self::COMMENT)
    }

    /// Whether the rule works with what the kernel has under that name.
    #[must_use]
    pub fn is_met_by(&self, listing: &SetListing) -> bool {
        let (want, have) = (&self.set, &listing.set);
        let same = (&want.name, want.flags, want.key_length, want.data, &want.fields)
            == (&have.name, have.flags, have.key_length, have.data, &have.fields);
        same && listing.expressions.is_empty() && self.lifetime.is_met_by(Lifetime::of(listing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::user_data;

    #[test]
    fn a_list_lives_as_long_as_most_rules_ask() {
        use Lifetime::{Any, AtLeast, Forever, Milliseconds};
        assert_eq!(AtLeast(5).and(AtLeast(9)), AtLeast(9));
        assert_eq!(AtLeast(9).and(Any), AtLeast(9));
        assert_eq!(Any.and(AtLeast(9)), AtLeast(9));
        assert_eq!(AtLeast(5).and(Milliseconds(9)), Milliseconds(9));
        assert_eq!(Milliseconds(5).and(AtLeast(9)), Milliseconds(5));
        assert_eq!(Forever.and(Milliseconds(9)), Forever);
        let kept = |timeout| Lifetime::of(&SetListing { timeout, ..SetListing::default() });
        assert_eq!(
            [Any, Forever, AtLeast(9)].map(|asked| kept(Some(asked.timeout()))),
            [Forever, Forever, Milliseconds(9)]
        );
        assert_eq!(kept(None), Forever);
    }

    #[test]
    fn a_set_is_met_by_its_own_kind_alone() {
        let minute = SharedSet::new("a", 7, 4, Lifetime::Milliseconds(60_000));
        let listing = SetListing { set: minute.set.clone(), timeout: Some(60_000), ..SetListing::default() };
        assert!(minute.is_met_by(&listing) && SharedSet::new("a", 7, 4, Lifetime::Any).is_met_by(&listing));
        assert!(!SharedSet::new("a", 7, 4, Lifetime::Forever).is_met_by(&listing));
        let at_least = |milliseconds| SharedSet::new("a", 7, 4, Lifetime::AtLeast(milliseconds));
        assert!(at_least(60_000).is_met_by(&listing) && !at_least(60_001).is_met_by(&listing));
        assert!(!SharedSet::new("a", 7, 16, Lifetime::Any).is_met_by(&listing));
        assert!(!SharedSet::new("b", 7, 4, Lifetime::Any).is_met_by(&listing));
        assert!(!SharedSet::is_kept(&listing));
        let user_data = user_data::set_comment(SharedSet::COMMENT);
        assert!(SharedSet::is_kept(&SetListing { user_data, ..listing }));
    }
}
