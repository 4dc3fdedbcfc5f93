//! Words into rules, as iptables reads them.

use std::ops::Range;

use super::address;
use super::ast::{Address, Defaults, Interface, Line, Protocol, Rule};
use super::error::{Error, ErrorKind};
use super::identifier;
use super::lexer;
use super::registry::{self, Given, Match, OptionSpec, Row, Target};
use super::targets::verdict::Verdict;
use super::{BuiltinTable, IpFamily, Names, protocol};
use crate::expr::Counts;

/// An option of the rule itself.
struct CoreOption {
    spec: OptionSpec,
    short: char,
}

const fn core(
    short: char,
    name: &'static str,
    aliases: &'static [&'static str],
    values: &'static [&'static str],
    negatable: bool,
) -> CoreOption {
    CoreOption { spec: OptionSpec { name, aliases, values, negatable, help: "", native: "" }, short }
}

const CORE: &[CoreOption] = &[
    core('s', "--source", &["--src"], &["an address"], true),
    core('d', "--destination", &["--dst"], &["an address"], true),
    core('p', "--protocol", &["--proto"], &["a protocol"], true),
    core('i', "--in-interface", &[], &["an interface"], true),
    core('o', "--out-interface", &[], &["an interface"], true),
    core('f', "--fragment", &[], &[], true),
    core('j', "--jump", &[], &["a target"], false),
    core('g', "--goto", &[], &["a chain"], false),
    core('m', "--match", &[], &["a match"], false),
    core('t', "--table", &[], &["a table"], false),
    core('c', "--set-counters", &[], &["packets", "bytes"], false),
    core('4', "--ipv4", &[], &[], false),
    core('6', "--ipv6", &[], &[], false),
];

/// Parses a rule's words, those that stand behind the chain. `-t`, `-4`, `-6` and `-c PACKETS BYTES` may stand anywhere
/// among them.
///
/// # Errors
/// The first fault, with the word that is to blame.
pub fn parse_line(words: &[String], defaults: Defaults, names: &dyn Names) -> Result<Line, Error> {
    let family = family_of(words).unwrap_or(defaults.family);
    let mut parser = Parser {
        words,
        spans: lexer::spans(words),
        next: 0,
        names,
        line: Line { family, table: defaults.table, counts: None, rules: Vec::new() },
        rule: Rule::default(),
        addresses: [Vec::new(), Vec::new()],
        given: Vec::new(),
    };
    while parser.next < words.len() {
        parser.option()?;
    }
    parser.finish()
}

/// What the rest is to be read as must be known before the first address; the last of them wins.
fn family_of(words: &[String]) -> Option<IpFamily> {
    words.iter().rev().find_map(|word| match word.as_str() {
        "-4" | "--ipv4" => Some(IpFamily::V4),
        "-6" | "--ipv6" => Some(IpFamily::V6),
        _ => None,
    })
}

/// Whose option it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Core,
    /// Position in [`Rule::matches`].
    Match(usize),
    Target,
}

struct Parser<'a> {
    words: &'a [String],
    spans: Vec<Range<usize>>,
    next: usize,
    names: &'a dyn Names,
    line: Line,
    rule: Rule,
    /// Sources and destinations; several make several rules.
    addresses: [Vec<Address>; 2],
    given: Vec<(Owner, &'static str)>,
}

