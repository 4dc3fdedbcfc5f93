//! Counters in a kernel: they equal those of iptables-legacy under the same packets, `--zero` loses none, a disturbed read
//! is whole or refused, and JSON and CSV hold what they promise.

mod sandbox;

use serde_json::Value;

/// A pair of namespaces, client c$1 and server s$1, the same for both firewalls. Neighbours are permanent: nothing but
/// the test's packets passes.
const PAIRS: &str = r#"
    iptables-legacy -S >/dev/null 2>&1 || { echo "this kernel has no legacy iptables" >&2; exit 77; }
    pair() {
        ip netns add c$1; ip netns add s$1
        ip -n c$1 link add eth0 address 02:00:00:00:00:01 type veth \
            peer name eth0 address 02:00:00:00:00:02 netns s$1
        ip -n c$1 addr add 10.0.0.1/24 dev eth0; ip -n s$1 addr add 10.0.0.2/24 dev eth0
        ip netns exec s$1 sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0 \
            net.ipv4.conf.default.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0
        for end in c$1 s$1; do ip -n $end link set lo up; ip -n $end link set eth0 up; done
        ip -n c$1 route add 10.9.0.0/16 via 10.0.0.2; ip -n s$1 route add 10.9.0.0/16 via 10.0.0.1
    }
    pair n; pair l
    new() { $NSFW -n sn chain add $1 $V; ip netns exec sl $LEGACY -N $1; }
    rule() { $NSFW -n sn rule add $V "$@"; ip netns exec sl $LEGACY -A "$@"; }
    policy() { $NSFW -n sn chain policy $V $1 $2; ip netns exec sl $LEGACY -P $1 $2; }
    show() {
        for options in "" -x --line-numbers "-x --line-numbers"; do
            $NSFW -n sn counters $V --format iptables $options; echo; done
        echo ==
        for options in "" -x --line-numbers "-x --line-numbers"; do
            ip netns exec sl $LEGACY -vnL $options; echo; done
    }
    udp() { ip netns exec $1 bash -c "printf %${4}s x >/dev/udp/$2/$3" 2>/dev/null || true; }
    syn() { ip netns exec $1 timeout 0.5 bash -c ": >/dev/tcp/$2/$3" 2>/dev/null || true; }
    echoes() { $NSFW -n $1 ping -q -c $3 -i 0.01 -W 0.1 $2 >/dev/null || true; }
"#;

/// The prot column has names since iptables 1.8.10; older ones print numbers.
fn name_protocol(line: &str, numbered: bool) -> String {
    const NAMES: [(&str, &str); 5] = [("0", "all"), ("1", "icmp"), ("6", "tcp"), ("17", "udp"), ("58", "icmpv6")];
    let words: Vec<&str> = line.split_whitespace().collect();
    let first = words.first().is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    if !first {
        return line.to_owned();
    }
    let target = if numbered { 3 } else { 2 };
    for word in words.iter().skip(target).take(2) {
        if let Some((number, name)) = NAMES.iter().find(|(number, _)| number == word) {
            let old = format!(" {number:<4} -- ");
            let at = line.find(&old).expect("the column is padded");
            return format!("{} {name:<4} -- {}", &line[..at], &line[at + old.len()..]);
        }
    }
    line.to_owned()
}

fn compare(script: &str) -> Option<String> {
    let tools = ["ip", "iptables-legacy", "ip6tables-legacy", "sysctl", "bash", "timeout"];
    let out = sandbox::run(&format!("{PAIRS}\n{script}"), &tools)?;
    let (ours, theirs) = out.split_once("==\n").expect("two listings");
    let mut numbered = false;
    let theirs: String = theirs
        .lines()
        .map(|line| {
            if line.contains("pkts") {
                numbered = line.starts_with("num");
            }
            name_protocol(line, numbered) + "\n"
        })
        .collect();
    for (our, their) in ours.lines().zip(theirs.lines()) {
        assert_eq!(our, their, "{ours}");
    }
    assert_eq!(ours, theirs);
    Some(theirs)
}

