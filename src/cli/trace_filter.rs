//! Which packets are traced: the conditions of a rule, for IPv4 and IPv6 alike where the words fit both.

use crate::error::Error;
use crate::expr::{Cmp, CmpOp, Expression, Meta};
use crate::firewall::HostNames;
use crate::rule::{self, BuiltinTable, Defaults, IpFamily, LowerContext, Lowered, Rule};

/// What is to be traced.
#[derive(Debug, Default)]
pub struct Filter {
    /// Of which a packet meets one; every packet does where there are none.
    pub conditions: Vec<Lowered>,
}

/// A chain that no rule can be said to stand in wrongly.
const CHAIN: &str = "trace";

impl Filter {
    /// Reads the words.
    ///
    /// # Errors
    /// Words that are no conditions, or that cannot be asked for where a trace begins.
    pub fn read(words: &[String]) -> Result<Self, Error> {
        if words.is_empty() {
            return Ok(Self::default());
        }
        let named = |option: [&str; 2]| words.iter().any(|word| option.contains(&word.as_str()));
        let families: &[IpFamily] = match (named(["-4", "--ipv4"]), named(["-6", "--ipv6"])) {
            (true, _) => &[IpFamily::V4],
            (_, true) => &[IpFamily::V6],
            _ => &[IpFamily::V4, IpFamily::V6],
        };
        let mut read = families.iter().map(|&family| conditions(words, family));
        let first = read.next().unwrap_or_else(|| Ok(Vec::new()));
        let (mut conditions, error) = first.map_or_else(|error| (Vec::new(), Some(error)), |found| (found, None));
        // What only one of them understands is meant for that one.
        conditions.extend(read.filter_map(Result::ok).flatten());
        match error {
            Some(error) if conditions.is_empty() => Err(error),
            _ => Ok(Self { conditions }),
        }
    }
}

fn conditions(words: &[String], family: IpFamily) -> Result<Vec<Lowered>, Error> {
    let blame = |error: rule::Error| Error::Firewall { error: Box::new(error.into()), words: words.to_vec() };
    let defaults = Defaults::new(family, BuiltinTable::Filter);
    let line = rule::parse_line(words, defaults, &HostNames::default()).map_err(blame)?;
    if line.table != BuiltinTable::Filter || line.counts.is_some() {
        return Err(Error::usage("a filter has no table and no counters", "leave out -t and -c"));
    }
    let family = line.family;
    let lower = |rule: &Rule| {
        let context = LowerContext { family, table: line.table, chain: CHAIN, counts: Default::default() };
        rule::lower(rule, &context).map_err(blame).and_then(|lowered| condition(lowered, rule, family))
    };
    line.rules.iter().map(lower).collect()
}

/// What a rule asks for, guarded by the version of IP that it speaks of.
fn condition(lowered: Lowered, rule: &Rule, family: IpFamily) -> Result<Lowered, Error> {
    if rule.target.is_some() {
        return Err(Error::usage("a filter decides nothing", "leave out -j or -g and what follows"));
    }
    let of_connections = |expression: &Expression| matches!(expression, Expression::Ct(_) | Expression::Connlimit(_));
    if lowered.expressions.iter().any(of_connections) {
        let help = "leave out what asks for connections: the trace shows the rules that do";
        return Err(Error::usage("connection tracking has not seen the packet where a trace begins", help));
    }
    if !lowered.shared.is_empty() {
        let help = "leave it out: a filter keeps no lists";
        return Err(Error::usage("such a match changes what rules have in common", help));
    }
    let guard =
        [Meta::load(Meta::NFPROTO).into(), Cmp::new(CmpOp::Eq, [crate::expr::Family::from(family).number()]).into()];
    let asked = lowered.expressions.into_iter().filter(|expression| !matches!(expression, Expression::Counter(_)));
    let expressions = guard.into_iter().chain(asked).collect();
    Ok(Lowered { expressions, sets: lowered.sets, ..Lowered::default() })
}
