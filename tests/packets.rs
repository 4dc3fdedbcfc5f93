//! Packets that no ordinary program sends: rules count those that iptables-legacy counts.

mod frames;
mod sandbox;

use frames::{ipv4, ipv6};

/// The sender of the other tests, which run it in their namespace.
#[test]
#[ignore = "other tests run it with frames to send"]
fn frames_are_sent() {
    frames::send();
}

/// A rule in nsfw's words, and the words in which iptables-legacy has it.
struct Pair {
    /// For nsfw.
    ours: &'static str,
    /// For iptables-legacy.
    theirs: &'static str,
}

/// The same words for both.
const fn same(words: &'static str) -> Pair {
    Pair { ours: words, theirs: words }
}

/// What each rule counted, iptables-legacy's first: bit N for frame N, which is sent 2^N times. `None` where this host cannot
/// run it.
fn counted(flag: &str, rules: &[(Pair, &[usize])], packets: &[Vec<u8>]) -> Option<Vec<(u64, u64)>> {
    let legacy = if flag == "-6" { "ip6tables-legacy" } else { "iptables-legacy" };
    let mut script = frames::WIRE.to_owned();
    for (Pair { ours, theirs }, _) in rules {
        script += &format!("$NSFW rule add {flag} -t mangle PREROUTING -i v0 {ours}\n");
        script += &format!("{legacy} -t mangle -A PREROUTING -i v0 {theirs}\n");
    }
    script += &frames::sending(packets);
    script += &format!(
        "{legacy} -t mangle -vnxL PREROUTING | awk 'NR > 2 {{ print $1 }}'; echo ==
         $NSFW save -c {flag} -t mangle | grep -e '-A PREROUTING' | cut -d: -f1 | tr -d '['\n"
    );
    let out = sandbox::run(&script, &["ip", legacy, "awk"])?;
    let (theirs, ours) = out.split_once("==\n").expect("two listings");
    let numbers = |text: &str| text.lines().map(|line| line.parse().expect("a count")).collect::<Vec<u64>>();
    let (theirs, ours) = (numbers(theirs), numbers(ours));
    assert_eq!((theirs.len(), ours.len()), (rules.len(), rules.len()), "{out}");
    Some(theirs.into_iter().zip(ours).collect())
}

/// Checks that both counted the same frames, and each rule those that `met` names (by number).
fn assert_counted(flag: &str, rules: &[(Pair, &[usize])], packets: &[Vec<u8>]) {
    let Some(found) = counted(flag, rules, packets) else { return };
    let numbers = |bits: u64| (0..packets.len()).filter(|number| bits & 1 << number != 0).collect::<Vec<_>>();
    for ((pair, met), (theirs, ours)) in rules.iter().zip(found) {
        assert_eq!(numbers(theirs), *met, "iptables-legacy: {}", pair.theirs);
        assert_eq!(numbers(ours), *met, "nsfw: {}", pair.ours);
    }
}

/// A TCP header with these flags.
fn tcp(flags: u8) -> Vec<u8> {
    vec![0x03, 0xe8, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, flags, 0, 100, 0, 0, 0, 0]
}

/// An authentication header of 24 bytes (RFC 4302) in front of the header of this number.
fn ah(next: u8, index: u8, reserved: u8) -> Vec<u8> {
    let mut header = vec![0; 24];
    (header[0], header[1], header[3], header[7]) = (next, 4, reserved, index);
    header
}

/// A header of options of IPv6, of `units` times 8 bytes more than 8: one option of an experiment (RFC 4727), as the kernel
/// takes no long padding (RFC 8200, 4.2 and 4.3).
fn options(next: u8, units: u8) -> Vec<u8> {
    let mut header = vec![next, units, 0x1e, 8 * units + 4];
    header.resize(8 + 8 * usize::from(units), 0);
    header
}

/// A fragment header (RFC 8200, 4.5).
fn fragment(next: u8, offset: u16, more: bool) -> Vec<u8> {
    let place = (offset << 3 | u16::from(more)).to_be_bytes();
    vec![next, 0, place[0], place[1], 0, 0, 0, 7]
}