#[test]
fn ipv4_counts_what_iptables_legacy_counts() {
    let script = r#"
        V=-4 LEGACY=iptables-legacy
        new COUNT; new SIDE; new EMPTY
        rule INPUT -j COUNT
        rule COUNT -s 10.0.0.1 -p icmp --icmp-type 8 -j RETURN
        rule COUNT -p udp -g SIDE
        rule COUNT -p tcp -m tcp --dport 20:30
        rule SIDE -p udp -m multiport --dports 53,67:68 -j DROP
        rule SIDE ! -s 10.0.0.0/8 -j DROP
        rule SIDE -i eth+
        rule INPUT -p udp --dport 99 -j ACCEPT
        rule INPUT -p tcp --syn --dport 25 -j DROP
        rule INPUT -m conntrack --ctstate NEW -p tcp
        rule INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
        rule OUTPUT -p tcp --tcp-flags RST RST
        rule OUTPUT -m state --state ESTABLISHED
        rule FORWARD -d 10.9.1.0/24 -j ACCEPT
        rule EMPTY -c 99999 100000 -j ACCEPT
        rule EMPTY -c 123456 12345678901 -m comment --comment "large figures"
        rule EMPTY -c 9999500 99999999999999 -j REJECT
        rule INPUT -p tcp -m multiport --dports 22,7 -j ACCEPT
        policy FORWARD DROP
        policy INPUT DROP
        for end in n l; do
            echoes c$end 10.0.0.2 5; echoes s$end 10.0.0.1 2; echoes c$end 10.9.1.1 1; echoes c$end 10.9.2.1 2
            for port in 53 68 99 1000; do udp c$end 10.0.0.2 $port 30; done
            for port in 22 25 80; do syn c$end 10.0.0.2 $port; done
            syn s$end 127.0.0.1 7
            udp c$end 10.0.0.2 2000 7
        done
        show
    "#;
    let Some(listing) = compare(script) else { return };
    assert!(!listing.contains("INPUT (policy DROP 0") && !listing.contains("OUTPUT (policy ACCEPT 0"), "{listing}");
    assert!(listing.contains("Chain FORWARD (policy DROP 2 packets, 168 bytes)"), "{listing}");
    assert!(listing.contains("123K   12G"), "{listing}");
}

#[test]
fn ipv6_counts_what_ip6tables_legacy_counts() {
    // On the loopback device, where nobody asks for neighbours and routers.
    let script = r#"
        V=-6 LEGACY=ip6tables-legacy
        for end in sn sl; do ip -n $end link set eth0 down; done
        new COUNT
        rule INPUT -i lo -j COUNT
        rule COUNT -p icmpv6 --icmpv6-type echo-request -j RETURN
        rule COUNT -s ::1 -p udp --dport 53 -j DROP
        rule COUNT ! -d ::/64
        rule OUTPUT -p tcp --dport 25
        rule OUTPUT -c 100500 9999499 -s fe80::/10 -j ACCEPT
        for end in sn sl; do echoes $end ::1 4; udp $end ::1 53 9; udp $end ::1 54 9; syn $end ::1 25; done
        show
    "#;
    let Some(listing) = compare(script) else { return };
    assert!(listing.contains("101K 9999K"), "{listing}");
}

/// The sum of the packets of the records whose line holds `part`.
fn packets(csv: &str, part: &str) -> u64 {
    let records = csv.lines().filter(|line| line.contains(part));
    records.map(|line| line.split(',').nth(6).and_then(|cell| cell.parse::<u64>().ok()).expect("a figure")).sum()
}

#[test]
fn zeroing_loses_no_packet_and_counts_none_twice() {
    let script = r#"
        ip link set lo up
        $NSFW chain add COUNT; $NSFW chain add BUSY
        $NSFW rule add INPUT -p icmp --icmp-type 8 -j COUNT
        for rule in 1 2 3 4 5 6 7 8; do $NSFW rule add COUNT -d 127.0.0.$rule; done
        $NSFW rule add OUTPUT -p icmp --icmp-type 8
        ( while [ ! -e /run/done ]; do
            $NSFW rule add BUSY -j ACCEPT; $NSFW rule delete BUSY 1; done ) &
        ( $NSFW ping -q -f -c 20000 127.0.0.3 >/run/ping; touch /run/done ) &
        while [ ! -e /run/done ]; do $NSFW counters --zero --format csv; done
        wait
        $NSFW counters --zero --format csv
        echo ==; $NSFW counters -4 -t filter --format csv; cat /run/ping >&2
        grep -q '^20000 packets transmitted' /run/ping
    "#;
    let Some(out) = sandbox::run(script, &["ip"]) else { return };
    let (outputs, after) = out.split_once("==\n").expect("two parts");
    assert!(outputs.matches("netns,").count() > 3, "the traffic ended too early");
    assert_eq!(packets(outputs, ",INPUT,1,"), 20_000);
    assert_eq!(packets(outputs, ",OUTPUT,1,"), 20_000);
    assert_eq!(packets(outputs, ",COUNT,3,"), 20_000);
    assert_eq!(packets(outputs, ",COUNT,4,"), 0);
    assert_eq!(packets(after, ",ip,filter,INPUT,1,"), 0);
}

