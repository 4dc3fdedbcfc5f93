//! Every sample of the registry that is accepted, in a kernel: iptables-legacy saves the same words in the same form, and
//! nft prints the rule that nsfw wrote as nsfw does.

mod sandbox;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use nsfw::expr::{Counts, Family};
use nsfw::firewall::HostNames;
use nsfw::rule::registry::{MATCHES, Samples, TARGETS};
use nsfw::rule::{BuiltinTable, Defaults, IpFamily, LowerContext, lexer, listing, lower, nft, parse_line};

/// Samples whose words iptables-legacy 1.8.9 does not take or saves in another form, on purpose.
const DIFFERENT: &[(&str, &str)] = &[
    ("-p icmp --icmp-type 3/1:3", "legacy keeps the range in the kernel and saves its beginning alone"),
    ("-p icmp ! --icmp-type 5/0:1", "as above"),
    ("-p icmp --icmp-type 255/255", "legacy takes type 255 for its own mark of any type, whatever the code"),
    ("-m owner ! --uid-owner 3-5 --gid-owner 0", "legacy refuses users that this user namespace does not map"),
    ("-m owner --gid-owner 3-5", "as above, of groups"),
    ("-j NFQUEUE --queue-balance 4:", "1.8.9 takes one more queue than 1.8.11"),
    ("-m recent --update --seconds 60 --hitcount 4 --name x --approximate", "a word of ours"),
    ("--approximate -m recent --rcheck --seconds 17123 --hitcount 348 --rdest", "as above"),
    ("-m icmp --icmp-type any", "iptables' kernel wants the protocol named by -p"),
    ("-m icmp ! --icmp-type 3/1", "as above"),
    ("-m icmp6 --icmpv6-type 1/3", "as above"),
    ("-m ecn --ecn-tcp-cwr --ecn-ip-ect 1", "as above"),
    ("-m ipcomp --ipcompspi 5", "as above"),
    ("-m ipcomp", "as above"),
    ("-6 -p ah -m ah --ahspi 5", "ip6tables warns that -p ah is never met, which is so there"),
    ("-6 -m ah ! --ahspi 0:4294967295", "1.8.9 drops the range with its negation, 1.8.11 keeps both"),
    ("-j DSCP --set-dscp 1", "iptables has it in table mangle alone"),
    ("-j TOS --set-tos 1/3", "as above"),
    ("-j TTL --ttl-set 5", "as above"),
    ("-6 -j HL --hl-set 5", "as above"),
    ("-p tcp -j ECN --ecn-tcp-remove", "as above"),
    ("-p tcp -j TCPOPTSTRIP --strip-options 5", "as above"),
];

/// Samples that iptables-legacy 1.8.9 lists in other words, on purpose.
const LISTED_OTHERWISE: &[(&str, &str)] = &[
    ("-6 -m ah ! --ahspi 5:9 --ahlen 24 --ahres", "legacy leaves a blank out"),
    ("-m hashlimit --hashlimit-name i --hashlimit-upto 5/s --hashlimit-rate-interval 3", "legacy loses the interval"),
    ("-t raw -j NOTRACK", "legacy calls it CT"),
    ("-j NFQUEUE --queue-balance 4:", "1.8.9 takes one more queue than 1.8.11"),
    ("-m eui64", "legacy leaves a blank out"),
];

/// Samples that nft 1.0.6 lists in words of its own that it could not read back.
const NFT_GARBLES: &[(&str, &str)] = &[
    ("-m conntrack --ctorigsrcport 5 ! --ctorigdstport 7:9", "0x5 [invalid type]"),
    ("-m conntrack --ctreplsrcport 5:9 ! --ctrepldstport 7", "as above"),
    ("-m rt --rt-type 0 --rt-0-res", "as above"),
    ("-t mangle -j TOS --and-tos 0x12", "it leaves out what is kept"),
    ("-t mangle -p tcp -j ECN --ecn-tcp-remove", "as above"),
    ("-p tcp -j ECN --ecn-tcp-remove", "as above"),
    ("-m ipv6header --header ipv6-nonxt", "it has no name for the header of authentication here"),
    ("-m ipv6header --header prot,dst,hop", "as above"),
    ("-m ipv6header --header 43,esp,", "as above"),
    ("-m ipv6header --header frag", "as above"),
    ("-m ipv6header --header auth,prot --soft", "as above"),
    (
        "-t mangle -m cluster --cluster-total-nodes 4 ! --cluster-local-nodemask 0x5 --cluster-hash-seed 0xcafe",
        "it lists the bytes of the set's numbers the other way round",
    ),
];

/// What nsfw says of a sample that needs an expression which this kernel was built without.
const LACKING: &str = "error: this kernel lacks what the rule for chain USER needs: the expression ";
/// Expressions of which that may be so: a kernel is to be had without them.
const OPTIONAL: [&str; 2] = ["queue", "osf"];