#[test]
fn authentication_headers_of_ipv6_are_found_among_the_others() {
    let syn = tcp(2);
    let frames = [
        ipv6(0, 51, &[ah(6, 5, 0), syn.clone()].concat()),
        ipv6(0, 0, &[options(51, 0), ah(6, 5, 0), syn.clone()].concat()),
        ipv6(0, 51, &[ah(6, 9, 0), syn.clone()].concat()),
        ipv6(0, 51, &[ah(51, 9, 0), ah(6, 5, 0), syn.clone()].concat()),
        ipv6(0, 44, &[fragment(51, 0, true), ah(6, 5, 0), syn.clone(), vec![0; 4]].concat()),
        ipv6(0, 44, &[fragment(51, 9, false), ah(6, 5, 0), syn.clone()].concat()),
        ipv6(0, 51, &[ah(6, 5, 1), syn.clone()].concat()),
        ipv6(0, 6, &syn),
    ];
    let with_header: &[usize] = &[0, 1, 2, 3, 4, 6];
    let rules = [
        (same("-m ah"), with_header),
        (same("-m ah --ahspi 5"), &[0, 1, 4, 6]),
        (same("-m ah ! --ahspi 5"), &[2, 3]),
        (same("-m ah --ahspi 6:9"), &[2, 3]),
        (same("-m ah --ahlen 0"), with_header),
        (same("-m ah ! --ahlen 0"), with_header),
    ];
    assert_counted("-6", &rules, &frames);
}

/// iptables-translate writes the number of `--ahlen` as it is, and 1 for `--ahres`. iptables-legacy counts bytes, and wants 0.
#[test]
fn lengths_of_authentication_headers_are_their_own_numbers() {
    let frames = [0, 1].map(|reserved| ipv6(0, 51, &[ah(6, 5, reserved), tcp(2)].concat()));
    let rules: [(Pair, &[usize]); 4] = ["-m ah --ahlen 24", "-m ah --ahlen 4", "-m ah ! --ahlen 24", "-m ah --ahres"]
        .map(|words| (same(words), &[][..]));
    let Some(found) = counted("-6", &rules, &frames) else { return };
    assert_eq!(found, [(0b11, 0), (0, 0b11), (0, 0b11), (0b01, 0b10)]);
}

#[test]
fn headers_of_ipv6_are_measured_in_bytes() {
    let udp = vec![0, 9, 0, 9, 0, 8, 0xff, 0xff];
    let routing = |units: u8, left: u8| {
        let mut header = vec![17, units, 0, left];
        header.resize(8 + 8 * usize::from(units), 0);
        header
    };
    let frames = [
        ipv6(0, 0, &[options(17, 0), udp.clone()].concat()),
        ipv6(0, 0, &[options(17, 2), udp.clone()].concat()),
        ipv6(0, 60, &[options(17, 0), udp.clone()].concat()),
        ipv6(0, 60, &[options(17, 1), udp.clone()].concat()),
        ipv6(0, 43, &[routing(2, 0), udp.clone()].concat()),
        ipv6(0, 43, &[routing(4, 1), udp.clone()].concat()),
        ipv6(0, 17, &udp),
    ];
    let rules: [(Pair, &[usize]); 11] = [
        (same("-m hbh"), &[0, 1]),
        (same("-m hbh --hbh-len 8"), &[0]),
        (same("-m hbh ! --hbh-len 8"), &[1]),
        (same("-m hbh --hbh-len 4096"), &[]),
        (same("-m dst --dst-len 16"), &[3]),
        (same("-m dst ! --dst-len 24"), &[2, 3]),
        (same("-m rt"), &[4, 5]),
        (same("-m rt --rt-len 24"), &[4]),
        (same("-m rt ! --rt-len 24"), &[5]),
        (same("-m rt --rt-segsleft 0:"), &[4, 5]),
        (same("-m rt ! --rt-segsleft 1:4294967295 --rt-len 24"), &[4]),
    ];
    assert_counted("-6", &rules, &frames);
}

/// What no header has is met by no packet in iptables-legacy. It is nft's number here, as iptables-translate writes it.
#[test]
fn a_length_that_no_header_has_is_the_header_s_own_number() {
    let frames =
        [ipv6(0, 0, &[options(17, 22), vec![0; 8]].concat()), ipv6(0, 0, &[options(17, 0), vec![0; 8]].concat())];
    let rules: [(Pair, &[usize]); 2] = [(same("-m hbh --hbh-len 22"), &[]), (same("-m hbh ! --hbh-len 22"), &[])];
    let Some(found) = counted("-6", &rules, &frames) else { return };
    assert_eq!(found, [(0, 0b01), (0b11, 0b10)]);
}

