//! Matches on bytes of the packet count the very packets that iptables-legacy counts: where the bytes are there, where they
//! are others, and where the packet ends before them.

mod sandbox;

/// Two rules of the same words, `both` in each of iptables-legacy and nsfw; `udp PORT TEXT` sends.
const TOOLS: &str = r#"
    ip link set lo up
    both() { iptables-legacy -A OUTPUT "$@"; $NSFW rule add OUTPUT "$@"; }
    both6() { ip6tables-legacy -A OUTPUT "$@"; $NSFW rule add -6 OUTPUT "$@"; }
    udp() { bash -c "printf '%b' '$2' > /dev/udp/127.0.0.1/$1" 2>/dev/null || true; }
    udp6() { bash -c "printf '%b' '$2' > /dev/udp/::1/$1" 2>/dev/null || true; }
"#;

/// The packets that each of a chain's rules has counted: first by iptables-legacy, then by nsfw's own rules.
const COUNTED: &str = r#"
    counted() { "$1" -vnxL OUTPUT | awk 'NR > 2 && NF { print $1 }'; }
    counted iptables-legacy; counted ip6tables-legacy; echo ==
    for family in ip ip6; do
        nft list chain $family filter OUTPUT | grep -o 'packets [0-9]*' | cut -d' ' -f2
    done
"#;

/// Adds these rules to both, sends, and holds the counts against each other; returns them.
fn counts(rules_and_packets: &str) -> Option<Vec<u32>> {
    let script = format!("{TOOLS}{rules_and_packets}{COUNTED}");
    let tools = ["iptables-legacy", "ip6tables-legacy", "nft", "ip", "bash", "python3"];
    let out = sandbox::run(&script, &tools)?;
    let (theirs, ours) = out.split_once("==\n").expect("two listings");
    assert_eq!(ours, theirs);
    Some(ours.lines().map(|packets| packets.parse().expect("a number")).collect())
}

#[test]
fn text_is_found_at_its_place_alone() {
    // The payload begins 28 bytes into a datagram of IPv4, 48 into one of IPv6.
    let rules = r#"
        for algorithm in bm kmp; do
            both -m string --algo $algorithm --string GET --from 28 --to 31
            both -m string --algo $algorithm --string GET --from 29 --to 32
            both -m string --algo $algorithm --string get --from 28 --to 31 --icase
            both -m string --algo $algorithm --hex-string 'G|45|T|20 2f|' --from 28 --to 33
            both -m string --algo $algorithm --hex-string '|e4|' --from 28 --to 29 --icase
            both -m string --algo $algorithm --hex-string '|ff|' --from 28 --to 29 --icase
            both -m length --length 31: -m string --algo $algorithm ! --string GET --from 28 --to 31
            both -m string --algo $algorithm ! --hex-string '|11|' --from 9 --to 10
            both -m string --algo $algorithm --string 'GET /index.html HTTP/1.0' --from 28 --to 52
        done
        both6 -m string --algo bm --string GET --from 48 --to 51
        for text in GET 'GET /' get gEt ET xGET GE '' 'GOT ' '\xe4' '\xc4' '\xe5' '\xff' '\xdf' \
            'GET /index.html HTTP/1.0' 'GET /index.html HTTP/1.1'; do
            udp 9 "$text"; udp6 9 "$text"
        done
    "#;
    let Some(counts) = counts(rules) else { return };
    assert_eq!(counts[..9], counts[9..18], "the algorithms find the same");
    assert!(counts.len() == 19 && counts.iter().all(|&packets| packets > 0), "{counts:?}");
}

