//! Experiments, run by the program: those that ship, and those that must fail, each in namespaces of its own.

mod experiment;

use std::path::Path;

use experiment::{run, run_text, sandbox};

const PAIR: &str = r#"
[nodes.a]
[nodes.b]
rules = """
*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p icmp -j ACCEPT
-A INPUT -p udp --dport 53 -j REJECT
COMMIT
"""
[[links]]
endpoints = ["a:eth0", "b:eth0"]
addresses = ["10.0.0.1/24", "10.0.0.2/24"]
[[steps]]
from = "a"
"#;

#[test]
fn every_shipped_experiment_passes() {
    let Some((out, code)) = run("rules") else { return };
    assert_eq!(code, 0, "{out}");
    let files = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).expect("a folder");
    let files =
        files.filter(|file| file.as_ref().is_ok_and(|file| file.path().extension().is_some_and(|end| end == "toml")));
    assert_eq!(out.matches("ok   rules/").count(), files.count(), "{out}");
}

#[test]
fn what_was_not_expected_fails_and_shows_the_way() {
    for (step, shown) in [
        (
            "ping = { to = \"10.0.0.2\" }\nexpect = { outcome = \"dropped\" }",
            &["found     1 accepted", "accepted by b"][..],
        ),
        (
            "syn = { to = \"10.0.0.2\", port = 22 }\nexpect = { outcome = \"accepted\" }",
            &["found     1 dropped", "policy drop", "dropped by b: policy of INPUT", "-p icmp -j ACCEPT"],
        ),
        (
            "udp = { to = \"10.0.0.2\", port = 53 }\nexpect = { outcome = \"rejected\", with = \"icmp-host-unreachable\" }",
            &["expected  icmp-host-unreachable", "found     icmp-port-unreachable"],
        ),
        ("ping = { to = \"10.9.9.9\" }\nexpect = { outcome = \"dropped\" }", &["1 unsent: Network is unreachable"]),
        ("ping = { to = \"10.0.0.2\" }\ncounters.b = \"[2:168] -A INPUT -p icmp -j ACCEPT\"", &["found     [1:84]"]),
    ] {
        let Some((out, code)) = run_text("failing", &format!("{PAIR}{step}\n"), "") else { return };
        assert_eq!(code, 1, "{step}\n{out}");
        for words in shown {
            assert!(out.contains(words), "{step}: no {words:?} in\n{out}");
        }
    }
}

#[test]
fn wrong_files_are_told_with_their_places() {
    for (text, shown) in [
        ("nodes = 3", &[":1:9:", "expected a map"][..]),
        ("[nodes.a]\nroutes = [\"somewhere\"]", &[":2:11:", "is no route"]),
        ("[nodes.a]\n[[steps]]\nfrom = \"b\"\nping = { to = \"10.0.0.1\" }", &[":3:8:", "there is no node \"b\""]),
        ("[nodes.a]\nrules = \"\"\"\n*filter\n-A INPUT --nope\nCOMMIT\n\"\"\"", &[":4:10: ", "--nope"]),
        ("[nodes.a]\nnope = 1", &["unknown field `nope`"]),
    ] {
        let Some((out, code)) = run_text("wrong", text, "") else { return };
        assert_eq!(code, 2, "{text}\n{out}");
        for words in shown {
            assert!(out.contains(words), "{text}: no {words:?} in\n{out}");
        }
    }
}

#[test]
fn a_line_that_the_kernel_refuses_is_told_but_no_fault_of_the_file() {
    let rule = "-A INPUT -j NFQUEUE";
    let step = format!("rules.b = \"{rule}\"\nping = {{ to = \"10.0.0.2\" }}\n");
    let at_once = PAIR.replace("-A INPUT -p icmp -j ACCEPT", rule);
    for text in [format!("{PAIR}{step}"), format!("{at_once}ping = {{ to = \"10.0.0.2\" }}\n")] {
        let Some((out, code)) = run_text("refused", &text, "") else { return };
        if code == 0 {
            eprintln!("skipped: this kernel has the expression that another lacks");
            return;
        }
        assert_eq!(code, 3, "{text}\n{out}");
        for words in ["this kernel lacks what the rule for chain INPUT needs", rule, "help: it takes another kernel"] {
            assert!(out.contains(words), "{text}: no {words:?} in\n{out}");
        }
    }
}

#[test]
fn machines_read_results_too() {
    let text = format!("{PAIR}ping = {{ to = \"10.0.0.2\" }}\nexpect = {{ outcome = \"accepted\", replies = 0 }}\n");
    let Some((tap, code)) = run_text("machines", &text, "--format tap") else { return };
    assert_eq!(code, 1);
    assert!(tap.starts_with("TAP version 14\n1..1\n"), "{tap}");
    assert!(tap.contains("    ok 1 - step 1: outcome\n    not ok 2 - step 1: replies\n      ---\n"), "{tap}");
    let Some((json, _)) = run_text("machines", &text, "--format json") else { return };
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((&json["schema"], &json["failed"]), (&"nsfw.run/1".into(), &1.into()));
    let Some((junit, _)) = run_text("machines", &text, "--format junit") else { return };
    assert!(junit.contains("tests=\"2\" failures=\"1\" errors=\"0\""), "{junit}");
    assert!(
        junit.contains("machines.toml\" time=") && junit.contains("file=\"") && junit.contains(" line=\"19\""),
        "{junit}"
    );
}

