//! `-j CT`: connections are in the very zones in which iptables-legacy puts them, and what is refused would have had no
//! effect.

mod sandbox;

/// `zones` prints what conntrack(8) says of the zone of each connection to a port, that port first, from the lowest on.
const ZONES: &str = r#"
    ip link set lo up
    # Connection tracking is there with the first rule that asks for it.
    nft 'add table ip watch; add chain ip watch out { type filter hook output priority 0; }'
    nft 'add rule ip watch out ct state new counter'
    udp() { for port in "$@"; do bash -c "echo > /dev/udp/127.0.0.1/$port" 2>/dev/null || true; done; }
    zones() {
        conntrack -L -o extended 2>/dev/null | sed -n 's/^ipv4 .* udp .* sport=[0-9]* dport=\([0-9]*\) \(\|zone-orig=[0-9]* \)\[UNREPLIED\].*dport=[0-9]* /\1 \2/p' |
            sed 's/mark=.*zone=/zone=/; s/ mark=.*//; s/ use=.*//' | sort -n
    }
"#;

#[test]
fn zones_are_those_of_iptables_legacy() {
    let script = format!(
        r#"{ZONES}
        nft 'add chain ip watch early {{ type filter hook output priority -310; }}'
        zone() {{
            port=$1; shift
            iptables-legacy -t raw -A OUTPUT -p udp --dport $port -j CT "$@"
            $NSFW rule add -t raw OUTPUT -p udp --dport $((port + 1000)) -j CT "$@"
        }}
        zone 1001 --zone 5
        zone 1002 --zone 256
        zone 1003 --zone-orig 7
        zone 1004 --zone-reply 8
        zone 1005 --zone-orig 7 --zone-reply 9
        zone 1006
        zone 1007 --zone mark
        zone 1008 --zone-orig mark
        zone 1009 --notrack --zone 5
        # The first of several counts.
        zone 1001 --zone 6
        zone 1006 --zone 6
        for port in 1007 1008 2007 2008; do nft "insert rule ip watch early udp dport $port meta mark set 0x20009"; done
        udp 1001 1002 1003 1004 1005 1006 1007 1008 1009 2001 2002 2003 2004 2005 2006 2007 2008 2009
        zones
    "#
    );
    let Some(out) = sandbox::run(&script, &["iptables-legacy", "nft", "ip", "bash", "conntrack"]) else { return };
    let (theirs, ours): (Vec<&str>, Vec<&str>) = out.lines().partition(|line| line.starts_with('1'));
    let lowered: Vec<String> = ours.iter().map(|line| line.replacen('2', "1", 1)).collect();
    assert_eq!(lowered, theirs, "{out}");
    assert_eq!(theirs.len(), 8, "all but the one that is not tracked: {out}");
    for zone in ["1001 zone=5", "1002 zone=256", "1003 zone-orig=7", "1007 zone=9"] {
        assert!(theirs.contains(&zone), "{zone}: {out}");
    }
}

/// Why `--helper`, `--timeout`, `--ctevents` and `--expevents` are refused: at table raw's place, nft's own rule does nothing.
#[test]
fn a_timeout_before_connection_tracking_has_no_effect() {
    let script = format!(
        r#"{ZONES}
        for place in -300 -150; do
            nft -f - <<END
table ip t {{
    ct timeout brief {{
        protocol udp; l3proto ip;
        policy = {{ unreplied : 5, replied : 5 }}
    }}
    chain out {{
        type filter hook output priority $place;
        udp dport 99 ct timeout set "brief"
    }}
}}
END
            udp 99
            conntrack -L -o extended 2>/dev/null | awk '/dport=99 / {{ print ($5 > 5 ? "long" : "short") }}' | sort -u
            nft delete table ip t
        done
        $NSFW rule add -t raw OUTPUT -p udp --dport 99 -j CT --timeout brief 2>&1 || echo "exit $?"
    "#
    );
    let Some(out) = sandbox::run(&script, &["nft", "ip", "bash", "awk", "conntrack"]) else { return };
    let (effects, refusal) = out.split_once("error: ").expect("a refusal");
    assert_eq!(effects.split_whitespace().collect::<Vec<_>>(), ["long", "long", "short"], "{out}");
    assert!(refusal.contains("--timeout has no exact nf_tables form") && refusal.ends_with("exit 2\n"), "{out}");
}

/// Without a security module, marks are put in place by nft: a number of its own choice.
#[test]
fn security_markings_are_copied_as_iptables_legacy_copies_them() {
    let script = r#"
        ip link set lo up
        nft -f - <<END
table ip marks {
    chain early {
        type filter hook output priority -190;
        udp dport { 1001, 1002, 1005, 2001, 2002, 2005 } ct secmark set numgen inc mod 1 offset 5 meta secmark set ct secmark
        udp dport { 1003, 1004, 2003, 2004 } ct secmark set numgen inc mod 1 offset 9
        udp dport { 1002, 1005, 2002, 2005 } ct secmark set numgen inc mod 1 offset 9
        udp dport { 1001, 2001 } ct secmark set numgen inc mod 1 offset 0
    }
    chain late {
        type filter hook output priority 0;
    }
}
END
        for port in 1001 1002 1003; do
            iptables-legacy -t mangle -A OUTPUT -p udp --dport $port -j CONNSECMARK --save
            $NSFW rule add -t mangle OUTPUT -p udp --dport $((port + 1000)) -j CONNSECMARK --save
        done
        for port in 1004 1005 1006; do
            iptables-legacy -t mangle -A OUTPUT -p udp --dport $port -j CONNSECMARK --restore
            $NSFW rule add -t mangle OUTPUT -p udp --dport $((port + 1000)) -j CONNSECMARK --restore
        done
        for start in 1000 2000; do
            for port in 1 2 3 4 5 6; do
                for mark in 0 5 9; do for connection in 0 5 9; do
                    nft "add rule ip marks late udp dport $((start + port)) meta secmark & 0xff == $mark \
                        ct secmark & 0xff == $connection counter comment \"$port: $mark $connection\""
                done; done
                bash -c "echo > /dev/udp/127.0.0.1/$((start + port))" 2>/dev/null || true
            done
            nft list chain ip marks late | sed -n "s/.*dport ${start%000}00[1-6] .*packets 1 .*comment \(.*\)/\1/p"
            echo ==
        done
    "#;
    let Some(out) = sandbox::run(script, &["iptables-legacy", "nft", "ip", "bash", "conntrack"]) else {
        return;
    };
    let (theirs, ours) = out.split_once("==\n").expect("two lists");
    assert_eq!(ours.trim_end_matches("==\n"), theirs);
    // Each with what packet and connection have behind the rule.
    let all = "\"1: 5 5\"\n\"2: 5 9\"\n\"3: 0 9\"\n\"4: 9 9\"\n\"5: 5 9\"\n\"6: 0 0\"\n";
    assert_eq!(theirs, all);
}
