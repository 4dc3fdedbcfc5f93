//! `nsfw probe` and `nsfw trace`: the whole way of a packet, in networks that stand.

mod sandbox;

/// The lab of two nodes, with rules that are loaded from a file in the second.
const LAB: &str = r#"
    cd "$(mktemp -d)"; $NSFW setup -q
    cat > count.rules <<END
*filter
:INPUT ACCEPT [0:0]
:COUNT - [0:0]
-A INPUT -p tcp --dport 22 -j DROP
-A INPUT -p udp --dport 53 -j REJECT
-A INPUT -j COUNT
-A COUNT -d 192.168.2.1 -j RETURN
COMMIT
END
    $NSFW -n test-2 restore count.rules
    probe() { $NSFW probe --from test-1 --to 192.168.2.1 "$@" | sed "s|$PWD/||"; }
    code() { $NSFW probe --from test-1 --to 192.168.2.1 "$@" >/dev/null 2>&1 && echo 0 || echo $?; }
"#;

fn in_lab(script: &str) -> Option<String> {
    sandbox::run(&format!("{LAB}\n{script}"), &[])
}

#[test]
fn a_way_has_every_rule_with_its_line() {
    let Some(out) = in_lab("probe; code") else { return };
    let expected = "\
icmp 192.168.1.1 -> 192.168.2.1 type 8 code 0
test-1
  ip filter OUTPUT out eth0
    >     policy accept
test-2
  ip filter INPUT in eth0
        1 -p tcp -m tcp --dport 22 -j DROP                                                    count.rules:4
        2 -p udp -m udp --dport 53 -j REJECT --reject-with icmp-port-unreachable              count.rules:5
    >   3 -j COUNT                                                                jump COUNT  count.rules:6
    >       1 -d 192.168.2.1/32 -j RETURN                                         return      count.rules:7
    >     policy accept
accepted by test-2

in answer
  icmp 192.168.2.1 -> 192.168.1.1 type 0 code 0
  test-2
    ip filter OUTPUT out eth0
      >     policy accept
  test-1
    ip filter INPUT in eth0
      >     policy accept
  accepted by test-1
0
";
    assert_eq!(out, expected);
}

#[test]
fn fates_are_told_with_their_exit_codes() {
    let script = r"
        for packet in tcp/22 udp/53 tcp/443 47; do probe $packet | grep -E '^(dropped|rejected|accepted|the sender)'; code $packet; done
        probe tcp/443 --flags ack | grep -c '^in answer'
        $NSFW -n test-2 link set eth0 down; probe tcp/443 -W 0.1 | tail -1; code tcp/443 -W 0.1
    ";
    let Some(out) = in_lab(script) else { return };
    let expected = "\
dropped by test-2: rule 1 of INPUT
1
rejected by test-2: rule 2 of INPUT
the sender was told: icmp-port-unreachable
1
accepted by test-2
0
accepted by test-2
0
1
lost: it left test-1 by eth0, and nobody saw it arrive
1
";
    assert_eq!(out, expected);
}

#[test]
fn a_line_that_makes_several_rules_is_that_of_each() {
    let script = r#"
        printf '*filter\n-A INPUT -j ACCEPT\n-I INPUT -s 10.0.0.1,10.0.0.2 -p udp -m comment --comment "日本語" -j DROP\nCOMMIT\n' > i.rules
        $NSFW -n test-2 restore i.rules; probe | sed -n '/^test-2/,/^accepted/p'
    "#;
    let Some(out) = in_lab(script) else { return };
    let expected = r#"test-2
  ip filter INPUT in eth0
        1 -s 10.0.0.2/32 -p udp -m comment --comment "日本語" -j DROP          i.rules:3
        2 -s 10.0.0.1/32 -p udp -m comment --comment "日本語" -j DROP          i.rules:3
    >   3 -j ACCEPT                                                    accept  i.rules:2
accepted by test-2
"#;
    assert_eq!(out, expected);
}

#[test]
fn reports_of_groups_are_named() {
    let script = r#"
        $NSFW -n test-1 trace -c 1 -p icmpv6 --icmpv6-type 143 > traced 2> said & traced=$!
        until grep -q tracing said; do sleep 0.01; done
        $NSFW -n test-1 sysctl net.ipv6.conf.eth0.disable_ipv6=1 >/dev/null; $NSFW -n test-1 sysctl net.ipv6.conf.eth0.disable_ipv6=0 >/dev/null
        wait $traced; head -1 traced | grep -o 'icmpv6.* -> ff02::16 type 143 code 0'
    "#;
    let Some(out) = in_lab(script) else { return };
    assert!(out.starts_with("icmpv6 "), "{out}");
}

