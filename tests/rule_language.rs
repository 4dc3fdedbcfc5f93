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
    page.truncate(page.trim_end().len());
    page.push('\n');
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
