//! Counters that an experiment expects: every line of the text asks something, and each of a list.

mod experiment;
mod pair;

use experiment::{run_text, sandbox};
use pair::pair;

const RULES: &str = ":INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n:MINE - [0:0]\n\
                     -A INPUT -p icmp -m comment --comment c1 -j ACCEPT\n-A INPUT -p icmp -m comment --comment c1 -j ACCEPT\n\
                     -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT";
const PING: &str = "[[steps]]\nfrom = \"a\"\nping = { to = \"10.0.0.2\" }\n";

/// What is told of counters that are expected after one ping.
fn told(name: &str, counters: &str) -> Option<(String, i32)> {
    run_text(name, &format!("{}{PING}counters.b = {counters}\n", pair(RULES)), "")
}

#[test]
fn every_line_is_looked_at() {
    let fits = ":INPUT DROP [0:0]\n:MINE - [0:0]\n[1:84] -A INPUT -p icmp -m comment --comment c1 -j ACCEPT\n\
                [0:*] -A INPUT -p icmp -m comment --comment c1 -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n";
    for text in [fits.to_owned(), format!("*filter\n{fits}"), ":MINE -\n:OUTPUT ACCEPT".to_owned()] {
        let Some((out, code)) = told("fits", &format!("'''\n{text}'''")) else { return };
        assert_eq!(code, 0, "{text}\n{out}");
    }
    for (line, expected, found) in [
        (":FORWARD ACCEPT [0:0]", "ACCEPT [0:0]", "DROP [0:0]"),
        (":FORWARD ACCEPT", "ACCEPT", "DROP"),
        (":NOSUCH - [0:0]", "no policy", "there is no chain NOSUCH"),
        (":NOSUCH -", "no policy", "there is no chain NOSUCH"),
        (":INPUT - [0:0]", "no policy", "policy DROP"),
        (":MINE DROP [0:0]", "DROP [0:0]", "no policy"),
        ("-A INPUT -p udp -j ACCEPT", "it is there", "there is no such rule"),
        ("[0:0] -A NOSUCH -p udp -j ACCEPT", "[0:0]", "there is no chain NOSUCH"),
        ("*nat\n:PREROUTING ACCEPT [0:0]", "ACCEPT [0:0]", "there is no table nat"),
        (
            "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n[1:84] -A INPUT -p icmp -m comment --comment c1 -j ACCEPT",
            "[1:84]",
            "it is rule 1, in front of what stands above it here",
        ),
    ] {
        let Some((out, code)) = told("lines", &format!("'''\n{line}\n'''")) else { return };
        assert_eq!(code, 1, "{line}\n{out}");
        let shown = format!("expected  {expected}\n         found     {found}\n");
        assert!(out.contains(&shown), "{line}: no {shown:?} in\n{out}");
        let last = 20 + line.lines().count();
        assert!(out.contains(&format!("lines.toml:{last}:1\n")), "{line}: line {last}\n{out}");
    }
}

#[test]
fn each_of_a_list_has_its_place() {
    let list = "[\n  { chain = \"INPUT\", rule = 1, packets = 1 },\n  { chain = \"INPUT\", packets = 9 },\n  \
                { comment = \"c1\", packets = 1 },\n]";
    let Some((out, code)) = told("list", list) else { return };
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("list.toml:22:3\n         expected  [9:*]\n         found     [0:0]"), "{out}");
    assert!(out.contains("list.toml:23:3\n") && out.contains("2 rules have this comment"), "{out}");
}

#[test]
fn a_policy_is_recorded_too() {
    let script = format!(
        "cd \"$(mktemp -d)\"; cat >x.toml <<'END'\n{}{PING}counters.b = '''\n:FORWARD ACCEPT [3:4]\n'''\nEND\n\
         $NSFW run --record x.toml | tail -1; tail -3 x.toml",
        pair(RULES)
    );
    let Some(out) = sandbox::run(&script, &[]) else { return };
    assert!(out.contains("1 passed") && out.ends_with("'''\n:FORWARD DROP [0:0]\n'''\n"), "{out}");
}