impl<'a> Parser<'a> {
    fn take(&mut self) -> Option<&'a str> {
        let word = self.words.get(self.next)?;
        self.next += 1;
        Some(word)
    }

    /// Where the word before the next one is.
    fn last(&self) -> Range<usize> {
        self.next.checked_sub(1).and_then(|index| self.spans.get(index)).cloned().unwrap_or_default()
    }

    fn blame<T>(&self, result: Result<T, ErrorKind>) -> Result<T, Error> {
        result.map_err(|kind| kind.at(self.last()))
    }

    /// One option with its negation and values.
    fn option(&mut self) -> Result<(), Error> {
        let mut negated = false;
        let mut word = self.take().unwrap_or_default();
        if word == "!" {
            negated = true;
            let bang = self.last();
            word = self.take().ok_or_else(|| ErrorKind::DanglingNegation.at(bang))?;
        }
        let span = self.last();
        let found = self.find(word);
        let (owner, spec, attached) = self.blame(found)?;
        if negated && !spec.negatable {
            return Err(ErrorKind::NotNegatable(word.to_owned()).at(span));
        }
        let repeatable = matches!(spec.name, "--match" | "--ipv4" | "--ipv6" | "--table" | "--set-counters");
        if self.given.contains(&(owner, spec.name)) && !repeatable {
            return Err(ErrorKind::Repeated(word.to_owned()).at(span));
        }
        self.given.push((owner, spec.name));
        let mut values: Vec<&str> = attached.into_iter().collect();
        if spec.values.is_empty() && attached.is_some() {
            return Err(ErrorKind::NeedlessValue(word.to_owned()).at(span));
        }
        while values.len() < spec.values.len() {
            // `-c` takes its two numbers as one word too.
            if spec.name == "--set-counters" && values.first().is_some_and(|first| first.contains(',')) {
                break;
            }
            let missing = ErrorKind::MissingValue { option: word.to_owned(), value: spec.values[values.len()] };
            values.push(self.take().ok_or_else(|| missing.at(span.clone()))?);
        }
        let result = match owner {
            Owner::Core => self.core(spec.name, negated, &values),
            Owner::Match(_) | Owner::Target => self.extension(owner, spec.name, negated, &values),
        };
        self.blame(result)
    }

    /// Finds the option that a word names, with the value that is attached to it.
    fn find(&mut self, word: &'a str) -> Result<(Owner, OptionSpec, Option<&'a str>), ErrorKind> {
        if !word.starts_with("--") {
            let mut letters = word.strip_prefix('-').unwrap_or_default().chars();
            let Some(letter) = letters.next() else { return Err(ErrorKind::UnexpectedWord(word.to_owned())) };
            let found = CORE.iter().find(|option| option.short == letter);
            let option = found.ok_or_else(|| ErrorKind::UnknownOption(word.to_owned()))?;
            let rest = letters.as_str();
            return Ok((Owner::Core, option.spec, (!rest.is_empty()).then_some(rest)));
        }
        let (name, attached) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        if let Some((owner, spec)) = self.find_long(name)? {
            return Ok((owner, spec, attached));
        }
        // The protocol's own match is loaded by the first of its options, as in iptables.
        if let Some(row) = self.implied_match() {
            self.rule.matches.push((row.make)(self.line.family));
            if let Some((owner, spec)) = self.find_long(name)? {
                return Ok((owner, spec, attached));
            }
            self.rule.matches.pop();
        }
        Err(ErrorKind::UnknownOption(word.to_owned()))
    }

    fn find_long(&self, name: &str) -> Result<Option<(Owner, OptionSpec)>, ErrorKind> {
        let mut loaded: Vec<(Owner, OptionSpec)> = Vec::new();
        if let Some(row) = self.rule.target.as_ref().and_then(|target| registry::find_target(target.name())) {
            loaded.extend(row.options.iter().map(|spec| (Owner::Target, *spec)));
        }
        // The match that was named last comes first.
        for (index, found) in self.rule.matches.iter().enumerate().rev() {
            let options = registry::find_match(found.name()).map_or(&[][..], |row| row.options);
            loaded.extend(options.iter().map(|spec| (Owner::Match(index), *spec)));
        }
        loaded.extend(CORE.iter().map(|option| (Owner::Core, option.spec)));
        let exact = loaded.iter().find(|(_, spec)| spec.name == name || spec.aliases.contains(&name));
        if exact.is_some() {
            return Ok(exact.copied());
        }
        let fits =
            |spec: &OptionSpec| spec.name.starts_with(name) || spec.aliases.iter().any(|alias| alias.starts_with(name));
        let mut abbreviated = loaded.iter().filter(|(_, spec)| fits(spec));
        match (
            abbreviated.next(),
            abbreviated.find(|(_, other)| {
                loaded.iter().find(|(_, spec)| fits(spec)).is_some_and(|(_, first)| first.name != other.name)
            }),
        ) {
            (Some(_), Some(_)) => Err(ErrorKind::AmbiguousOption(name.to_owned())),
            (first, None) => Ok(first.copied()),
            (None, Some(_)) => Ok(None),
        }
    }

    fn implied_match(&self) -> Option<&'static Row<Match>> {
        let number = self.rule.required_protocol()?;
        let row = registry::MATCHES
            .iter()
            .find(|row| row.protocol == Some(number) && row.family.is_none_or(|family| family == self.line.family))?;
        let loaded = self.rule.matches.iter().any(|found| found.name() == row.name);
        (!loaded).then_some(row)
    }

    fn extension(
        &mut self,
        owner: Owner,
        option: &'static str,
        negated: bool,
        values: &[&str],
    ) -> Result<(), ErrorKind> {
        let given = Given {
            option,
            negated,
            values,
            family: self.line.family,
            protocol: self.rule.required_protocol(),
            names: self.names,
        };
        match owner {
            Owner::Match(index) => match self.rule.matches.get_mut(index) {
                Some(found) => found.set(&given),
                None => Ok(()),
            },
            _ => self.rule.target.as_mut().map_or(Ok(()), |target| target.set(&given)),
        }
    }

    fn core(&mut self, option: &'static str, negated: bool, values: &[&str]) -> Result<(), ErrorKind> {
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
            "--table" => {
                self.line.table =
                    BuiltinTable::from_name(value).ok_or_else(|| ErrorKind::UnknownTable(value.to_owned()))?;
            }
            "--set-counters" => self.line.counts = Some(parse_counts(values)?),
            // The families were read before all else.
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
        let number = if value.eq_ignore_ascii_case("all") {
            Some(0)
        } else {
            value.parse().ok().or_else(|| protocol::number(value)).or_else(|| self.names.protocol(value))
        };
        match number.ok_or_else(|| ErrorKind::BadProtocol(value.to_owned()))? {
            0 if negated => Err(ErrorKind::NotNegatable(format!("-p {value}"))),
            0 => Ok(None),
            number => Ok(Some(Protocol { negated, number })),
        }
    }

    fn load_match(&mut self, name: &str) -> Result<(), ErrorKind> {
        let row = registry::find_match(name).ok_or_else(|| ErrorKind::UnknownMatch(name.to_owned()))?;
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
            return Err(ErrorKind::Conflict("-j", "-g"));
        }
        self.rule.target = Some(match (Verdict::from_name(name), registry::find_target(name)) {
            (Some(_), _) | (None, Some(_)) if goto => {
                return Err(ErrorKind::BadValue { value: name.to_owned(), expected: "a chain" });
            }
            (Some(verdict), _) => Target::Verdict(verdict),
            (None, Some(row)) => (row.make)(self.line.family),
            (None, None) if registry::is_target_name(name) => {
                return Err(ErrorKind::UnsupportedTarget(name.to_owned()));
            }
            (None, None) => {
                identifier::check_chain_name(name)?;
                Target::Verdict(if goto { Verdict::Goto(name.to_owned()) } else { Verdict::Jump(name.to_owned()) })
            }
        });
        Ok(())
    }

    /// What only the whole line shows; then one rule for each pair of addresses.
    fn finish(mut self) -> Result<Line, Error> {
        let number = self.rule.required_protocol();
        for found in &self.rule.matches {
            let needed = registry::find_match(found.name()).and_then(|row| row.protocol);
            if let Some(needed) = needed
                && number != Some(needed)
            {
                let protocol = match needed {
                    protocol::TCP => "-p tcp",
                    protocol::UDP => "-p udp",
                    protocol::ICMP => "-p icmp",
                    _ => "-p icmpv6",
                };
                let what = format!("match {}", found.name());
                return Err(ErrorKind::NeedsProtocol { what, protocol }.everywhere());
            }
            found.finish().map_err(ErrorKind::everywhere)?;
        }
        if let Some(target) = &self.rule.target {
            target.finish().map_err(ErrorKind::everywhere)?;
        }
        let [sources, destinations] = std::mem::take(&mut self.addresses).map(|addresses| {
            let some: Vec<Option<Address>> =
                addresses.into_iter().map(|address| (!address::is_everything(&address)).then_some(address)).collect();
            if some.is_empty() { vec![None] } else { some }
        });
        for source in sources {
            for destination in &destinations {
                self.line.rules.push(Rule { source, destination: *destination, ..self.rule.clone() });
            }
        }
        Ok(self.line)
    }
}

