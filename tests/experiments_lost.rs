//! A packet that is lost outside of all rules: where it was seen last, and why it came no further, where the kernel tells.
//! What leaves the network, or is handed to a program, is no such packet.

mod experiment;

use std::time::{Duration, Instant};

use experiment::run_text;

/// A router between two nodes, with a narrow link behind it.
const ROUTED: &str = r#"
[nodes.a]
routes = ["default via 10.0.0.2", "default via fd00:1::2"]
[nodes.r]
forwarding = true
[nodes.b]
routes = ["default via 10.1.0.1", "default via fd00:2::1"]
[[links]]
endpoints = ["a:eth0", "r:eth0"]
addresses = [["10.0.0.1/24", "fd00:1::1/64"], ["10.0.0.2/24", "fd00:1::2/64"]]
[[links]]
endpoints = ["r:eth1", "b:eth0"]
addresses = [["10.1.0.1/24", "fd00:2::1/64"], ["10.1.0.2/24", "fd00:2::2/64"]]
mtu = 1300
"#;

/// A step, and what is told of its packets, which are lost in `r` unless another node is named. No step waits for what does
/// not come: the time that each may take is longer than a test may.
fn lost(name: &str, step: &str, words: &str) {
    let steps = |outcome: &str| {
        format!("{ROUTED}[[steps]]\ntimeout = \"10m\"\n{step}\nexpect = {{ outcome = \"{outcome}\" }}\n")
    };
    let begun = Instant::now();
    let Some((out, code)) = run_text(name, &steps("accepted"), "") else { return };
    assert_eq!(code, 1, "{out}");
    assert!(out.contains(words), "{name}: no {words:?} in\n{out}");
    let Some((out, code)) = run_text(name, &steps("lost"), "") else { return };
    assert_eq!(code, 0, "{out}");
    assert!(begun.elapsed() < Duration::from_secs(60), "{name}: it waited");
}

/// A datagram made by hand.
fn raw(source: &str, destination: &str, more: &str) -> String {
    let packet =
        format!("source = \"{source}\", destination = \"{destination}\", udp = {{ source = 1, destination = 5 }}");
    format!("raw = {{ packets = [{{ {packet}{more} }}] }}\nfrom = \"a\"")
}

#[test]
fn errors_that_come_back_tell_why() {
    let time = "lost: it got no further in r behind PREROUTING, though no rule kept it: its time to live was over, as r told \
                the sender";
    let ping = |to: &str, more: &str| format!("from = \"a\"\nping = {{ to = \"{to}\"{more} }}");
    lost("ttl", &ping("10.1.0.2", ", ttl = 1, count = 3"), &format!("{time} (icmp type 11 code 0)"));
    lost("ttl-6", &ping("fd00:2::2", ", ttl = 1, count = 3"), &format!("{time} (icmpv6 type 3 code 0)"));
    let route = "no route leads on, as r told the sender";
    lost("no-route", &ping("192.0.2.1", ", count = 2"), &format!("{route} (icmp type 3 code 0)"));
    lost("no-route-6", &ping("2001:db8::1", ", count = 2"), &format!("{route} (icmpv6 type 1 code 0)"));
    let long = "it is too long for the next link, and must not be taken apart, as r told the sender";
    let data = format!(", dont-fragment = true, payload = \"{}\"", "x".repeat(1380));
    lost("too-long", &raw("10.0.0.1", "10.1.0.2", &data), &format!("{long} (icmp type 3 code 4)"));
    lost("too-long-6", &ping("fd00:2::2", ", size = 1390"), &format!("{long} (icmpv6 type 2 code 0)"));
    lost("tcp", "from = \"a\"\ntcp = { to = \"192.0.2.1\", port = 9 }", &format!("{route} (icmp type 3 code 0)"));
}

