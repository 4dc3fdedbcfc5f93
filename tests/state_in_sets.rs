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
        $NSFW rule replace OUTPUT 1 -m recent --update --seconds 8 --name b
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

/// The usual order of scripts: the rule that fills a list comes before the one that says for how long. What is on the list
/// by then keeps its age, as with iptables-legacy.
#[test]
fn a_command_may_set_a_list_before_another_says_for_how_long() {
    let script = format!(
        r#"
        ip link set lo up
        both() {{ iptables-legacy "$@"; $NSFW iptables "$@"; }}
        to() {{ bash -c "echo > /dev/udp/127.0.0.$2/$1" 2>/dev/null || true; }}
        both -A OUTPUT -p udp --dport 98 -m recent --set --name ssh --rdest
        to 98 1; sleep 1.2; to 98 2
        both -A OUTPUT -p udp --dport 99 -m recent --rcheck --seconds 2 --name ssh --rdest
        to 99 1; to 99 2; sleep 1; to 99 1; to 99 2
        to 98 1; to 99 1; sleep 1.2; to 99 1; to 99 2
        {COUNTED}
        echo ==
        both -R OUTPUT 2 -p udp --dport 99 -m recent --rcheck --seconds 5 --name ssh --rdest
        nft list set ip filter recent_ssh | grep -c 'timeout 5s'
        for seconds in 4 ''; do
            status=0; $NSFW rule add OUTPUT -m recent --rcheck ${{seconds:+--seconds $seconds}} --name ssh --rdest 2>&1                 | head -1; done
        $NSFW save > /run/rules; $NSFW restore /run/rules; $NSFW save | grep -c recent"#
    );
    let Some(out) = sandbox::run(&script, &["iptables-legacy", "nft", "ip", "bash"]) else { return };
    let [theirs, ours, rest] = out
        .splitn(
            3, "==
",
        )
        .collect::<Vec<_>>()[..]
    else {
        panic!("{out}")
    };
    assert_eq!(ours, theirs);
    assert_eq!(
        ours,
        "3
5
"
    );
    let refused = "error: list ssh keeps addresses for 5 s: this rule asks for another time
";
    assert_eq!(
        rest,
        format!(
            "1
{refused}{refused}2
"
        )
    );
}

/// What commands accept in any order is restored from what is saved.
#[test]
fn a_list_with_hits_and_without_a_time_is_restored() {
    let script = "
        add() { $NSFW rule add INPUT -m recent --name k --approximate \"$@\" 2>/dev/null; }
        for order in 'set check hits' 'hits set check' 'check hits set'; do
            for one in $order; do case $one in
                set) add --set;; check) add --rcheck;; hits) add --rcheck --seconds 60 --hitcount 3;; esac; done
            $NSFW save | grep -v '^#' > /run/rules; $NSFW restore --approximate /run/rules 2>/dev/null
            $NSFW save | grep -v '^#' | cmp - /run/rules; grep -c recent /run/rules
            nft list set ip filter recent_k | grep -c 'timeout 36500d'; $NSFW flush; done";
    let Some(out) = sandbox::run(script, &["nft", "cmp"]) else { return };
    assert_eq!(
        out,
        "3
1
3
1
3
1
"
    );
}

#[test]
fn hit_counts_are_approximated_where_that_is_asked_for() {
    let script = format!(
        r#"
        ip link set lo up
        both() {{ iptables-legacy -A OUTPUT "$@"; $NSFW rule add OUTPUT "$@" --approximate 2>/dev/null; }}
        rule='-p udp --dport 99 -m recent --rcheck --rdest --name a --seconds 600 --hitcount'
        $NSFW rule add OUTPUT $rule 2 2>&1 | grep -c approximate || true
        both -p udp --dport 98 -m recent --set --rdest --name a
        both -p udp --dport 99 -m recent --set --rdest --name a
        for hits in 2 4 7; do both $rule $hits; done
        both -p udp --dport 99 -m recent --update --rdest --name a --seconds 60 --hitcount 6
        for host in 1 2 1 1 1 1 3 1 2; do bash -c "echo > /dev/udp/127.0.0.$host/99" 2>/dev/null || true; done
        {COUNTED}
        echo ==; $NSFW save | grep hitcount"#
    );
    let Some(out) = sandbox::run(&script, &["iptables-legacy", "nft", "ip", "bash"]) else { return };
    let [theirs, ours, saved] = out.splitn(3, "==\n").collect::<Vec<_>>()[..] else { panic!("{out}") };
    let theirs = theirs.strip_prefix("1\n").expect("without the word it is refused, and the word is told");
    let numbers = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(numbers(ours), numbers(theirs));
    assert_eq!(numbers(ours), ["0", "9", "6", "3", "0", "1"]);
    assert_eq!(saved.matches(" --approximate ").count(), 4, "{saved}");
}

#[test]
fn hashlimit_counts_as_iptables_legacy_does() {
    let script = format!(
        r#"
        ip link set lo up
        both() {{ iptables-legacy -A OUTPUT "$@"; $NSFW rule add OUTPUT "$@"; }}
        limit() {{ name=$1; shift; both -p udp --dport 99 -m hashlimit --hashlimit-name $name "$@"; }}
        limit a --hashlimit-upto 1/hour --hashlimit-burst 3 --hashlimit-mode dstip
        limit b --hashlimit-above 2/hour --hashlimit-burst 2 --hashlimit-mode dstip,srcport
        limit c --hashlimit-above 2/hour --hashlimit-burst 4 --hashlimit-mode dstip --hashlimit-dstmask 31
        limit d --hashlimit-above 1/hour --hashlimit-burst 9 --hashlimit-mode dstport,srcip
        limit e --hashlimit-upto 1/hour --hashlimit-burst 7
        both -m hashlimit --hashlimit-name f --hashlimit-upto 1/min --hashlimit-burst 2 --hashlimit-mode dstip
        for host in 1 2 3 3 1 4 5 1 1 3 1 5; do bash -c "echo > /dev/udp/127.0.0.$host/99" 2>/dev/null || true; done
        {COUNTED}"#
    );
    let Some(out) = sandbox::run(&script, &["iptables-legacy", "nft", "ip", "bash"]) else { return };
    let (theirs, ours) = out.split_once("==\n").expect("two listings");
    // iptables-legacy lists a blank line behind each of these rules.
    let (theirs, ours): (Vec<_>, Vec<_>) = (theirs.split_whitespace().collect(), ours.split_whitespace().collect());
    assert_eq!(ours, theirs);
    assert_eq!(ours, ["10", "0", "1", "3", "7", "8"]);
}

#[test]
fn rules_of_one_hashlimit_name_have_buckets_of_their_own() {
    let script = "
        RULE='-m hashlimit --hashlimit-name x --hashlimit-upto 3/s --hashlimit-mode srcip'
        $NSFW rule add INPUT $RULE; $NSFW rule add INPUT $RULE; $NSFW rule check INPUT $RULE
        printf '%s\\n' '*filter' \"-A INPUT $RULE\" \"-A INPUT $RULE\" COMMIT | $NSFW restore --noflush -
        $NSFW rule list INPUT | grep -c 'hashlimit-name x'
        nft list chain ip filter INPUT | grep -o 'meter x[0-9]* '
        $NSFW rule delete INPUT $RULE; $NSFW rule delete INPUT $RULE
        $NSFW rule list INPUT | grep -c 'hashlimit-name x'
    ";
    let Some(out) = sandbox::run(script, &["nft"]) else { return };
    assert_eq!(out, "4\nmeter x \nmeter x0 \nmeter x1 \nmeter x2 \n2\n");
}
