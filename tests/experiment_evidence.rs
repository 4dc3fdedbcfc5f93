//! What became of a packet is told by evidence: a packet that was not sent is no result, and none is lost that arrived.

mod experiment;

use experiment::run_text;

/// Two nodes with a wire between them.
const PAIR: &str = r#"
[nodes.a]
[nodes.b]
[[links]]
endpoints = ["a:eth0", "b:eth0"]
addresses = [["10.0.0.1/24", "fd00::1/64"], ["10.0.0.2/24", "fd00::2/64"]]
"#;

/// Runs the steps in a network; they must end so, and say all these words.
fn check(name: &str, network: &str, steps: &str, code: i32, words: &[&str]) {
    let Some((out, found)) = run_text(name, &format!("{network}{steps}"), "") else { return };
    assert_eq!(found, code, "{steps}\n{out}");
    for words in words {
        assert!(out.contains(words), "{steps}: no {words:?} in\n{out}");
    }
}

#[test]
fn a_packet_that_cannot_be_sent_is_no_result() {
    let sendings = [
        "ping = { to = \"198.51.100.1\" }",
        "ping = { to = \"2001:db8::1\" }",
        "udp = { to = \"198.51.100.1\", port = 9 }",
        "tcp = { to = \"198.51.100.1\", port = 9 }",
        "syn = { to = \"198.51.100.1\", port = 9 }",
        "raw = { packets = [{ source = \"10.0.0.1\", destination = \"198.51.100.1\", protocol = 99 }] }",
    ];
    for sending in sendings {
        for expect in [
            "",
            "expect = { outcome = \"lost\" }",
            "expect = { lost = 1 }",
            "expect = { replies = 0 }",
            "expect = { accepted = 0, dropped = \"<=5\", rejected = 0 }",
        ] {
            let steps = format!("[[steps]]\nfrom = \"a\"\n{sending}\n{expect}\n");
            let shown = ["found     1 unsent: Network is unreachable (ENETUNREACH)", "help: give the sender a route"];
            check("unsent", PAIR, &steps, 1, &shown);
        }
        for expect in ["outcome = \"unsent\"", "unsent = 1, accepted = 0, replies = 0"] {
            let steps = format!("[[steps]]\nfrom = \"a\"\n{sending}\nexpect = {{ {expect} }}\n");
            check("unsent-as-asked", PAIR, &steps, 0, &[]);
        }
    }
}

#[test]
fn each_of_several_that_cannot_be_sent_counts() {
    let long = "raw = { packets = [{ source = \"10.0.0.1\", destination = \"10.0.0.2\", udp = { source = 1, destination = 2 },\
                payload = \"x\" }, { source = \"10.0.0.1\", destination = \"198.51.100.1\", protocol = 99 }], count = 2 }";
    let step = |expect: &str| format!("[[steps]]\nfrom = \"a\"\n{long}\nexpect = {{ {expect} }}\n");
    check("some-unsent", PAIR, &step("accepted = 2"), 1, &["expected  all 4", "found     2 unsent"]);
    check("some-unsent", PAIR, &step("accepted = 2, unsent = 2"), 0, &[]);
    check("some-unsent", PAIR, &step("outcome = \"unsent\""), 1, &["2 accepted, 2 unsent"]);
}

#[test]
fn what_the_senders_own_rule_drops_was_sent() {
    let steps = "[[steps]]\nrules.a = \"-A OUTPUT -p udp -j DROP\"\nfrom = \"a\"\n\
                 udp = { to = \"10.0.0.2\", port = 9, count = 3 }\nexpect = { outcome = \"dropped\", by = \"a:OUTPUT:1\" }\n";
    check("own-drop", PAIR, steps, 0, &[]);
    // What is said of one datagram keeps no other from being sent.
    let steps = "[[steps]]\nrules.b = \"-A INPUT -p udp -j REJECT\"\nfrom = \"a\"\n\
                 udp = { to = \"10.0.0.2\", port = 9, count = 5 }\nexpect = { outcome = \"rejected\" }\n\
                 counters.b = \"[5:140] -A INPUT -p udp -j REJECT\"\n";
    check("rejected", PAIR, steps, 0, &[]);
}
