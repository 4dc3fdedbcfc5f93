//! Counters that are expected, read from the format of iptables-save or one by one.

mod text;

use std::ops::Range;

use self::text::Reader;
pub use self::text::{Found, rewrite};
use super::around::{Around, Faults};
use crate::experiment::spec::expect::{Counter, Counters};
use crate::experiment::spec::{At, Figure};
use crate::expr::Policy;
use crate::rule::{BuiltinTable, IpFamily};

/// One expectation about a counter of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CounterCheck {
    /// Place of the node.
    pub node: usize,
    /// IPv4 or IPv6.
    pub family: IpFamily,
    /// The table.
    pub table: BuiltinTable,
    /// Whose counter.
    pub whose: Whose,
    /// Packets.
    pub packets: Wanted,
    /// Bytes.
    pub bytes: Wanted,
    /// Its line in the text, or its place in the list, from 0.
    pub place: usize,
    /// Where it is written.
    pub span: Range<usize>,
}

/// Whose counter it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// The policy of a chain, and what it must be where that is said.
    Policy(String, Option<Policy>),
    /// A chain that has no policy.
    Chain(String),
    /// The rule with this number, from 1.
    Number(String, u32),
    /// The next rule that says this, behind those that are asked for above it.
    Words(String, String),
    /// The rule with this comment, in any chain where none is given.
    Comment(Option<String>, String),
}

impl CounterCheck {
    /// Whether it is only to be there.
    #[must_use]
    pub fn asks_no_figure(&self) -> bool {
        [self.packets, self.bytes] == [Wanted::Any; 2]
    }
}

/// What a counter must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Anything.
    Any,
    /// Within these bounds.
    Figure(Figure),
    /// What it was when the step began.
    Unchanged,
}

impl Wanted {
    /// Whether a counter that was `before` when the step began is as wanted.
    #[must_use]
    pub const fn fits(self, before: u64, now: u64) -> bool {
        match self {
            Self::Any => true,
            Self::Figure(figure) => figure.fits(now),
            Self::Unchanged => before == now,
        }
    }

    /// Reads `*`, `=` or a figure.
    fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "*" => Some(Self::Any),
            "=" => Some(Self::Unchanged),
            figure => Figure::parse(figure).map(Self::Figure),
        }
    }
}

impl std::fmt::Display for Wanted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Figure(figure) => write!(f, "{figure}"),
            Self::Unchanged => f.write_str("="),
        }
    }
}

/// Reads the counters that are expected of one node.
pub(super) fn checks(
    node: usize,
    family: IpFamily,
    counters: &At<Counters>,
    around: &mut Around<'_>,
) -> Vec<CounterCheck> {
    match &counters.value {
        Counters::Text(text) => {
            let text = At { value: text.as_str(), span: counters.span.clone() };
            Reader { node, family, names: around.names, file: &around.source.text }.text(&text, around.faults)
        }
        Counters::List(list) => {
            let counters = list.iter().enumerate();
            counters.filter_map(|(place, one)| listed((node, family), place, one, around.faults)).collect()
        }
    }
}

fn listed(
    (node, family): (usize, IpFamily),
    place: usize,
    counter: &At<Counter>,
    faults: &mut Faults,
) -> Option<CounterCheck> {
    let span = counter.span.clone();
    let table = counter.table.as_deref().unwrap_or("filter");
    let Some(table) = BuiltinTable::from_name(table) else {
        faults.add(span, format!("there is no table {table:?}: filter, nat, mangle, raw or security"));
        return None;
    };
    let whose = match (&counter.chain, counter.rule, &counter.comment) {
        (Some(chain), None, None) => Whose::Policy(chain.clone(), None),
        (Some(_), Some(0), None) => {
            faults.add(span, "rules are numbered from 1");
            return None;
        }
        (Some(chain), Some(number), None) => Whose::Number(chain.clone(), number),
        (chain, None, Some(comment)) => Whose::Comment(chain.clone(), comment.clone()),
        _ => {
            faults.add(span, "a counter is that of a chain, of a chain and a rule's number, or of a comment");
            return None;
        }
    };
    if counter.unchanged && (counter.packets.is_some() || counter.bytes.is_some()) {
        faults.add(span, "unchanged is about packets and bytes: give it, or the figures");
        return None;
    }
    let wanted = |figure: Option<Figure>| match figure {
        _ if counter.unchanged => Wanted::Unchanged,
        Some(figure) => Wanted::Figure(figure),
        None => Wanted::Any,
    };
    let (packets, bytes) = (wanted(counter.packets), wanted(counter.bytes));
    if (packets, bytes) == (Wanted::Any, Wanted::Any) {
        faults.add(span, "the counter may be anything: give packets, bytes or unchanged");
        return None;
    }
    Some(CounterCheck { node, family, table, whose, packets, bytes, place, span })
}