/// A sample: its words without those of the line, its table, how it is saved.
struct Sample {
    words: String,
    family: IpFamily,
    table: &'static str,
    /// As nsfw says that nft prints it.
    nft: String,
    /// The destination and what stands behind it in `-nL`, and in `-L`.
    listed: [String; 2],
    saved: &'static str,
}

fn samples() -> Vec<Sample> {
    let names = HostNames::default();
    let matches = MATCHES.iter().map(|row| (row.family, row.samples));
    let targets = TARGETS.iter().map(|row| (row.family, row.samples));
    let sample = |family: IpFamily, text: &str, saved: &'static str| {
        let words = lexer::split_line(text).expect("closed quotes");
        let line = parse_line(&words, Defaults::new(family, BuiltinTable::Filter), &names).expect(text);
        let context = LowerContext { family: line.family, table: line.table, chain: "USER", counts: Counts::default() };
        let rule = line.rules.first()?;
        let lowered = lower(rule, &context).expect("an accepted sample");
        let nft = nft::text(&lowered, Family::from(line.family), &names);
        let columns = [listing::columns(rule, line.family), listing::named_columns(rule, line.family, &names)];
        let listed = columns.map(|columns| format!("{:<19} {}", columns.destination, columns.details));
        Some(Sample { words: text.to_owned(), family: line.family, table: line.table.name(), nft, listed, saved })
    };
    let of = |(family, samples): (Option<IpFamily>, Samples)| {
        let accepted = samples.accepted.iter();
        accepted
            .filter_map(move |(text, saved)| sample(family.unwrap_or(IpFamily::V4), text, saved))
            .collect::<Vec<_>>()
    };
    matches.chain(targets).flat_map(of).collect()
}

/// Shell words of a sample behind `-A`: iptables-legacy has no `-6`, `-c` and `-t` stand elsewhere.
fn shell_words(sample: &Sample) -> String {
    let words = lexer::split_line(&sample.words).expect("closed quotes");
    let mut shell = String::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-4" | "-6" => {}
            "-t" => drop(words.next()),
            _ => write!(shell, " '{}'", word.replace('\'', "'\\''")).expect("a string grows"),
        }
    }
    shell
}

/// What stands behind `@@ NUMBER`.
fn answers(out: &str) -> BTreeMap<usize, &str> {
    let parts = out.split("@@ ").filter_map(|part| part.split_once('\n'));
    parts.map(|(number, text)| (number.parse().expect("a number"), text.trim_end())).collect()
}

#[test]
fn iptables_legacy_saves_every_sample_in_the_same_form() {
    let samples = samples();
    assert!(samples.len() > 100, "the registry has {} samples", samples.len());
    let mut script = String::new();
    for (number, sample) in samples.iter().enumerate() {
        let program = if sample.family == IpFamily::V4 { "iptables-legacy" } else { "ip6tables-legacy" };
        let (table, words) = (sample.table, shell_words(sample));
        writeln!(
            script,
            "{program} -t {table} -N USER; {program} -t {table} -N COUNT; echo '@@ {number}'; \
             if {program} -t {table} -A USER{words} 2>&1; then {program} -t {table} -S USER | sed 1d; fi; \
             {program} -t {table} -F; {program} -t {table} -X"
        )
        .expect("a string grows");
    }
    let Some(out) = sandbox::run(&script, &["iptables-legacy", "ip6tables-legacy"]) else { return };
    let theirs = answers(&out);
    let mut wrong = Vec::new();
    for (number, sample) in samples.iter().enumerate() {
        let ours = format!("-A USER {}", sample.saved);
        let meant = DIFFERENT.iter().any(|(words, _)| *words == sample.words);
        if (theirs[&number] == ours.trim_end()) == meant {
            wrong.push(format!("{}\n  we:   {ours}\n  they: {}", sample.words, theirs[&number]));
        }
    }
    assert!(wrong.is_empty(), "{} of {} samples:\n{}", wrong.len(), samples.len(), wrong.join("\n"));
}

