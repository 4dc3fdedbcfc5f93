//! `nsfw doctor` where it can work, where something is in the way, and where the kernel forbids everything.

mod sandbox;

#[test]
fn everything_that_is_required_is_found() {
    let Some(output) = sandbox::run(r#""$NSFW" doctor --format json"#, &[]) else { return };
    let document: serde_json::Value = serde_json::from_str(&output).expect("JSON");
    assert_eq!(document["schema"], "nsfw.doctor/1");
    assert_eq!(document["works"], true);
    let checks = document["checks"].as_array().expect("checks");
    for name in ["capabilities", "veth", "nf_tables", "policy counters", "trace", "counter", "lookup", "nat", "tunnel"]
    {
        assert!(checks.iter().any(|check| check["name"] == name), "no check {name}");
    }
    for check in checks.iter().filter(|check| check["outcome"] == "missing") {
        assert!(check["remedy"].is_string(), "{check} has no remedy");
    }
}

#[test]
fn nothing_is_left_where_it_was_asked() {
    let script = r#"
        "$NSFW" doctor > /dev/null
        ip -o link; nft list ruleset; ls -A /run
    "#;
    let Some(output) = sandbox::run(script, &["ip", "nft"]) else { return };
    assert_eq!(output.lines().count(), 1, "only the loopback was there: {output}");
}

#[test]
fn legacy_tables_are_warned_of() {
    let script = r#"
        iptables-legacy -t mangle -S > /dev/null 2>&1 || { echo this kernel has no legacy tables >&2; exit 77; }
        "$NSFW" doctor
    "#;
    let Some(output) = sandbox::run(script, &["iptables-legacy"]) else { return };
    let line = output.lines().find(|line| line.contains("iptables-legacy ")).expect("a line about legacy tables");
    // The kernel shows the list of legacy tables to root of the first user namespace alone.
    let said = if nix::unistd::geteuid().is_root() { "mangle" } else { "may not see" };
    assert!(line.contains("warning") && line.contains(said), "{line}");
}

#[test]
fn the_switch_that_forbids_is_shown() {
    let script = r#"
        echo 0 > /proc/sys/user/max_net_namespaces
        code=0; "$NSFW" doctor || code=$?
        echo "exit $code"
    "#;
    let Some(output) = sandbox::run(script, &[]) else { return };
    assert!(output.contains("user.max_net_namespaces is 0"), "{output}");
    assert!(output.contains("sysctl -w user.max_net_namespaces=10000"), "{output}");
    assert!(output.contains("nsfw cannot work here"), "{output}");
    assert!(output.ends_with("exit 3\n"), "{output}");
}
