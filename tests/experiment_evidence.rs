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

/// A router between two nodes; what the router and the far node filter follows.
fn routed(router: &str, far: &str) -> String {
    format!(
        "[nodes.a]\nroutes = [\"default via 10.0.0.2\", \"default via fd00:1::2\"]\n\
         [nodes.b]\nroutes = [\"default via 10.1.0.1\", \"default via fd00:2::1\"]\n{far}\n\
         [nodes.r]\nforwarding = true\n{router}\n\
         [[links]]\nendpoints = [\"a:eth0\", \"r:eth0\"]\n\
         addresses = [[\"10.0.0.1/24\", \"fd00:1::1/64\"], [\"10.0.0.2/24\", \"fd00:1::2/64\"]]\n\
         [[links]]\nendpoints = [\"r:eth1\", \"b:eth0\"]\n\
         addresses = [[\"10.1.0.1/24\", \"fd00:2::1/64\"], [\"10.1.0.2/24\", \"fd00:2::2/64\"]]\n"
    )
}

#[test]
fn what_is_put_on_a_wire_is_followed_through_a_router() {
    // The node that it comes to in the end stands before the router in the file.
    let network = routed("", "rules = '''\n*filter\n:INPUT ACCEPT\nCOMMIT\n'''");
    let packet = "{ source = \"10.0.0.1\", destination = \"10.1.0.2\", udp = { source = 1, destination = 5 } }";
    let step = |before: &str, after: &str| {
        format!("[[steps]]\n{before}\nraw = {{ onto = \"a:eth0\", packets = [{packet}] }}\n{after}\n")
    };
    let counted = "counters.b = [{ chain = \"INPUT\", packets = 1 }]";
    check(
        "onto",
        &network,
        &step("", &format!("expect = {{ outcome = \"accepted\", by = \"b\" }}\n{counted}")),
        0,
        &[],
    );
    check("onto-lost", &network, &step("", "expect = { outcome = \"lost\" }"), 1, &["found     1 accepted"]);
    let dropped =
        step("rules.b = \"-A INPUT -p udp -j DROP\"", "expect = { outcome = \"dropped\", by = \"b:INPUT:1\" }");
    check("onto-dropped", &network, &dropped, 0, &[]);
}

#[test]
fn fragments_are_one_packet() {
    let long = "x".repeat(3000);
    let tracks = "*filter\n:FORWARD ACCEPT\n-A FORWARD -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n";
    for router in [String::new(), format!("rules = '''\n{tracks}'''\nrules6 = '''\n{tracks}'''")] {
        let network = routed(&router, "");
        for (to, source) in [("10.1.0.2", "10.0.0.1"), ("fd00:2::2", "fd00:1::1")] {
            let raw = format!(
                "raw = {{ packets = [{{ source = \"{source}\", destination = \"{to}\", id = 4, fragment = 8, \
                 udp = {{ source = 1, destination = 80 }}, payload = \"0123456789abcdefghijk\" }}], count = 2 }}"
            );
            for (sending, count, replies) in [
                (format!("ping = {{ to = \"{to}\", size = 3000, count = 3 }}"), 3, 3),
                (format!("udp = {{ to = \"{to}\", port = 9, payload = \"{long}\", count = 2 }}"), 2, 2),
                (raw, 2, 0),
            ] {
                let steps = format!(
                    "[[steps]]\nfrom = \"a\"\n{sending}\nexpect = {{ outcome = \"accepted\", accepted = {count}, replies = \
                     {replies}, by = \"b\" }}\n"
                );
                check("fragments", &network, &steps, 0, &[]);
                let rules = if to.contains(':') { "rules6" } else { "rules" };
                let steps = format!(
                    "[[steps]]\n{rules}.r = \"-A FORWARD -d {to} -j DROP\"\nfrom = \"a\"\n{sending}\n\
                     expect = {{ outcome = \"dropped\", dropped = {count}, by = \"r:FORWARD\" }}\n"
                );
                check("fragments-dropped", &network, &steps, 0, &[]);
            }
        }
    }
}

#[test]
fn a_fragment_that_does_not_come_loses_the_packet() {
    let network = routed("rules = '''\n*raw\n:PREROUTING ACCEPT\nCOMMIT\n'''", "");
    let packet = "{ source = \"10.0.0.1\", destination = \"10.1.0.2\", id = 4, fragment = 8, \
                  udp = { source = 1, destination = 80 }, payload = \"0123456789abcdefghijk\" }";
    // Only the last fragment is of 25 bytes; a rule of the router keeps it, as it does not put fragments together.
    let steps = format!(
        "[[steps]]\nrules.r = \"*raw\\n-A PREROUTING -m length --length 25 -j DROP\\nCOMMIT\"\nfrom = \"a\"\n\
         raw = {{ packets = [{packet}] }}\nexpect = {{ outcome = \"dropped\", by = \"r:PREROUTING:1\" }}\n\
         counters.b = [{{ chain = \"INPUT\", packets = 0 }}]\n"
    );
    check("fragment-lost", &network, &steps, 0, &[]);
}

#[test]
fn a_node_answers_itself() {
    for sending in ["ping = { to = \"10.0.0.1\", count = 2 }", "udp = { to = \"10.0.0.1\", port = 9, count = 2 }"] {
        let steps = format!("[[steps]]\nfrom = \"a\"\n{sending}\nexpect = {{ outcome = \"accepted\", replies = 2 }}\n");
        check("own", PAIR, &steps, 0, &[]);
    }
}

#[test]
fn a_noisy_bridge_is_followed_too() {
    let network = "noisy = true\n[nodes.a]\n[nodes.b]\n[nodes.sw]\nbridges = { br0 = [\"p1\", \"p2\"] }\n\
                   [[links]]\nendpoints = [\"a:eth0\", \"sw:p1\"]\naddresses = [\"10.0.0.1/24\", []]\n\
                   [[links]]\nendpoints = [\"b:eth0\", \"sw:p2\"]\naddresses = [\"10.0.0.2/24\", []]\n";
    let steps = "[[steps]]\nfrom = \"a\"\ntcp = { to = \"10.0.0.2\", port = 7 }\nexpect = { outcome = \"accepted\", replies = 1 }\n\
                 [[steps]]\nfrom = \"a\"\nping = { to = \"10.0.0.2\" }\nexpect = { outcome = \"accepted\", replies = 1 }\n\
                 [[steps]]\nrules.sw = \"-A FORWARD -p icmp -j DROP\"\nfrom = \"a\"\nping = { to = \"10.0.0.2\" }\n\
                 expect = { outcome = \"dropped\", by = \"sw:FORWARD:1\" }\n";
    check("noisy-bridge", network, steps, 0, &[]);
}
