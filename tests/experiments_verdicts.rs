//! What is expected of packets, held against what became of them: who decided, what an answer said, when it came, and
//! which packet shows why an expectation is not met.

mod experiment;
mod pair;

use experiment::run_text;
use pair::pair;

/// What is told of a step, in a network whose node b has such rules.
fn told(name: &str, rules: &str, step: &str) -> Option<(String, i32)> {
    run_text(name, &format!("{}[[steps]]\nfrom = \"a\"\n{step}\n", pair(rules)), "")
}

const RULES: &str = ":INPUT DROP [0:0]\n:OWN - [0:0]\n-A INPUT -p icmp -j ACCEPT\n-A INPUT -p tcp -j OWN\n\
                     -A INPUT -p udp --dport 1 -j REJECT\n-A INPUT -p udp --dport 2 -j DROP\n-A OWN -p tcp --dport 22 -j ACCEPT";

#[test]
fn answers_to_pings_are_timed() {
    for (to, count, every) in [("10.0.0.2", 3, "1ms"), ("10.0.0.2", 1, "0s"), ("10.0.0.1", 2, "0s")] {
        let step = format!(
            "ping = {{ to = \"{to}\", count = {count}, every = \"{every}\" }}\nexpect = {{ latency = \"500ms\" }}"
        );
        let Some((out, code)) = told("timed", RULES, &step) else { return };
        assert_eq!(code, 0, "{step}\n{out}");
    }
    let soon = "ping = { to = \"10.0.0.2\" }\nexpect = { latency = \"1us\" }";
    let Some((out, code)) = told("soon", RULES, soon) else { return };
    assert!(code == 1 && !out.contains("no answer"), "{out}");
    // Each is timed from when it was sent, not from when the step began.
    let slow = "udp = { to = \"10.0.0.2\", port = 9, count = 4, every = \"300ms\" }\nexpect = { latency = \"500ms\", replies = 4 }";
    let Some((out, code)) = told("slow", "-A INPUT -p icmp", slow) else { return };
    assert_eq!(code, 0, "{out}");
}

#[test]
fn what_lets_a_packet_in_decides() {
    for (step, by) in [
        ("ping = { to = \"10.0.0.2\" }", "b:INPUT:1"),
        ("syn = { to = \"10.0.0.2\", port = 22 }", "b:OWN:1"),
        ("syn = { to = \"10.0.0.2\", port = 23 }", "b:INPUT"),
        ("udp = { to = \"10.0.0.2\", port = 2 }", "b:INPUT:4"),
        ("ping = { to = \"10.0.0.1\" }", "a:INPUT"),
    ] {
        let Some((out, code)) = told("by", RULES, &format!("{step}\nexpect = {{ by = \"{by}\" }}")) else { return };
        assert_eq!(code, 0, "{step}\n{out}");
    }
    let Some((out, code)) = told("by", RULES, "ping = { to = \"10.0.0.2\" }\nexpect = { by = \"b:INPUT:2\" }") else {
        return;
    };
    assert!(code == 1 && out.contains("expected  b:INPUT:2\n         found     b:INPUT:1"), "{out}");
}

#[test]
fn nobody_sees_a_packet_that_does_not_arrive() {
    let step = "udp = { to = \"10.0.0.2\", port = 2 }\nexpect = { translated = \"* -> 10.0.0.2:2\" }";
    let Some((out, code)) = told("unseen", RULES, step) else { return };
    assert!(code == 1 && out.contains("found     it did not arrive: dropped"), "{out}");
}

const MIXED: &str = "raw = { packets = [\n\
    { source = \"10.0.0.1\", destination = \"10.0.0.2\", icmp = { type = 8 } },\n\
    { source = \"10.0.0.1\", destination = \"10.0.0.2\", udp = { source = 9, destination = 1 } },\n\
    { source = \"10.0.0.1\", destination = \"10.0.0.2\", udp = { source = 9, destination = 2 } },\n] }\n";

