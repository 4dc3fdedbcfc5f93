//! Counters that are expected, read from the format of iptables-save or one by one.

use std::ops::Range;

use super::Faults;
use crate::experiment::spec::expect::{Counter, Counters};
use crate::experiment::spec::{At, Figure};
use crate::expr::Counts;
use crate::rule::save::{Entry, SaveFile, entry};
use crate::rule::{BuiltinTable, Command, Defaults, IpFamily, Names};

/// One expectation about a counter of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CounterCheck {
    /// Place of the node.
    pub node: usize,
    /// IPv4 or IPv6.
    pub family: IpFamily,
    /// The table.
    pub table: BuiltinTable,
    /// Whose counter.
    pub whose: Whose,
    /// Packets.
    pub packets: Wanted,
    /// Bytes.
    pub bytes: Wanted,
    /// Where it is written.
    pub span: Range<usize>,
}

/// Whose counter it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// The policy of a chain.
    Policy(String),
    /// The rule with this number, from 1.
    Number(String, u32),
    /// The rule that says this: of several equal ones the one that has so many of them before it.
    Words(String, String, usize),
    /// The rule with this comment, in any chain where none is given.
    Comment(Option<String>, String),
}

/// What a counter must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Anything.
    Any,
    /// Within these bounds.
    Figure(Figure),
    /// What it was when the step began.
    Unchanged,
}

impl Wanted {
    /// Whether a counter that was `before` when the step began is as wanted.
    #[must_use]
    pub const fn fits(self, before: u64, now: u64) -> bool {
        match self {
            Self::Any => true,
            Self::Figure(figure) => figure.fits(now),
            Self::Unchanged => before == now,
        }
    }

    /// Reads `*`, `=` or a figure.
    fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "*" => Some(Self::Any),
            "=" => Some(Self::Unchanged),
            figure => Figure::parse(figure).map(Self::Figure),
        }
    }
}

impl std::fmt::Display for Wanted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Figure(figure) => write!(f, "{figure}"),
            Self::Unchanged => f.write_str("="),
        }
    }
}

/// Reads the counters that are expected of one node.
pub fn checks(
    node: usize,
    family: IpFamily,
    counters: &At<Counters>,
    names: &dyn Names,
    faults: &mut Faults,
) -> Vec<CounterCheck> {
    match &counters.value {
        Counters::Text(text) => Reader { node, family, counters, names }.text(text, faults),
        Counters::List(list) => {
            list.iter().filter_map(|one| listed(node, family, one, &counters.span, faults)).collect()
        }
    }
}

fn listed(
    node: usize,
    family: IpFamily,
    counter: &Counter,
    span: &Range<usize>,
    faults: &mut Faults,
) -> Option<CounterCheck> {
    let table = counter.table.as_deref().unwrap_or("filter");
    let Some(table) = BuiltinTable::from_name(table) else {
        faults.add(span.clone(), format!("there is no table {table:?}: filter, nat, mangle, raw or security"));
        return None;
    };
    let whose = match (&counter.chain, counter.rule, &counter.comment) {
        (Some(chain), None, None) => Whose::Policy(chain.clone()),
        (Some(chain), Some(number), None) => Whose::Number(chain.clone(), number),
        (chain, None, Some(comment)) => Whose::Comment(chain.clone(), comment.clone()),
        _ => {
            faults.add(span.clone(), "a counter is that of a chain, of a chain and a rule's number, or of a comment");
            return None;
        }
    };
    let wanted = |figure: Option<Figure>| match figure {
        _ if counter.unchanged => Wanted::Unchanged,
        Some(figure) => Wanted::Figure(figure),
        None => Wanted::Any,
    };
    let (packets, bytes) = (wanted(counter.packets), wanted(counter.bytes));
    if (packets, bytes) == (Wanted::Any, Wanted::Any) {
        faults.add(span.clone(), "the counter may be anything: give packets, bytes or unchanged");
        return None;
    }
    Some(CounterCheck { node, family, table, whose, packets, bytes, span: span.clone() })
}

struct Reader<'a> {
    node: usize,
    family: IpFamily,
    counters: &'a At<Counters>,
    names: &'a dyn Names,
}