#[test]
fn a_match_that_finds_its_protocol_counts_as_with_the_protocol_named() {
    let echo = [8, 0, 0, 0, 0, 1, 0, 1];
    let compressed = |index: u8| vec![6, 0xff, 0, index, 0, 0, 0, 0];
    let frames = [
        ipv4(0, 1, &echo),
        ipv4(0, 1, &[3, 1, 0, 0, 0, 0, 0, 0]),
        ipv4(2, 6, &tcp(0x80)),
        ipv4(1, 6, &tcp(0x40)),
        ipv4(2, 17, &[0, 9, 0, 9, 0, 8, 0x80, 0x80]),
        ipv4(0, 108, &compressed(5)),
        ipv4(0, 108, &compressed(6)),
    ];
    let rules: [(Pair, &[usize]); 9] = [
        (Pair { ours: "-m icmp --icmp-type any", theirs: "-p icmp -m icmp --icmp-type any" }, &[0, 1]),
        (Pair { ours: "-m icmp --icmp-type 8", theirs: "-p icmp -m icmp --icmp-type 8" }, &[0]),
        (Pair { ours: "-m icmp ! --icmp-type 3/1", theirs: "-p icmp -m icmp ! --icmp-type 3/1" }, &[0]),
        (Pair { ours: "-m ecn --ecn-tcp-cwr", theirs: "-p tcp -m ecn --ecn-tcp-cwr" }, &[2]),
        (Pair { ours: "-m ecn ! --ecn-tcp-cwr", theirs: "-p tcp -m ecn ! --ecn-tcp-cwr" }, &[3]),
        (same("-m ecn --ecn-ip-ect 2"), &[2, 4]),
        (Pair { ours: "-m ipcomp --ipcompspi 5", theirs: "-p ipcomp -m ipcomp --ipcompspi 5" }, &[5]),
        (same("-p ipcomp -m ipcomp --ipcompspi 5:70000 --compres"), &[5, 6]),
        (same("-p ipcomp -m ipcomp ! --ipcompspi 0:5"), &[6]),
    ];
    assert_counted("-4", &rules, &frames);
}

#[test]
fn types_of_dccp_are_counted_alone_and_in_lists() {
    // RFC 4340, 5.1: ports, data offset, checksum; the type is in the upper bits of the ninth byte.
    let packet = |kind: u8| {
        let mut header = vec![0, 9, 0, 9, 4, 0, 0, 0, kind << 1 | 1];
        header.resize(16, 0);
        ipv4(0, 33, &header)
    };
    let frames: Vec<Vec<u8>> = [0, 1, 4, 7, 8, 9, 10, 15].map(packet).to_vec();
    let rules: [(Pair, &[usize]); 6] = [
        (same("-p dccp -m dccp --dccp-types INVALID"), &[6, 7]),
        (same("-p dccp -m dccp ! --dccp-types INVALID"), &[0, 1, 2, 3, 4, 5]),
        (same("-p dccp -m dccp --dccp-types RESPONSE,SYNCACK,INVALID"), &[1, 5, 6, 7]),
        (same("-p dccp -m dccp ! --dccp-types REQUEST,RESPONSE,INVALID"), &[2, 3, 4, 5]),
        (same("-p dccp -m dccp --dccp-types REQUEST,DATAACK"), &[0, 2]),
        (same("-p dccp -m dccp --dccp-types SYNC"), &[4]),
    ];
    assert_counted("-4", &rules, &frames);
}

/// An SCTP packet of chunks, each a type and its flags (RFC 9260, 3).
fn sctp(chunks: &[(u8, u8)]) -> Vec<u8> {
    let mut packet = vec![0, 9, 0, 9, 0, 0, 0, 1, 0, 0, 0, 0];
    for (kind, flags) in chunks {
        packet.extend([*kind, *flags, 0, 20]);
        packet.extend([0; 16]);
    }
    ipv4(0, 132, &packet)
}

