//! Rules that nft itself made, in iptables' words: what they are listed as, and that what is saved of them is the same rule
//! again once it is restored.

mod sandbox;

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A rule in nft's words, in iptables' words, and in nft's words once the saved file was restored.
struct Row {
    family: &'static str,
    table: &'static str,
    nft: &'static str,
    words: &'static str,
    again: &'static str,
}

/// `FAMILY TABLE | nft's words | iptables' words | nft's words again`, the last ones only where they differ.
const ROWS: &[&str] = &[
    "ip filter | meta skuid 0 counter accept | -m owner --uid-owner 0 -j ACCEPT",
    "ip filter | meta skuid != 3-5 meta skgid 7 counter | -m owner ! --uid-owner 3-5 --gid-owner 7",
    "ip filter | meta skuid >= 1000 counter | -m owner --uid-owner 1000-4294967294 | meta skuid 1000-4294967294 counter",
    "ip filter | meta skuid < 1000 counter | -m owner --uid-owner 0-999 | meta skuid 0-999 counter",
    "ip filter | meta skuid >= 0 counter | -m owner --socket-exists",
    "ip filter | meta rtclassid 0x3 counter | -m realm --realm 0x3",
    "ip filter | meta rtclassid & 0x0000002a != 0x1 counter | -m realm ! --realm 0x1/0x2a",
    "ip filter | iifgroup 0x5 counter | -m devgroup --src-group 0x5",
    "ip filter | iifgroup 0x1 oifgroup & 0x000000ff != 0x5 counter | -m devgroup --src-group 0x1 ! --dst-group 0x5/0xff",
    "ip filter | quota over 16 bytes counter drop | -m quota ! --quota 16 -j DROP",
    "ip filter | quota 100 bytes ip saddr 10.0.0.1 counter | ",
    "ip filter | numgen inc mod 3 1 counter | -m statistic --mode nth --every 3 --packet 1",
    "ip filter | numgen inc mod 5 != 0 counter | -m statistic --mode nth ! --every 5 --packet 0",
    "ip filter | numgen inc mod 5 < 2 counter | ",
    "ip filter | numgen inc mod 5 offset 1 2 counter | ",
    "ip filter | meta random & 2147483647 < 536870912 counter \
     | -m statistic --mode random --probability 0.25000000000",
    "ip filter | numgen random mod 2147483648 < 536870912 counter \
     | -m statistic --mode random --probability 0.25000000000 | meta random & 2147483647 < 536870912 counter",
    "ip filter | numgen random mod 4 != 3 counter \
     | -m statistic --mode random ! --probability 0.25000000000 | meta random & 2147483647 >= 536870912 counter",
    "ip filter | numgen random mod 10 < 3 counter | ",
    "ip filter | tcp option maxseg size 100-200 counter | -p tcp -m tcpmss --mss 100:200",
    "ip filter | udp dport 5 tcp option maxseg size 100 counter | ",
    "ip mangle | tcp flags syn / fin,syn,rst,ack counter tcp option maxseg size set 1400 \
     | -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j TCPMSS --set-mss 1400",
    "ip mangle | tcp flags syn / syn,rst counter tcp option maxseg size set rt mtu \
     | -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu",
    "ip mangle | meta l4proto tcp counter tcp option maxseg size set rt mtu | ",
    "ip filter | tcp flags cwr ip ecn ect1 counter | -p tcp -m ecn --ecn-tcp-cwr --ecn-ip-ect 1",
    "ip filter | tcp flags != ecn counter | ",
    "ip filter | ip ecn != not-ect counter | -m ecn ! --ecn-ip-ect 0",
    "ip6 filter | ip6 ecn ect0 counter | -m ecn --ecn-ip-ect 2",
    "ip filter | ct bytes >= 5 counter | -m connbytes --connbytes 5 --connbytes-mode bytes --connbytes-dir both",
    "ip filter | ct original packets < 5 counter \
     | -m connbytes ! --connbytes 5 --connbytes-mode packets --connbytes-dir original",
    "ip filter | ct reply avgpkt 5-9 counter | -m connbytes --connbytes 5:9 --connbytes-mode avgpkt --connbytes-dir reply",
    "ip filter | meta length 0-64 counter | -m length --length 0:64",
    "ip filter | meta length < 64 counter | -m length --length 0:63 | meta length 0-63 counter",
    "ip filter | meta length > 64 counter | -m length ! --length 0:64 | meta length != 0-64 counter",
    "ip filter | meta length >= 64 counter | -m length ! --length 0:63 | meta length != 0-63 counter",
    "ip filter | meta hour \"08:00\"-\"18:30\" counter \
     | -m time --timestart 08:00:00 --timestop 18:30:00 --datestop 2038-01-19T03:14:07",
    "ip filter | meta hour != \"06:00\"-\"22:00\" counter \
     | -m time --timestart 22:00:01 --timestop 05:59:59 --datestop 2038-01-19T03:14:07",
    "ip filter | meta day { \"Sunday\", \"Tuesday\" } counter | -m time --weekdays Tue,Sun --datestop 2038-01-19T03:14:07",
    "ip filter | meta day \"Sunday\" counter | -m time --weekdays Sun --datestop 2038-01-19T03:14:07",
    "ip filter | meta time \"2024-02-01 00:00:00\"-\"2024-02-29 12:30:00\" meta hour \"08:00\"-\"18:30\" counter \
     | -m time --timestart 08:00:00 --timestop 18:30:00 --datestart 2024-02-01T00:00:00 --datestop 2024-02-29T12:30:00",
    "ip filter | meta time >= \"2024-02-01 00:00:00\" counter | ",
    "ip raw | fib saddr . iif oif 0 counter drop | -m rpfilter --invert -j DROP",
    "ip raw | fib saddr . iif oif missing counter drop | -m rpfilter --invert -j DROP | fib saddr . iif oif 0 counter drop",
    "ip6 mangle | fib saddr . mark oif != 0 counter | -m rpfilter --loose --validmark",
    "ip raw | fib daddr . iif oif 0 counter drop | ",
    "ip filter | log level audit counter | -j AUDIT --type accept | counter log level audit",
    "ip filter | log prefix \"x\" group 5 counter | -j NFLOG --nflog-prefix x --nflog-group 5 \
     | counter log prefix \"x\" group 5",
    "ip filter | counter log group 5 | -j NFLOG --nflog-group 5",
    "ip filter | log group 5 counter drop | ",
    "ip filter | meta l4proto tcp counter synproxy mss 1460 wscale 9 timestamp sack-perm \
     | -p tcp -j SYNPROXY --sack-perm --timestamp --wscale 9 --mss 1460 \
     | ip protocol tcp counter synproxy mss 1460 wscale 9 timestamp sack-perm",
    "ip filter | ct direction reply ct state related counter | -m conntrack --ctstate RELATED --ctdir REPLY",
    "ip filter | ct state invalid ct direction reply counter | -m conntrack --ctstate INVALID -m conntrack --ctdir REPLY",
    "ip filter | ct status expected,assured counter | -m conntrack --ctstatus EXPECTED,ASSURED",
    "ip filter | ct status ! seen-reply,confirmed counter | -m conntrack ! --ctstatus SEEN_REPLY,CONFIRMED",
    "ip filter | ct status == assured counter | ",
    "ip filter | ct protocol tcp ct expiration 5s-9s counter | -m conntrack --ctproto 6 --ctexpire 5:9",
    "ip filter | ct expiration 5ms counter | ",
    "ip filter | ct original ip saddr 10.0.0.0/8 ct reply ip daddr != 10.1.2.3 counter \
     | -m conntrack --ctorigsrc 10.0.0.0/8 ! --ctrepldst 10.1.2.3",
    "ip filter | meta l4proto tcp ct original proto-dst 80-90 counter \
     | -p tcp -m conntrack --ctorigdstport 80:90 | ip protocol tcp ct original proto-dst 80-90 counter",
    "ip filter | esp spi 5 counter | -p esp -m esp --espspi 5",
    "ip filter | tcp option 5 exists counter | -p tcp -m tcp --tcp-option 5",
    "ip filter | tcp option 8 missing counter | ",
    "ip filter | ct label 40 counter | -m connlabel --label \"40\"",
    "ip filter | ct label & 9 != 9 counter | -m connlabel ! --label \"9\"",
    "ip filter | ct label set 9 ct label & 9 == 9 counter | -m connlabel --label \"9\" --set",
    "ip filter | ct label & 3 == 0 counter | ",
    "ip filter | ct label set 8 ct label & 9 == 9 counter | ",
    "ip filter | meter x { ip saddr ct count over 5 } counter drop \
     | -m connlimit --connlimit-above 5 --connlimit-mask 32 --connlimit-saddr -j DROP \
     | meter __set0 size 65535 { ip saddr ct count over 5 } counter drop",
    "ip6 filter | meter x { ip6 daddr and ffff:ffff:ffff:ffff:: ct count 9 } counter \
     | -m connlimit --connlimit-upto 9 --connlimit-mask 64 --connlimit-daddr \
     | meter __set0 size 65535 { ip6 daddr & ffff:ffff:ffff:ffff:: ct count 9 } counter",
    "ip filter | ct count over 5 counter drop \
     | -m connlimit --connlimit-above 5 --connlimit-mask 0 --connlimit-saddr -j DROP \
     | meter __set0 size 65535 { ip saddr & 0.0.0.0 ct count over 5 } counter drop",
    "ip filter | meter x { ip saddr and 255.0.255.0 ct count over 5 } counter | ",
    "ip filter | meter b { ip saddr limit rate over 4/second burst 6 packets } counter \
     | -m hashlimit --hashlimit-above 4/sec --hashlimit-burst 6 --hashlimit-mode srcip --hashlimit-name b",
    "ip filter | meter e { ip daddr timeout 15s limit rate 64 kbytes/second } counter \
     | -m hashlimit --hashlimit-upto 64kb/s --hashlimit-mode dstip --hashlimit-name e",
    "ip filter | tcp dport 22 meter g { ip saddr and 255.255.255.0 . tcp dport timeout 60s limit rate over 3/minute } counter \
     | -p tcp -m tcp --dport 22 -m hashlimit --hashlimit-above 3/min --hashlimit-burst 5 --hashlimit-mode srcip,dstport \
     --hashlimit-name g --hashlimit-srcmask 24 \
     | tcp dport 22 meter g size 65535 { tcp dport . ip saddr & 255.255.255.0 timeout 1m limit rate over 3/minute } counter",
    "ip filter | meter h { ip saddr limit rate 3/minute } counter | ",
    "ip filter | meter h size 10 { ip saddr limit rate 3/second } counter | ",
    "ip filter | meter h { meta iif limit rate 3/second } counter | ",
    "ip6 mangle | counter ip6 hoplimit set 5 | -j HL --hl-set 5",
    "ip6 filter | exthdr hbh exists counter | -m hbh",
    "ip6 filter | exthdr hbh missing counter | -m ipv6header ! --header hop-by-hop --soft",
    "ip6 filter | dst hdrlength 2 counter | -m dst --dst-len 24",
    "ip6 filter | rt type 0 rt seg-left 1-5 counter | -m rt --rt-type 0 --rt-segsleft 1:5",
    "ip6 filter | exthdr rt exists counter | -m rt",
    "ip6 filter | frag id 5-9 frag frag-off 0 frag more-fragments 1 counter | -m frag --fragid 5:9 --fragfirst --fragmore",
    "ip6 filter | frag reserved2 0 counter | ",
    "ip6 filter | mh type != 0-1 counter | -p mobility-header -m mh ! --mh-type 0:1",
];