#[test]
fn iptables_legacy_lists_every_sample_in_the_same_words() {
    let samples = samples();
    let mut script = String::new();
    for (number, sample) in samples.iter().enumerate() {
        let program = if sample.family == IpFamily::V4 { "iptables-legacy" } else { "ip6tables-legacy" };
        let (table, words) = (sample.table, shell_words(sample));
        writeln!(
            script,
            "{program} -t {table} -N USER; {program} -t {table} -N COUNT; echo '@@ {number}'; \
             if {program} -t {table} -A USER{words} 2>&1; then {program} -t {table} -nL USER 1; \
             {program} -t {table} -L USER 1; fi; {program} -t {table} -F; {program} -t {table} -X"
        )
        .expect("a string grows");
    }
    let Some(out) = sandbox::run(&script, &["iptables-legacy", "ip6tables-legacy"]) else { return };
    let theirs = answers(&out);
    let mut wrong = Vec::new();
    for (number, sample) in samples.iter().enumerate() {
        // What legacy does not take is told apart where saved forms are compared.
        let lines: Vec<_> = theirs[&number].lines().filter(|line| line.contains(" -- ")).collect();
        if lines.len() != 2 {
            continue;
        }
        let same = |(ours, line): (&String, &&str)| line.trim_end().ends_with(ours.trim_end());
        let meant = LISTED_OTHERWISE.iter().any(|(words, _)| *words == sample.words);
        if sample.listed.iter().zip(&lines).all(same) == meant {
            wrong.push(format!("{}\n  we:   {:?}\n  they: {lines:?}", sample.words, sample.listed));
        }
    }
    assert!(wrong.is_empty(), "{} of {} samples:\n{}", wrong.len(), samples.len(), wrong.join("\n"));
}

#[test]
fn every_sample_comes_back_from_the_kernel_and_reads_for_nft_as_for_nsfw() {
    let samples = samples();
    let mut script = String::new();
    for (number, sample) in samples.iter().enumerate() {
        let (flag, family) = if sample.family == IpFamily::V4 { ("-4", "ip") } else { ("-6", "ip6") };
        let (table, words) = (sample.table, shell_words(sample));
        writeln!(
            script,
            "$NSFW chain add {flag} -t {table} USER; $NSFW chain add {flag} -t {table} COUNT; echo '@@ {number}'; \
             {{ $NSFW rule add {flag} -t {table} USER{words} 2>&1 || true; }} | sed '/^warning: match /d; /^warning: target /d'; $NSFW rule list {flag} -t {table} USER | sed 1d; \
             nft list chain {family} {table} USER | grep counter || true; nft delete table {family} {table}"
        )
        .expect("a string grows");
    }
    let Some(out) = sandbox::run(&script, &["nft"]) else { return };
    let found = answers(&out);
    let mut wrong = Vec::new();
    for (number, sample) in samples.iter().enumerate() {
        let saved = format!("-A USER {}", sample.saved);
        // The kernel numbers a set that packets fill, and tells what it has room for: nft gives each the same.
        let nft = sample.nft.replace("meter __set%d {", "meter __set0 {");
        let nft = match nft.split_once(" { ") {
            Some((meter, key)) if meter.starts_with("meter ") || meter.contains(" meter ") => {
                format!("{meter} size 65535 {{ {key}")
            }
            _ => nft,
        };
        let expected = format!("{}\n\t\t{nft}", saved.trim_end());
        let lacking = found[&number].strip_prefix(LACKING).and_then(|rest| rest.lines().next());
        if lacking.is_some_and(|name| OPTIONAL.contains(&name) && sample.nft.contains(name)) {
            continue;
        }
        let garbled = NFT_GARBLES.iter().any(|(words, _)| *words == sample.words);
        let same = if garbled { found[&number].starts_with(saved.trim_end()) } else { found[&number] == expected };
        if !same || (garbled && found[&number] == expected) {
            wrong.push(format!("{}\n  expected: {expected}\n  found:    {}", sample.words, found[&number]));
        }
    }
    assert!(wrong.is_empty(), "{} of {} samples:\n{}", wrong.len(), samples.len(), wrong.join("\n"));
}

/// What `-j NETMAP` becomes depends on its chain, so that it has no sample for a user chain.
#[test]
fn netmap_comes_back_from_the_chains_that_tell_its_side() {
    let script = "for family in '-4 PREROUTING 10.1.0.0/16' '-4 POSTROUTING 10.2.3.0/24' '-6 OUTPUT 2001:db8::/32'; do \
         set -- $family; $NSFW rule add $1 -t nat $2 -j NETMAP --to $3; $NSFW rule list $1 -t nat $2 | sed 1d; done; \
         nft list table ip nat | grep -o '[sd]nat.*'; nft list table ip6 nat | grep -o '[sd]nat.*'";
    let Some(out) = sandbox::run(script, &["nft"]) else { return };
    let expected = "-A PREROUTING -j NETMAP --to 10.1.0.0/16\n-A POSTROUTING -j NETMAP --to 10.2.3.0/24\n\
         -A OUTPUT -j NETMAP --to 2001:db8::/32\n";
    let (rules, nft) = out.split_at(expected.len().min(out.len()));
    assert_eq!(rules, expected, "{out}");
    let statements: Vec<&str> = nft.lines().filter(|line| line.contains("prefix to")).collect();
    let wanted = ["dnat prefix to 10.1.0.0/16", "snat prefix to 10.2.3.0/24", "dnat prefix to 2001:db8::/32"];
    assert_eq!(statements, wanted, "{out}");
}
