//! docs/rule-language.md is what the registry says: every match and target with each option, what it becomes in nft, and
//! samples that are accepted and refused. `NSFW_BLESS=1` writes the page anew.

use std::fmt::Write;
use std::path::Path;

use nsfw::rule::IpFamily;
use nsfw::rule::registry::{MATCHES, Row, TARGETS};

const HEAD: &str = "# The rule language

This page is written from the registry by `NSFW_BLESS=1 cargo test --test rule_language`; a test fails when it is stale.

A rule is written in the words of iptables(8) and becomes native nf_tables expressions: the ones that nft makes for the
text in the column *in nft*. Never an xt-compat expression: what has no exact native form is refused with the reason.
With the word `--approximate` in the rule, or as an option of `restore`, what has a form that comes near is taken in that;
the rule says so in its own words, and in every listing.
A rule's counter stands behind its matches and before its target, where iptables counts.
`nsfw rule explain CHAIN RULE` says a rule in words, in nft's, and expression by expression, as the kernel gets it.

`!` stands before an option that may be negated.

## In every rule

| option | in nft |
| --- | --- |
| `[!] -s`, `--source ADDRESS[/LENGTH\\|/MASK][,…]` | `ip saddr …`, `ip6 saddr …`; several addresses make several rules |
| `[!] -d`, `--destination ADDRESS[/LENGTH\\|/MASK][,…]` | `ip daddr …`, `ip6 daddr …` |
| `[!] -i`, `--in-interface NAME[+]` | `iifname \"NAME\"`; `+` at the end is the wildcard, `iifname \"NAME*\"` |
| `[!] -o`, `--out-interface NAME[+]` | `oifname …` |
| `[!] -p`, `--protocol NAME\\|NUMBER` | `ip protocol …`, `meta l4proto …`; none where a match of the protocol brings it |
| `[!] -f`, `--fragment` (IPv4) | `ip frag-off & 0x1fff != 0` |
| `-c`, `--set-counters PACKETS BYTES` | `counter packets N bytes N` |
| `-j CHAIN`, `-g CHAIN` | `jump CHAIN`, `goto CHAIN`; without either, the rule only counts |
| `--approximate` | takes what has no exact form in one that comes near, where a match below names one |
| `-t TABLE`, `-4`, `-6` | the table, `ip` or `ip6` |

";

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn section<T>(page: &mut String, flag: &str, row: &Row<T>) {
    let family = match row.family {
        None => "",
        Some(IpFamily::V4) => " (IPv4)",
        Some(IpFamily::V6) => " (IPv6)",
    };
    let aliases: String = row.aliases.iter().map(|alias| format!(", `{flag} {alias}`")).collect();
    writeln!(page, "### `{flag} {}`{aliases}{family}\n\n{}.\n", row.name, row.help).expect("a string grows");
    if !row.options.is_empty() {
        page.push_str("| option | meaning | in nft |\n| --- | --- | --- |\n");
        for option in row.options {
            let negation = if option.negatable { "[!] " } else { "" };
            let names: Vec<&str> = std::iter::once(option.name).chain(option.aliases.iter().copied()).collect();
            let values: String = option.values.iter().map(|value| format!(" {value}")).collect();
            let words = cell(&format!("{negation}{}{values}", names.join(", ")));
            writeln!(page, "| `{words}` | {} | {} |", cell(option.help), cell(option.native)).expect("a string grows");
        }
        page.push('\n');
    }
    page.push_str("Accepted, as they are saved:\n\n```\n");
    for (_, saved) in row.samples.accepted {
        writeln!(page, "{saved}").expect("a string grows");
    }
    page.push_str("```\n\n");
    if !row.samples.refused.is_empty() {
        page.push_str("Refused:\n\n```\n");
        for words in row.samples.refused {
            writeln!(page, "{words}").expect("a string grows");
        }
        page.push_str("```\n\n");
    }
}

/// What the conformance collections ask for and do not get: kinds of cases, with how many of each.
const MISSED: &str = "## What is not passed, and why

Of the conformance collections, which others wrote (`tests/conformance.sh` runs them where they are, and fails below these
figures), 2158 of 2346 cases of rules added, saved and deleted again pass, 182 of 187 translations, all 1478 rules of nft's that
are read, and 2531 of 6182 counts of real firewalls' dumps (3609 of the others are of five dumps that are refused).

Rules that are refused, because nf_tables has no exact form of them:

| extension | cases | reason |
| --- | --- | --- |
| `-j NFQUEUE` | 36 | has a form, but the kernel on which this was tried lacks the expression `queue` |
| `-m dccp --dccp-option` | 6 | has a form in newer kernels, which this one lacks |
| `-m rateest`, `-j RATEEST` | 36 | nf_tables has no estimators |
| `-m string` without one place, or negated | 24 | nf_tables compares bytes, it does not search |
| `-j HMARK` | 12 | hashes the lower address first |
| `-m recent --hitcount` | 12 | a set keeps when an address was last seen, not how often; `--approximate` takes it with `--seconds` |
| `-m cgroup --path` | 6 | the expression holds the number of a group that is there now |
| `-j DNAT` with a port to count from | 6 | nf_tables has no such range |
| `-m policy` with conditions on single associations | 6 | nf_tables reads one at a fixed place |
| `-m srh --srh-psid`, `--srh-nsid` | 6 | nf_tables does not walk the segments |
| `-j IDLETIMER` | 6 | nf_tables has no such timers |
| `-m time --monthdays` | 6 | nf_tables knows weekdays and dates |
| `-m hashlimit --hashlimit-rate-match` | 6 | nf_tables has buckets, it measures no rates |
| `-m comment` over 253 bytes | 6 | the kernel keeps 256 bytes with the rule, two of which say what they are |
| `-j CT --expevents` | 4 | table raw stands before connection tracking |
| `-m dst --dst-opts` | 3 | nf_tables does not walk this header's options |
| `-j SNPT`, `-j DNPT` | 3 | nf_tables adds no numbers |
| `-m physdev` | 2 | the ports of a bridge are not seen there |
| `-m osf --log` | 2 | the expression does not log |

Translations that differ: `-m realm` in a chain that table filter does not have (2: refused, as iptables does); `-m tcpmss` without
`-p tcp` (2: refused, as iptables' kernel does); `-m connlimit`, whose set has no name here and goes with its rule (1).

Dumps that are refused whole, the line named: those with `-m recent --hitcount` (2; loaded with `--approximate`) and with
`-j CHECKSUM` (3; nf_tables has no expression for it). Two more load and count otherwise in 42 places: `-j TCPMSS` adds no option
to a SYN that has none, where iptables-legacy adds 4 bytes ([differences](differences.md)).
";

fn page() -> String {
    let mut page = HEAD.to_owned();
    page.push_str("## Matches\n\n");
    for row in MATCHES {
        section(&mut page, "-m", row);
    }
    page.push_str("## Targets\n\n");
    for row in TARGETS {
        section(&mut page, "-j", row);
    }
    page.push_str(MISSED);
    page
}

#[test]
fn the_page_is_what_the_registry_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rule-language.md");
    let page = page();
    assert!(page.contains("--dport"), "the registry has options");
    if std::env::var_os("NSFW_BLESS").is_some() {
        std::fs::write(&path, &page).expect("the page can be written");
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(there == page, "docs/rule-language.md is stale: NSFW_BLESS=1 cargo test --test rule_language");
}