#[test]
fn only_what_is_named_is_zeroed_and_shown() {
    let script = "
        ip link set lo up
        $NSFW chain add COUNT; $NSFW rule add INPUT -j COUNT
        $NSFW rule add COUNT -d 127.0.0.1; $NSFW rule add COUNT -j RETURN
        $NSFW ping -q -c 1 127.0.0.1 >/dev/null
        $NSFW counters --zero COUNT 2 --format csv
        echo ==; $NSFW counters INPUT --zero --format csv
        echo ==; $NSFW counters --format csv
        for words in 'COUNT 3' 'COUNT 0' NONE '-t own'; do $NSFW counters --zero $words 2>&1 && exit 9; done
        true
    ";
    let Some(out) = sandbox::run(script, &["ip"]) else { return };
    let parts: Vec<&str> = out.split("==\n").collect();
    assert_eq!(parts[0].lines().count(), 3, "{out}");
    assert_eq!(packets(parts[0], ",COUNT,2,"), 2);
    assert_eq!(packets(parts[1], ",INPUT,"), 4);
    assert_eq!(packets(parts[2], ",INPUT,"), 0);
    assert_eq!(packets(parts[2], ",COUNT,1,"), 2);
    assert_eq!(packets(parts[2], ",COUNT,2,"), 0);
    assert!(parts[2].contains("error: chain COUNT has no rule 3: it has 2"), "{out}");
}

#[test]
fn a_disturbed_read_is_whole_or_refused() {
    // Two rulesets take turns, each in one transaction: every output is all of the one or all of the other.
    let script = r#"
        for mark in 1.1.1.1 2.2.2.2; do
            { echo 'table ip filter { chain INPUT { }; chain TAIL { }; }'
              echo 'flush table ip filter'
              for rule in $(seq 40); do
                echo "add rule ip filter INPUT ip saddr $mark counter"
                echo "add rule ip filter TAIL ip saddr $mark counter"
              done; } >/run/$mark
        done
        nft -f /run/1.1.1.1
        ( while [ ! -e /run/done ]; do nft -f /run/2.2.2.2; nft -f /run/1.1.1.1; done ) &
        for read in $(seq 150); do
            code=0; $NSFW counters --format csv 2>/run/error || code=$?
            echo "== $code"
            [ $code = 0 ] || grep -q '^error: ' /run/error || exit 9
        done
        touch /run/done; wait
    "#;
    let Some(out) = sandbox::run(script, &["nft"]) else { return };
    let mut whole = 0;
    let mut text = String::new();
    for line in out.lines() {
        let Some(code) = line.strip_prefix("== ") else {
            text.push_str(line);
            text.push('\n');
            continue;
        };
        let text = std::mem::take(&mut text);
        if code == "3" {
            assert_eq!(text, "");
            continue;
        }
        assert_eq!(code, "0");
        let marks = ["-s 1.1.1.1/32,", "-s 2.2.2.2/32,"].map(|mark| text.matches(mark).count());
        assert!(marks == [80, 0] || marks == [0, 80], "{marks:?}\n{text}");
        whole += 1;
    }
    assert!(whole > 0, "no read of 150 came through");
}

