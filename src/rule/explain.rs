//! A rule in plain English: which packets it is about, and what it does with them.
//!
//! The words of an option stand beside the option ([`OptionSpec::told`]), those of a target in its help. An option
//! without any is shown as it is written.

use super::ast::{Address, Interface, Rule};
use super::registry::{Match, OptionSpec};
use super::table::{BuiltinTable, IpFamily};
use super::{address, lexer, protocol};

/// Where the rule stands.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Of the table.
    pub family: IpFamily,
    /// Which table.
    pub table: BuiltinTable,
    /// The chain's name.
    pub chain: &'a str,
}

/// Sentences that tell what a rule matches and what it does.
#[must_use]
pub fn sentences(rule: &Rule, place: Place<'_>) -> String {
    let conditions = conditions(rule);
    let packets = match place.family {
        IpFamily::V4 => "IPv4",
        IpFamily::V6 => "IPv6",
    };
    let where_it_is = format!("In chain {} of table {}", place.chain, place.table.name());
    let mut text = if conditions.is_empty() {
        format!("{where_it_is} the rule matches every {packets} packet.")
    } else {
        format!("{where_it_is} the rule matches a packet of {packets} if {}.", all_of(&conditions))
    };
    text += &deed(rule);
    if let Some(comment) = rule.comment() {
        text += &format!(" Its comment is \"{comment}\".");
    }
    text
}

/// Clauses that must all be true of a packet.
fn conditions(rule: &Rule) -> Vec<String> {
    let mut clauses = Vec::new();
    clauses.extend(rule.input.as_ref().and_then(|found| interface(found, ["comes in by", "does not come in by"])));
    clauses.extend(rule.output.as_ref().and_then(|found| interface(found, ["goes out by", "does not go out by"])));
    clauses.extend(rule.protocol.map(|found| {
        format!("its protocol is {}{}", if found.negated { "not " } else { "" }, protocol::display(found.number))
    }));
    clauses.extend(rule.source.as_ref().map(|found| end(found, "source")));
    clauses.extend(rule.destination.as_ref().map(|found| end(found, "destination")));
    clauses.extend(rule.fragment.map(|negated| {
        let sign = if negated { "not " } else { "" };
        format!("it is {sign}a second or later fragment")
    }));
    for found in &rule.matches {
        clauses.extend(clauses_of(found));
    }
    clauses
}

/// `verbs` are for an interface that it has to pass, and for one that it must not.
fn interface(found: &Interface, verbs: [&str; 2]) -> Option<String> {
    let verb = verbs[usize::from(found.negated)];
    let stem = found.name.strip_suffix('+');
    let what = match stem {
        Some("") => return found.negated.then(|| format!("it {verb} any interface at all")),
        Some(stem) => format!("an interface whose name begins with {stem}"),
        None => format!("interface {}", found.name),
    };
    Some(format!("it {verb} {what}"))
}

fn end(found: &Address, side: &str) -> String {
    let family = if found.address.is_ipv4() { IpFamily::V4 } else { IpFamily::V6 };
    let text = address::list(Some(&Address { negated: false, ..*found }), family);
    let within = if text.contains('/') { "in " } else { "" };
    format!("its {side} address is {}{within}{text}", if found.negated { "not " } else { "" })
}

/// A comment asks nothing, and a match without options that its protocol brings neither.
fn clauses_of(found: &Match) -> Vec<String> {
    let words = found.render();
    let options = given(&words, found.options());
    let loaded = super::registry::find_match(found.name()).is_some_and(|row| row.protocol.is_some());
    if matches!(found, Match::Comment(_)) || (words.is_empty() && loaded) {
        return Vec::new();
    }
    if options.iter().all(|option| option.told().is_some()) && !options.is_empty() {
        return options.iter().filter_map(GivenOption::told).collect();
    }
    let written = if words.is_empty() { String::new() } else { format!(": `{}`", lexer::quote_line(&words)) };
    vec![format!("match {} holds ({}){written}", found.name(), found.gist())]
}

/// What the rule does, and what becomes of the packet then.
fn deed(rule: &Rule) -> String {
    let Some(target) = &rule.target else {
        return " It counts such a packet and does nothing else: the packet goes on to the next rule.".to_owned();
    };
    let words = target.render();
    let details: Vec<String> = given(&words, target.options()).iter().map(GivenOption::detail).collect();
    let details = if details.is_empty() { String::new() } else { format!(" ({})", details.join(", ")) };
    let fate = if target.fate().is_empty() { String::new() } else { format!("; {}", target.fate()) };
    format!(" It counts such a packet, then {}{details}{fate}.", target.gist())
}

/// `a`, `a and b`, `a, b and c`.
fn all_of(clauses: &[String]) -> String {
    match clauses.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => clauses.concat(),
    }
}

/// An option of a rule, as its words give it.
struct GivenOption<'a> {
    spec: &'a OptionSpec,
    negated: bool,
    values: &'a [String],
}

/// The words of an extension, option by option.
fn given<'a>(words: &'a [String], specs: &'a [OptionSpec]) -> Vec<GivenOption<'a>> {
    let mut found: Vec<GivenOption<'a>> = Vec::new();
    let mut begun = 0;
    for (at, word) in words.iter().enumerate() {
        if at < begun {
            continue;
        }
        if let Some(spec) = specs.iter().find(|spec| spec.is_named(word)) {
            let values = words.get(at + 1..).unwrap_or_default();
            let values = &values[..spec.values.len().min(values.len())];
            begun = at + 1 + values.len();
            found.push(GivenOption { spec, negated: at > 0 && words[at - 1] == "!", values });
        }
    }
    found
}