#[test]
fn lines_are_unknown_once_rules_or_file_have_changed() {
    let script = r"
        $NSFW -n test-2 rule add COUNT -j ACCEPT; probe | grep -E '^    .*(COUNT|RETURN)'
        echo >> count.rules; probe | grep -E '^    .*(COUNT|RETURN)'
        $NSFW teardown >/dev/null; ls /run/nsfw
    ";
    let Some(out) = in_lab(script) else { return };
    let [jump, ret, jump_later, ret_later, lock] = out.lines().collect::<Vec<_>>()[..] else { panic!("{out}") };
    assert!(jump.ends_with("jump COUNT  count.rules:6") && ret.ends_with("return      line unknown"), "{out}");
    assert!(jump_later.ends_with("jump COUNT  line unknown") && ret_later.ends_with("line unknown"), "{out}");
    assert_eq!(lock, "lock");
}

#[test]
fn a_probe_leaves_nothing_and_counts_once() {
    let script = r"
        probe >/dev/null; $NSFW -n test-2 ruleset | grep -c witness || true
        $NSFW -n test-2 counters --format iptables INPUT | head -1
        $NSFW --color=never probe --from test-1 --to 192.168.2.1 --format json | head -3
    ";
    let Some(out) = in_lab(script) else { return };
    let expected = "\
0
Chain INPUT (policy ACCEPT 1 packets, 36 bytes)
{
  \"schema\": \"nsfw.probe/1\",
  \"outcome\": \"accepted\",
";
    assert_eq!(out, expected);
}

#[test]
fn a_router_is_crossed_and_its_translation_is_seen() {
    let script = r"
        for n in lan fw net; do $NSFW netns add $n; $NSFW -n $n link set lo up; done
        $NSFW -n lan link add eth0 type veth peer name lan0 netns fw; $NSFW -n net link add eth0 type veth peer name net0 netns fw
        for end in lan/eth0/10.0.0.2 fw/lan0/10.0.0.1 fw/net0/203.0.113.1 net/eth0/203.0.113.2; do
            set -- $(echo $end | tr / ' '); $NSFW -n $1 addr add $3/24 dev $2; $NSFW -n $1 link set $2 up
        done
        $NSFW -n lan route add default via 10.0.0.1; $NSFW -n fw sysctl net.ipv4.ip_forward=1 >/dev/null
        $NSFW -n fw rule add -t nat POSTROUTING -o net0 -j MASQUERADE
        $NSFW -n lan probe --to 203.0.113.2 udp/9 | grep -vE 'policy accept'
    ";
    let Some(out) = in_lab(script) else { return };
    let expected = "\
udp 10.0.0.2:40000 -> 203.0.113.2:9
lan
fw
  ip nat PREROUTING in lan0
  ip nat POSTROUTING in lan0 out net0
    >   1 -o net0 -j MASQUERADE  accept
net
accepted by net

in answer
  icmp 203.0.113.2 -> 203.0.113.1 type 3 code 3
  net
  fw
  lan
  accepted by lan
";
    assert_eq!(out, expected);
}

#[test]
fn packets_are_traced_as_they_come() {
    let script = r#"
        $NSFW -n test-2 trace -c 2 -p tcp -m multiport --dports 22,23 > traced 2> said &
        until grep -q tracing said; do sleep 0.01; done
        # Another witness in the same namespace changes nothing.
        code tcp/80; code tcp/22; code tcp/23; wait
        sed "s|$PWD/||" traced; cat said
        # Who finds the old word would go on before the new trace has begun.
        rm said
        $NSFW -n test-2 trace -c 1 --format json -p icmp > traced 2> said &
        until grep -q tracing said; do sleep 0.01; done
        $NSFW -n test-1 ping -q -c 1 192.168.2.1 > /dev/null; wait; cut -c1-78 traced
    "#;
    let Some(out) = in_lab(script) else { return };
    let expected = "\
0
1
0
tcp 192.168.1.1:40000 -> 192.168.2.1:22 SYN
test-2
  ip filter INPUT in eth0
    >   1 -p tcp -m tcp --dport 22 -j DROP  drop  count.rules:4
dropped by test-2: rule 1 of INPUT

tcp 192.168.1.1:40000 -> 192.168.2.1:23 SYN
test-2
  ip filter INPUT in eth0
        1 -p tcp -m tcp --dport 22 -j DROP                                                    count.rules:4
        2 -p udp -m udp --dport 53 -j REJECT --reject-with icmp-port-unreachable              count.rules:5
    >   3 -j COUNT                                                                jump COUNT  count.rules:6
    >       1 -d 192.168.2.1/32 -j RETURN                                         return      count.rules:7
    >     policy accept
accepted by test-2

tracing in test-2
{\"schema\":\"nsfw.trace/1\",\"packet\":\"icmp 192.168.1.1 -> 192.168.2.1 type 8 code
";
    assert_eq!(out, expected);
}

#[test]
fn what_cannot_be_followed_is_refused() {
    let script = r"
        try() { $NSFW -n test-2 --color=never $@ 2>&1 && echo no error || echo $?; }
        try trace -m conntrack --ctstate NEW; try trace -j DROP; try trace -t nat -p tcp; try trace --foo
        try probe --to 192.168.1.1 tcp; try probe --to 192.168.1.1 tcp/1 --flags sin; try probe --to fd00::1; try probe --to fe80::1
        try probe --from test-1 --to 192.168.1.1; try probe --to 192.168.1.1 icmp --source-port 1
    ";
    let Some(out) = in_lab(script) else { return };
    let errors: Vec<_> = out.lines().filter(|line| !line.starts_with(' ') && !line.starts_with("help:")).collect();
    let expected = [
        "error: connection tracking has not seen the packet where a trace begins",
        "2",
        "error: a filter decides nothing",
        "2",
        "error: a filter has no table and no counters",
        "2",
        "error: unknown option \"--foo\"",
        "2",
        "error: a packet of tcp needs a port",
        "2",
        "error: \"sin\" are no flags of TCP",
        "2",
        "error: cannot reach fd00::1: Network is unreachable",
        "3",
        "error: cannot reach fe80::1: Invalid argument",
        "3",
        "error: -n and --from both name the sender",
        "2",
        "error: such a packet has no ports",
        "2",
    ];
    assert_eq!(errors, expected);
}

#[test]
fn reasons_are_told_and_agree_with_the_kernel() {
    let script = r#"
        $NSFW -n test-2 flush INPUT
        add() { $NSFW -n test-2 rule add INPUT "$@" -j ACCEPT; }
        add -m conntrack --ctstate RELATED,ESTABLISHED; add -i lo; add ! -s 192.168.1.1; add -p udp --dport 53
        add -p tcp --dport 1:20; add -p tcp -m multiport --dports 80,8000:8100; add -p tcp --tcp-flags SYN,ACK ACK
        add -m mark --mark 5; add -m ttl --ttl-lt 10; add -m length --length 1000:2000
        add -i eth0 -s 192.168.1.0/24 -p tcp --dport 81; add -s 10.0.0.0/8; add -m dscp --dscp 10
        add -m addrtype --src-type BROADCAST; add -m statistic --mode random --probability 0; add -p tcp --dport 22
        probe tcp/22 --explain | grep -o "([^)]*)\|> *16 .*"
        probe tcp/22 --explain --format json | grep -c '"why": "not '
    "#;
    let Some(out) = in_lab(script) else { return };
    let expected = "\
(not ct state established,related: ct state == new)
(not iifname \"lo\": iifname \"eth0\")
(not ip saddr != 192.168.1.1: ip saddr 192.168.1.1)
(not meta l4proto udp: meta l4proto tcp)
(not tcp dport 1-20: tcp dport 22)
(not tcp dport { 80, 8000-8100 }: tcp dport 22)
(not tcp flags ack / syn,ack: tcp flags == syn)
(not meta mark 0x00000005: meta mark 0x00000000)
(not ip ttl < 10: ip ttl 64)
(not meta length 1000-2000: meta length 40)
(not tcp dport 81: tcp dport 22)
(not ip saddr 10.0.0.0/8: ip saddr 192.168.1.1)
(not ip dscp af11: ip dscp cs0)
(not decidable here: fib saddr type broadcast)
(not decidable here: meta random & 2147483647 < 0)
> 16 -p tcp -m tcp --dport 22 -j ACCEPT accept line unknown
15
";
    let squeezed: Vec<_> = out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let expected: Vec<_> = expected.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(squeezed, expected);
}

#[test]
fn named_sets_are_looked_in_unless_they_change() {
    let script = r#"
        $NSFW exec test-2 -- nft -f - <<END
table ip sets {
    set hosts { type ipv4_addr; elements = { 192.168.1.7, 192.168.1.8 }; }
    set nets { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.168.1.0-192.168.1.99 }; }
    set none { type ipv4_addr; }
    set banned { type ipv4_addr; flags timeout; elements = { 192.168.1.7 timeout 1h }; }
    map ports { type inet_service : verdict; elements = { 80 : drop, 443 : accept }; }
    map marks { type inet_service : mark; elements = { 22 : 5 }; }
    chain input {
        type filter hook input priority 0;
        ip saddr @hosts drop
        ip saddr @none drop
        ip saddr != @nets drop
        ip saddr @banned drop
        tcp dport vmap @ports
        meta mark set tcp dport map @marks
        ip saddr @nets accept
    }
}
END
        $NSFW probe --from test-1 --to 192.168.2.1 tcp/22 --explain | grep -A 7 'sets input'
    "#;
    let Some(out) = sandbox::run(&format!("{LAB}\n{script}"), &["nft"]) else { return };
    let squeezed: Vec<_> = out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let expected = [
        "ip sets input in eth0",
        "1 ip saddr @hosts drop (not ip saddr @hosts: ip saddr 192.168.1.1)",
        "2 ip saddr @none drop (not ip saddr @none: ip saddr 192.168.1.1)",
        "3 ip saddr != @nets drop (not ip saddr != @nets: ip saddr 192.168.1.1)",
        "4 ip saddr @banned drop (not decidable here: ip saddr @banned)",
        "5 tcp dport vmap @ports (not tcp dport vmap @ports: tcp dport 22)",
        "> 6 meta mark set tcp dport map @marks continue",
        "> 7 ip saddr @nets accept accept",
    ];
    assert_eq!(squeezed, expected);
}

#[test]
fn what_is_dropped_where_nobody_watches_is_not_known() {
    let script = r#"
        far() { $NSFW exec test-2 -- nft "$@"; }
        far add table netdev t; far "add chain netdev t early { type filter hook ingress device eth0 priority 0; }"
        far add rule netdev t early udp dport 99 drop
        code udp/99; code udp/98
        $NSFW probe --from test-1 --to 192.168.2.1 udp/99 2>&1 >/dev/null || true
    "#;
    let Some(out) = sandbox::run(&format!("{LAB}\n{script}"), &["nft"]) else { return };
    assert!(out.starts_with("3\n0\nerror: chain early of table netdev t is at eth0 of test-2"), "{out}");
    assert!(out.contains("help: write the rule in a table of ip, ip6, inet or bridge"), "{out}");
}

#[test]
fn rules_of_iptables_nft_are_reasoned_about_and_reject() {
    let script = r#"
        $NSFW -n test-2 flush INPUT
        add() { $NSFW exec test-2 -- iptables-nft -A INPUT "$@"; }
        add -m ttl --ttl-lt 10 -j ACCEPT; add -p tcp -m length --length 1000:2000 -j ACCEPT
        add -m conntrack --ctstate ESTABLISHED -j ACCEPT; add -m iprange --src-range 10.0.0.1-10.0.0.9 -j ACCEPT
        add -p tcp --dport 22 -j REJECT --reject-with icmp-host-prohibited
        probe tcp/22 --explain | grep -o "([^)]*)\|rejected.*"
    "#;
    let Some(out) = sandbox::run(&format!("{LAB}\n{script}"), &["iptables-nft"]) else { return };
    let expected = "\
(not ip ttl < 10: ip ttl 64)
(not meta length 1000-2000: meta length 40)
(not ct state established: ct state == new)
(not ip saddr 10.0.0.1-10.0.0.9: ip saddr 192.168.1.1)
";
    assert!(out.starts_with(expected), "{out}");
    assert!(out[expected.len()..].starts_with("rejected"), "{out}");
}