#[test]
fn only_rejections_say_something() {
    let said = |with: &str| format!("{MIXED}expect = {{ accepted = 1, rejected = 1, dropped = 1, with = \"{with}\" }}");
    let Some((out, code)) = told("says", RULES, &said("icmp-port-unreachable")) else { return };
    assert_eq!(code, 0, "{out}");
    let Some((out, code)) = told("says", RULES, &said("tcp-reset")) else { return };
    assert!(code == 1 && out.contains("found     icmp-port-unreachable") && out.contains("2 of 3: udp"), "{out}");
    let none = "ping = { to = \"10.0.0.2\" }\nexpect = { with = \"tcp-reset\" }";
    let Some((out, code)) = told("says", RULES, none) else { return };
    assert!(code == 1 && out.contains("none was rejected (1 accepted)"), "{out}");
    // An answer to one is none to another: with the limit of Linux, some have none.
    let limited = "[[steps]]\nsysctls.b = { \"net.ipv4.icmp_ratemask\" = 6168 }\nfrom = \"a\"\n\
                   udp = { to = \"10.0.0.2\", port = 1, count = 20 }\n\
                   expect = { rejected = 20, with = \"icmp-port-unreachable\" }\n";
    let Some((out, code)) = run_text("limited", &format!("{}{limited}", pair(RULES)), "") else { return };
    assert!(code == 1 && out.contains("found     no answer"), "{out}");
}

#[test]
fn the_packet_that_is_odd_is_shown() {
    let step = format!("{MIXED}expect = {{ accepted = 1, rejected = 2, dropped = 0 }}");
    let Some((out, code)) = told("odd", RULES, &step) else { return };
    assert_eq!(code, 1, "{out}");
    assert_eq!(out.matches("3 of 3: udp 10.0.0.1:9 -> 10.0.0.2:2").count(), 1, "{out}");
    assert!(!out.contains("1 of 3") && !out.contains("2 of 3"), "{out}");
}

#[test]
fn an_answer_that_does_not_come_back_is_shown() {
    let rules = ":OUTPUT DROP [0:0]\n-A INPUT -j ACCEPT";
    for step in [
        "ping = { to = \"10.0.0.2\" }",
        "udp = { to = \"10.0.0.2\", port = 9 }",
        "tcp = { to = \"10.0.0.2\", port = 9 }",
    ] {
        let Some((out, code)) =
            told("back", rules, &format!("{step}\nexpect = {{ outcome = \"accepted\", replies = 1 }}"))
        else {
            return;
        };
        assert!(code == 1 && out.contains("dropped by b: policy of OUTPUT"), "{step}\n{out}");
    }
}

#[test]
fn connections_end_when_a_segment_is_dropped() {
    let text = pair(
        ":INPUT DROP [0:0]\n-A INPUT -p tcp --dport 22 -j ACCEPT\n-A INPUT -p tcp --dport 24 --tcp-flags PSH NONE -j ACCEPT",
    ) + "[[steps]]\nfrom = \"a\"\ntcp = { to = \"10.0.0.2\", port = 23 }\ntimeout = \"20s\"\nexpect = { outcome = \"dropped\" }\n\
           [[steps]]\nfrom = \"a\"\ntcp = { to = \"10.0.0.2\", port = 24 }\ntimeout = \"20s\"\nexpect = { outcome = \"accepted\", replies = 0 }\n\
           counters.b = \":INPUT DROP [2:116]\"\n\
           [[steps]]\nname = \"nothing is sent again\"\nwait = \"1500ms\"\ncounters.b = \":INPUT DROP [2:116]\"\n";
    let begun = std::time::Instant::now();
    let Some((out, code)) = run_text("ends", &text, "") else { return };
    assert_eq!(code, 0, "{out}");
    assert!(begun.elapsed().as_secs() < 15, "{out}");
}

#[test]
fn a_second_run_tells_the_same_packets() {
    let step = "tcp = { to = \"10.0.0.2\", port = 22 }\nexpect = { replies = 0 }";
    let Some((out, code)) = told("ports", "-A INPUT -j ACCEPT", step) else { return };
    assert!(code == 1 && out.contains("tcp 10.0.0.1:40001 -> 10.0.0.2:22 SYN"), "{out}");
}
