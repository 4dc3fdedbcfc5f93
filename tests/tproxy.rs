//! `-j TPROXY`: a transparent socket gets what is not addressed to it, by nsfw's rule as by iptables-legacy's.

mod frames;
mod sandbox;

use std::net::UdpSocket;
use std::time::Duration;

use frames::{ipv4, ipv6};
use nix::sys::socket::{setsockopt, sockopt};

/// The sender of the other tests, while transparent sockets wait at port 5353; tells what the one of IPv4 got.
#[test]
#[ignore = "other tests run it with frames to send"]
fn frames_are_sent() {
    let sockets = ["10.9.0.1:5353", "[fd00:9::1]:5353"].map(|address| {
        let socket = UdpSocket::bind(address).expect("a socket");
        setsockopt(&socket, sockopt::IpTransparent, &true).expect("a transparent socket");
        socket.set_read_timeout(Some(Duration::from_millis(200))).expect("a timeout");
        socket
    });
    frames::send();
    let mut buffer = [0; 64];
    while let Ok(bytes) = sockets[0].recv(&mut buffer) {
        eprintln!("got {bytes} bytes");
    }
}

/// A UDP datagram of 8 bytes and this many more; without a checksum, which IPv4 allows.
fn datagram(port: u8, bytes: u8) -> Vec<u8> {
    let mut header = vec![0, 9, 0, port, 0, 8 + bytes, 0, 0];
    header.resize(8 + usize::from(bytes), 0);
    header
}

/// What the socket got and how many packets went on, with and without the mark: under one program's rules. The rules of the
/// mangle table come before those that look.
fn seen(flag: &str, add: &str) -> Option<String> {
    let family = if flag == "-6" { "ip6" } else { "ip" };
    let rule = |port: u8, words: &str| format!("{add} -i v0 -p udp --dport {port} -j TPROXY {words}\n");
    let address = if flag == "-6" { "fd00:9::1" } else { "10.9.0.1" };
    let mut script = frames::WIRE.to_owned();
    script += &rule(53, &format!("--on-port 5353 --on-ip {address} --tproxy-mark 0x21/0x2f"));
    script += &rule(54, "--on-port 5353");
    script += &rule(55, "--on-port 9 --tproxy-mark 0x21");
    script += &format!(
        "nft 'add table {family} look; add chain {family} look c {{ type filter hook prerouting priority -90; }}'
         for port in 53 54 55; do for mark in 0x21 0; do
             nft add rule {family} look c iifname v0 udp dport $port mark $mark counter
         done; done\n"
    );
    let frame = |port, bytes| match flag {
        "-6" => ipv6(0, 17, &datagram(port, bytes)),
        _ => ipv4(0, 17, &datagram(port, bytes)),
    };
    script += &frames::sending(&[frame(53, 5), frame(54, 6), frame(55, 7)]);
    script += &format!("nft list chain {family} look c | grep -o 'packets [0-9]*' | cut -d' ' -f2\n");
    sandbox::run(&script, &["ip", "nft", "iptables-legacy"])
}

#[test]
fn a_transparent_socket_gets_the_packet_and_the_mark_is_changed() {
    for (flag, legacy, got) in
        [("-4", "iptables-legacy", "got 5 bytes\ngot 6 bytes\ngot 6 bytes\n"), ("-6", "ip6tables-legacy", "")]
    {
        let Some(theirs) = seen(flag, &format!("{legacy} -t mangle -A PREROUTING")) else { return };
        let ours = seen(flag, &format!("$NSFW rule add {flag} -t mangle PREROUTING")).expect("it ran before");
        // Frame N goes 2^N times. Where no socket is, iptables-legacy drops the packet; nf_tables goes on with the next rule.
        assert_eq!(theirs, format!("{got}1\n0\n0\n2\n0\n0\n"), "{flag}");
        assert_eq!(ours, format!("{got}1\n0\n0\n2\n0\n4\n"), "{flag}");
    }
}
