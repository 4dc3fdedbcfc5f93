//! Rules as `nft list ruleset` prints them.
//!
//! [`reader`] follows the registers and gives steps: trees of what is computed, tested and done. Each step becomes a part
//! of the text; [`packet`] knows which header bytes belong to, and which tests nft leaves out because the next one says
//! the same. An expression that has no form here stands in the text as `name(hex bytes)`: nothing is hidden.

mod bound;
mod condition;
mod datatype;
mod duration;
mod dynset;
mod field;
mod header;
mod log;
mod nat;
mod objects;
mod operand;
mod optional;
mod packet;
mod rate;
mod reader;
pub mod ruleset;
mod set;
mod statement;
mod style;
pub(in crate::rule) mod symbols;
mod types;
mod value;

use std::fmt::Write as _;

use super::{Lowered, Names, compat, lexer};
use crate::expr::attribute::Bytes;
use crate::expr::{Expression, Family, XtMatch, XtTarget};
use packet::Packet;
use value::Step;

pub use style::Style;

/// The rule's text on one line: counters with their figures, the comment at the end. Ports are numbers; interfaces'
/// indices, realms and the like are what `names` calls them.
#[must_use]
pub fn text(lowered: &Lowered, family: Family, names: &dyn Names) -> String {
    styled(lowered, family, names, Style::default())
}

/// The rule's text, without its handle.
#[must_use]
pub fn styled(lowered: &Lowered, family: Family, names: &dyn Names, style: Style) -> String {
    let native = compat::native(lowered, family);
    let lowered = native.as_ref().unwrap_or(lowered);
    let mut parts = parts(lowered, family, names, style);
    if let Some(comment) = lowered.comment() {
        parts.push(format!("comment \"{}\"", lexer::printable(&comment)));
    }
    parts.join(" ")
}

/// The text of the last condition or statement alone. Those before it give it its meaning, as a protocol does to a port.
#[must_use]
pub fn last_part(lowered: &Lowered, family: Family, names: &dyn Names) -> String {
    parts(lowered, family, names, Style::default()).pop().unwrap_or_default()
}

/// A text for each condition and each statement, without what goes without saying.
fn parts(lowered: &Lowered, family: Family, names: &dyn Names, style: Style) -> Vec<String> {
    let mut printer = Printer { lowered, family, names, style, packet: Packet::new(family), parts: Vec::new() };
    for step in reader::read(lowered, family) {
        printer.step(&step);
    }
    printer.parts.into_iter().flatten().collect()
}

/// What was printed so far, and what the conditions so far tell about the packet.
struct Printer<'a> {
    lowered: &'a Lowered,
    family: Family,
    names: &'a dyn Names,
    style: Style,
    packet: Packet,
    /// `None` for what was left out.
    parts: Vec<Option<String>>,
}

impl Printer<'_> {
    fn step(&mut self, step: &Step<'_>) {
        match step {
            Step::Compare(value, op, data) => self.compare(value, *op, data),
            Step::Between(value, negated, from, to) => self.between(value, *negated, from, to),
            Step::Member(value, lookup) => self.member(value, lookup),
            Step::Do(expression, inputs) => self.statement(expression, inputs),
            Step::Raw(expression) => self.parts.push(Some(raw(expression))),
        }
    }

    /// Leaves out tests that go without saying.
    fn leave_out(&mut self, tests: impl IntoIterator<Item = usize>) {
        for index in tests {
            if let Some(part) = self.parts.get_mut(index) {
                *part = None;
            }
        }
    }
}

/// An expression that nft has no words for, or that has none: its name and its bytes.
fn raw(expression: &Expression) -> String {
    match expression {
        Expression::XtMatch(XtMatch { name, revision, info }) => foreign("match", name, *revision, info),
        Expression::XtTarget(XtTarget { name, revision, info }) => foreign("target", name, *revision, info),
        _ => {
            let mut bytes = Bytes::default();
            expression.encode(&mut bytes);
            format!("{}({})", lexer::printable(expression.name()), hexadecimal(&bytes.0))
        }
    }
}

