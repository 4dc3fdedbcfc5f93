//! Counters as the format of iptables-save -c has them: read as expectations, and written with what was found.
//!
//! Every line asks something. `:CHAIN POLICY [P:B]` asks for the chain, its policy and what that has counted; `:CHAIN -`
//! for a chain without a policy; `[P:B] -A CHAIN …` for the rule, behind those of its chain that stand above, and what it
//! has counted. What counters are not given may have counted anything.

use std::ops::Range;

use super::{CounterCheck, Wanted, Whose};
use crate::experiment::design::around::Faults;
use crate::experiment::spec::At;
use crate::expr::{Counts, Policy};
use crate::rule::error::ErrorKind;
use crate::rule::save::{Entry, Fault, SaveFile, entry};
use crate::rule::{BuiltinTable, Command, Defaults, IpFamily, Names};

/// Whose counters a text is about, and what it is read with.
pub(super) struct Reader<'a> {
    pub node: usize,
    pub family: IpFamily,
    pub names: &'a dyn Names,
    /// The file that the text stands in.
    pub file: &'a str,
}

impl Reader<'_> {
    /// Every line of a text, as an expectation.
    pub fn text(&self, text: &At<&str>, faults: &mut Faults) -> Vec<CounterCheck> {
        // A text without tables is about filter.
        let is_bare = !text.value.lines().any(|line| line.trim_start().starts_with('*'));
        let head = if is_bare { "*filter\n" } else { "" };
        let whole = format!("{head}{}", text.value);
        let file = SaveFile::new(whole.as_bytes(), None);
        let places = line_places(self.file, text);
        // Numbers are from 1, and the head is none of the text's lines.
        let place = |number: usize| number.saturating_sub(1 + usize::from(is_bare));
        let span = |number: usize| places.get(place(number)).unwrap_or(&text.span).clone();
        for Fault { line, error } in &file.faults {
            // A part of a ruleset needs no end.
            if !matches!(error.kind, ErrorKind::NoCommit(_)) {
                faults.add(span(*line), error.to_string());
            }
        }
        let mut found = Vec::new();
        for section in &file.sections {
            for line in &section.lines {
                match self.line(line.text, section.table) {
                    Ok(Some((whose, [packets, bytes]))) => found.push(CounterCheck {
                        node: self.node,
                        family: self.family,
                        table: section.table,
                        whose,
                        packets,
                        bytes,
                        place: place(line.number),
                        span: span(line.number),
                    }),
                    Ok(None) => {}
                    Err(message) => faults.add(span(line.number), message),
                }
            }
        }
        found
    }

    /// What a line asks for; nothing where it is for the other family.
    fn line(&self, line: &str, table: BuiltinTable) -> Result<Option<(Whose, [Wanted; 2])>, String> {
        let (rest, wanted) = take_counters(line)?;
        let wanted = wanted.unwrap_or([Wanted::Any; 2]);
        let defaults = Defaults::new(self.family, table);
        match entry(&rest, defaults, self.names).map_err(|error| error.to_string())? {
            Entry::OtherFamily => Ok(None),
            Entry::Chain { name, policy: None, .. } => Ok(Some((Whose::Chain(name), [Wanted::Any; 2]))),
            Entry::Chain { name, policy, .. } => Ok(Some((Whose::Policy(name, policy), wanted))),
            Entry::Command { invocation, .. } => {
                let Some(Command::Append(chain)) = invocation.command else {
                    return Err("only -A can stand here".to_owned());
                };
                match invocation.line.rules.as_slice() {
                    [rule] => Ok(Some((Whose::Words(chain, rule.render()), wanted))),
                    _ => Err("the line stands for several rules".to_owned()),
                }
            }
        }
    }
}

/// Where each line of a text stands in its file, without the blanks around it; the whole text's place for one that is
/// written there with escapes.
fn line_places(file: &str, text: &At<&str>) -> Vec<Range<usize>> {
    let mut behind = text.span.start;
    let places = text.value.lines().map(|line| {
        let line = line.trim();
        let found = file.get(behind..text.span.end).and_then(|rest| rest.find(line)).filter(|_| !line.is_empty());
        let Some(at) = found else { return text.span.clone() };
        let begin = behind + at;
        behind = begin + line.len();
        begin..behind
    });
    places.collect()
}