fn rows() -> Vec<Row> {
    let row = |text: &&'static str| {
        let mut parts = text.split(" |").map(str::trim);
        let mut next = || parts.next().unwrap_or_default();
        let (place, nft, words, again) = (next(), next(), next(), next());
        let (family, table) = place.split_once(' ').expect("a family and a table");
        Row { family, table, nft, words, again }
    };
    ROWS.iter().map(row).collect()
}

/// What stands behind `@@ NUMBER`.
fn answers(out: &str) -> BTreeMap<usize, Vec<&str>> {
    let parts = out.split("@@ ").filter_map(|part| part.split_once('\n'));
    parts.map(|(number, text)| (number.parse().expect("a number"), text.lines().map(str::trim).collect())).collect()
}

#[test]
fn rules_of_nft_are_listed_in_iptables_words_and_come_back_as_they_were() {
    let rows = rows();
    let mut script = String::new();
    for (number, Row { family, table, nft, .. }) in rows.iter().enumerate() {
        let chain = format!("{family} {table} USER");
        let flag = if *family == "ip" { "-4" } else { "-6" };
        writeln!(
            script,
            "echo '@@ {number}'; nft add table {family} {table}; nft add chain {chain}
             nft 'add rule {chain} {nft}'
             nft -s list chain {chain} | sed -n 3p
             $NSFW rule list {flag} -t {table} USER | tail -n 1
             $NSFW save {flag} > /run/saved 2>/dev/null || true; nft flush ruleset; $NSFW restore {flag} /run/saved >/dev/null 2>&1 || true
             nft -s list chain {chain} 2>/dev/null | sed -n 3p; nft flush ruleset"
        )
        .expect("a string grows");
    }
    let Some(out) = sandbox::run(&script, &["nft"]) else { return };
    let found = answers(&out);
    let mut wrong = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let Row { family, table, nft, words, again } = row;
        let said = match *words {
            "" => format!("# nft: add rule {family} {table} USER "),
            words => format!("-A USER {words}"),
        };
        let right = match found[&number].as_slice() {
            [_, listed, ..] if words.is_empty() => listed.starts_with(&said),
            [made, listed, back] => *listed == said && back == if again.is_empty() { made } else { again },
            _ => false,
        };
        if !right {
            wrong.push(format!("{nft}\n  {said}\n  {again}\nbecame {:#?}", found[&number]));
        }
    }
    assert!(wrong.is_empty(), "{} of {} rules:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}
