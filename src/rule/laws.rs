//! The laws that every registered match and target keeps, over the registry's own samples.

use proptest::prelude::*;

use super::registry::{MATCHES, Samples, TARGETS};
use super::{
    BuiltinTable, Defaults, Error, IpFamily, Line, LowerContext, Lowered, Names, Rule, kept_words, lexer, lift, lower,
    nft, parse_line,
};
use crate::expr::{
    Bitwise, Byteorder, Cmp, CmpOp, Connlimit, Counts, Ct, Dynset, Element, Expression, Family, Immediate, Lookup,
    Meta, Numgen, Payload, PayloadBase, Register, Set, SetFlags, SetListing, payload::PayloadAccess,
};

/// The user data's 256 bytes without two headers, two NULs and the comment of [`PARTS`].
const WORDS_THAT_ALWAYS_FIT: usize = 256 - 6 - "hello".len();

/// A host that knows one service and one interface.
pub struct Numbers;

impl Names for Numbers {
    fn service(&self, name: &str, _: &str) -> Option<u16> {
        (name == "ssh").then_some(22)
    }

    fn interface(&self, name: &str) -> Option<u32> {
        (name == "lo").then_some(1)
    }
}

pub fn parse(text: &str, family: IpFamily) -> Result<Line, Error> {
    let words = lexer::split_line(text).expect("a sample's quotes are closed");
    parse_line(&words, Defaults::new(family, BuiltinTable::Filter), &Numbers)
}

pub fn lower_line(line: &Line) -> Result<Vec<(Rule, Lowered)>, Error> {
    let counts = Counts { packets: 3, bytes: 252 };
    let context = LowerContext { family: line.family, table: line.table, chain: "USER", counts };
    line.rules.iter().map(|rule| Ok((rule.clone(), lower(rule, &context)?))).collect()
}