#[test]
fn json_is_the_schema_to_the_letter() {
    let script = "
        ip link set lo up
        $NSFW chain add COUNT; $NSFW rule add INPUT -j COUNT; $NSFW rule add COUNT -d 192.168.2.1 -j RETURN
        $NSFW ping -q -c 1 127.0.0.1 >/dev/null
        $NSFW counters --format json
    ";
    let Some(out) = sandbox::run(script, &["ip"]) else { return };
    let base = |name: &str, hook: &str, packets: u32, rules: &str| {
        let bytes = packets * 84;
        format!(
            r#"{{"name":"{name}","hook":"{hook}","priority":0,"policy":"ACCEPT","packets":{packets},"bytes":{bytes},"references":0,"rules":[{rules}]}}"#
        )
    };
    let jump = r#"{"number":1,"handle":5,"packets":2,"bytes":168,"target":"COUNT","spec":"-j COUNT","nft":"counter packets 2 bytes 168 jump COUNT"}"#;
    let rule = r#"{"number":1,"handle":6,"packets":0,"bytes":0,"target":"RETURN","spec":"-d 192.168.2.1/32 -j RETURN","nft":"ip daddr 192.168.2.1 counter packets 0 bytes 0 return"}"#;
    let user = format!(
        r#"{{"name":"COUNT","hook":null,"priority":null,"policy":null,"packets":null,"bytes":null,"references":1,"rules":[{rule}]}}"#
    );
    let chains = [base("INPUT", "input", 2, jump), base("FORWARD", "forward", 0, ""), base("OUTPUT", "output", 2, "")];
    let expected = format!(
        r#"{{"schema":"nsfw.counters/1","netns":[{{"name":"-","tables":[{{"family":"ip","name":"filter","chains":[{},{user}]}}]}}]}}"#,
        chains.join(",")
    );
    assert_eq!(out.trim_end(), expected);
}

#[test]
fn chains_of_others_have_no_policy_counters_until_they_get_a_policy() {
    let script = "
        ip link set lo up
        iptables-nft -A INPUT -p udp -j ACCEPT
        $NSFW counters --format json; $NSFW counters --format iptables
        $NSFW chain policy INPUT ACCEPT
        $NSFW ping -q -c 1 127.0.0.1 >/dev/null
        $NSFW counters INPUT --format json
    ";
    let Some(out) = sandbox::run(script, &["ip", "iptables-nft"]) else { return };
    let documents: Vec<Value> =
        out.lines().filter(|line| line.starts_with('{')).map(|line| line.parse().expect("JSON")).collect();
    let input = |document: &Value| {
        let chains = document["netns"][0]["tables"][0]["chains"].as_array().expect("chains").clone();
        chains.into_iter().find(|chain| chain["name"] == "INPUT").expect("INPUT")
    };
    assert_eq!(input(&documents[0])["packets"], Value::Null);
    assert_eq!(input(&documents[0])["bytes"], Value::Null);
    assert_eq!((&input(&documents[1])["packets"], &input(&documents[1])["bytes"]), (&2.into(), &168.into()));
    assert!(out.contains("INPUT had no counters and has them from now on\n"), "{out}");
    // iptables lists base chains that nobody has made as well.
    let headings: Vec<_> = out.lines().filter(|line| line.starts_with("Chain ")).collect();
    let heading = |chain: &str| format!("Chain {chain} (policy ACCEPT 0 packets, 0 bytes)");
    assert_eq!(headings, ["INPUT", "FORWARD", "OUTPUT"].map(heading));
}

#[test]
fn a_chain_is_shown_without_the_tables_that_have_none_of_its_name() {
    let script = r#"
        $NSFW chain add A; $NSFW chain add A -t nat; $NSFW chain add B -t mangle
        $NSFW rule add B -t mangle -c 3 18446744073709551615; $NSFW counters B; $NSFW counters B --format json
        timeout 1 $NSFW counters B --watch=0.2 | head -3
        $NSFW counters A | grep '^ip'
    "#;
    let Some(out) = sandbox::run(script, &[]) else { return };
    let expected = r#"ip mangle
chain  packets      bytes  target        prot  opt  in  out  source     destination  details
----------------------------------------------------------------------------------------------
B                          0 references
             3  18446744T                all   --   *   *    0.0.0.0/0  0.0.0.0/0
{"schema":"nsfw.counters/1","netns":[{"name":"-","tables":[{"family":"ip","name":"mangle","chains":[{"name":"B","hook":null,"priority":null,"policy":null,"packets":null,"bytes":null,"references":0,"rules":[{"number":1,"handle":7,"packets":3,"bytes":18446744073709551615,"target":null,"spec":"","nft":"counter packets 3 bytes 18446744073709551615"}]}]}]}]}
-: ip mangle
Chain B (0 references)
 pkts bytes   pkts/s  bytes/s target     prot opt in     out     source               destination
ip filter
ip nat
"#;
    assert_eq!(out, expected);
}

