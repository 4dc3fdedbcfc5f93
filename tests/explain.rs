//! `nsfw rule explain`: what it says is in tests/golden/explain.txt (`NSFW_BLESS=1` writes that anew), and its expressions
//! are those that nft shows when it makes the rule.

mod sandbox;

use std::process::Command;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/explain.txt");
const PROMPT: &str = "$ nsfw rule explain ";

/// What the program prints, and its errors; no namespace is there for it.
fn explained(words: &str) -> String {
    let words = nsfw::rule::lexer::split_line(words).expect("quotes that are closed");
    let mut command = Command::new(env!("CARGO_BIN_EXE_nsfw"));
    let out = command.args(["rule", "explain"]).args(words).output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    format!("{}{}", text(out.stdout), text(out.stderr))
}

#[test]
fn rules_are_explained_as_the_golden_page_says() {
    let golden = std::fs::read_to_string(GOLDEN).expect("the golden page");
    let mut page = String::new();
    for words in golden.lines().filter_map(|line| line.strip_prefix(PROMPT)) {
        page += &format!("{PROMPT}{words}\n{}\n", explained(words));
    }
    if std::env::var_os("NSFW_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(GOLDEN, &page).expect("writable");
    } else {
        assert_eq!(page, golden, "NSFW_BLESS=1 writes it anew");
    }
}

#[test]
fn the_expressions_are_those_of_nft() {
    let script = r#"
        nft add table ip filter; nft add chain ip filter FORWARD; nft add chain ip filter COUNT
        try() {
            "$NSFW" rule explain FORWARD "$@" >/run/told; echo "@@@ $*"
            grep -e '^  \[' /run/told; echo =
            nft --debug=netlink "$(grep -e '^  add rule' /run/told)" | grep -e '^  \['
        }
        try -p tcp --dport 22 -s 10.0.0.0/8 -j ACCEPT
        try -i eth+ ! -o lo -p udp --sport 53 -j DROP
        try -m conntrack --ctstate NEW,RELATED -m limit --limit 5/minute -j LOG --log-level debug --log-prefix 'new '
        try -m mark ! --mark 1/3 -m length --length 100 -j MARK --set-mark 5
        try -p icmp --icmp-type 8/0 -j REJECT --reject-with icmp-host-prohibited
        try -p tcp --dport 80 -m statistic --mode nth --every 3 --packet 0 -g COUNT
    "#;
    let Some(out) = sandbox::run(script, &["nft"]) else { return };
    let parts: Vec<_> = out.split("@@@ ").skip(1).collect();
    assert_eq!(parts.len(), 6);
    for part in parts {
        let (words, listings) = part.split_once('\n').expect("words");
        let (ours, theirs) = listings.split_once("=\n").expect("two listings");
        let lines = |text: &str| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
        assert_eq!(lines(ours), lines(theirs), "{words}");
        assert!(ours.lines().count() >= 5, "{words}: {ours}");
    }
}