impl Reader<'_> {
    fn text(&self, text: &str, faults: &mut Faults) -> Vec<CounterCheck> {
        // A text without tables is about filter.
        let wrapped = (!text.lines().any(|line| line.trim_start().starts_with('*')))
            .then(|| format!("*filter\n{}\nCOMMIT\n", text.trim_end()));
        let file = SaveFile::new(wrapped.as_deref().unwrap_or(text).as_bytes(), None);
        for fault in &file.faults {
            faults.add(self.counters.span.clone(), format!("the counters' line {}: {}", fault.line, fault.error));
        }
        let mut found: Vec<CounterCheck> = Vec::new();
        for section in &file.sections {
            for line in &section.lines {
                match self.line(line.text, section.table) {
                    Ok(Some(check)) => found.push(nth(check, &found)),
                    Ok(None) => {}
                    Err(message) => {
                        let shown = line.text.trim();
                        faults.add(self.counters.span.clone(), format!("the counters' line {shown:?}: {message}"));
                    }
                }
            }
        }
        found
    }

    /// `:CHAIN POLICY [P:B]` or `[P:B] -A CHAIN …`; a line without counters asks nothing.
    fn line(&self, line: &str, table: BuiltinTable) -> Result<Option<CounterCheck>, String> {
        let (rest, wanted) = take_counters(line)?;
        let Some((packets, bytes)) = wanted else { return Ok(None) };
        let defaults = Defaults::new(self.family, table);
        let whose = match entry(&rest, defaults, self.names).map_err(|error| error.to_string())? {
            Entry::Chain { policy: None, .. } | Entry::OtherFamily => return Ok(None),
            Entry::Chain { name, .. } => Whose::Policy(name),
            Entry::Command { invocation, .. } => {
                let Some(Command::Append(chain)) = invocation.command else {
                    return Err("only -A can stand here".to_owned());
                };
                match invocation.line.rules.as_slice() {
                    [rule] => Whose::Words(chain, rule.render(), 0),
                    _ => return Err("the line stands for several rules".to_owned()),
                }
            }
        };
        let span = self.counters.span.clone();
        Ok(Some(CounterCheck { node: self.node, family: self.family, table, whose, packets, bytes, span }))
    }
}

/// The rule behind as many equal ones as were expected before it.
fn nth(check: CounterCheck, before: &[CounterCheck]) -> CounterCheck {
    let Whose::Words(chain, words, _) = &check.whose else { return check };
    let same = before.iter().filter(|other| {
        other.table == check.table
            && matches!(&other.whose, Whose::Words(its, said, _) if its == chain && said == words)
    });
    CounterCheck { whose: Whose::Words(chain.clone(), words.clone(), same.count()), ..check.clone() }
}

type Pair = (Wanted, Wanted);

/// Takes `[P:B]` out of a line: at its beginning, or behind a chain's policy.
fn take_counters(line: &str) -> Result<(String, Option<Pair>), String> {
    let at_chain = line.trim_start().starts_with(':');
    let open =
        if at_chain { line.rfind('[') } else { line.trim_start().starts_with('[').then(|| line.find('[')).flatten() };
    let Some(open) = open else { return Ok((line.to_owned(), None)) };
    let close = line.get(open..).and_then(|rest| rest.find(']')).ok_or("the counters have no ]")? + open;
    let inside = line.get(open + 1..close).unwrap_or_default();
    let pair =
        inside.split_once(':').and_then(|(packets, bytes)| Some((Wanted::parse(packets)?, Wanted::parse(bytes)?)));
    let pair =
        pair.ok_or_else(|| format!("[{inside}] is not [PACKETS:BYTES], each a number, >=N, <=N, N..M, = or *"))?;
    let before = line.get(..open).unwrap_or_default();
    Ok((format!("{before}{}", line.get(close + 1..).unwrap_or_default()), Some(pair)))
}

