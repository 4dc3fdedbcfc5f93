//! Every option of iptables-extensions(8) is taken as a native rule, or refused with the reason: tests/language/options.txt.

mod sandbox;

use std::fmt::Write as _;

use nsfw::expr::Counts;
use nsfw::rule::registry::{MATCHES, OptionSpec, TARGETS};
use nsfw::rule::{BuiltinTable, Defaults, ErrorKind, IpFamily, LowerContext, Names, lexer, lift, lower, parse_line};

const PAGE: &str = include_str!("language/options.txt");

/// A host with one interface.
struct Host;

impl Names for Host {
    fn interface(&self, name: &str) -> Option<u32> {
        (name == "eth0").then_some(2)
    }

    fn interface_name(&self, index: u32) -> Option<String> {
        (index == 2).then(|| "eth0".to_owned())
    }
}

/// A match or target: its flag and name, the words before its options, the chain of its rules.
#[derive(Clone, Copy)]
struct Heading<'a> {
    extension: &'a str,
    before: &'a str,
    chain: &'a str,
}

/// An option with words that are accepted, if there are any, and words that are refused.
struct Case<'a> {
    heading: Heading<'a>,
    option: &'a str,
    accepted: &'a str,
    refused: &'a str,
}

/// The headings of the page, and its lines.
fn page() -> (Vec<Heading<'static>>, Vec<Case<'static>>) {
    let (mut headings, mut cases) = (Vec::new(), Vec::new());
    for line in PAGE.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        let columns: Vec<&str> = line.split(" | ").map(str::trim).collect();
        match (line.starts_with(' '), columns.as_slice(), headings.last()) {
            (false, [extension, before, chain @ ..], _) => {
                headings.push(Heading { extension, before, chain: chain.first().copied().unwrap_or("USER") });
            }
            (true, &[option, accepted, refused], Some(&heading)) => {
                cases.push(Case { heading, option, accepted, refused });
            }
            _ => panic!("neither a heading nor a line of three columns: {line}"),
        }
    }
    (headings, cases)
}

/// Reads and lowers a rule, and lifts it again.
fn attempt(heading: Heading<'_>, words: &str) -> Result<(), ErrorKind> {
    let text = format!("{} {words}", heading.before);
    let words = lexer::split_line(&text).expect("closed quotes");
    let defaults = Defaults::new(IpFamily::V4, BuiltinTable::Filter);
    let line = parse_line(&words, defaults, &Host).map_err(|error| error.kind)?;
    let (family, table) = (line.family, line.table);
    let context = LowerContext { family, table, chain: heading.chain, counts: Counts::default() };
    for rule in line.rules {
        let lowered = lower(&rule, &context).map_err(|error| error.kind)?;
        assert_eq!(lift(&lowered, family.into(), &Host), Some(rule), "{text}");
    }
    Ok(())
}

/// A name that nothing is known of is no reason.
fn is_reasoned(kind: &ErrorKind) -> bool {
    !matches!(
        kind,
        ErrorKind::UnknownMatch { .. } | ErrorKind::UnsupportedTarget { .. } | ErrorKind::UnknownOption { .. }
    )
}

/// What is off about a case.
fn fault_of(case: &Case<'_>) -> Option<String> {
    let Case { heading, option, accepted, refused } = *case;
    if !refused.contains(option) || !(accepted.is_empty() || accepted.contains(option)) {
        return Some("its words do not name it".to_owned());
    }
    match attempt(heading, refused) {
        Ok(()) => return Some(format!("{refused} is accepted")),
        Err(fault) if !is_reasoned(&fault) => return Some(format!("{refused} is refused without a reason: {fault}")),
        Err(fault) if fault.clone().everywhere().help.is_none() => return Some(format!("no help: {fault}")),
        Err(ErrorKind::NoNativeForm { .. }) => {}
        Err(fault) if accepted.is_empty() => return Some(format!("{refused} is refused for another reason: {fault}")),
        Err(_) => {}
    }
    let fault = (!accepted.is_empty()).then(|| attempt(heading, accepted).err()).flatten()?;
    Some(format!("{accepted} is refused: {fault}"))
}