/// `raw` sends packets of IPv4 to 127.0.0.1, one for each line PROTOCOL FRAGMENT OPTIONS PAYLOAD: with this fragment word, so
/// many words of options (no-ops) and this payload, in hexadecimal.
const RAW: &str = r#"
    raw() { python3 -c '
import socket, struct, sys
wire = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
for line in filter(str.strip, sys.stdin):
    protocol, fragment, options, payload = (line.split(None, 3) + [""])[:4]
    length, payload = 20 + 4 * int(options), bytes.fromhex(payload)
    host = bytes([127, 0, 0, 1])
    head = struct.pack("!BBHHHBBH4s4s", 0x40 | length // 4, 0, length + len(payload), 7, int(fragment, 0), 64,
                       int(protocol), 0, host, host)
    wire.sendto(head + bytes([1]) * (length - 20) + payload, ("127.0.0.1", 0))
'; }
"#;

#[test]
fn programs_over_bytes_count_as_iptables_legacy_does() {
    // A header of TCP with six words, data behind it.
    let tcp = "0009 0050 00000001 00000000 6002 2000 0000 0000 02040050";
    let rules = format!(
        r#"{RAW}
        both -m u32 --u32 '6&0xFF=6'
        both -m u32 --u32 '6 & 0xFF = 17 && 4 & 0x3FFF = 0 && 0 >> 22 & 0x3C @ 0 >> 24 = 0'
        both -p tcp -m u32 --u32 '4&0x1FFF=0 && 0>>22&0x3C@12>>26&0x3C@0=0x47455420:0x4745542f,0x504f5354'
        both -m u32 --u32 '6&0xFF=6 && 4&0x1FFF=0 && 0>>22&0x3C@12>>26&0x3C@4>>16&0xff=0x2f'
        both ! -f -m u32 --u32 '0>>22&0x3C@0>>16=9'
        both -m u32 --u32 '28=0'
        both -m u32 --u32 '0x18>>16=5,9:0x11'
        both -m u32 --u32 '24<<8=0:0xffffff'
        both -m u32 --u32 '24>>8&0xff=1:3,0x2f'
        both -m u32 --u32 '40&0=0'
        both -m u32 --u32 '40=0:0xffffffff'
        both -m u32 --u32 '20&0=1'
        both -m u32 ! --u32 '0>>24&0xf=5'
        both -m u32 ! --u32 '8>>16&0xff=6,0x11:0x20'
        both -m length --length 28: -m u32 ! --u32 '24=0,0x47455420:0x48000000'
        both -m length --length 28: -m u32 ! --u32 '24&0=0'
        both -p udp -m udp --dport 9 -m u32 --u32 '0>>22&0x3C@8=0:0xffffffff'
        both6 -m u32 --u32 '4&0xff00=0x1100'
        both6 -m u32 --u32 '48>>24=0x47:0x48'
        for options in 0 1 3; do
            echo "
                6 0 $options {tcp} 47455420 2f2f
                6 0 $options {tcp} 504f5354 002f002f
                6 0 $options {tcp} 4745
                6 0 $options {tcp}
                6 0x2000 $options {tcp} 47455420 2f2f
                6 0x0003 $options {tcp} 47455420 2f2f
                17 0 $options 0009 0009 000c 0000 47455420
                17 0 $options 0109 0009 0008 0000
                1 0 $options 0809 0000 0000 0000
                1 0 $options 08
                1 0x0001 $options 0009 0000 0000 0000
                99 0 $options"
        done | raw
        udp6 9 GETS; udp6 9 x; udp6 9 ''
    "#
    );
    let Some(counts) = counts(&rules) else { return };
    assert!(counts.len() == 19 && counts[..11].iter().all(|&packets| packets > 0) && counts[11] == 0, "{counts:?}");
    assert!(counts[12..15].iter().all(|&packets| packets > 0) && counts[15] == 0, "{counts:?}");
    assert!(counts[16..].iter().all(|&packets| packets > 0), "{counts:?}");
}

/// `raw6` sends packets of IPv6 to ::1, one for each line NEXT PAYLOAD: with this next header, and this behind it in
/// hexadecimal.
const RAW6: &str = r#"
    raw6() { python3 -c '
import socket, struct, sys
wire = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
for line in filter(str.strip, sys.stdin):
    following, payload = (line.split(None, 1) + [""])[:2]
    payload = bytes.fromhex(payload)
    host = bytes(15) + bytes([1])
    head = struct.pack("!IHBB16s16s", 0x60000000, len(payload), int(following), 64, host, host)
    wire.sendto(head + payload, ("::1", 0))
'; }
"#;

#[test]
fn headers_of_ipv6_are_those_that_iptables_legacy_sees() {
    let rules = format!(
        r#"{RAW6}
        for list in hop dst route frag auth esp none prot hop,prot dst,prot dst,frag,prot auth,prot route,esp dst,none; do
            both6 -m ipv6header --header $list
            both6 -m ipv6header --soft --header $list
            both6 -m ipv6header --soft ! --header $list
        done
        # Next header, length, two bytes that are padding or zero, four more.
        udp='0009 0009 0008 0000'; options='00 0104 00000000'; fragment='00 0000 00000007'
        route='00 0400 00000000'; auth='04 0000 00000001 00000002 000000000000000000000000'
        echo "
            17 $udp
            59
            50 00000001 00000002 00000000
            0 11 $options $udp
            60 11 $options $udp
            60 3b $options
            60 32 $options 00000001 00000002
            43 11 $route $udp
            43 32 $route 00000001 00000002
            44 11 $fragment $udp
            44 3c $fragment 11 $options $udp
            60 2c $options 11 $fragment $udp
            51 11 $auth $udp
            0 3c $options 2b $options 2c $route 33 $fragment 11 $auth $udp" | raw6
    "#
    );
    let Some(counts) = counts(&rules) else { return };
    assert_eq!(counts.len(), 14 * 3);
    assert!(counts.iter().filter(|&&packets| packets > 0).count() > 30, "{counts:?}");
}

#[test]
fn identifiers_made_of_ethernet_addresses_are_told_as_iptables_legacy_tells_them() {
    // One address is made of the sender's; each of the others differs from it in one byte.
    let script = format!(
        r#"{TOOLS}
        ip netns add peer
        ip link add near address 02:00:00:00:00:01 type veth peer name far address 06:12:34:56:78:9a netns peer
        ip addr add 2001:db8::1/64 dev near nodad; ip link set near up
        ip -n peer link set far up
        both6_in() {{ ip6tables-legacy -A INPUT "$@"; $NSFW rule add -6 INPUT "$@"; }}
        both6_in -p icmpv6 -m icmp6 --icmpv6-type echo-request -m eui64
        both6_in -p icmpv6 -m icmp6 --icmpv6-type echo-request
        for host in 0412:34ff:fe56:789a 0612:34ff:fe56:789a 0413:34ff:fe56:789a 0412:35ff:fe56:789a \
            0412:34fe:fe56:789a 0412:34ff:ff56:789a 0412:34ff:fe57:789a 0412:34ff:fe56:799a 0412:34ff:fe56:789b 0:0:0:2
        do
            ip -n peer addr add 2001:db8::$host/64 dev far nodad
            ip netns exec peer ping -6 -c 1 -W 2 -I 2001:db8::$host 2001:db8::1 > /dev/null
        done
        ip6tables-legacy -vnxL INPUT | awk 'NR > 2 && NF {{ print $1 }}'; echo ==
        nft list chain ip6 filter INPUT | grep -o 'packets [0-9]*' | cut -d' ' -f2
    "#
    );
    let tools = ["iptables-legacy", "ip6tables-legacy", "nft", "ip", "ping"];
    let Some(out) = sandbox::run(&script, &tools) else { return };
    assert_eq!(out, "1\n10\n==\n1\n10\n");
}
