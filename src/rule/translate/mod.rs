//! Commands of iptables as commands of nft: what a person would type there instead. No kernel is asked.

mod file;
mod sets;

pub use file::{FileTranslation, translate_file};

use self::sets::{Lists, Meters};
use super::command::{Command, Invocation};
use super::error::{Error, ErrorKind};
use super::table::{BuiltinTable, IpFamily};
use super::{LowerContext, Lowered, Names, Rule, SharedSet, lexer, lower, nft};
use crate::expr::{Counts, Expression, Family};

/// A command of nft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translation {
    /// `add rule ip filter INPUT counter accept`, without the program's name.
    pub text: String,
    /// Whether a shell needs quotes around it: rules hold braces, semicolons and quotes.
    pub is_rule: bool,
}

/// One step of a translation.
enum Piece {
    /// This list is needed from here on.
    List(SharedSet),
    /// A command.
    Command(Translation),
}

/// The commands that do the same, those for the sets that rules share first; `None` where nft has no single command for it.
///
/// # Errors
/// A rule that has no form in nf_tables.
pub fn translate(invocation: &Invocation, names: &dyn Names) -> Result<Option<Vec<Translation>>, Error> {
    let table = table_of(invocation.line.family, invocation.line.table);
    let pieces = commands(invocation, &mut Meters::default(), names)?;
    Ok(pieces.map(|pieces| with_lists(pieces, &table, names)))
}

/// The commands that add rules to the end of a chain, and the sets that they share.
///
/// # Errors
/// As [`translate`].
pub fn append(rules: &[Rule], context: &LowerContext<'_>, names: &dyn Names) -> Result<Vec<Translation>, Error> {
    let pieces = self::rules("add", rules, context, &mut Meters::default(), names)?;
    Ok(with_lists(pieces, &table_of(context.family, context.table), names))
}

fn with_lists(pieces: Vec<Piece>, table: &str, names: &dyn Names) -> Vec<Translation> {
    let mut lists = Lists::default();
    let shared = pieces.iter().filter_map(|piece| if let Piece::List(shared) = piece { Some(shared) } else { None });
    shared.for_each(|shared| lists.foresee(table, shared));
    let told = pieces.into_iter().filter_map(|piece| match piece {
        Piece::List(shared) => lists.make(table, &shared, names).map(|text| Translation { text, is_rule: true }),
        Piece::Command(found) => Some(found),
    });
    told.collect()
}

/// `ip filter`.
fn table_of(family: IpFamily, table: BuiltinTable) -> String {
    format!("{} {}", Family::from(family), table.name())
}

/// As [`translate`], piece by piece.
fn commands(invocation: &Invocation, meters: &mut Meters, names: &dyn Names) -> Result<Option<Vec<Piece>>, Error> {
    let (family, table) = (invocation.line.family, invocation.line.table);
    let place = table_of(family, table);
    let one = |text: String, is_rule: bool| Ok(Some(vec![Piece::Command(Translation { text, is_rule })]));
    let plain = |text: String| one(text, false);
    let mut rules = |verb: &str, chain: &str| {
        let context = LowerContext { family, table, chain, counts: Counts::default() };
        rules(verb, &invocation.line.rules, &context, meters, names).map(Some)
    };
    match invocation.command.as_ref() {
        Some(Command::Append(chain)) => rules("add", chain),
        Some(Command::Insert(chain, 1)) => rules("insert", chain),
        Some(Command::Insert(chain, number)) => {
            Ok(rules("insert", chain)?.map(|found| at_index(found, &format!("{place} {chain}"), number - 1)))
        }
        Some(Command::NewChain(chain)) => plain(format!("add chain {place} {chain}")),
        Some(Command::DeleteChain(Some(chain))) => plain(format!("delete chain {place} {chain}")),
        Some(Command::SetPolicy(chain, policy)) => {
            one(format!("add chain {place} {chain} {{ policy {}; }}", policy.name().to_lowercase()), true)
        }
        Some(Command::RenameChain(old, new)) => plain(format!("rename chain {place} {old} {new}")),
        Some(Command::Flush(Some(chain))) => plain(format!("flush chain {place} {chain}")),
        Some(Command::Flush(None)) => plain(format!("flush table {place}")),
        Some(Command::List(Some(chain), _) | Command::ListRules(Some(chain), _)) => {
            plain(format!("list chain {place} {chain}"))
        }
        Some(Command::List(None, _) | Command::ListRules(None, _)) => plain(format!("list table {place}")),
        _ => Ok(None),
    }
}

/// nft counts a chain's rules from 0.
fn at_index(pieces: Vec<Piece>, place: &str, index: u32) -> Vec<Piece> {
    let place = format!("rule {place} ");
    let indexed = |piece: Piece| match piece {
        Piece::Command(rule) => Piece::Command(Translation {
            text: rule.text.replacen(&place, &format!("{place}index {index} "), 1),
            ..rule
        }),
        list @ Piece::List(_) => list,
    };
    pieces.into_iter().map(indexed).collect()
}