#[test]
fn every_option_is_taken_or_refused_with_a_reason() {
    let cases = page().1;
    let told = |case: &Case<'_>| Some(format!("{} {}: {}", case.heading.extension, case.option, fault_of(case)?));
    let wrong: Vec<String> = cases.iter().filter_map(told).collect();
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn what_has_no_options_stands_alone_or_is_refused() {
    for heading in page().0 {
        match heading.before {
            "none" => {
                let bare = Heading { before: heading.extension, ..heading };
                let fault = attempt(bare, "").expect_err(heading.extension);
                assert!(matches!(fault, ErrorKind::NoNativeForm { .. }), "{}: {fault}", heading.extension);
            }
            _ if page().1.iter().any(|case| case.heading.extension == heading.extension) => {}
            _ => attempt(heading, "").unwrap_or_else(|fault| panic!("{}: {fault}", heading.extension)),
        }
    }
}

/// `!` goes where it may, and nowhere else.
#[test]
fn options_are_negated_where_the_registry_says_so() {
    for Case { heading, option, accepted, .. } in page().1 {
        let Some(spec) = spec(heading, option) else { continue };
        let Some(at) = accepted.find(spec.name).or_else(|| accepted.find(option)) else { continue };
        let (before, rest) = accepted.split_at(at);
        match attempt(heading, &format!("{before}! {rest}")) {
            Ok(()) => assert!(spec.negatable, "{} ! {rest}", heading.extension),
            Err(ErrorKind::NotNegatable { .. }) => assert!(!spec.negatable, "{} ! {rest}", heading.extension),
            Err(fault) => assert!(spec.negatable && is_reasoned(&fault), "{} ! {rest}: {fault}", heading.extension),
        }
    }
}

fn rows() -> impl Iterator<Item = (String, &'static [OptionSpec])> {
    let matches = MATCHES.iter().map(|row| (format!("-m {}", row.name), row.options));
    matches.chain(TARGETS.iter().map(|row| (format!("-j {}", row.name), row.options)))
}

fn spec(heading: Heading<'_>, option: &str) -> Option<&'static OptionSpec> {
    let (_, options) = rows().find(|(extension, _)| extension == heading.extension)?;
    options.iter().find(|spec| spec.is_named(option))
}

#[test]
fn the_page_leaves_no_option_out() {
    let (headings, cases) = page();
    let mut missing = Vec::new();
    for (extension, options) in rows().filter(|(extension, _)| extension != "-j ACCEPT") {
        if !headings.iter().any(|heading| heading.extension == extension) {
            missing.push(extension.clone());
        }
        for spec in options {
            let named = |case: &Case<'_>| case.heading.extension == extension && spec.is_named(case.option);
            if !cases.iter().any(named) {
                missing.push(format!("{extension} {}", spec.name));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
    assert!(cases.len() > 300, "{} lines", cases.len());
}

/// Accepted words that iptables-legacy 1.8.9 does not take, or saves in another form, on purpose.
const DIFFERENT: &[(&str, &str)] = &[
    ("--rcheck --seconds 5 --hitcount 3 --approximate", "a word of ours"),
    ("--compres", "legacy takes an SPI of 0 where none is said"),
    ("--notrack --timeout brief", "legacy cuts the name to four bytes"),
    ("--nflog-range 40", "1.8.11 does not keep it, as no kernel heeds it"),
];

/// The rule as nsfw saves it, its table and whether it is one of IPv6.
fn saved(case: &Case<'_>) -> (String, &'static str, bool) {
    let words = lexer::split_line(&format!("{} {}", case.heading.before, case.accepted)).expect("closed quotes");
    let defaults = Defaults::new(IpFamily::V4, BuiltinTable::Filter);
    let line = parse_line(&words, defaults, &Host).expect("an accepted case");
    (line.rules[0].render(), line.table.name(), line.family == IpFamily::V6)
}

/// The words of a case for a shell, without the table and the family.
fn shell_words(case: &Case<'_>) -> String {
    let words = lexer::split_line(&format!("{} {}", case.heading.before, case.accepted)).expect("closed quotes");
    let (mut shell, mut words) = (String::new(), words.iter());
    while let Some(word) = words.next() {
        match word.as_str() {
            "-6" => {}
            "-t" => drop(words.next()),
            _ => write!(shell, " '{}'", word.replace('\'', "'\\''")).expect("a string grows"),
        }
    }
    shell
}

#[test]
fn iptables_legacy_saves_what_is_accepted_in_the_same_form() {
    let cases: Vec<Case<'_>> = page().1.into_iter().filter(|case| !case.accepted.is_empty()).collect();
    let mut script = String::from("ip link add eth0 type veth peer name eth9\n");
    for (number, case) in cases.iter().enumerate() {
        let (_, table, v6) = saved(case);
        let program = if v6 { "ip6tables-legacy" } else { "iptables-legacy" };
        let (chain, words) = (case.heading.chain, shell_words(case));
        let made = if chain == "USER" { format!("{program} -t {table} -N USER; ") } else { String::new() };
        writeln!(
            script,
            "{made}echo '@@ {number}'; if {program} -t {table} -A {chain}{words} 2>&1; then \
             {program} -t {table} -S {chain} | sed 1d; fi; {program} -t {table} -F; {program} -t {table} -X"
        )
        .expect("a string grows");
    }
    let Some(out) = sandbox::run(&script, &["iptables-legacy", "ip6tables-legacy", "ip"]) else { return };
    let theirs: Vec<&str> =
        out.split("@@ ").filter_map(|part| part.split_once('\n')).map(|part| part.1.trim_end()).collect();
    let mut wrong = Vec::new();
    for (case, theirs) in cases.iter().zip(theirs) {
        let ours = format!("-A {} {}", case.heading.chain, saved(case).0);
        let meant = DIFFERENT.iter().any(|(words, _)| *words == case.accepted);
        if (theirs == ours.trim_end()) == meant {
            wrong.push(format!("{} {}\n  we:   {ours}\n  they: {theirs}", case.heading.extension, case.accepted));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