impl GivenOption<'_> {
    /// Its clause, if it has one.
    fn told(&self) -> Option<String> {
        let text = self.spec.told;
        if text.is_empty() {
            return None;
        }
        let text = match text.split_once('[').and_then(|(front, rest)| Some((front, rest.split_once(']')?))) {
            Some((front, (sign, rest))) => format!("{front}{}{rest}", if self.negated { sign } else { "" }),
            None => text.to_owned(),
        };
        let value = |at: usize| self.values.get(at).map_or("", String::as_str);
        // What was filled in is not looked at again: a value may hold braces.
        let filled = text.split_inclusive('}').map(|part| {
            let (front, key) = part.strip_suffix('}').and_then(|part| part.split_once('{')).unwrap_or((part, "none"));
            match key {
                "" => format!("{front}{}", value(0)),
                "2" => format!("{front}{}", value(1)),
                "or" => format!("{front}{}", alternatives(value(0))),
                _ => part.to_owned(),
            }
        });
        Some(filled.collect())
    }

    /// Behind what a target does: its clause, a flag's meaning, or its words.
    fn detail(&self) -> String {
        let meaning = || self.spec.help.split(';').next().unwrap_or_default().to_owned();
        let written = || {
            let words: Vec<String> = std::iter::once(self.spec.name.to_owned()).chain(self.values.to_vec()).collect();
            format!("`{}`", lexer::quote_line(&words))
        };
        self.told().unwrap_or_else(|| if self.values.is_empty() { meaning() } else { written() })
    }
}

/// `22`, `22 or 80`, `1 to 5, 22 or 80`.
fn alternatives(list: &str) -> String {
    let parts: Vec<String> = list.split(',').map(|part| part.replacen(':', " to ", 1)).collect();
    match parts.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => parts.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::laws::parse;
    use crate::rule::registry::{MATCHES, TARGETS};

    #[test]
    fn every_template_is_well_formed() {
        let options = MATCHES.iter().flat_map(|row| row.options).chain(TARGETS.iter().flat_map(|row| row.options));
        for option in options.filter(|option| !option.told.is_empty()) {
            assert_eq!(option.told.contains('['), option.negatable, "{}: {}", option.name, option.told);
            assert_eq!(option.told.contains('{'), !option.values.is_empty(), "{}: {}", option.name, option.told);
        }
    }

    #[test]
    fn no_option_of_a_sample_is_left_out() {
        for row in MATCHES {
            for (words, _) in row.samples.accepted {
                let family = row.family.unwrap_or(IpFamily::V4);
                let Ok(line) = parse(words, family) else { continue };
                for found in line.rules[0].matches.iter().filter(|found| found.name() == row.name) {
                    let rendered = found.render();
                    let options = rendered.iter().filter(|word| word.starts_with("--")).count();
                    let read = given(&rendered, found.options());
                    assert_eq!(read.len(), options, "{words}");
                    let signs = rendered.iter().filter(|word| *word == "!").count();
                    assert_eq!(read.iter().filter(|option| option.negated).count(), signs, "{words}");
                }
            }
        }
    }

    #[test]
    fn a_rule_is_told_in_words() {
        for (words, expected) in [
            (
                "",
                "the rule matches every IPv4 packet. It counts such a packet and does nothing else: the packet goes on to the next rule.",
            ),
            (
                "-i eth+ -p tcp --dport 22 -m conntrack ! --ctstate NEW,RELATED -j ACCEPT",
                "the rule matches a packet of IPv4 if it comes in by an interface whose name begins with eth, its protocol is \
                 tcp, its destination port is 22 and its connection's state is not NEW or RELATED. It counts such a packet, \
                 then accepts it: no later rule of this chain, or of those that led here, sees it.",
            ),
            (
                "! -i eth0 -p udp -j DROP",
                "the rule matches a packet of IPv4 if it does not come in by interface eth0 and its protocol is udp. It counts \
                 such a packet, then drops it, and nobody is told.",
            ),
            (
                "! -s 10.0.0.0/8 -d 10.1.1.1 -m quota --quota 5 -m comment --comment {} -j REJECT",
                "the rule matches a packet of IPv4 if its source address is not in 10.0.0.0/8, its destination address is \
                 10.1.1.1 and match quota holds (a budget of bytes): `--quota 5`. It counts such a packet, then drops the \
                 packet and tells its sender (by icmp-port-unreachable); no later rule of this chain sees the packet. Its \
                 comment is \"{}\".",
            ),
            (
                "-p udp -m multiport --dports 1:5,53 -j LOG --log-prefix {2} --log-uid",
                "the rule matches a packet of IPv4 if its protocol is udp and its destination port is 1 to 5 or 53. It counts \
                 such a packet, then writes a line to the kernel's log (beginning with \"{2}\", the sending process's user \
                 too); the packet goes on to the next rule.",
            ),
        ] {
            let line = parse(words, IpFamily::V4).expect("a rule");
            let place = Place { family: IpFamily::V4, table: BuiltinTable::Filter, chain: "INPUT" };
            let expected = format!("In chain INPUT of table filter {expected}");
            assert_eq!(sentences(&line.rules[0], place), expected, "{words}");
        }
    }
}
