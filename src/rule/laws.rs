//! The laws that every registered match and target keeps, over the registry's own samples.

use std::net::IpAddr;

use super::registry::{MATCHES, Samples, TARGETS};
use super::{
    BuiltinTable, Defaults, Error, IpFamily, Line, LowerContext, Lowered, Names, Rule, lexer, lift, lower, parse_line,
};
use crate::expr::Counts;

/// A host without databases.
pub struct NoNames;

impl Names for NoNames {
    fn service(&self, name: &str, _: &str) -> Option<u16> {
        (name == "ssh").then_some(22)
    }
    fn service_name(&self, _: u16, _: &str) -> Option<String> {
        None
    }
    fn protocol(&self, _: &str) -> Option<u8> {
        None
    }
    fn protocol_name(&self, _: u8) -> Option<String> {
        None
    }
    fn host(&self, _: &str) -> Vec<IpAddr> {
        Vec::new()
    }
}

pub fn parse(text: &str, family: IpFamily) -> Result<Line, Error> {
    let words = lexer::split_line(text).expect("a sample's quotes are closed");
    parse_line(&words, Defaults { family, table: BuiltinTable::Filter }, &NoNames)
}

pub fn lower_line(line: &Line) -> Result<Vec<(Rule, Lowered)>, Error> {
    let counts = Counts { packets: 3, bytes: 252 };
    let context = LowerContext { family: line.family, table: line.table, chain: "USER", counts };
    line.rules.iter().map(|rule| Ok((rule.clone(), lower(rule, &context)?))).collect()
}

fn samples() -> impl Iterator<Item = (&'static str, IpFamily, Samples)> {
    let matches = MATCHES.iter().map(|row| (row.name, row.family, row.samples));
    let targets = TARGETS.iter().map(|row| (row.name, row.family, row.samples));
    matches.chain(targets).map(|(name, family, samples)| (name, family.unwrap_or(IpFamily::V4), samples))
}

#[test]
fn accepted_samples_print_as_they_say() {
    for (name, family, samples) in samples() {
        for (text, expected) in samples.accepted {
            let line = parse(text, family).unwrap_or_else(|error| panic!("{name}: {text}: {error}"));
            assert_eq!(line.rules[0].render(), *expected, "{name}: {text}");
        }
    }
}

#[test]
fn what_is_printed_parses_to_the_same() {
    for (name, family, samples) in samples() {
        for (text, expected) in samples.accepted {
            let line = parse(text, family).expect("accepted");
            let again = parse(expected, line.family).expect("its own print");
            assert_eq!(again.rules, line.rules, "{name}: {text}");
        }
    }
}

#[test]
fn what_is_lowered_lifts_to_the_same() {
    for (name, family, samples) in samples() {
        for (text, _) in samples.accepted {
            let line = parse(text, family).expect("accepted");
            let lowered = lower_line(&line).unwrap_or_else(|error| panic!("{name}: {text}: {error}"));
            for (rule, lowered) in lowered {
                assert_eq!(lift(&lowered, line.family.into()), Some(rule), "{name}: {text}: {lowered:?}");
            }
        }
    }
}

#[test]
fn refused_samples_are_refused() {
    for (name, family, samples) in samples() {
        for text in samples.refused {
            let refused = parse(text, family).and_then(|line| lower_line(&line));
            assert!(refused.is_err(), "{name}: {text}");
        }
    }
}
