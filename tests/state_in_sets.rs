//! Matches that keep state in sets: they count the very packets that iptables-legacy counts, are found again by what they
//! say, and leave nothing behind.

mod sandbox;

/// The packets that each of a chain's rules has counted: first by iptables-legacy, then by nsfw's own rules.
const COUNTED: &str = r#"
    iptables-legacy -vnxL OUTPUT | awk 'NR > 2 { print $1 }'
    echo ==
    nft list chain ip filter OUTPUT | grep -o 'packets [0-9]*' | cut -d' ' -f2
"#;

#[test]
fn connlimit_counts_as_iptables_legacy_does() {
    let script = format!(
        r#"
        ip link set lo up
        both() {{ iptables-legacy -A OUTPUT "$@"; $NSFW rule add OUTPUT "$@"; }}
        both -p udp --dport 99 -m connlimit --connlimit-above 2
        both -p udp --dport 99 -m connlimit --connlimit-upto 2
        both -p udp --dport 99 -m connlimit --connlimit-above 1 --connlimit-daddr
        both -p udp --dport 99 -m connlimit --connlimit-above 2 --connlimit-daddr --connlimit-mask 31
        both -p udp --dport 99 -m connlimit ! --connlimit-above 3 --connlimit-mask 0
        for host in 1 2 3 3 1 4 5; do bash -c "echo > /dev/udp/127.0.0.$host/99" 2>/dev/null || true; done
        {COUNTED}"#
    );
    let Some(out) = sandbox::run(&script, &["iptables-legacy", "nft", "ip", "bash"]) else { return };
    let (theirs, ours) = out.split_once("==\n").expect("two listings");
    assert_eq!(ours, theirs);
    assert_eq!(ours.lines().count(), 5);
    assert!(ours.lines().any(|packets| packets != "0"), "{ours}");
}

#[test]
fn a_rule_s_set_goes_with_the_rule_whoever_deletes_it() {
    let script = "
        RULE='-p udp -m connlimit --connlimit-above 2 -j DROP'
        $NSFW rule add INPUT $RULE
        $NSFW rule add INPUT $RULE
        $NSFW rule check INPUT $RULE
        $NSFW rule check INPUT -p udp -m connlimit --connlimit-above 3 -j DROP && exit 9
        $NSFW rule delete INPUT $RULE
        $NSFW rule replace INPUT 1 -p udp -m connlimit --connlimit-upto 4
        $NSFW rule list INPUT
        nft list ruleset | grep -c meter
        nft flush chain ip filter INPUT
        nft list ruleset | grep -c meter || true
    ";
    let Some(out) = sandbox::run(script, &["nft"]) else { return };
    let listed = "-A INPUT -p udp -m connlimit --connlimit-upto 4 --connlimit-mask 32 --connlimit-saddr";
    assert!(out.contains(listed) && out.ends_with("\n1\n0\n"), "{out}");
}