/// `+` alone is every interface, and so no condition.
fn parse_interface(value: &str, negated: bool) -> Result<Option<Interface>, ErrorKind> {
    identifier::check_interface_name(value)?;
    Ok((negated || value != "+").then(|| Interface { negated, name: value.to_owned() }))
}

/// PACKETS BYTES, or PACKETS,BYTES.
fn parse_counts(values: &[&str]) -> Result<Counts, ErrorKind> {
    let (packets, bytes) = match values {
        [packets, bytes] => (*packets, *bytes),
        both => both.first().and_then(|both| both.split_once(',')).unwrap_or_default(),
    };
    let number =
        |value: &str| value.parse().map_err(|_| ErrorKind::BadValue { value: value.to_owned(), expected: "a number" });
    Ok(Counts { packets: number(packets)?, bytes: number(bytes)? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rule::laws::{NoNames, parse};
    use crate::rule::{Hook, excerpt};

    const DEFAULTS: Defaults = Defaults { family: IpFamily::V4, table: BuiltinTable::Filter };

    #[test]
    fn the_line_s_own_options_may_stand_anywhere() {
        let line = parse("-j DROP -c 3 252 -6 -s ::1 -t mangle", IpFamily::V4).expect("a line");
        assert_eq!((line.family, line.table), (IpFamily::V6, BuiltinTable::Mangle));
        assert_eq!(line.counts, Some(Counts { packets: 3, bytes: 252 }));
        assert_eq!(line.rules[0].render(), "-s ::1/128 -j DROP");
        let line = parse("-c 3,252", IpFamily::V4).expect("a line");
        assert_eq!(line.counts, Some(Counts { packets: 3, bytes: 252 }));
        assert_eq!(line.table.chains()[0].hook, Hook::Input);
    }

    #[test]
    fn several_addresses_make_several_rules() {
        let line = parse("-s 1.1.1.1,2.2.2.2 -d 3.3.3.3,4.4.4.0/24 -j DROP", IpFamily::V4).expect("a line");
        let rules: Vec<String> = line.rules.iter().map(Rule::render).collect();
        assert_eq!(
            rules,
            [
                "-s 1.1.1.1/32 -d 3.3.3.3/32 -j DROP",
                "-s 1.1.1.1/32 -d 4.4.4.0/24 -j DROP",
                "-s 2.2.2.2/32 -d 3.3.3.3/32 -j DROP",
                "-s 2.2.2.2/32 -d 4.4.4.0/24 -j DROP",
            ]
        );
    }

    #[test]
    fn words_may_be_written_in_getopt_s_ways() {
        for text in ["-s1.2.3.4 -ptcp --dport=22 -jDROP", "--src 1.2.3.4 --proto tcp --dpo 22 --ju DROP"] {
            let line = parse(text, IpFamily::V4).expect(text);
            assert_eq!(line.rules[0].render(), "-s 1.2.3.4/32 -p tcp -m tcp --dport 22 -j DROP", "{text}");
        }
    }

    #[test]
    fn the_word_to_blame_is_pointed_at() {
        for (text, excerpt_lines) in [
            ("-s 1.2.3.4 --dprt 5", "  -s 1.2.3.4 --dprt 5\n             ^^^^^^\n"),
            ("-p tcp --dport 70000 -j DROP", "  -p tcp --dport 70000 -j DROP\n                 ^^^^^\n"),
            ("-s 10.0.0.1/33", "  -s 10.0.0.1/33\n     ^^^^^^^^^^^\n"),
            ("-j ACCEPT !", "  -j ACCEPT !\n            ^\n"),
        ] {
            let words = lexer::split_line(text).expect("quoted well");
            let error = parse_line(&words, DEFAULTS, &NoNames).expect_err(text);
            assert_eq!(excerpt(&words, &error), excerpt_lines, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_words_are_read_or_refused(words in prop::collection::vec(
            prop_oneof![
                "\\PC{0,8}",
                prop::sample::select(vec![
                    "!", "-s", "-d", "-p", "-i", "-j", "-m", "tcp", "udp", "icmp", "--dport", "1:2", "multiport", "--dports",
                    "limit", "--limit", "comment", "--comment", "-c", "REJECT", "LOG", "--", "-", "--s", "mark", "--mark",
                ]).prop_map(str::to_owned),
            ],
            0..9,
        )) {
            if let Err(error) = parse_line(&words, DEFAULTS, &NoNames) {
                let _ = excerpt(&words, &error);
            }
        }
    }
}