/// `xt match recent revision 1 0a0b…`.
fn foreign(word: &str, name: &str, revision: u32, info: &[u8]) -> String {
    let name = lexer::printable(name);
    let bytes = if info.is_empty() { String::new() } else { format!(" {}", hexadecimal(info)) };
    format!("xt {word} {name} revision {revision}{bytes}")
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use crate::rule::laws::{lower_line, parse};
    use crate::rule::{IpFamily, NoNames};

    /// What `nft list` prints for the text that `iptables-translate` gives for the words.
    const FORMS: &[(&str, IpFamily, &str)] = &[
        ("", IpFamily::V4, "counter"),
        (
            "-i eth0 -s 192.168.2.1 -d 10.0.0.0/8 -p tcp --sport 22 -j ACCEPT",
            IpFamily::V4,
            "iifname \"eth0\" ip saddr 192.168.2.1 ip daddr 10.0.0.0/8 tcp sport 22 counter accept",
        ),
        (
            "! -s 10.1.2.0/255.0.255.0 -d 10.0.0.0/12 -o eth+ ! -p udp",
            IpFamily::V4,
            "oifname \"eth*\" ip protocol != udp ip saddr & 255.0.255.0 != 10.0.2.0 ip daddr 10.0.0.0/12 counter",
        ),
        (
            "! -d 10.1.2.0/23 -p 47 ! -i e+",
            IpFamily::V4,
            "iifname != \"e*\" ip protocol gre ip daddr != 10.1.2.0/23 counter",
        ),
        (
            "-p tcp --sport 1:100 ! --dport 1000: -g COUNT",
            IpFamily::V4,
            "tcp sport 1-100 tcp dport != 1000-65535 counter goto COUNT",
        ),
        ("-p tcp --syn", IpFamily::V4, "tcp flags syn / fin,syn,rst,ack counter"),
        ("-p tcp ! --tcp-flags SYN,ACK SYN", IpFamily::V4, "tcp flags != syn / syn,ack counter"),
        ("-p tcp --tcp-flags ALL NONE", IpFamily::V4, "tcp flags ! fin,syn,rst,psh,ack,urg counter"),
        ("-p tcp --tcp-flags SYN SYN", IpFamily::V4, "tcp flags & syn == syn counter"),
        ("-f", IpFamily::V4, "ip frag-off & 8191 != 0 counter"),
        (
            "-p icmp --icmp-type 3/1",
            IpFamily::V4,
            "icmp type destination-unreachable icmp code host-unreachable counter",
        ),
        ("-p icmp --icmp-type 3/1:2", IpFamily::V4, "icmp type destination-unreachable icmp code 1-2 counter"),
        (
            "-p icmp ! --icmp-type 3/3",
            IpFamily::V4,
            "icmp type . icmp code != { destination-unreachable . port-unreachable } counter",
        ),
        ("-p icmp -s 1.2.3.4", IpFamily::V4, "ip protocol icmp ip saddr 1.2.3.4 counter"),
        ("-m conntrack --ctstate NEW,ESTABLISHED", IpFamily::V4, "ct state established,new counter"),
        ("-m state ! --state INVALID,NEW", IpFamily::V4, "ct state ! invalid,new counter"),
        ("-m conntrack --ctstate DNAT", IpFamily::V4, "ct status dnat counter"),
        ("-m conntrack --ctstate NEW,SNAT", IpFamily::V4, "ct state & new . ct status & snat != { 0x0 . 0x0 } counter"),
        ("-p tcp --tcp-option 5", IpFamily::V4, "tcp option sack exists counter"),
        ("-p tcp ! --tcp-option 7", IpFamily::V4, "tcp sport 0-65535 tcp option 7 missing counter"),
        ("-p tcp --dport 22 ! --tcp-option 8", IpFamily::V4, "tcp dport 22 tcp option timestamp missing counter"),
        ("-m mark --mark 1", IpFamily::V4, "meta mark 0x00000001 counter"),
        ("-m mark ! --mark 1/0xff", IpFamily::V4, "meta mark & 0x000000ff != 0x00000001 counter"),
        ("-m limit --limit 10/min --limit-burst 7", IpFamily::V4, "limit rate 10/minute burst 7 packets counter"),
        ("-m limit", IpFamily::V4, "limit rate 3/hour counter"),
        (
            "-p tcp -s 1.2.3.4 -m multiport --dports 22,80:90",
            IpFamily::V4,
            "ip saddr 1.2.3.4 tcp dport { 22, 80-90 } counter",
        ),
        ("-p udp -m multiport ! --sports 81,80", IpFamily::V4, "udp sport != { 80, 81 } counter"),
        (
            "-p tcp -m multiport --ports 10,12:14",
            IpFamily::V4,
            "tcp sport . tcp dport { 0-65535 . 10, 10 . 0-65535, 0-65535 . 12-14, 12-14 . 0-65535 } counter",
        ),
        (
            "-p udp -m multiport ! --ports 0,7",
            IpFamily::V4,
            "udp sport . udp dport != { 0 . 0-65535, 7 . 0-65535, 1-6 . 0, 8-65535 . 0, 1-6 . 7, 8-65535 . 7 } counter",
        ),
        ("-m comment --comment \"a b\" -j DROP", IpFamily::V4, "counter drop comment \"a b\""),
        ("-j REJECT", IpFamily::V4, "counter reject"),
        ("-j REJECT --reject-with icmp-proto-unreachable", IpFamily::V4, "counter reject with icmp prot-unreachable"),
        ("-p tcp -j REJECT --reject-with tcp-reset", IpFamily::V4, "ip protocol tcp counter reject with tcp reset"),
        (
            "-j LOG --log-prefix \"a b: \" --log-level debug --log-tcp-sequence --log-uid",
            IpFamily::V4,
            "counter log prefix \"a b: \" level debug flags tcp sequence flags skuid",
        ),
        ("-t mangle -j MARK --set-mark 1", IpFamily::V4, "counter meta mark set 0x00000001"),
        (
            "-t mangle -j MARK --set-xmark 1/3",
            IpFamily::V4,
            "counter meta mark set meta mark & 0xfffffffd | 0x00000001",
        ),
        ("-t mangle -j MARK --and-mark 0xff", IpFamily::V4, "counter meta mark set meta mark & 0x000000ff"),
        ("-t mangle -j MARK --or-mark 0xff", IpFamily::V4, "counter meta mark set meta mark | 0x000000ff"),
        ("-t mangle -j MARK --xor-mark 0xff", IpFamily::V4, "counter meta mark set meta mark ^ 0x000000ff"),
        ("-m iprange --src-range 10.0.0.1-10.0.0.7", IpFamily::V4, "ip saddr 10.0.0.1-10.0.0.7 counter"),
        ("-m iprange ! --dst-range fe80::1-fe80::7", IpFamily::V6, "ip6 daddr != fe80::1-fe80::7 counter"),
        ("-m addrtype --dst-type LOCAL", IpFamily::V4, "fib daddr type local counter"),
        (
            "-m addrtype ! --src-type UNICAST,LOCAL --limit-iface-in",
            IpFamily::V4,
            "fib saddr . iif type != { unicast, local } counter",
        ),
        ("-t nat -j SNAT --to-source 1.2.3.4", IpFamily::V4, "counter snat to 1.2.3.4"),
        (
            "-t nat -p tcp -j SNAT --to-source 1.2.3.4-1.2.3.9:80-90 --random --persistent",
            IpFamily::V4,
            "ip protocol tcp counter snat to 1.2.3.4-1.2.3.9:80-90 random,persistent",
        ),
        ("-t nat -p tcp -j DNAT --to-destination :80", IpFamily::V4, "ip protocol tcp counter dnat to :80"),
        (
            "-t nat -p udp -j DNAT --to-destination [fe80::1]:53",
            IpFamily::V6,
            "meta l4proto udp counter dnat to [fe80::1]:53",
        ),
        ("-t nat -j MASQUERADE --random-fully", IpFamily::V4, "counter masquerade fully-random"),
        ("-t nat -p tcp -j MASQUERADE --to-ports 10-20", IpFamily::V4, "ip protocol tcp counter masquerade to :10-20"),
        ("-t nat -p tcp -j REDIRECT --to-ports 80", IpFamily::V4, "ip protocol tcp counter redirect to :80"),
        ("-t nat -j REDIRECT", IpFamily::V4, "counter redirect"),
        ("-s fe80::1 -p tcp --dport 22", IpFamily::V6, "ip6 saddr fe80::1 tcp dport 22 counter"),
        ("! -s fe80::/10 -p gre", IpFamily::V6, "meta l4proto gre ip6 saddr != fe80::/10 counter"),
        ("-p icmpv6 --icmpv6-type 133", IpFamily::V6, "icmpv6 type nd-router-solicit counter"),
        ("-j REJECT --reject-with icmp6-no-route", IpFamily::V6, "counter reject with icmpv6 no-route"),
    ];

    #[test]
    fn rules_read_as_nft_prints_them() {
        for (text, family, expected) in FORMS {
            let line = parse(text, *family).expect(text);
            let lowered = lower_line(&line).expect(text);
            let found = super::text(&lowered[0].1, (*family).into(), &NoNames);
            assert_eq!(found.replace("counter packets 3 bytes 252", "counter"), *expected, "{text}");
        }
    }
}
