//! The inverse of reading: a table's lines as iptables-save writes them. Each ends with a line feed.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::expr::{Counts, Policy};
use crate::rule::{BuiltinTable, Rule, lexer};

/// `*TABLE`.
pub fn table(out: &mut String, table: BuiltinTable) {
    out.push('*');
    out.push_str(table.name());
    out.push('\n');
}

/// `:CHAIN POLICY [PACKETS:BYTES]`; `-` for the policy of a chain that has none.
pub fn chain(out: &mut String, name: &str, policy: Option<Policy>, counted: Counts) {
    out.push(':');
    out.push_str(name);
    out.push(' ');
    out.push_str(policy.map_or("-", Policy::name));
    out.push(' ');
    counts(out, counted);
    out.push('\n');
}

/// `[PACKETS:BYTES] -A CHAIN RULE`, the counts where they are given.
pub fn rule(out: &mut String, counted: Option<Counts>, chain: &str, rule: &Rule) {
    if let Some(counted) = counted {
        counts(out, counted);
        out.push(' ');
    }
    out.push_str("-A ");
    out.push_str(&one_word(chain));
    let before = out.len();
    out.push(' ');
    out.push_str(&rule.render());
    if out.len() == before + 1 {
        out.truncate(before);
    }
    out.push('\n');
}

/// A chain's name where words may be quoted: as it is, unless a reader would then take it for another.
fn one_word(chain: &str) -> Cow<'_, str> {
    let is_itself = lexer::split_line(chain).is_some_and(|words| words == [chain]);
    if is_itself { Cow::Borrowed(chain) } else { Cow::Owned(lexer::quote(chain)) }
}

/// A comment line: a rule that has no iptables syntax, in nft's.
pub fn unsaid(out: &mut String, nft: &str) {
    // A string takes whatever is written to it.
    let _ = writeln!(out, "{UNSAID} {nft}");
}

/// How a comment line begins that tells in nft's words what iptables has none for.
pub const UNSAID: &str = "# nft:";

/// `COMMIT`.
pub fn commit(out: &mut String) {
    out.push_str("COMMIT\n");
}

/// `[PACKETS:BYTES]`.
pub fn counts(out: &mut String, Counts { packets, bytes }: Counts) {
    // A string takes whatever is written to it.
    let _ = write!(out, "[{packets}:{bytes}]");
}