/// Takes `[P:B]` out of a line: at its beginning, or behind a chain's policy.
fn take_counters(line: &str) -> Result<(String, Option<[Wanted; 2]>), String> {
    let at_chain = line.trim_start().starts_with(':');
    let open =
        if at_chain { line.rfind('[') } else { line.trim_start().starts_with('[').then(|| line.find('[')).flatten() };
    let Some(open) = open else { return Ok((line.to_owned(), None)) };
    let close = line.get(open..).and_then(|rest| rest.find(']')).ok_or("the counters have no ]")? + open;
    let inside = line.get(open + 1..close).unwrap_or_default();
    let pair =
        inside.split_once(':').and_then(|(packets, bytes)| Some([Wanted::parse(packets)?, Wanted::parse(bytes)?]));
    let pair =
        pair.ok_or_else(|| format!("[{inside}] is not [PACKETS:BYTES], each a number, >=N, <=N, N..M, = or *"))?;
    let before = line.get(..open).unwrap_or_default();
    Ok((format!("{before}{}", line.get(close + 1..).unwrap_or_default()), Some(pair)))
}

/// Puts what was found in place of the exact figures of a line: the inverse of [`take_counters`]. Bounds stay.
fn put_counters(line: &str, found: Counts) -> String {
    let at_chain = line.trim_start().starts_with(':');
    let Some(open) = (if at_chain { line.rfind('[') } else { line.find('[') }) else { return line.to_owned() };
    let Some((inside, rest)) = line.get(open + 1..).and_then(|rest| rest.split_once(']')) else {
        return line.to_owned();
    };
    let Some((packets, bytes)) = inside.split_once(':') else { return line.to_owned() };
    let put = |written: &str, found: u64| match written.trim().parse::<u64>() {
        Ok(_) => found.to_string(),
        Err(_) => written.to_owned(),
    };
    let before = line.get(..=open).unwrap_or_default();
    format!("{before}{}:{}]{rest}", put(packets, found.packets), put(bytes, found.bytes))
}

/// Puts the policy that was found in place of that of a line `:CHAIN POLICY`.
fn put_policy(line: &str, found: Policy) -> String {
    let written = [Policy::Accept, Policy::Drop].into_iter().find_map(|policy| {
        let at = line.find(&format!(" {}", policy.name()))? + 1;
        Some(at..at + policy.name().len())
    });
    let Some(written) = written else { return line.to_owned() };
    let mut line = line.to_owned();
    line.replace_range(written, found.name());
    line
}

/// What was found of what one line, or one counter of a list, asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Found {
    /// What it has counted.
    pub counts: Option<Counts>,
    /// A chain's policy.
    pub policy: Option<Policy>,
}