/// The rule that these expressions of a table of IPv4 are, in words.
pub fn lifted(expressions: Vec<Expression>) -> Option<String> {
    let lowered = Lowered { expressions, ..Lowered::default() };
    lift(&lowered, Family::Ip, &Numbers).map(|rule| rule.render())
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
                assert_eq!(lift(&lowered, line.family.into(), &Numbers), Some(rule), "{name}: {text}: {lowered:?}");
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

/// Parts that any rule can be put together from.
const PARTS: &[&str] = &[
    "-s 10.0.0.0/8",
    "! -d 10.1.2.3",
    "-i eth0",
    "! -o eth+",
    "-f",
    "-m tcp --dport 22",
    "-m tcp ! --sport 1:9 --syn",
    "-m tcp",
    "-m conntrack --ctstate NEW,RELATED",
    "-m state --state NEW",
    "-m mark --mark 1",
    "-m mark ! --mark 0x1/0x3",
    "-m limit",
    "-m limit --limit 5/min --limit-burst 9",
    "-m multiport --dports 22",
    "-m multiport ! --sports 1,5:9",
    "-m comment --comment hello",
    "-m multiport --dports 1,2,3",
    "-m iprange --src-range 10.0.0.1-10.0.0.9",
    "-m iprange ! --dst-range 10.0.0.1-10.0.0.2",
    "-m addrtype --src-type LOCAL ! --dst-type UNICAST,BROADCAST",
    "-m addrtype --dst-type LOCAL --limit-iface-in",
];
const ENDS: &[&str] = &[
    "",
    "-j ACCEPT",
    "-g COUNT",
    "-j REJECT",
    "-j LOG --log-prefix x",
    "-j MARK --or-mark 4",
    "-t nat -j SNAT --to-source 1.2.3.4-1.2.3.5:80",
    "-t nat -j REDIRECT",
];

proptest! {
    /// Whatever stands beside what, in whatever order: the rule comes back, or as one that lowers to the same.
    #[test]
    fn any_combination_comes_back(
        parts in prop::sample::subsequence(PARTS.to_vec(), 0..6).prop_shuffle(),
        end in prop::sample::select(ENDS.to_vec()),
    ) {
        let text = format!("-p tcp {} {end}", parts.join(" "));
        let line = parse(&text, IpFamily::V4).expect(&text);
        let again = parse(&line.rules[0].render(), IpFamily::V4).expect("its own print");
        prop_assert_eq!(&again.rules, &line.rules);
        for (rule, lowered) in lower_line(&line).expect(&text) {
            let back = lift(&lowered, line.family.into(), &Numbers);
            if back.as_ref() == Some(&rule) {
                continue;
            }
            // Only where the words found no room in the user data: then nft's text shows it, or equal matches stand for
            // those that were written.
            prop_assert!(kept_words::write(&rule).len() > WORDS_THAT_ALWAYS_FIT, "{} became {:?}", text, back);
            if let Some(back) = back {
                prop_assert_eq!(&parse(&back.render(), IpFamily::V4).expect("its print").rules, &[back]);
            }
        }
    }

    /// What the kernel lists may be anything.
    #[test]
    fn any_expressions_are_shown(
        expressions in prop::collection::vec(any_expression(), 0..8),
        user_data in prop::collection::vec(any::<u8>(), 0..40),
        set in any_set(),
    ) {
        let flags = SetFlags(SetFlags::ANONYMOUS | SetFlags::EVALUATED);
        let meter = set.clone().map(|set| SetListing { set: Set { flags, ..set }, ..SetListing::default() });
        let (sets, declared) = (set.into_iter().collect(), meter.into_iter().collect());
        let lowered = Lowered { expressions, sets, declared, user_data, ..Lowered::default() };
        for family in [Family::Ip, Family::Ip6, Family::Inet, Family::Other(99)] {
            let _ = lift(&lowered, family, &Numbers);
            let text = nft::text(&lowered, family, &Numbers);
            prop_assert!(!text.chars().any(lexer::is_unsafe));
        }
    }
}

fn any_set() -> impl Strategy<Value = Option<Set>> {
    let key = || prop::collection::vec(any::<u8>(), 0..12);
    let element = (key(), prop::option::of(key()), any::<bool>()).prop_map(|(key, key_end, interval_end)| Element {
        key,
        key_end,
        interval_end,
        ..Element::default()
    });
    let set = (prop::collection::vec(element, 0..4), prop::sample::select(vec![0_u32, 4, 0x84]), 0..17_u32);
    prop::option::of(set.prop_map(|(elements, flags, key_length)| Set {
        name: "s".to_owned(),
        flags: SetFlags(flags),
        key_length,
        elements,
        ..Set::default()
    }))
}

fn any_expression() -> impl Strategy<Value = Expression> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..18);
    let register = 0..3_u32;
    let base = prop::sample::select(vec![PayloadBase::Link, PayloadBase::Network, PayloadBase::Transport]);
    let op = prop::sample::select(vec![CmpOp::Eq, CmpOp::Neq, CmpOp::Lte, CmpOp::Gte, CmpOp::Gt, CmpOp::Lt]);
    prop_oneof![
        (0..30_u32).prop_map(|key| Meta::load(key).into()),
        (0..30_u32).prop_map(|key| Meta::store(key).into()),
        (0..30_u32).prop_map(|key| Ct::load(key).into()),
        (base.clone(), 0..20_u32, 0..20_u32)
            .prop_map(|(base, offset, length)| Payload::load(base, offset, length).into()),
        (op, bytes()).prop_map(|(op, data)| Cmp::new(op, data).into()),
        prop::sample::select(vec![1_u32, 2, 4, 8]).prop_map(|size| {
            let (source, destination) = (Register::R1, Register::R1);
            Byteorder { source, destination, op: Byteorder::HTON, length: size, size }.into()
        }),
        (0..9_u32, 0..2_u32)
            .prop_map(|(modulus, kind)| { Numgen { destination: Register::R1, modulus, kind, offset: 0 }.into() }),
        (0..2_u32, prop::option::of(0..20_000_u64), any::<u32>()).prop_map(|(op, timeout, count)| {
            let expressions = vec![Connlimit { count, flags: 0 }.into()];
            let (set, key) = ("s".to_owned(), Register::R1);
            Dynset { set, set_id: 0, op, key, data: None, timeout, inverted: false, expressions }.into()
        }),
        (bytes(), bytes()).prop_map(|(mask, xor)| Bitwise { xor, ..Bitwise::and(mask) }.into()),
        (register, bytes()).prop_map(|(register, data)| Immediate::Data(Register(register), data).into()),
        (prop_oneof![0..12_u32, Just(u32::MAX)], base.clone(), 0..9_u32).prop_map(|(register, base, length)| {
            Payload { access: PayloadAccess::Load(Register(register)), ..Payload::load(base, 0, length) }.into()
        }),
        (prop_oneof![0..12_u32, Just(u32::MAX)], prop::option::of(0..2_u32), any::<bool>()).prop_map(
            |(source, destination, inverted)| {
                let (source, destination) = (Register(source), destination.map(Register));
                Lookup { source, destination, set: "s".to_owned(), set_id: 0, inverted }.into()
            }
        ),
        ("[a-z]{1,9}", bytes()).prop_map(|(name, data)| Expression::decode(&name, &data)),
    ]
}
