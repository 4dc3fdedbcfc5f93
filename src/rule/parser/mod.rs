//! Words into rules, as iptables reads them.

mod command;
mod core;
mod options;

pub use command::{MICROSECONDS, is_command, parse_command, parse_command_at};
pub use core::{BYTES, PACKETS};

use std::ops::Range;

use super::address;
use super::ast::{Address, Defaults, Line, Rule};
use super::error::{Error, ErrorKind};
use super::lexer;
use super::registry::{self, Given, OptionSpec};
use super::{IpFamily, Names};

/// Parses a rule's words, those that stand behind the chain. `-t`, `-4`, `-6` and `-c PACKETS BYTES` may stand anywhere
/// among them.
///
/// # Errors
/// The first fault, with the word that is to blame.
pub fn parse_line(words: &[String], defaults: Defaults, names: &dyn Names) -> Result<Line, Error> {
    let family = family_of(words).unwrap_or(defaults.family);
    let mut parser = Parser::new(words, Defaults { family, ..defaults }, names);
    while parser.has_more() {
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
    /// The command line around the rule.
    Command,
    /// Position in [`Rule::matches`].
    Match(usize),
    Target,
}

struct Parser<'a> {
    words: &'a [String],
    /// Where each word is; without, errors are about [`lexer::quote_line`]'s text.
    spans: Option<&'a [Range<usize>]>,
    next: usize,
    names: &'a dyn Names,
    line: Line,
    rule: Rule,
    /// Sources and destinations; several make several rules.
    addresses: [Vec<Address>; 2],
    given: Vec<(Owner, &'static str)>,
    /// Letters of options behind one dash (`-nvL`) that are still to be read.
    letters: Option<&'a str>,
    /// A table that there is not. iptables looks for the table when it has read all words.
    unknown_table: Option<Error>,
    /// `--approximate`: what has no exact form takes one that comes near.
    approximate: bool,
    /// Where a whole command line of iptables is read: what it said beside the rule.
    said: Option<command::Said>,
}

impl<'a> Parser<'a> {
    fn new(words: &'a [String], defaults: Defaults, names: &'a dyn Names) -> Self {
        Self {
            words,
            spans: None,
            next: 0,
            names,
            line: Line { family: defaults.family, table: defaults.table, counts: None, rules: Vec::new() },
            rule: Rule::default(),
            addresses: [Vec::new(), Vec::new()],
            given: Vec::new(),
            letters: None,
            unknown_table: None,
            approximate: defaults.approximate,
            said: None,
        }
    }

    fn has_more(&self) -> bool {
        self.next < self.words.len() || self.letters.is_some()
    }

    fn take(&mut self) -> Option<&'a str> {
        let word = self.words.get(self.next)?;
        self.next += 1;
        Some(word)
    }

    /// Where the word before the next one is.
    fn last(&self) -> Range<usize> {
        self.next.checked_sub(1).map(|index| self.span(index)).unwrap_or_default()
    }

    /// Where a word is. Asked for when something is wrong only.
    fn span(&self, index: usize) -> Range<usize> {
        let found = match self.spans {
            Some(spans) => spans.get(index).cloned(),
            None => lexer::spans(self.words).get(index).cloned(),
        };
        found.unwrap_or_default()
    }

    fn blame<T>(&self, result: Result<T, ErrorKind>) -> Result<T, Error> {
        result.map_err(|kind| kind.at(self.last()))
    }

    /// One option with its negation and values.
    fn option(&mut self) -> Result<(), Error> {
        let letters = self.letters.take();
        let mut negated = false;
        let mut word = match letters {
            Some(_) => self.words.get(self.next.saturating_sub(1)).map(String::as_str).unwrap_or_default(),
            None => self.take().unwrap_or_default(),
        };
        if word == "!" {
            negated = true;
            word = self.take().ok_or_else(|| ErrorKind::DanglingNegation.at(self.last()))?;
            if word == "!" {
                return Err(ErrorKind::NegatedTwice.at(self.last()));
            }
        }
        let at = self.next.saturating_sub(1);
        let found = match letters {
            Some(letters) => self.find_short(letters, word),
            None => self.find(word),
        };
        let (owner, spec, attached) = self.blame(found)?;
        if negated && !spec.negatable {
            let of = self.extension_of(owner, spec.name);
            return Err(ErrorKind::NotNegatable { option: word.to_owned(), of }.at(self.span(at)));
        }
        if self.given.contains(&(owner, spec.name)) && !spec.repeatable {
            let of = self.extension_of(owner, spec.name);
            // However it was written, iptables calls it by its letter.
            let letter = if of.is_none() { options::letter_of(spec.name) } else { None };
            let option = letter.map_or_else(|| word.to_owned(), |letter| format!("-{letter}"));
            return Err(ErrorKind::Repeated { option, of }.at(self.span(at)));
        }
        self.given.push((owner, spec.name));
        if spec.values.is_empty() && attached.is_some() {
            return Err(ErrorKind::NeedlessValue(word.to_owned()).at(self.span(at)));
        }
        let values = self.values(owner, word, &spec, attached)?;
        let result = match owner {
            Owner::Core => self.core(spec.name, negated, &values),
            Owner::Command => self.command(spec.name, &values),
            Owner::Match(_) | Owner::Target => self.extension(owner, spec.name, negated, &values),
        };
        self.blame(result)
    }

    /// The match or target that has an option, and the option's name there.
    fn extension_of(&self, owner: Owner, option: &'static str) -> Option<(&'static str, &'static str)> {
        let name = match owner {
            Owner::Core | Owner::Command => None,
            Owner::Match(index) => self.rule.matches.get(index).map(registry::Match::name),
            Owner::Target => self.rule.target.as_ref().map(registry::Target::name),
        };
        name.map(|name| (name, option))
    }

    /// The words behind an option that are its values.
    fn values(
        &mut self,
        owner: Owner,
        word: &str,
        spec: &OptionSpec,
        attached: Option<&'a str>,
    ) -> Result<Vec<&'a str>, Error> {
        let at = self.next.saturating_sub(1);
        // A command says itself what is missing behind its chain; no option is taken for it.
        let needed = if owner == Owner::Command { spec.needed().min(1) } else { spec.needed() };
        if attached == Some("!") && spec.negatable {
            return Err(ErrorKind::NegationBehind(word.to_owned()).at(self.span(at)));
        }
        let mut values: Vec<&str> = attached.into_iter().collect();
        while values.len() < spec.values.len() {
            let next = self.words.get(self.next).map(String::as_str);
            let is_option = next.is_none_or(|next| next == "!" || next.len() > 1 && next.starts_with('-'));
            if is_option && values.len() >= needed {
                break;
            }
            let missing = || ErrorKind::MissingValue { option: word.to_owned(), value: spec.values[values.len()] };
            let value = self.take().ok_or_else(|| missing().at(self.span(at)))?;
            if value == "!" && spec.negatable {
                return Err(ErrorKind::NegationBehind(word.to_owned()).at(self.last()));
            }
            values.push(value);
        }
        Ok(values)
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

    /// What only the whole line shows; then one rule for each pair of addresses.
    fn finish(mut self) -> Result<Line, Error> {
        self.check_protocols().map_err(ErrorKind::everywhere)?;
        if self.approximate {
            self.rule.matches.iter_mut().for_each(registry::Match::approximate);
        }
        for found in &self.rule.matches {
            found.finish().map_err(|kind| self.blame_option(kind))?;
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
        self.unknown_table.map_or(Ok(self.line), Err)
    }

    /// What is wrong with a whole match, at the option that it is about where that can be told.
    fn blame_option(&self, kind: ErrorKind) -> Error {
        let at = match &kind {
            ErrorKind::NoNativeForm { what, .. } => self.words.iter().position(|word| word == what),
            _ => None,
        };
        match at {
            Some(at) => kind.at(self.span(at)),
            None => kind.everywhere(),
        }
    }

    /// Checks that the rule asks for the protocol of each match; where it asks for none, that those which find their own
    /// find the same.
    fn check_protocols(&self) -> Result<(), ErrorKind> {
        let mut first: Option<(&'static str, u8)> = None;
        for found in &self.rule.matches {
            let own = found.finds_protocol(self.line.family);
            let Some(needed) = own.or_else(|| registry::find_match(found.name())?.protocol) else { continue };
            if own.is_none() || self.rule.protocol.is_some() {
                if self.rule.required_protocol() != Some(needed) {
                    return Err(ErrorKind::needs_protocol(format!("match {}", found.name()), needed));
                }
            } else if let Some((other, number)) = first
                && number != needed
            {
                return Err(ErrorKind::Conflict(other, found.name()));
            } else {
                first = Some((found.name(), needed));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::expr::Counts;
    use crate::rule::laws::{Numbers, parse};
    use crate::rule::{BuiltinTable, Hook, excerpt};

    const DEFAULTS: Defaults = Defaults::new(IpFamily::V4, BuiltinTable::Filter);

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
    fn a_match_named_twice_takes_options_of_its_own() {
        let text = "-p tcp -m multiport --dports 1,2 -m mark --mark 1 -m multiport --dports 3,4 -m mark ! --mark 0x2";
        let line = parse(text, IpFamily::V4).expect(text);
        let mark = |text: &str| text.replace("--mark 1 ", "--mark 0x1 ");
        assert_eq!(line.rules[0].render(), mark(text));
        for refused in ["-m mark --mark 1 --mark 2", "-p tcp -m tcp --dport 1 --destination-port 2"] {
            assert!(parse(refused, IpFamily::V4).is_err(), "{refused}");
        }
    }

    #[test]
    fn the_word_to_blame_is_pointed_at() {
        for (text, excerpt_lines) in [
            ("-s 1.2.3.4 --dprt 5", "  -s 1.2.3.4 --dprt 5\n             ^^^^^^\n"),
            ("-p tcp --dport 70000 -j DROP", "  -p tcp --dport 70000 -j DROP\n                 ^^^^^\n"),
            ("-s 10.0.0.1/33", "  -s 10.0.0.1/33\n     ^^^^^^^^^^^\n"),
            ("-j ACCEPT !", "  -j ACCEPT !\n            ^\n"),
            ("-p tcp --dport ! 22", "  -p tcp --dport ! 22\n                 ^\n"),
            ("-c 3 -j DROP", "  -c 3 -j DROP\n     ^\n"),
        ] {
            let words = lexer::split_line(text).expect("quoted well");
            let error = parse_line(&words, DEFAULTS, &Numbers).expect_err(text);
            assert_eq!(excerpt(&lexer::quote_line(&words), error.span.clone()), excerpt_lines, "{text}");
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
            if let Err(error) = parse_line(&words, DEFAULTS, &Numbers) {
                let _ = excerpt(&lexer::quote_line(&words), error.span.clone());
            }
        }
    }
}