/// A text of counters, as its file writes it with its quotes, with what was found in place of exact figures and policies:
/// at which line of the text, and what. `None` where the text has no such line.
#[must_use]
pub fn rewrite(written: &str, found: &[(usize, Found)]) -> Option<String> {
    let mut lines: Vec<String> = written.split_inclusive('\n').map(str::to_owned).collect();
    // A line feed behind the opening quotes is none of the text's.
    let first = usize::from(["\"\"\"", "'''"].contains(&lines.first()?.trim_end()));
    for (place, found) in found {
        let line = lines.get_mut(first + place)?;
        let said = line.trim_start_matches(['"', '\'']);
        let mut put = said.to_owned();
        if let Some(counts) = found.counts.filter(|_| said.trim_start().starts_with([':', '['])) {
            put = put_counters(&put, counts);
        }
        if let Some(policy) = found.policy.filter(|_| said.trim_start().starts_with(':')) {
            put = put_policy(&put, policy);
        }
        let quotes = line.len() - said.len();
        line.replace_range(quotes.., &put);
    }
    Some(lines.concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::spec::Figure;

    struct Nobody;
    impl Names for Nobody {}

    fn read(text: &str) -> (Vec<CounterCheck>, Vec<String>) {
        let reader = Reader { node: 0, family: IpFamily::V4, names: &Nobody, file: text };
        let mut faults = Faults::default();
        let found = reader.text(&At { value: text, span: 0..text.len() }, &mut faults);
        (found, faults.0.into_iter().map(|fault| fault.message).collect())
    }

    #[test]
    fn a_ruleset_with_its_counters_is_an_expectation() {
        let text = "*filter\n:INPUT ACCEPT [9:756]\n:COUNT - [0:0]\n[3:252] -A INPUT -j COUNT\n-A COUNT -j DROP\n\
                    [>=3:*] -A COUNT -d 192.168.2.1 -j RETURN\n[=:=] -A COUNT -d 192.168.2.1/32 -j RETURN\n";
        let (found, faults) = read(text);
        assert_eq!(faults, [""; 0]);
        let whose: Vec<_> = found.iter().map(|check| (check.whose.clone(), check.packets, check.bytes)).collect();
        let exactly = |number| Wanted::Figure(Figure::exactly(number));
        let words = |words: &str| Whose::Words("COUNT".to_owned(), words.to_owned());
        let least = Wanted::Figure(Figure { least: 3, most: u64::MAX });
        assert_eq!(
            whose,
            [
                (Whose::Policy("INPUT".to_owned(), Some(Policy::Accept)), exactly(9), exactly(756)),
                (Whose::Chain("COUNT".to_owned()), Wanted::Any, Wanted::Any),
                (Whose::Words("INPUT".to_owned(), "-j COUNT".to_owned()), exactly(3), exactly(252)),
                (words("-j DROP"), Wanted::Any, Wanted::Any),
                (words("-d 192.168.2.1/32 -j RETURN"), least, Wanted::Any),
                (words("-d 192.168.2.1/32 -j RETURN"), Wanted::Unchanged, Wanted::Unchanged),
            ]
        );
        let lines: Vec<_> = found.iter().map(|check| (check.place, &text[check.span.clone()])).collect();
        assert_eq!(lines[4], (5, "[>=3:*] -A COUNT -d 192.168.2.1 -j RETURN"));
    }

    #[test]
    fn figures_are_put_where_they_were_read() {
        let written = "'''\n*filter\n:INPUT ACCEPT [9:756]\n:COUNT - [0:0]\n# [1:2] no\n  [3:252] -A INPUT -j COUNT\n\
                       -A COUNT -j DROP\n[>=3:*] -A COUNT -j RETURN\n[0:=] -A COUNT -m comment --comment \"[1:2]\"\nCOMMIT\n'''";
        let counts = |packets, bytes| Found { counts: Some(Counts { packets, bytes }), policy: None };
        let found = [
            (1, Found { policy: Some(Policy::Drop), ..counts(10, 20) }),
            (2, Found::default()),
            (4, counts(1, 2)),
            (5, counts(3, 4)),
            (6, counts(5, 6)),
            (7, counts(7, 8)),
        ];
        let expected = written.replace("ACCEPT [9:756]", "DROP [10:20]").replace("[3:252]", "[1:2]");
        assert_eq!(rewrite(written, &found), Some(expected.replace("[0:=]", "[7:=]")));
        assert_eq!(rewrite(written, &[(10, Found::default())]), None);
        assert_eq!(rewrite("\"[1:2] -A INPUT\"", &[(0, counts(3, 4))]), Some("\"[3:4] -A INPUT\"".to_owned()));
        assert_eq!(rewrite("''':ACCEPT DROP\n'''", &[(0, found[0].1)]), Some("''':ACCEPT DROP\n'''".to_owned()));
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        for (text, fault) in [
            ("[x:1] -A INPUT\n", "is not [PACKETS:BYTES]"),
            ("[1:1 -A INPUT\n", "no ]"),
            ("[1:1] -D INPUT 1\n", "only -A"),
            ("[1:1] -A INPUT --nope\n", "nope"),
            ("*nope\n[1:1] -A INPUT\n", "nope"),
        ] {
            let (_, faults) = read(text);
            assert!(faults.iter().any(|told| told.contains(fault)), "{text}: {faults:?}");
        }
    }
}
