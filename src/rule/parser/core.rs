//! What the rule's own options do.

use super::{Owner, Parser, options};
use crate::expr::Counts;
use crate::rule::address;
use crate::rule::ast::{Address, Interface, Protocol};
use crate::rule::error::ErrorKind;
use crate::rule::registry::{self, Target};
use crate::rule::targets::verdict::Verdict;
use crate::rule::{BuiltinTable, IpFamily, identifier, protocol};

impl Parser<'_> {
    pub(super) fn core(&mut self, option: &'static str, negated: bool, values: &[&str]) -> Result<(), ErrorKind> {
        let value = values.first().copied().unwrap_or_default();
        match option {
            "--source" => self.addresses[0] = self.parse_addresses(value, negated)?,
            "--destination" => self.addresses[1] = self.parse_addresses(value, negated)?,
            "--protocol" => self.rule.protocol = self.parse_protocol(value, negated)?,
            "--in-interface" => self.rule.input = parse_interface(value, negated)?,
            "--out-interface" => self.rule.output = parse_interface(value, negated)?,
            "--fragment" => self.rule.fragment = Some(negated),
            "--jump" | "--goto" => self.set_target(option == "--goto", value)?,
            "--match" => self.load_match(value)?,
            "--table" => match BuiltinTable::from_name(value) {
                Some(table) => self.line.table = table,
                None => self.unknown_table = Some(ErrorKind::UnknownTable(value.to_owned()).at(self.last())),
            },
            "--set-counters" => self.line.counts = Some(parse_counts(values)?),
            options::APPROXIMATE => self.approximate = true,
            // The families were read before all else, or are those of the program's name.
            "--ipv4" if self.line.family == IpFamily::V6 => return Err(ErrorKind::Conflict("-4", "-6")),
            "--ipv6" if self.line.family == IpFamily::V4 => return Err(ErrorKind::Conflict("-4", "-6")),
            _ => {}
        }
        Ok(())
    }

    fn parse_addresses(&self, value: &str, negated: bool) -> Result<Vec<Address>, ErrorKind> {
        let mut all = Vec::new();
        for word in value.split(',') {
            let word = word.trim();
            all.extend(address::parse(word, negated, self.line.family, self.names)?);
        }
        if negated && all.len() > 1 {
            return Err(ErrorKind::NegatedAddressList);
        }
        Ok(all)
    }

    fn parse_protocol(&self, value: &str, negated: bool) -> Result<Option<Protocol>, ErrorKind> {
        let all = value.eq_ignore_ascii_case("all").then_some(0);
        let number = all.or_else(|| protocol::parse(value, self.names));
        match number.ok_or_else(|| ErrorKind::BadProtocol(value.to_owned()))? {
            0 if negated => Err(ErrorKind::NeverMatches("-p")),
            0 => Ok(None),
            number => Ok(Some(Protocol { negated, number })),
        }
    }

    fn load_match(&mut self, name: &str) -> Result<(), ErrorKind> {
        let unknown = || {
            let known = || ErrorKind::UnknownMatch { name: name.to_owned(), known: registry::match_names() };
            registry::without_form::of_match(name).unwrap_or_else(known)
        };
        let row = registry::find_match(name).ok_or_else(unknown)?;
        if row.family.is_some_and(|family| family != self.line.family) {
            return Err(ErrorKind::WrongFamily(format!("match {name}")));
        }
        // A second one of the same name takes options of its own.
        self.given.retain(|(owner, _)| *owner != Owner::Match(self.rule.matches.len()));
        self.rule.matches.push((row.make)(self.line.family));
        Ok(())
    }

    fn set_target(&mut self, goto: bool, name: &str) -> Result<(), ErrorKind> {
        if self.rule.target.is_some() {
            return Err(ErrorKind::Repeated { option: "-j".to_owned(), of: None });
        }
        self.rule.target = Some(match (Verdict::from_name(name), registry::find_target(name)) {
            (Some(_), _) | (None, Some(_)) if goto => {
                return Err(ErrorKind::BadValue { value: name.to_owned(), expected: "a chain" });
            }
            (Some(verdict), _) => Target::Verdict(verdict),
            (None, Some(row)) => (row.make)(self.line.family),
            (None, None) if identifier::is_target_name(name) => {
                let known = || ErrorKind::UnsupportedTarget { name: name.to_owned(), known: registry::target_names() };
                return Err(registry::without_form::of_target(name).unwrap_or_else(known));
            }
            (None, None) => {
                identifier::check_chain_name(name).map_err(as_target)?;
                Target::Verdict(if goto { Verdict::Goto(name.to_owned()) } else { Verdict::Jump(name.to_owned()) })
            }
        });
        Ok(())
    }
}

/// A word behind `-j` that is no chain's name may have been meant for a target's.
fn as_target(kind: ErrorKind) -> ErrorKind {
    match kind {
        ErrorKind::BadName { name, fault, .. } => ErrorKind::BadName { what: "target", name, fault },
        kind => kind,
    }
}

/// `+` alone is every interface, and so no condition.
fn parse_interface(value: &str, negated: bool) -> Result<Option<Interface>, ErrorKind> {
    identifier::check_interface_name(value)?;
    Ok((negated || value != "+").then(|| Interface { negated, name: value.to_owned() }))
}

/// What `-c` takes first.
pub const PACKETS: &str = "a number of packets";
/// What `-c` takes then.
pub const BYTES: &str = "a number of bytes";

/// PACKETS BYTES, or PACKETS,BYTES.
fn parse_counts(values: &[&str]) -> Result<Counts, ErrorKind> {
    let missing = || ErrorKind::MissingValue { option: "-c".to_owned(), value: BYTES };
    let (packets, bytes) = match values {
        [packets, bytes] => (*packets, *bytes),
        both => both.first().and_then(|both| both.split_once(',')).ok_or_else(missing)?,
    };
    let number =
        |value: &str, expected| value.parse().map_err(|_| ErrorKind::BadValue { value: value.to_owned(), expected });
    Ok(Counts { packets: number(packets, PACKETS)?, bytes: number(bytes, BYTES)? })
}
