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

/// Something of everything, in a table that iptables knows and in one that it does not.
const MIXED: &str = r#"
table ip filter {
    comment "kept"
    set s { type ipv4_addr; timeout 1h; counter; elements = { 1.1.1.1 counter packets 2 bytes 9 comment "x" } }
    map m { typeof ip saddr . tcp dport : verdict; flags interval; elements = { 1.0.0.0/8 . 1-5 : drop }; }
    counter web { comment "hits"; packets 3 bytes 4; }
    chain INPUT { type filter hook input priority filter; policy drop;
        ip saddr 1.1.1.1 tcp dport 22 counter packets 5 bytes 6 accept comment "a b"
        ip saddr @s drop
        tcp dport 5 jump { udp dport 7 counter; }
    }
    chain early { type filter hook input priority -5; }
}
table inet own { chain c { comment "mine"; udp dport 53 accept; } ; }
"#;

/// What `nsfw ruleset` prints of [`MIXED`] with these words.
fn mixed(words: &str) -> Option<String> {
    sandbox::run(&format!("nft -f - <<'END'\n{MIXED}\nEND\n$NSFW --host ruleset {words}"), &["nft"])
}

#[test]
fn json_has_numbers_beside_the_texts() {
    let Some(text) = mixed("--format json") else { return };
    let found: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let table = &found["netns"][0]["tables"][0];
    assert_eq!((&found["schema"], &table["comment"]), (&"nsfw.ruleset/1".into(), &"kept".into()));
    let object = &table["objects"][0];
    assert_eq!((&object["type"], &object["comment"]), (&"counter".into(), &"hits".into()));
    assert_eq!(object["nft"], serde_json::json!(["packets 3 bytes 4"]));
    let [s, m] = [0, 1].map(|index| &table["sets"][index]);
    assert_eq!((&s["key"], &s["timeout_ms"], &s["map"]), (&"ipv4_addr".into(), &3_600_000.into(), &false.into()));
    let element = &s["elements"][0];
    assert_eq!((&element["key"], &element["packets"], &element["bytes"]), (&"1.1.1.1".into(), &2.into(), &9.into()));
    assert!(element["expires_ms"].as_u64().is_some_and(|left| left <= 3_600_000), "{element}");
    assert_eq!((&m["key"], &m["value"]), (&"ip saddr . tcp dport".into(), &"verdict".into()));
    assert_eq!((&m["by_example"], &m["elements"][0]["nft"]), (&true.into(), &"1.0.0.0/8 . 1-5 : drop".into()));
    let chains = table["chains"].as_array().expect("chains");
    let names: Vec<_> = chains.iter().map(|chain| chain["name"].as_str().expect("a name")).collect();
    assert_eq!((names[0], names[1], chains[2]["bound"].as_bool()), ("INPUT", "early", Some(true)));
    let rules = &chains[0]["rules"];
    let words = "-s 1.1.1.1/32 -p tcp -m tcp --dport 22 -m comment --comment \"a b\" -j ACCEPT";
    assert_eq!((&rules[0]["iptables"], &rules[0]["comment"]), (&words.into(), &"a b".into()));
    assert_eq!((&rules[1]["iptables"], &rules[1]["nft"]), (&serde_json::Value::Null, &"ip saddr @s drop".into()));
    assert_eq!(rules[2]["nft"], "tcp dport 5 jump { udp dport 7 counter packets 0 bytes 0; }");
}

#[test]
fn iptables_words_stand_beside_comments_that_hide_nothing() {
    let Some(text) = mixed("--format iptables") else { return };
    let lines: Vec<_> = text.lines().filter(|line| !line.contains(" on ")).collect();
    let restored: Vec<_> = lines.iter().filter(|line| !line.starts_with('#')).copied().collect();
    let rule = "[5:6] -A INPUT -s 1.1.1.1/32 -p tcp -m tcp --dport 22 -m comment --comment \"a b\" -j ACCEPT";
    assert_eq!(restored, ["*filter", ":INPUT DROP [0:0]", ":early ACCEPT [0:0]", rule, "COMMIT"]);
    for hidden in [
        "# nft: \tcomment \"kept\"",
        "# nft: \tset s {",
        "# nft: \t\tcomment \"hits\"",
        "# nft: \t\ttype filter hook input priority filter - 5; policy accept;",
        "# nft: add rule ip filter INPUT ip saddr @s drop",
        "# nft: table inet own {",
        "# nft: \t\tudp dport 53 accept",
    ] {
        assert!(lines.contains(&hidden), "{hidden} is not in\n{text}");
    }
}

#[test]
fn a_table_of_an_owner_names_its_program() {
    let script = "mkfifo /run/f; nft -i </run/f >/dev/null & exec 3>/run/f
        echo 'add table ip x { flags owner; chain c { } ; }' >&3
        while ! nft list table ip x >/dev/null 2>&1; do sleep 0.05; done
        for option in '' -a; do nft $option list ruleset; echo '@='; $NSFW --host ruleset $option; echo '@@'; done
        exec 3>&-";
    let Some(out) = sandbox::run(script, &["nft", "mkfifo"]) else { return };
    for listing in out.split("@@\n").filter(|listing| !listing.is_empty()) {
        let (theirs, ours) = listing.split_once("@=\n").expect("both");
        assert!(theirs.contains("progname nft"), "{theirs}");
        assert_eq!(theirs, ours);
    }
}
