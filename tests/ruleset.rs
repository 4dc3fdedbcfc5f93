//! A whole ruleset that nft wrote into the kernel, shown by `nsfw ruleset` character for character as
//! `nft list ruleset` shows it: with figures, with handles, and stateless.

mod sandbox;

use std::fmt::Write as _;

/// Loads a file and prints both texts, with each option behind a line that names it.
const BEGIN: &str = "ip link set lo up; ip link add eth0 type veth peer name eth1
both() {
    for option in '' -a -s; do
        echo \"@@ $1 $option\"
        nft $option list ruleset; echo '@='; $NSFW --host ruleset $option
    done
}
try() {
    nft flush ruleset; cat >/run/case
    if nft -f /run/case >/run/refusal 2>&1; then both \"$1\"; else echo \"@@ $1\"; cat /run/refusal; fi
}
";

/// Rulesets under their names.
fn cases() -> Vec<(&'static str, &'static str)> {
    let list = include_str!("nft/rulesets.txt");
    list.split("\n== ").skip(1).map(|case| case.split_once('\n').expect("a name and a ruleset")).collect()
}

/// Without what has passed between two listings: how long elements still live.
fn timeless(text: &str) -> String {
    let mut words = text.split(' ').peekable();
    let mut timeless = Vec::new();
    while let Some(word) = words.next() {
        timeless.push(word);
        if word == "expires"
            && let Some(left) = words.next()
        {
            timeless.push(left.trim_start_matches(|c: char| c.is_ascii_alphanumeric()));
        }
    }
    timeless.join(" ")
}

/// Where two texts differ, line by line.
fn difference(theirs: &str, ours: &str) -> String {
    let mut text = String::new();
    let (mut theirs, mut ours) = (theirs.lines(), ours.lines());
    loop {
        match (theirs.next(), ours.next()) {
            (None, None) => return text,
            (left, right) if left == right => {}
            (left, right) => {
                let _ = writeln!(text, "  nft:  {}\n  nsfw: {}", left.unwrap_or(""), right.unwrap_or(""));
            }
        }
    }
}

#[test]
fn every_ruleset_of_nft_reads_as_nft_lists_it() {
    let mut script = String::from(BEGIN);
    for (number, (_, ruleset)) in cases().iter().enumerate() {
        let _ = writeln!(script, "try {number} <<'END'\n{ruleset}\nEND");
    }
    let Some(out) = sandbox::run(&script, &["nft", "ip"]) else { return };
    let cases = cases();
    let mut compared = 0;
    let mut wrong = String::new();
    for part in out.split("@@ ").skip(1) {
        let (title, text) = part.split_once('\n').expect("a title");
        let (number, option) = title.split_once(' ').unwrap_or((title, ""));
        let name = cases[number.parse::<usize>().expect("a number")].0;
        let Some((theirs, ours)) = text.split_once("@=\n") else {
            let _ = writeln!(wrong, "{name}: nft refused it: {text}");
            continue;
        };
        compared += 1;
        let (theirs, ours) = (timeless(theirs), timeless(ours));
        if theirs != ours {
            let _ = writeln!(wrong, "{name} {option}\n{}", difference(&theirs, &ours));
        }
    }
    assert!(wrong.is_empty(), "of {compared} listings:\n{wrong}");
    assert_eq!(compared, 3 * cases.len());
}
