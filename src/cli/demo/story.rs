//! The story that `nsfw demo` plays: what one types, and what every counter of test-2 must then show.

use crate::expr::Counts;

/// One scene: the commands as the text with `ip`, `iptables` and `ping` has them, nsfw's, and what they lead to.
#[derive(Debug)]
pub struct Scene {
    /// What happens, in a few words.
    pub title: &'static str,
    /// The commands that these replace.
    pub before: &'static [&'static str],
    /// nsfw's own, played one after another.
    pub plays: &'static [Play],
    /// Every counter of test-2's table ip filter afterwards; `None` where the table is not looked at.
    pub figures: Option<&'static [Figure]>,
}

/// One command of nsfw.
#[derive(Debug)]
pub struct Play {
    /// Its arguments, separated by blanks.
    pub words: &'static str,
    /// The exit code that it must end with.
    pub code: i32,
}

/// What one counter must show.
#[derive(Debug)]
pub struct Figure {
    /// The chain.
    pub chain: &'static str,
    /// The rule's number from 1; 0 for the chain's policy.
    pub rule: u64,
    /// Its packets and bytes.
    pub counts: Counts,
}

/// An echo request or reply of ping's default size: 20 bytes of IP header, 8 of ICMP header, 56 of data.
const PING_BYTES: u64 = 20 + 8 + 56;

const fn policy(chain: &'static str, packets: u64) -> Figure {
    rule(chain, 0, packets)
}

const fn rule(chain: &'static str, rule: u64, packets: u64) -> Figure {
    Figure { chain, rule, counts: Counts { packets, bytes: packets * PING_BYTES } }
}

const fn play(words: &'static str) -> Play {
    Play { words, code: 0 }
}

const LOOK: Play = play("-n test-2 counters");
const PING: Play = play("-n test-1 ping -c 3 -i 0.2 192.168.2.1");

/// The scenes in order.
pub const STORY: [Scene; 7] = [
    Scene {
        title: "Two namespaces on one wire",
        before: &[
            "ip netns add test-1",
            "ip netns add test-2",
            "ip link add myns-1-eth0 type veth peer name myns-2-eth0",
            "… and 12 more lines of ip: move, rename, address, up, route",
        ],
        plays: &[play("setup"), play("-n test-1 status"), play("-n test-2 status")],
        figures: Some(&[policy("INPUT", 0), policy("FORWARD", 0), policy("OUTPUT", 0)]),
    },
    Scene {
        title: "Three requests come in at test-2, three replies go out",
        before: &["ip netns exec test-1 ping 192.168.2.1", "ip netns exec test-2 watch -d iptables -vnL"],
        plays: &[PING, LOOK],
        figures: Some(&[policy("INPUT", 3), policy("FORWARD", 0), policy("OUTPUT", 3)]),
    },
    Scene {
        title: "Without replies only the INPUT chain counts",
        before: &["echo \"1\" > /proc/sys/net/ipv4/icmp_echo_ignore_all", "ping 192.168.2.1", "iptables -vnL"],
        plays: &[
            play("-n test-2 echo off"),
            Play { words: "-n test-1 ping -c 3 -i 0.2 -W 0.5 192.168.2.1", code: 1 },
            LOOK,
        ],
        figures: Some(&[policy("INPUT", 6), policy("FORWARD", 0), policy("OUTPUT", 3)]),
    },
    Scene {
        title: "A chain that counts",
        before: &["iptables -N COUNT", "iptables -A INPUT -j COUNT", "iptables -A COUNT -d 192.168.2.1 -j RETURN"],
        plays: &[
            play("-n test-2 echo on"),
            play("-n test-2 chain add COUNT"),
            play("-n test-2 rule add INPUT -j COUNT"),
            play("-n test-2 rule add COUNT -d 192.168.2.1 -j RETURN"),
            play("-n test-2 rule list"),
        ],
        figures: Some(&[
            policy("INPUT", 6),
            rule("INPUT", 1, 0),
            policy("FORWARD", 0),
            policy("OUTPUT", 3),
            rule("COUNT", 1, 0),
        ]),
    },
    Scene {
        title: "Each request is counted three times: by both rules and by the policy",
        before: &["ping 192.168.2.1", "iptables -vnL"],
        plays: &[PING, LOOK],
        figures: Some(&[
            policy("INPUT", 9),
            rule("INPUT", 1, 3),
            policy("FORWARD", 0),
            policy("OUTPUT", 6),
            rule("COUNT", 1, 3),
        ]),
    },
    Scene {
        title: "The original table again; the policies keep their counts",
        before: &["iptables -F", "iptables -X COUNT"],
        plays: &[play("-n test-2 flush"), play("-n test-2 chain delete COUNT"), LOOK],
        figures: Some(&[policy("INPUT", 9), policy("FORWARD", 0), policy("OUTPUT", 6)]),
    },
    Scene {
        title: "Nothing stays behind",
        before: &["ip netns rm test-1"],
        plays: &[play("netns delete test-1"), play("teardown"), play("netns list")],
        figures: None,
    },
];