#[test]
fn chunks_of_sctp_are_counted_with_their_flags() {
    let (data, init, sack, abort) = (0, 1, 3, 6);
    let frames = [
        sctp(&[(init, 0)]),
        sctp(&[(data, 3)]),
        sctp(&[(data, 2)]),
        sctp(&[(sack, 0), (abort, 1)]),
        sctp(&[(abort, 0)]),
        sctp(&[(data, 0xa), (abort, 1)]),
        sctp(&[(data, 2), (data, 2)]),
    ];
    let rules: [(Pair, &[usize]); 7] = [
        (same("-p sctp -m sctp --chunk-types all DATA"), &[1, 2, 5, 6]),
        (same("-p sctp -m sctp --chunk-types all DATA:Be"), &[2, 5, 6]),
        (same("-p sctp -m sctp --chunk-types all DATA:iBe"), &[2, 6]),
        (same("-p sctp -m sctp --chunk-types all DATA:I,ABORT:T"), &[5]),
        (same("-p sctp -m sctp --chunk-types all SACK,ABORT:T"), &[3]),
        (same("-p sctp -m sctp --chunk-types any ABORT:t"), &[4]),
        (same("-p sctp -m sctp ! --chunk-types any DATA,INIT"), &[3, 4]),
    ];
    assert_counted("-4", &rules, &frames);
}

/// The kernel's expression reads the first chunk of a type, iptables-legacy looks at all of them.
#[test]
fn flags_of_sctp_are_those_of_the_first_chunk_of_the_type() {
    let rules: [(Pair, &[usize]); 1] = [(same("-p sctp -m sctp --chunk-types all DATA:Be"), &[])];
    let frames = [sctp(&[(0, 1), (0, 2)]), sctp(&[(0, 2), (0, 1)])];
    let Some(found) = counted("-4", &rules, &frames) else { return };
    assert_eq!(found, [(0b11, 0b10)]);
}

/// The types of service of two packets, which had 0x02 and 0xc0, behind a rule of the mangle table.
fn service_behind(add: &str, words: &str) -> Option<Vec<u8>> {
    let looks =
        (0..=u8::MAX).map(|byte| format!("add rule ip look c iifname v0 @nh,8,8 {byte} counter comment \"{byte}\""));
    let script = format!(
        "{}{add} -i v0 -j TOS {words}
         nft -f - <<'END'\nadd table ip look
         add chain ip look c {{ type filter hook prerouting priority -90; }}\n{}\nEND\n{}nft list chain ip look c\n",
        frames::WIRE,
        looks.collect::<Vec<_>>().join("\n"),
        frames::sending(&[0x02, 0xc0].map(|service| ipv4(service, 17, &[0, 9, 0, 9, 0, 8, 0, 0]))),
    );
    let out = sandbox::run(&script, &["ip", "nft", "iptables-legacy"])?;
    // Frame N goes 2^N times.
    let counts = out.lines().filter_map(|line| {
        let (_, packets) = line.split_once(" packets ")?;
        let (packets, rest) = packets.split_once(' ')?;
        Some((packets.parse::<u32>().ok()?, rest.rsplit('"').nth(1)?.parse::<u8>().ok()?))
    });
    let counts: Vec<(u32, u8)> = counts.collect();
    let byte = |bit: u32| counts.iter().find(|(packets, _)| packets & bit != 0).expect("it was seen").1;
    Some([1, 2].map(byte).to_vec())
}

/// iptables-legacy changes the bits of the mask; with every bit of a type of service among them, nsfw sets the class.
#[test]
fn a_type_of_service_is_set_by_its_class_and_bits_by_their_place() {
    for (words, theirs, ours) in [
        ("--set-tos 0x10", [0x10, 0x10], [0x12, 0x10]),
        ("--set-tos Minimize-Delay", [0x10, 0xd0], [0x12, 0x10]),
        ("--set-tos 0x40/0xc0", [0x42, 0x40], [0x42, 0x40]),
        ("--or-tos 0x05", [0x07, 0xc5], [0x07, 0xc5]),
    ] {
        let Some(found) = service_behind("iptables-legacy -t mangle -A PREROUTING", words) else { return };
        assert_eq!(found, theirs, "iptables-legacy: {words}");
        assert_eq!(service_behind("$NSFW rule add -t mangle PREROUTING", words), Some(ours.to_vec()), "nsfw: {words}");
    }
}
