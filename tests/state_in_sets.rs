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

#[test]
fn recent_counts_as_iptables_legacy_does() {
    let script = format!(
        r#"
        ip link set lo up
        both() {{ iptables-legacy -A OUTPUT "$@"; $NSFW rule add OUTPUT "$@"; }}
        both -p udp --dport 99 -m recent --rcheck --name seen --rdest
        both -p udp --dport 99 -m recent ! --rcheck --name seen --rdest
        both -p udp --dport 97 -m recent --remove --name seen --rdest
        both -p udp --dport 98 -m recent --set --name seen --rdest
        both -p udp --dport 96 -m recent ! --set --name other --rdest
        both -p udp --dport 99 -m recent --update --name other --rdest --mask 255.255.255.254
        both -p udp --dport 99 -m recent --rcheck --seconds 2 --name brief --rdest
        both -p udp --dport 95 -m recent --update --seconds 2 --name brief --rdest
        both -p udp --dport 98 -m recent --set --name brief --rdest
        to() {{ for host in $2; do bash -c "echo > /dev/udp/127.0.0.$host/$1" 2>/dev/null || true; done; }}
        to 99 '1 2 3'; to 98 '1 2 1'; to 99 '1 2 3'; to 97 '2 3'; to 99 '1 2 3'; to 96 '4 5'; to 99 '4 5 6'
        sleep 1; to 95 1
        sleep 1.5; to 99 '1 2'
        sleep 1; to 99 1
        {COUNTED}"#
    );
    let Some(out) = sandbox::run(&script, &["iptables-legacy", "nft", "ip", "bash"]) else { return };
    let (theirs, ours) = out.split_once("==\n").expect("two listings");
    assert_eq!(ours, theirs);
    assert_eq!(ours.lines().count(), 9);
    assert!(ours.lines().filter(|packets| *packets != "0").count() >= 7, "{ours}");
}

#[test]
fn a_list_goes_with_its_last_rule() {
    let script = "
        lists() { nft list ruleset | grep -c 'set recent_' || true; }
        foreign='add set ip filter recent_theirs { type ipv4_addr; flags dynamic,timeout; }'
        $NSFW rule add INPUT -m recent --set --name a
        nft \"$foreign\"
        $NSFW rule add OUTPUT -m recent --rcheck --name a -j DROP
        $NSFW rule add OUTPUT -m recent --rcheck --seconds 9 --name b
        lists
        $NSFW rule delete INPUT 1; lists
        $NSFW rule delete OUTPUT -m recent --rcheck --name a -j DROP; lists
        $NSFW rule replace OUTPUT 1 -m recent --update --seconds 8 --name b 2>/dev/null && exit 9
        $NSFW rule replace OUTPUT 1 -m recent --rcheck --seconds 8 --name c; lists
        nft flush chain ip filter OUTPUT; lists
        $NSFW rule add INPUT -j ACCEPT
        $NSFW flush; lists
        nft list set ip filter recent_theirs | grep -c theirs
    ";
    let Some(out) = sandbox::run(script, &["nft"]) else { return };
    assert_eq!(out.split_whitespace().collect::<Vec<_>>(), ["3", "3", "2", "2", "2", "1", "1"], "{out}");
}

#[test]
fn a_file_may_set_a_list_before_it_says_for_how_long() {
    let script = "
        printf '%s\\n' '*filter' '-A INPUT -m recent --set --name a' \\
            '-A INPUT -m recent --update --seconds 7 --name a -j DROP' COMMIT | $NSFW restore -
        nft list set ip filter recent_a | grep -c 'timeout 7s'
        $NSFW save | grep recent
        printf '%s\\n' '*filter' '-A INPUT -m recent --update --seconds 8 --name b' \\
            '-A INPUT -m recent --update --seconds 7 --name b' COMMIT | $NSFW restore - 2>&1 || echo \"exit $?\"
    ";
    let Some(out) = sandbox::run(script, &["nft"]) else { return };
    let mask = "--mask 255.255.255.255 --rsource";
    let saved = format!(
        "1\n-A INPUT -m recent --set --name a {mask}\n-A INPUT -m recent --update --seconds 7 --name a {mask} -j DROP\n"
    );
    assert!(out.starts_with(&saved), "{out}");
    assert!(
        out.contains(":3:") && out.contains("list b keeps addresses for 8 s") && out.ends_with("exit 2\n"),
        "{out}"
    );
}
