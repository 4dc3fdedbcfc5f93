//! Rules that nft wrote into the kernel, shown by nsfw character for character as nft shows them.

mod sandbox;

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A line of the list.
struct Line {
    family: &'static str,
    hook: &'static str,
    rule: &'static str,
    setup: Vec<&'static str>,
}

/// What a base chain of the family hangs on, where the line does not say another.
const fn hook(family: &str, word: Option<&str>) -> &'static str {
    match (family.as_bytes(), word) {
        (b"netdev", None) => "filter hook ingress device \"lo\"",
        (_, None) => "filter hook input",
        (_, Some(word)) => match word.as_bytes() {
            b"nat" => "nat hook prerouting",
            b"post" => "nat hook postrouting",
            b"out" => "filter hook output",
            b"egress" => "filter hook egress device \"lo\"",
            _ => "filter hook prerouting",
        },
    }
}

fn lines() -> Vec<Line> {
    let list = include_str!("nft/rules.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let line = |line: &'static str| {
        let (place, rest) = line.split_once(" | ").expect("a family and a rule");
        let (family, word) = place.split_once(':').map_or((place, None), |(family, word)| (family, Some(word)));
        let (rule, setup) = rest.split_once(" @@ ").unwrap_or((rest, ""));
        let setup = setup.split(" ;; ").filter(|command| !command.is_empty()).collect();
        Line { family, hook: hook(family, word), rule, setup }
    };
    list.map(line).collect()
}

/// Loads what stands on standard input, if this kernel has what it needs, and prints both texts behind the number.
const BEGIN: &str = "ip link set lo up; ip link add eth0 type veth peer name eth1
try() {
    nft flush ruleset; echo \"@@ $1\"
    if nft -f - 2>/dev/null; then nft -s list chain $2 t c; echo '@='; $NSFW --host counters --format json; fi
}
";

/// Tries a line in a table `t`.
fn script(number: usize, line: &Line) -> String {
    let Line { family, hook, rule, setup } = line;
    let mut text = format!("try {number} {family} <<'END'\n");
    let _ = writeln!(text, "add table {family} t\nadd chain {family} t c {{ type {hook} priority 0; }}");
    let _ = writeln!(text, "add chain {family} t u");
    for command in setup {
        let _ = writeln!(text, "{command}");
    }
    let _ = writeln!(text, "add rule {family} t c {rule}\nEND");
    text
}

/// Without the counters' figures, and on one line.
fn plain(text: &str) -> String {
    let mut words = Vec::new();
    let mut rest = text.split_whitespace();
    while let Some(word) = rest.next() {
        words.push(word);
        if word == "counter" && rest.clone().next() == Some("packets") {
            rest.nth(3);
        }
    }
    words.join(" ")
}

/// The rules of the chain in nft's listing.
fn theirs(listing: &str) -> String {
    let rules = listing.lines().filter(|line| line.starts_with("\t\t") && !line.contains(" hook "));
    plain(&rules.collect::<Vec<_>>().join(" "))
}

/// The only rule of the chain `c` in nsfw's.
fn ours(json: &str) -> String {
    let found: serde_json::Value = serde_json::from_str(json).expect("json");
    let chains = found["netns"][0]["tables"][0]["chains"].as_array().expect("chains");
    let chain = chains.iter().find(|chain| chain["name"] == "c").expect("the chain");
    plain(chain["rules"][0]["nft"].as_str().expect("a text"))
}

#[test]
fn every_rule_of_nft_reads_as_nft_lists_it() {
    /// The whole script would be too long for one argument.
    const AT_ONCE: usize = 200;
    const FEWEST: usize = 600;
    let lines = lines();
    let (mut loaded, mut wrong) = (0, Vec::new());
    for lines in lines.chunks(AT_ONCE) {
        let scripts: String = lines.iter().enumerate().map(|(number, line)| script(number, line)).collect();
        let Some(out) = sandbox::run(&format!("{BEGIN}{scripts}"), &["nft", "ip"]) else { return };
        let answers: BTreeMap<usize, &str> = out
            .split("@@ ")
            .filter_map(|part| part.split_once('\n'))
            .map(|(number, text)| (number.parse().expect("a number"), text))
            .collect();
        for (number, line) in lines.iter().enumerate() {
            let Some((listing, json)) = answers[&number].split_once("@=\n") else { continue };
            loaded += 1;
            let (theirs, ours) = (theirs(listing), ours(json));
            if theirs != ours {
                wrong.push(format!("{} | {}\n  nft:  {theirs}\n  nsfw: {ours}", line.family, line.rule));
            }
        }
    }
    assert!(loaded >= FEWEST, "nft loaded {loaded} rules of {}", lines.len());
    assert!(wrong.is_empty(), "{} of {loaded} rules:\n{}", wrong.len(), wrong.join("\n"));
}