#[test]
fn a_skip_has_a_reason_and_can_be_refused() {
    let text = format!("{PAIR}skip = \"not today\"\nping = {{ to = \"10.0.0.2\" }}\n");
    let Some((out, code)) = run_text("skip", &text, "") else { return };
    assert!(code == 0 && out.contains("not today") && out.contains("1 skipped"), "{out}");
    let Some((_, code)) = run_text("skip", &text, "--no-skips") else { return };
    assert_eq!(code, 1);
}

/// Runs a script beside a copy of the shipped experiments.
fn beside_rules(script: &str) -> Option<String> {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    sandbox::run(&format!("cd \"$(mktemp -d)\"; cp -r '{}' rules\n{script}", rules.display()), &[])
}

#[test]
fn counters_are_recorded_and_nothing_else_changes() {
    let script = r#"
        cp rules/count.toml whole.toml; sed -i "s/\[3:252\]/[0:0]/" rules/count.toml
        $NSFW run -q rules/count.toml >/dev/null 2>&1 && echo passed || echo failed $?
        $NSFW run --record rules/count.toml 2>&1 | grep -o "recorded: .*\|1 passed"; cmp rules/count.toml whole.toml && echo same
        $NSFW run --record rules/count.toml 2>&1 | grep -c recorded || true
        # A file without counters gets them, and they hold.
        sed -i "/steps.counters/,/^\"\"\"$/d" rules/count.toml; grep -c "INPUT ACCEPT" rules/count.toml || true
        $NSFW run --record rules/count.toml 2>&1 | grep -o "recorded: .*\|1 passed"; sed -n "/steps.counters/,\$p" rules/count.toml
    "#;
    let Some(out) = beside_rules(&script.replace(" -q rules", " rules")) else { return };
    let expected = "\
failed 1
recorded: rules/count.toml
1 passed
same
0
0
recorded: rules/count.toml
1 passed
[steps.counters]
test-2 = \"\"\"
*filter
:INPUT ACCEPT [9:756]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [6:504]
:COUNT - [0:0]
[3:252] -A INPUT -j COUNT
[3:252] -A COUNT -d 192.168.2.1/32 -j RETURN
COMMIT
\"\"\"

";
    assert_eq!(out, expected);
}

#[test]
fn a_network_is_kept_or_built_alone() {
    let script = r#"
        $NSFW run --keep rules/count.toml 2>&1 | sed "s/(.*//"
        $NSFW -n test-2 counters --format iptables INPUT | head -1; $NSFW teardown
        $NSFW setup -f rules/nat-router.toml; $NSFW -n router rule list -4 -t nat
        $NSFW probe --from inside --to 198.51.100.2 udp/9 | grep -o "[^ ]*nat-router.toml:[0-9]*" | sed "s|.*/||"
        $NSFW setup -f rules/nat-router.toml 2>&1 || echo $?; $NSFW teardown
        $NSFW run --keep rules 2>&1 || echo $?; $NSFW netns list
    "#;
    let Some(out) = beside_rules(script) else { return };
    let head = "\
kept: see `nsfw status`, `nsfw -n NODE counters`; `nsfw teardown` removes it
ok   rules/count.toml: The COUNT chain\u{20}
1 experiment: 1 passed\u{20}
Chain INPUT (policy ACCEPT 9 packets, 756 bytes)
lab default: removed test-1, test-2
inside: eth0 10.0.0.2/24
outside: eth0 198.51.100.2/24
router: lan0 10.0.0.1/24, wan0 198.51.100.1/24
next: nsfw -n inside ping -c 3 198.51.100.2; nsfw -n outside counters
";
    let rest = out.strip_prefix(head).unwrap_or_else(|| panic!("{out}"));
    assert!(rest.contains("-A POSTROUTING -o wan0") && rest.contains("nat-router.toml:"), "{out}");
    assert!(rest.contains("lab default is up already") && rest.contains("one network at a time can be kept"), "{out}");
    assert!(rest.ends_with("\n2\n"), "{out}");
}

#[test]
fn files_are_checked_without_a_kernel() {
    let script = r#"
        $NSFW experiment check rules/*.toml | wc -l; ls rules/*.toml | wc -l
        printf "%s\n" "[nodes.a]" "rules = '''" "*filter" "-A INPUT --nope" "-A X -m string --string x --algo bm" COMMIT "'''" > wrong.toml
        $NSFW experiment check wrong.toml 2>&1 || echo $?; $NSFW setup -f wrong.toml 2>&1 | grep -c "^error: "
        $NSFW experiment check rules/count.toml nope.toml 2>&1 || echo $?
    "#;
    let Some(out) = beside_rules(script) else { return };
    let expected = "\
10
10
error: wrong.toml:4:10: unknown option \"--nope\"
  -A INPUT --nope
           ^^^^^^
help: an option of a match stands behind its -m, or behind -p PROTOCOL
error: wrong.toml:5:16: --string has no exact nf_tables form: nf_tables compares bytes at a fixed place and does not search for them
  -A X -m string --string x --algo bm
                 ^^^^^^^^
help: say the place: --from N --to N plus the text's length, counted from the first byte of the network header; or inspect the payload in a proxy
2
2
ok   rules/count.toml: 2 nodes, 1 link, 3 steps
error: cannot read nope.toml: No such file or directory
2
";
    assert_eq!(out, expected);
}
