//! All that is wrong with an experiment's file, told at once, with its place.

mod experiment;
mod pair;

use experiment::{run_text, sandbox};
use pair::pair;

#[test]
fn rules_are_looked_at_whatever_else_is_wrong() {
    let script = "cd \"$(mktemp -d)\"; cat >x.toml <<'END'\n[nodes.a]\nroutes = [\"nowhere\"]\nrules = '''\n*filter\n:OWN - [0:0]\n\
                  -A INPUT -j OWN\n-A INPUT -j NOSUCH\n-A INPUT --nope\n-A GONE -j ACCEPT\n-A INPUT -g LATER\n:LATER -\n-X OWN\n-A OWN\n\
                  COMMIT\n'''\n[[steps]]\nrules.a = '''\n-N STEP\n-A STEP -j LATER\n-A STEP -j OWN\n'''\nEND\n\
                  code=0; $NSFW experiment check x.toml 2>&1 || code=$?; echo \"code $code\"; printf junk >x.pcap\n\
                  printf '%s\\n' '[nodes.a]' '[nodes.b]' '[[links]]' 'endpoints = [\"a:e\", \"b:e\"]' '[[steps]]' \
                  'replay = { file = \"x.pcap\", onto = \"a:e\" }' 'expect = { lost = 1 }' >y.toml\n\
                  $NSFW experiment check y.toml 2>&1 || true";
    let Some(out) = sandbox::run(script, &[]) else { return };
    let told: Vec<_> = out.lines().filter(|line| line.starts_with("error: ") || line.starts_with("code")).collect();
    let expected = [
        "error: x.toml:2:11: \"nowhere\" is no route",
        "error: x.toml:7:13: chain NOSUCH does not exist in table ip filter",
        "error: x.toml:8:10: unknown option \"--nope\"",
        "error: x.toml:9:4: chain GONE does not exist in table ip filter",
        "error: x.toml:10:13: chain LATER does not exist in table ip filter",
        "error: x.toml:13:4: chain OWN does not exist in table ip filter",
        "error: x.toml:20:12: chain OWN does not exist in table ip filter",
        "code 2",
        "error: y.toml:6:19: \"x.pcap\" cannot be replayed: behind packet 0: Need more bytes",
    ];
    assert_eq!(told, expected, "{out}");
}

#[test]
fn settings_that_the_kernel_refuses_have_their_place() {
    let network = pair("-A INPUT -p icmp");
    let of_node = network.replace("[nodes.b]\n", "[nodes.b]\nsysctls = { \"net.ipv4.nosuch\" = 1 }\n");
    let of_step = "[[steps]]\nsysctls.a = { \"net.ipv4.ip_default_ttl\" = 70000 }\n";
    for (name, text, place, refused) in [
        ("nosuch", &of_node, ":3:33: ", "net.ipv4.nosuch"),
        ("value", &format!("{network}{of_step}"), ":12:43: ", "net.ipv4.ip_default_ttl"),
    ] {
        let Some((out, code)) = run_text(name, text, "") else { return };
        assert_eq!(code, 2, "{out}");
        assert!(out.contains(place) && out.contains(refused) && out.contains('^'), "{out}");
    }
}

#[test]
fn what_was_found_before_an_error_is_told() {
    let steps = "[[steps]]\nname = \"first\"\nfrom = \"a\"\nping = { to = \"10.0.0.2\" }\nexpect = { replies = 9 }\n\
                 [[steps]]\nname = \"second\"\nsysctls.a = { \"net.nosuch\" = 1 }\n";
    let Some((out, code)) = run_text("before", &format!("{}{steps}", pair("-A INPUT -p icmp")), "") else { return };
    assert_eq!(code, 2, "{out}");
    assert!(out.contains("FAIL first  1 accepted, 1 reply") && out.contains("expected  9"), "{out}");
}

#[test]
fn why_no_skips_fails_is_told() {
    let text = pair("-A INPUT -p icmp") + "[[steps]]\nskip = \"not today\"\nwait = \"1ms\"\n";
    for format in ["pretty", "tap", "junit", "json"] {
        let Some((out, code)) = run_text("skips", &text, &format!("--no-skips --format {format}")) else { return };
        assert!(code == 1 && out.contains("error: --no-skips, and 1 was left out\n"), "{out}");
    }
    let Some((out, code)) = run_text("skips", &text, "--jobs 0") else { return };
    assert!(code == 2 && out.contains("not a number from 1 on"), "{out}");
}
