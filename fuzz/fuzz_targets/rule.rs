//! The rule parser on any words: no panic; what it accepts prints as something that it reads as the same; and what can
//! be lowered is lifted as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nsfw::expr::{Counts, Family};
use nsfw::rule::{BuiltinTable, Defaults, IpFamily, LowerContext, NoNames, lexer, lift, lower, parse_line};

fuzz_target!(|input: &str| {
    let (family, text) = match input.strip_prefix('6') {
        Some(rest) => (IpFamily::V6, rest),
        None => (IpFamily::V4, input),
    };
    let Some(words) = lexer::split_line(text) else { return };
    let defaults = Defaults { family, table: BuiltinTable::Filter };
    let Ok(line) = parse_line(&words, defaults, &NoNames) else { return };
    for rule in &line.rules {
        let printed = lexer::split_line(&rule.render()).expect("what is printed has closed quotes");
        let family = Defaults { family: line.family, table: line.table };
        let again = parse_line(&printed, family, &NoNames).expect("what is printed is accepted");
        assert_eq!(again.rules.as_slice(), std::slice::from_ref(rule));
        let counts = Counts::default();
        let context = LowerContext { family: line.family, table: line.table, chain: "USER", counts };
        if let Ok(lowered) = lower(rule, &context) {
            assert_eq!(lift(&lowered, Family::from(line.family)).as_ref(), Some(rule));
        }
    }
});
