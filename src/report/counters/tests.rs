//! Golden files of every format, from the seed's rules and from the oddest ones that a kernel can hold.

use super::*;
use crate::expr::{Cmp, CmpOp, Counts, Family, Meta};
use crate::firewall::model::{Base, Chain, Policy, References, RuleEntry, Table};
use crate::rule::userdata::UserData;
use crate::rule::{BuiltinTable, Defaults, IpFamily, LowerContext, Lowered, NoNames, lexer, lower, parse_line};

fn base(hook: &str, policy: Policy, counts: Option<(u64, u64)>) -> Option<Base> {
    let counts = counts.map(|(packets, bytes)| Counts { packets, bytes });
    let (hook, kind) = (hook.to_owned(), "filter".to_owned());
    Some(Base { hook, priority: 0, kind, policy, counts, devices: Vec::new() })
}

fn chain(name: &str, handle: u64, base: Option<Base>) -> Chain {
    Chain { name: name.to_owned(), handle, base, flags: 0, comment: None }
}

/// Tells a rule of the IPv4 filter table, with these counts.
fn tell(visitor: &mut dyn Visitor, number: u32, text: &str, packets: u64, bytes: u64) {
    let words = lexer::split_line(text).expect("closed quotes");
    let defaults = Defaults::new(IpFamily::V4, BuiltinTable::Filter);
    let mut line = parse_line(&words, defaults, &NoNames).expect("a rule");
    let rule = line.rules.remove(0);
    let counts = Counts { packets, bytes };
    let context = LowerContext { family: IpFamily::V4, table: BuiltinTable::Filter, chain: "USER", counts };
    let lowered = lower(&rule, &context).expect("it can stand there");
    tell_lowered(visitor, number, Some(counts), &lowered);
}

fn tell_lowered(visitor: &mut dyn Visitor, number: u32, counts: Option<Counts>, lowered: &Lowered) {
    let (handle, family) = (u64::from(number) + 10, Family::Ip);
    visitor.rule(&RuleEntry { number, handle, counts, family, lowered, names: &NoNames });
}

/// What the seed's rules show after `ping -c 3`.
fn seed(visitor: &mut dyn Visitor) {
    visitor.table(&Table::named(Family::Ip, "filter"));
    visitor.chain(&chain("INPUT", 1, base("input", Policy::Accept, Some((3, 252)))));
    tell(visitor, 1, "-j COUNT", 3, 252);
    visitor.chain(&chain("FORWARD", 2, base("forward", Policy::Drop, Some((0, 0)))));
    visitor.chain(&chain("OUTPUT", 3, base("output", Policy::Accept, Some((3, 252)))));
    visitor.chain(&chain("COUNT", 4, None));
    tell(visitor, 1, "-d 192.168.2.1 -j RETURN", 3, 252);
    visitor.end_table(&References::from([("COUNT".to_owned(), 1)]));
}

/// Large figures, missing figures, signs, and text that would like to control the terminal.
fn odd(visitor: &mut dyn Visitor) {
    visitor.table(&Table::named(Family::Ip, "filter"));
    visitor.chain(&chain("INPUT", 1, base("input", Policy::Accept, None)));
    tell(visitor, 1, "-j ACCEPT", 99_999, 100_503);
    tell(visitor, 2, "-p tcp -m tcp --dport 22", 123_456_789_012, 12_345_678_901_234_567);
    tell(visitor, 3, "! -s 10.0.0.0/8 -i eth+ ! -o lo -g COUNT", u64::MAX, u64::MAX);
    tell(visitor, 4, "-m comment --comment \"a,\t\\\"b\\\"\" -j DROP", 0, 0);
    const SKUID: u32 = 10;
    let foreign = Lowered {
        expressions: vec![Meta::load(SKUID).into(), Cmp::new(CmpOp::Eq, [0; 4]).into()],
        user_data: UserData { comment: Some("\u{9b}2J,".to_owned()), words: None }.encode(),
        ..Lowered::default()
    };
    tell_lowered(visitor, 5, None, &foreign);
    visitor.chain(&chain("COUNT\x1b[2J", 4, None));
    visitor.end_table(&References::new());
    visitor.table(&Table::named(Family::Inet, "own"));
    visitor.end_table(&References::new());
}

/// A namespace's name, and what is told of it.
type Walk = (&'static str, fn(&mut dyn Visitor));

fn print(format: Format, options: Options, walks: &[Walk]) -> String {
    let mut listing = Listing::new(format, options, walks.len() > 1);
    for (netns, walk) in walks {
        let mut section = listing.section(netns);
        walk(section.as_mut());
        listing.add(netns, section);
    }
    let mut out = Vec::new();
    listing.write(&mut out).expect("a vector takes everything");
    String::from_utf8(out).expect("text")
}

/// Compares with tests/golden/NAME; `NSFW_BLESS=1` writes the file instead.
fn check(name: &str, text: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("NSFW_BLESS").is_some() {
        std::fs::write(&path, text).expect("tests/golden can be written");
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, golden, "{} differs; NSFW_BLESS=1 writes it anew", path.display());
}

const SEED: &[Walk] = &[("test-2", seed)];
const BOTH: &[Walk] = &[("test-1", seed), ("test-2", odd)];

#[test]
fn golden_files() {
    let plain = Options::default();
    let all = Options { exact: true, line_numbers: true, ..plain };
    let painted = Options { palette: Palette::new(Some(true), false), ..plain };
    for (name, format, options, walks) in [
        ("counters-seed.iptables", Format::Iptables, plain, SEED),
        ("counters-both.iptables", Format::Iptables, plain, BOTH),
        ("counters-both-x.iptables", Format::Iptables, all, BOTH),
        ("counters-seed.table", Format::Table, plain, SEED),
        ("counters-both-x.table", Format::Table, all, BOTH),
        ("counters-seed-colour.table", Format::Table, painted, SEED),
        ("counters-both.json", Format::Json, plain, BOTH),
        ("counters-both.csv", Format::Csv, plain, BOTH),
    ] {
        check(name, &print(format, options, walks));
    }
}

#[test]
fn json_holds_exactly_the_fields_of_the_schema() {
    let value: serde_json::Value = serde_json::from_str(&print(Format::Json, Options::default(), BOTH)).expect("JSON");
    let chain = &value["netns"][0]["tables"][0]["chains"][0];
    assert_eq!(value["schema"], "nsfw.counters/1");
    assert_eq!(chain["packets"], 3);
    assert_eq!(value["netns"][1]["tables"][0]["chains"][0]["packets"], serde_json::Value::Null);
    assert_eq!(value["netns"][1]["tables"][0]["chains"][1]["hook"], serde_json::Value::Null);
    let fields: Vec<_> = chain["rules"][0].as_object().expect("an object").keys().cloned().collect();
    assert_eq!(fields.len(), 7);
}

#[test]
fn no_format_lets_text_of_others_control_the_terminal() {
    for format in [Format::Table, Format::Iptables, Format::Json, Format::Csv] {
        let text = print(format, Options::default(), BOTH);
        assert!(!text.contains(|c: char| !matches!(c, '\n' | '\t') && c.is_control()), "{format:?}: {text:?}");
    }
}