#[test]
fn several_namespaces_stand_under_headings_or_in_a_column() {
    // Where process 1 stands is the host: from there, all of the lab is shown.
    let script = r#"
        exec unshare --pid --fork --mount-proc sh -euc '
            $NSFW setup >/dev/null
            $NSFW -n test-2 rule add INPUT -m comment --comment "a, \"b\"" -j ACCEPT
            $NSFW counters -4 -t filter --format csv; $NSFW counters --format iptables | grep "^#"'
    "#;
    let Some(out) = sandbox::run(script, &[]) else { return };
    let expected = r##"netns,family,table,chain,number,handle,packets,bytes,target,spec,nft
test-1,ip,filter,INPUT,,1,0,0,ACCEPT,,
test-1,ip,filter,FORWARD,,2,0,0,ACCEPT,,
test-1,ip,filter,OUTPUT,,3,0,0,ACCEPT,,
test-2,ip,filter,INPUT,,1,0,0,ACCEPT,,
test-2,ip,filter,INPUT,1,4,0,0,ACCEPT,"-m comment --comment ""a, \""b\"""" -j ACCEPT","counter packets 0 bytes 0 accept comment ""a, ""b"""""
test-2,ip,filter,FORWARD,,2,0,0,ACCEPT,,
test-2,ip,filter,OUTPUT,,3,0,0,ACCEPT,,
# test-1
# test-2
"##;
    assert_eq!(out, expected);
}

#[test]
fn what_counts_beside_rules_is_counted_too() {
    let script = r#"
        nft -f - <<'END'
        table ip t {
            counter web { comment "hits"; }
            quota month { over 25 mbytes used 5 bytes; }
            set s { type ipv4_addr; counter; elements = { 127.0.0.1 comment "x", 127.0.0.2 } }
            set nets { type ipv4_addr; flags interval; counter; elements = { 127.0.0.0/30, 10.0.0.1-10.0.0.9 } }
            set plain { type ipv4_addr; flags interval; elements = { 1.0.0.0/8 } }
            chain c { type filter hook output priority 0; ip daddr @s ip daddr @nets counter name "web" quota name "month"; }
        }
END
        ip link set lo up
        $NSFW --host ping -c 3 -i 0.01 127.0.0.1 >/dev/null
        for format in json csv table; do $NSFW --host counters --format $format; echo '@@'; done
        $NSFW --host counters c --format json; echo '@@'
        $NSFW --host counters --format iptables
    "#;
    let Some(out) = sandbox::run(script, &["nft", "ip"]) else { return };
    let [json, csv, table, chain, iptables] = out.splitn(5, "@@\n").collect::<Vec<_>>()[..] else { panic!("{out}") };
    // Three requests and, as loopback has both sides in one namespace, three replies.
    let found: Value = serde_json::from_str(json).expect("JSON");
    let found = &found["netns"][0]["tables"][0];
    let [web, month] = [&found["counters"][0], &found["quotas"][0]];
    assert_eq!((&web["packets"], &web["bytes"], &web["comment"]), (&6.into(), &504.into(), &"hits".into()));
    assert_eq!((&month["bytes"], &month["used"], &month["over"]), (&26_214_400.into(), &509.into(), &true.into()));
    let elements: Vec<_> = found["elements"].as_array().expect("elements").iter().collect();
    let keys: Vec<_> = elements.iter().map(|element| (&element["set"], &element["key"], &element["packets"])).collect();
    let expected =
        [("s", "127.0.0.1", 6), ("s", "127.0.0.2", 0), ("nets", "10.0.0.1-10.0.0.9", 0), ("nets", "127.0.0.0/30", 6)];
    let expected = expected.map(|(set, key, packets)| (set.into(), key.into(), packets.into()));
    assert_eq!(keys, expected.iter().map(|(set, key, packets)| (set, key, packets)).collect::<Vec<_>>());
    let line = |name: &str| csv.lines().find(|line| line.contains(name)).expect("a record");
    assert!(line("counter name").starts_with("-,ip,t,,,") && line("counter name").contains(",6,504,counter,"), "{csv}");
    assert!(line("quota name").contains(",,509,quota,") && line("127.0.0.1 ").contains(",6,504,element,"), "{csv}");
    let row = |name: &str| table.lines().find(|line| line.starts_with(name)).expect("a row").split_whitespace();
    assert_eq!(row("web").collect::<Vec<_>>(), ["web", "6", "504", "counter", "/*", "hits", "*/"]);
    assert_eq!(row("@s").collect::<Vec<_>>(), ["@s", "6", "504", "element", "127.0.0.1", "/*", "x", "*/"]);
    assert!(!chain.contains("elements") && !iptables.contains("127.0.0.1"), "{chain}{iptables}");
}
