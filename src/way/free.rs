//! Packets of one node that nobody has sent on yet, found by what identifies them: a step of thousands of packets asks for
//! each of them once, and would look at all of the others otherwise.

use std::collections::{BTreeSet, HashMap};

use super::identity::Identity;
use crate::firewall::passage::Visit;

/// The packets, by their places.
#[derive(Debug, Default)]
pub struct Free {
    all: BTreeSet<usize>,
    whole: HashMap<Identity, BTreeSet<usize>>,
    /// Fragments, which have too little in common to be found by it.
    parts: BTreeSet<usize>,
}

impl Free {
    /// All packets of a node, each as it came there.
    pub fn new<'v>(openings: impl Iterator<Item = (usize, &'v Visit)>) -> Self {
        let mut free = Self::default();
        for (place, opening) in openings {
            free.all.insert(place);
            match Identity::of(opening) {
                Some(identity) => free.whole.entry(identity).or_default().insert(place),
                None => free.parts.insert(place),
            };
        }
        free
    }

    /// Places of those that nobody has sent on, in order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.all.iter().copied()
    }

    /// The first that may be the packet of a visit and that `is_such`.
    pub fn find(&self, visit: &Visit, is_such: impl Fn(usize) -> bool) -> Option<usize> {
        let Some(identity) = Identity::of(visit) else { return self.iter().find(|&place| is_such(place)) };
        let first = |places: &BTreeSet<usize>| places.iter().copied().find(|&place| is_such(place));
        let found = [self.whole.get(&identity).and_then(first), first(&self.parts)];
        found.into_iter().flatten().min()
    }

    /// Takes one out: it was sent on.
    pub fn take(&mut self, place: usize, opening: &Visit) {
        self.all.remove(&place);
        self.parts.remove(&place);
        if let Some(places) = Identity::of(opening).and_then(|identity| self.whole.get_mut(&identity)) {
            places.remove(&place);
        }
    }
}
