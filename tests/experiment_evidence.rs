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

/// Two nodes and a router behind a switch; `far` is behind the router.
const SWITCHED: &str = r#"
[nodes.a]
routes = ["default via 10.0.0.254"]
[nodes.b]
[nodes.r]
forwarding = true
[nodes.far]
routes = ["default via 10.1.0.254"]
[nodes.sw]
bridges = { br0 = ["p1", "p2", "p3"] }
[[links]]
endpoints = ["a:eth0", "sw:p1"]
addresses = ["10.0.0.1/24", []]
[[links]]
endpoints = ["b:eth0", "sw:p2"]
addresses = ["10.0.0.2/24", []]
[[links]]
endpoints = ["r:eth0", "sw:p3"]
addresses = ["10.0.0.254/24", []]
[[links]]
endpoints = ["r:eth1", "far:eth0"]
addresses = ["10.1.0.254/24", "10.1.0.2/24"]
"#;

#[test]
fn what_is_put_on_a_wire_reaches_who_is_behind_a_switch() {
    let step = |to: &str, expect: &str| {
        let packet =
            format!("{{ source = \"10.0.0.1\", destination = \"{to}\", udp = {{ source = 1, destination = 5 }} }}");
        format!("[[steps]]\nraw = {{ onto = \"a:eth0\", packets = [{packet}] }}\nexpect = {{ {expect} }}\n")
    };
    check("switch", SWITCHED, &step("10.0.0.2", "outcome = \"accepted\", by = \"b\""), 0, &[]);
    check("switch-routed", SWITCHED, &step("10.1.0.2", "outcome = \"accepted\", by = \"far\""), 0, &[]);
    let nobody = SWITCHED.replacen("routes", "# routes", 1);
    let shown = ["nobody on the segment of a:eth0 has 10.1.0.2", "help: give a node there the address"];
    check("switch-nobody", &nobody, &step("10.1.0.2", "outcome = \"lost\""), 2, &shown);
}

/// A capture of these frames, of Ethernet.
fn pcap(frames: &[Vec<u8>]) -> Vec<u8> {
    let mut file: Vec<u8> =
        [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 1].iter().flat_map(|n| n.to_le_bytes()).collect();
    for frame in frames {
        let length = u32::try_from(frame.len()).expect("short");
        file.extend([0, 0, length, length].iter().flat_map(|n| n.to_le_bytes()));
        file.extend(frame);
    }
    file
}

#[test]
fn a_capture_of_another_network_is_for_who_has_its_addresses_here() {
    use nsfw::traffic::craft::{Crafted, Upper, ends};
    let packets = |fragment| {
        let ends = ends([10, 0, 0, 1].into(), [10, 0, 0, 2].into()).expect("one version");
        let (upper, payload) = (Upper::Udp { source: 1, destination: 5 }, vec![7; 40]);
        Crafted { ends, ttl: 9, dscp: 0, id: 3, dont_fragment: false, upper, payload, fragment }.packets()
    };
    let frame = |to: [u8; 6], kind: u16, packet: &[u8]| [&to[..], &[2; 6], &kind.to_be_bytes(), packet].concat();
    // Nobody's hardware; the sender's own, which the other end takes no notice of; no IP; a packet that is cut.
    let (nobody, own) = ([0, 0x11, 0x22, 0x33, 0x44, 0x55], [2, 0, 0, 0, 0, 0]);
    let mut frames: Vec<_> = packets(Some(16)).iter().map(|packet| frame(nobody, 0x0800, packet)).collect();
    let whole = &packets(None)[0];
    frames.push(frame(nobody, 0x0800, whole));
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("experiments");
    std::fs::create_dir_all(&folder).expect("a folder");
    let write = |name: &str, frames: &[Vec<u8>]| std::fs::write(folder.join(name), pcap(frames)).expect("written");
    write("foreign.pcap", &frames);
    let step = |file: &str, expect: &str| {
        format!("[[steps]]\nreplay = {{ file = \"{file}\", onto = \"a:eth0\" }}\nexpect = {{ {expect} }}\n")
    };
    check("foreign", PAIR, &step("foreign.pcap", "outcome = \"accepted\", accepted = 2"), 0, &[]);
    frames.extend([
        frame(own, 0x0800, whole),
        frame([0xff; 6], 0x88cc, &[0; 50]),
        frame([0xff; 6], 0x0800, &whole[..30]),
    ]);
    write("mixed.pcap", &frames);
    check("mixed", PAIR, &step("mixed.pcap", "accepted = 2, lost = 3"), 0, &[]);
    let shown = ["1 lost (for other hardware)", "1 lost (no whole packet of IP)", "1 lost (not of IP)"];
    check("mixed-accepted", PAIR, &step("mixed.pcap", "outcome = \"accepted\""), 1, &shown);
    // What the wire does not take is not sent.
    write("stub.pcap", &[vec![0; 5]]);
    check("stub", PAIR, &step("stub.pcap", "lost = 1"), 1, &["1 unsent: Invalid argument (EINVAL)"]);
}
