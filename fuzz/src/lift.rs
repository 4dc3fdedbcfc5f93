//! Any sequence of expressions: it is lifted and shown without a panic, and what is lifted is a rule that prints as
//! something that is read as the same.
//!
//! Bytes alone hardly ever make expressions that belong together. So the bytes are lines of rules, each on a line of its
//! own, which are lowered to one long rule; and behind a zero byte, what is done to it ([`super::edits`]).

use nsfw::expr::{Counts, Family};
use nsfw::rule::{BuiltinTable, Defaults, IpFamily, LowerContext, Lowered, NoNames, lexer, lift, lower, parse_line};

use super::{edits, expression};

/// More lines only make it slow.
const LINES: usize = 4;

/// Lifts rules that were tampered with.
pub fn holds(bytes: &[u8]) {
    let mut halves = bytes.splitn(2, |&byte| byte == 0);
    let text = String::from_utf8_lossy(halves.next().unwrap_or_default());
    let (family, text) = match text.strip_prefix('6') {
        Some(rest) => (IpFamily::V6, rest),
        None => (IpFamily::V4, &*text),
    };
    let mut lowered = Lowered::default();
    for line in text.lines().take(LINES) {
        append(line, family, &mut lowered);
    }
    let other = edits::apply(halves.next().unwrap_or_default(), &mut lowered);
    lowered.expressions.iter().for_each(expression::decodes_again);
    expression::shows(&lowered, other.map_or(family.into(), expression::family));
    prints(&lowered, family);
}

/// Lowers a line's rules behind what is there.
fn append(text: &str, family: IpFamily, whole: &mut Lowered) {
    let Some(words) = lexer::split_line(text) else { return };
    let defaults = Defaults::new(family, BuiltinTable::Filter);
    let Ok(line) = parse_line(&words, defaults, &NoNames) else { return };
    for rule in &line.rules {
        let context = LowerContext { family, table: line.table, chain: "USER", counts: Counts::default() };
        let Ok(lowered) = lower(rule, &context) else { continue };
        whole.expressions.extend(lowered.expressions);
        whole.sets.extend(lowered.sets);
        whole.shared.extend(lowered.shared);
        whole.user_data = lowered.user_data;
    }
}

/// What is lifted reads as the same, in a table that has its target.
fn prints(lowered: &Lowered, family: IpFamily) {
    let Some(rule) = lift(lowered, Family::from(family), &NoNames) else { return };
    let rendered = rule.render();
    let printed = lexer::split_line(&rendered).expect("what is printed has closed quotes");
    let tables = BuiltinTable::ALL.iter().map(|&table| Defaults::new(family, table));
    let read: Vec<_> = tables.map(|defaults| parse_line(&printed, defaults, &NoNames)).collect();
    let same = |line: &nsfw::rule::Line| line.rules.as_slice() == std::slice::from_ref(&rule);
    assert!(read.iter().flatten().any(same), "{rendered}\nis {rule:?}\nread as {read:?}");
}
