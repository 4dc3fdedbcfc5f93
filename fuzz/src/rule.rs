//! The rule parser on any words: no panic; what it accepts prints as something that it reads as the same; and what can
//! be lowered is lifted as the same, and has a text of nft's.

use nsfw::expr::{Counts, Family};
use nsfw::rule::{
    BuiltinTable, Defaults, IpFamily, LowerContext, NoNames, excerpt, lexer, lift, lower, nft, parse_line,
};

/// Reads a rule; behind a `6`, one of IPv6.
pub fn holds(bytes: &[u8]) {
    let input = String::from_utf8_lossy(bytes);
    let (family, text) = match input.strip_prefix('6') {
        Some(rest) => (IpFamily::V6, rest),
        None => (IpFamily::V4, &*input),
    };
    let Some(words) = lexer::split_line(text) else { return };
    let defaults = Defaults::new(family, BuiltinTable::Filter);
    let line = match parse_line(&words, defaults, &NoNames) {
        Ok(line) => line,
        Err(error) => {
            let _ = (error.to_string(), excerpt(text, error.span.clone()));
            return;
        }
    };
    for rule in &line.rules {
        let printed = lexer::split_line(&rule.render()).expect("what is printed has closed quotes");
        let there = Defaults::new(line.family, line.table);
        let again = parse_line(&printed, there, &NoNames).expect("what is printed is accepted");
        assert_eq!(again.rules.as_slice(), std::slice::from_ref(rule));
        let counts = Counts::default();
        let context = LowerContext { family: line.family, table: line.table, chain: "USER", counts };
        if let Ok(lowered) = lower(rule, &context) {
            let lifted = lift(&lowered, Family::from(line.family), &NoNames);
            // Only where the words find no room beside the comment is it read as another rule, or as none.
            let is_same = lifted.as_ref() == Some(rule);
            assert!(is_same || lowered.words_overrun > 0, "{rule:?} is read as {lifted:?}");
            let text = nft::text(&lowered, Family::from(line.family), &NoNames);
            assert!(!text.chars().any(lexer::is_unsafe), "{text:?}");
        }
    }
}