#[test]
fn counters_tell_why_where_no_error_does() {
    let strict = "sysctls.r = { \"net.ipv4.conf.all.rp_filter\" = 1 }\n";
    let words = "no route leads back to its source by the interface that it came by (rp_filter), as r counted \
                 (IPReversePathFilter)";
    lost("reverse-path", &format!("{strict}{}", raw("10.1.0.77", "10.1.0.2", "")), words);
    let words = "it is for another host, and this one does not forward, as r counted";
    let off = "sysctls.r = { \"net.ipv4.ip_forward\" = 0, \"net.ipv6.conf.all.forwarding\" = 0 }\n";
    lost("no-router", &format!("{off}{}", raw("10.0.0.1", "10.1.0.2", "")), &format!("{words} (InAddrErrors)"));
    lost("no-router-6", &format!("{off}{}", raw("fd00:1::1", "fd00:2::2", "")), &format!("{words} (Ip6InAddrErrors)"));
    let tcp = "from = \"a\"\ntcp = { to = \"10.1.0.2\", port = 9 }";
    lost("no-router-tcp", &format!("{off}{tcp}"), &format!("{words} (InAddrErrors)"));
}

#[test]
fn what_nothing_tells_of_is_not_guessed() {
    let martian = raw("127.0.0.1", "10.1.0.2", "");
    let text = format!("{ROUTED}[[steps]]\n{martian}\nexpect = {{ outcome = \"accepted\" }}\n");
    let Some((out, code)) = run_text("martian", &text, "") else { return };
    assert_eq!(code, 1, "{out}");
    let words = "it got no further in r behind PREROUTING, though no rule kept it: no route, time to live over, an address \
                 that nobody may send from, or not a whole packet";
    assert!(out.contains(words), "{out}");
}

#[test]
fn what_a_target_takes_is_not_lost() {
    // SYNPROXY sends its answer by itself. Not every kernel has queues: NFQUEUE is probed in tests/probe_fates.rs.
    let taken = "[[steps]]\nrules.b = \"*filter\\n-A INPUT -p tcp -m conntrack --ctstate INVALID,UNTRACKED -j SYNPROXY\\nCOMMIT\\n*raw\\n\
                 -A PREROUTING -p tcp --syn -j CT --notrack\\nCOMMIT\"\nfrom = \"a\"\nsyn = { to = \"10.1.0.2\", port = 9 }\n";
    let met = "expect = { outcome = \"taken\", taken = 1, by = \"b:INPUT:1\", replies = 1 }\n";
    let Some((out, code)) = run_text("taken", &format!("{ROUTED}{taken}{met}"), "") else { return };
    assert_eq!(code, 0, "{out}");
    for outcome in ["lost", "dropped", "queued", "left"] {
        let text = format!("{ROUTED}{taken}expect = {{ outcome = \"{outcome}\" }}\n");
        let Some((out, code)) = run_text("taken", &text, "") else { return };
        assert_eq!(code, 1, "{out}");
        assert!(out.contains("found     1 taken") && out.contains("taken away by b: rule 1 of INPUT"), "{out}");
        assert!(out.contains("-j SYNPROXY  taken away"), "{out}");
    }
}

#[test]
fn who_should_have_listened_is_told() {
    let steps = |sending: &str| {
        format!(
            "{}[[steps]]\nfrom = \"a\"\nrules.r = \"*nat\\n-A PREROUTING -d 10.0.0.2 -j DNAT --to-destination 10.1.0.2\\nCOMMIT\"\n\
             {sending}\nexpect = {{ outcome = \"accepted\", replies = 1, latency = \"5s\" }}\n",
            ROUTED
        )
    };
    for protocol in ["tcp", "udp"] {
        for (listen, but) in [
            ("", " (but at port 80 of r)"),
            (", listen = false", ""),
            (", listen = \"b:81\"", " (but at port 81 of b)"),
        ] {
            let text = steps(&format!("{protocol} = {{ to = \"10.0.0.2\", port = 80{listen} }}"));
            let Some((out, code)) = run_text("listen", &text, "") else { return };
            assert_eq!(code, 1, "{out}");
            let help = format!("help: nobody listened at port 80 of b, which got it{but}: write listen = \"b:80\"\n");
            assert_eq!(out.matches(&help).count(), 2, "{protocol}{listen}: no {help:?} twice in\n{out}");
        }
        let text = steps(&format!("{protocol} = {{ to = \"10.0.0.2\", port = 80, listen = \"b:80\" }}"));
        let Some((out, code)) = run_text("listen", &text, "") else { return };
        assert_eq!(code, 0, "{out}");
    }
}