/// Puts what was found in place of the exact figures of a line: the inverse of [`take_counters`]. Bounds stay.
fn put_counters(line: &str, found: Counts) -> String {
    let at_chain = line.contains(':') && line.find(':') < line.find('[');
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

/// A text of counters, as its file writes it with its quotes, with what was found in place of exact figures. `found` is in
/// the order of [`checks`]; `None` where the text asks for something else.
#[must_use]
pub fn rewrite(written: &str, found: &[Option<Counts>]) -> Option<String> {
    let mut found = found.iter();
    let mut text = String::with_capacity(written.len());
    for line in written.split_inclusive('\n') {
        let said = line.trim_start_matches(['"', '\'']);
        let quotes = line.len() - said.len();
        let asks = matches!(take_counters(said), Ok((rest, Some(_))) if !is_user_chain(&rest));
        if !asks {
            text += line;
            continue;
        }
        text += line.get(..quotes)?;
        text += &found.next()?.map_or_else(|| said.to_owned(), |counts| put_counters(said, counts));
    }
    found.next().is_none().then_some(text)
}

/// `:NAME -`: its counters say nothing.
fn is_user_chain(line: &str) -> bool {
    let mut words = line.split_whitespace();
    words.next().is_some_and(|word| word.starts_with(':')) && words.next() == Some("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nobody;
    impl Names for Nobody {}

    fn read(text: &str) -> (Vec<CounterCheck>, Vec<String>) {
        let counters = At { value: Counters::Text(text.to_owned()), span: 0..1 };
        let mut faults = Faults::default();
        let found = checks(0, IpFamily::V4, &counters, &Nobody, &mut faults);
        (found, faults.0.into_iter().map(|fault| fault.message).collect())
    }

    #[test]
    fn a_ruleset_with_its_counters_is_an_expectation() {
        let (found, faults) = read(
            "*filter\n:INPUT ACCEPT [9:756]\n:COUNT - [0:0]\n[3:252] -A INPUT -j COUNT\n-A COUNT -j DROP\n\
             [>=3:*] -A COUNT -d 192.168.2.1 -j RETURN\n[=:=] -A COUNT -d 192.168.2.1/32 -j RETURN\nCOMMIT\n",
        );
        assert_eq!(faults, [""; 0]);
        let whose: Vec<_> = found.iter().map(|check| (check.whose.clone(), check.packets, check.bytes)).collect();
        let exactly = |number| Wanted::Figure(Figure::exactly(number));
        let words = |nth| Whose::Words("COUNT".to_owned(), "-d 192.168.2.1/32 -j RETURN".to_owned(), nth);
        let least = Wanted::Figure(Figure { least: 3, most: u64::MAX });
        assert_eq!(
            whose,
            [
                (Whose::Policy("INPUT".to_owned()), exactly(9), exactly(756)),
                (Whose::Words("INPUT".to_owned(), "-j COUNT".to_owned(), 0), exactly(3), exactly(252)),
                (words(0), least, Wanted::Any),
                (words(1), Wanted::Unchanged, Wanted::Unchanged),
            ]
        );
    }

    #[test]
    fn figures_are_put_where_they_were_read() {
        let written = "'''\n*filter\n:INPUT ACCEPT [9:756]\n:COUNT - [0:0]\n# [1:2] no\n  [3:252] -A INPUT -j COUNT\n\
                       -A COUNT -j DROP\n[>=3:*] -A COUNT -j RETURN\n[0:=] -A COUNT -m comment --comment \"[1:2]\"\nCOMMIT\n'''";
        let found = [(10, 20), (1, 2), (5, 6), (7, 8)].map(|(packets, bytes)| Some(Counts { packets, bytes }));
        let expected = written.replace("[9:756]", "[10:20]").replace("[3:252]", "[1:2]").replace("[0:=]", "[7:=]");
        assert_eq!(rewrite(written, &found), Some(expected));
        assert_eq!(rewrite(written, &found[..3]), None);
        assert_eq!(rewrite("\"[1:2] -A INPUT\"", &[None]), Some("\"[1:2] -A INPUT\"".to_owned()));
        assert_eq!(rewrite("\"\"", &found[..1]), None);
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        for (text, fault) in [
            ("[x:1] -A INPUT\n", "is not [PACKETS:BYTES]"),
            ("[1:1 -A INPUT\n", "no ]"),
            ("[1:1] -D INPUT 1\n", "only -A"),
            ("[1:1] -A INPUT --nope\n", "nope"),
        ] {
            let (_, faults) = read(text);
            assert!(faults.iter().any(|told| told.contains(fault)), "{text}: {faults:?}");
        }
    }
}
