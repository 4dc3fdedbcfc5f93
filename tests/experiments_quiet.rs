//! A lab of an experiment is quiet: its counters hold what was sent and nothing else, in every run.

mod experiment;
mod pair;

use experiment::run_text;
use pair::pair;

/// Nodes that speak IPv6, two by two, which count what they send.
fn pairs_of_ipv6(number: usize) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for pair in 0..number {
        for node in ["a", "b"] {
            let rules6 = "rules6 = '''\n*filter\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n'''";
            writeln!(text, "[nodes.{node}{pair}]\n{rules6}").expect("text");
        }
    }
    for pair in 0..number {
        let ends = format!("endpoints = [\"a{pair}:eth0\", \"b{pair}:eth0\"]");
        writeln!(text, "[[links]]\n{ends}\naddresses = [\"fd00:{pair}::1/64\", \"fd00:{pair}::2/64\"]").expect("text");
    }
    text
}

#[test]
fn nobody_reports_its_groups() {
    let nothing = "[{ chain = \"INPUT\", packets = 0 }, { chain = \"OUTPUT\", packets = 0 }]";
    let mut text = pairs_of_ipv6(8) + "[[steps]]\nwait = \"300ms\"\n[steps.counters6]\n";
    for pair in 0..8 {
        text += &format!("a{pair} = {nothing}\nb{pair} = {nothing}\n");
    }
    let Some((out, code)) = run_text("groups", &text, "") else { return };
    assert_eq!(code, 0, "{out}");
}

#[test]
fn no_rejection_is_left_out_for_their_rate() {
    let both = pair("-A INPUT -p udp -j REJECT\n-A INPUT -p tcp -j REJECT");
    let text = both.replace("rules = ", "rules6 = '''\n*filter\n-A INPUT -p udp -j REJECT\nCOMMIT\n'''\nrules = ");
    let text = text.replace(".1/24\"", ".1/24 fd00::1/64\"").replace(".2/24\"", ".2/24 fd00::2/64\"");
    let text = text.replace("\"10.0.0.1/24 fd00::1/64\"", "[\"10.0.0.1/24\", \"fd00::1/64\"]");
    let mut text = text.replace("\"10.0.0.2/24 fd00::2/64\"", "[\"10.0.0.2/24\", \"fd00::2/64\"]");
    for (to, with, family) in [("10.0.0.2", "icmp-port-unreachable", ""), ("fd00::2", "icmp6-port-unreachable", "6")] {
        text += &format!(
            "[[steps]]\nfrom = \"a\"\nudp = {{ to = \"{to}\", port = 9, count = 200 }}\n\
             expect = {{ rejected = 200, with = \"{with}\" }}\ncounters{family}.b = [{{ chain = \"OUTPUT\", packets = 200 }}]\n"
        );
    }
    let Some((out, code)) = run_text("rates", &text, "") else { return };
    assert_eq!(code, 0, "{out}");
}

/// A kernel that had asked for the neighbour would tell of it three seconds later, and the second step would count that.
#[test]
fn what_nobody_has_is_lost_at_once_and_told_nobody_later() {
    let text = pair("")
        + "[[steps]]\nfrom = \"a\"\ntimeout = \"100ms\"\nping = { to = \"10.0.0.77\" }\nexpect = { outcome = \"lost\" }\n\
           [[steps]]\nwait = \"3500ms\"\n[steps.counters]\na = \"\"\"\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [1:84]\n\"\"\"\n";
    let Some((out, code)) = run_text("nobody", &text, "") else { return };
    assert_eq!(code, 0, "{out}");
}

/// Whom the packet says that it is from has no hardware address: a question for it would pass the bridge.
#[test]
fn a_bridge_sees_what_was_sent_and_nothing_else() {
    let text = "[nodes.a]\n[nodes.b]\n[nodes.sw]\nbridges = { br0 = [\"p1\", \"p2\"] }\n\
        [[links]]\nendpoints = [\"a:e\", \"sw:p1\"]\naddresses = [[\"10.5.0.1/24\"], []]\n\
        [[links]]\nendpoints = [\"b:e\", \"sw:p2\"]\naddresses = [[\"10.5.0.2/24\"], []]\n\
        [[steps]]\nraw = { onto = \"a:e\", packets = [{ source = \"10.5.0.9\", destination = \"10.5.0.2\", \
        udp = { source = 7, destination = 7 } }] }\nexpect = { accepted = 1, lost = 0 }\n";
    let Some((out, code)) = run_text("bridge", text, "") else { return };
    assert_eq!(code, 0, "{out}");
}