fn rules(
    verb: &str,
    rules: &[Rule],
    context: &LowerContext<'_>,
    meters: &mut Meters,
    names: &dyn Names,
) -> Result<Vec<Piece>, Error> {
    let place = table_of(context.family, context.table);
    let chain = lexer::printable(context.chain);
    let mut found = Vec::new();
    for rule in rules {
        let mut lowered = lower(rule, context)?;
        if lowered.expressions.iter().any(|found| matches!(found, Expression::Dynset(dynset) if dynset.inverted)) {
            return Err(ErrorKind::NoWords("an address that could not be put into a list").everywhere());
        }
        meters.name(&place, &mut lowered);
        found.extend(lowered.shared.iter().cloned().map(Piece::List));
        let text = counted_text(&lowered, context.family, names)?;
        found.push(Piece::Command(Translation { text: format!("{verb} rule {place} {chain} {text}"), is_rule: true }));
    }
    Ok(found)
}

/// A rule in nft syntax as it would be added: its counter without figures. It was lowered with counts of 0.
///
/// # Errors
/// It has no such counter.
pub fn counted_text(lowered: &Lowered, family: IpFamily, names: &dyn Names) -> Result<String, Error> {
    const COUNTED: &str = "counter packets 0 bytes 0";
    let text = nft::text(lowered, family.into(), names);
    if text.contains(COUNTED) {
        Ok(text.replacen(COUNTED, "counter", 1))
    } else {
        Err(ErrorKind::BadValue { value: text, expected: "a rule with a counter" }.everywhere())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::names::NoNames;
    use crate::rule::{Defaults, lexer, parse_command};

    fn translated(words: &str, family: IpFamily) -> Option<Vec<String>> {
        let words = lexer::split_line(words).expect("quoted well");
        let defaults = Defaults::new(family, BuiltinTable::Filter);
        let invocation = parse_command(&words, defaults, &NoNames).expect("a command line");
        let found = translate(&invocation, &NoNames).expect("has a form");
        found.map(|found| found.into_iter().map(|row| row.text).collect())
    }

    #[test]
    fn commands_become_those_of_nft() {
        for (words, expected) in [
            ("-A INPUT -p tcp --dport 22 -j ACCEPT", "add rule ip filter INPUT tcp dport 22 counter accept"),
            ("-I INPUT -j DROP", "insert rule ip filter INPUT counter drop"),
            ("-I INPUT 3 -j DROP", "insert rule ip filter INPUT index 2 counter drop"),
            ("-N WEB", "add chain ip filter WEB"),
            ("-X WEB", "delete chain ip filter WEB"),
            ("-t mangle -F", "flush table ip mangle"),
            ("-F INPUT", "flush chain ip filter INPUT"),
            ("-vnL", "list table ip filter"),
            ("-S INPUT", "list chain ip filter INPUT"),
            ("-P INPUT DROP", "add chain ip filter INPUT { policy drop; }"),
            ("-E A B", "rename chain ip filter A B"),
        ] {
            assert_eq!(translated(words, IpFamily::V4), Some(vec![expected.to_owned()]), "{words}");
        }
        assert_eq!(translated("-Z", IpFamily::V4), None);
        let recent = translated("-A INPUT -m recent --update --seconds 5 --name x", IpFamily::V4).expect("a rule");
        assert_eq!(
            recent,
            [
                "add set ip filter recent_x { type ipv4_addr; size 65535; flags dynamic,timeout; timeout 5s; }",
                "add rule ip filter INPUT ip saddr @recent_x update @recent_x { ip saddr } counter"
            ]
        );
        let counting = translated("-A INPUT -m connlimit --connlimit-above 2 -j DROP", IpFamily::V4).expect("a rule");
        assert_eq!(counting, ["add rule ip filter INPUT meter meter0 { ip saddr ct count over 2 } counter drop"]);
        let words = lexer::split_line("-A INPUT -m recent ! --set --name x").expect("quoted well");
        let defaults = Defaults::new(IpFamily::V4, BuiltinTable::Filter);
        let inverted = translate(&parse_command(&words, defaults, &NoNames).expect("a command line"), &NoNames);
        assert!(matches!(inverted.expect_err("no text").kind, ErrorKind::NoWords(_)));
        let two = translated("-A INPUT -s ::1,::2 -j DROP", IpFamily::V6).expect("rules");
        assert_eq!(
            two,
            [
                "add rule ip6 filter INPUT ip6 saddr ::1 counter drop",
                "add rule ip6 filter INPUT ip6 saddr ::2 counter drop"
            ]
        );
    }
}
