//! Statements that send packets elsewhere: translation, transparent proxies, copies.

use std::fmt::Write as _;

use super::Printer;
use super::datatype::{Datatype, Type};
use super::set::Part;
use super::value::{Inputs, Value};
use crate::expr::{Family, Masq, Nat, Redir, Register, Tproxy};

/// Those of the first value and of the last.
type Registers = [Option<Register>; 2];

const PORT: Part = Part { kind: Type::network(Datatype::Integer), bytes: 2 };
const DEVICE: Type = Type::host(Datatype::InterfaceIndex);

const fn address(family: Family) -> Part {
    match family {
        Family::Ip6 => Part { kind: Type::network(Datatype::Ipv6), bytes: 16 },
        _ => Part { kind: Type::network(Datatype::Ipv4), bytes: 4 },
    }
}

fn family(number: u32) -> Family {
    u8::try_from(number).map_or(Family::Other(0), Family::from_number)
}

/// A map whose value has something behind its first part: a port, or the end of a range.
fn is_behind(inputs: &Inputs<'_>, register: Option<Register>) -> bool {
    matches!(inputs.get(register), Some(Value::Behind(_)))
}

impl Printer<'_> {
    /// `snat to 1.2.3.4:80 random`, `dnat ip to …` in a table of both families.
    pub(super) fn nat(&mut self, nat: Nat, inputs: &Inputs<'_>) -> Option<String> {
        let of = family(nat.family);
        let word = match nat.kind {
            Nat::SNAT => "snat",
            Nat::DNAT => "dnat",
            _ => return None,
        };
        let behind = [nat.address_max, nat.port_min].into_iter().any(|register| is_behind(inputs, register));
        let mut text = word.to_owned();
        if nat.address_min.is_some() && (of != self.family || behind) {
            let _ = write!(text, " {of}");
        }
        if nat.flags & Nat::NETMAP != 0 {
            text += " prefix";
        }
        text += " to ";
        let part = address(of);
        if behind {
            let parts = if nat.port_min.is_some() { vec![part, PORT] } else { vec![part] };
            let value = inputs.get(nat.address_min)?.clone();
            text += &self.operand(&value, &parts);
        } else {
            let brackets = of == Family::Ip6 && nat.port_min.is_some();
            text += &self.range(inputs, [nat.address_min, nat.address_max], part, brackets);
            text += &self.ports(inputs, [nat.port_min, nat.port_max]);
        }
        Some(text + &flags(nat.flags))
    }

    /// `masquerade to :80-90 random`.
    pub(super) fn masquerade(&mut self, masq: Masq, inputs: &Inputs<'_>) -> String {
        self.ports_alone("masquerade", inputs, [masq.port_min, masq.port_max]) + &flags(masq.flags)
    }

    /// `redirect to :80`.
    pub(super) fn redirect(&mut self, redir: Redir, inputs: &Inputs<'_>) -> String {
        self.ports_alone("redirect", inputs, [redir.port_min, redir.port_max]) + &flags(redir.flags)
    }

    fn ports_alone(&mut self, word: &str, inputs: &Inputs<'_>, registers: Registers) -> String {
        // nft keeps the test for the protocol before these, even if a map's key names its header.
        self.packet.keep_tests();
        let to = if registers[0].is_some() { " to " } else { "" };
        format!("{word}{to}{}", self.ports(inputs, registers))
    }

    fn ports(&mut self, inputs: &Inputs<'_>, registers: Registers) -> String {
        let colon = if registers[0].is_some() { ":" } else { "" };
        format!("{colon}{}", self.range(inputs, registers, PORT, false))
    }

    /// One value where both registers hold the same.
    fn range(&mut self, inputs: &Inputs<'_>, registers: Registers, part: Part, brackets: bool) -> String {
        let [from, to] = registers.map(|register| inputs.get(register).cloned());
        match (from, to) {
            (Some(Value::Constant(from)), Some(Value::Constant(to))) if !brackets && from != to => {
                part.kind.interval(from, to, self.names)
            }
            (from, to) => {
                let mut text = |value: &Value<'_>| {
                    let text = self.operand(value, &[part]);
                    if brackets { format!("[{text}]") } else { text }
                };
                let both: Vec<String> = from.iter().chain(to.iter().filter(|_| to != from)).map(&mut text).collect();
                both.join("-")
            }
        }
    }

    /// `tproxy ip to 1.2.3.4:80`.
    pub(super) fn tproxy(&mut self, tproxy: Tproxy, inputs: &Inputs<'_>) -> String {
        let mut text = String::from("tproxy");
        let of = family(tproxy.family);
        if self.family == Family::Inet && tproxy.family != 0 {
            let _ = write!(text, " {of}");
        }
        text += " to ";
        let part = address(of);
        text += &self.range(inputs, [tproxy.address, None], part, of == Family::Ip6);
        text + &self.ports(inputs, [tproxy.port, None])
    }

    /// `dup to 1.2.3.4 device "eth0"`.
    pub(super) fn dup(&mut self, host: Option<Register>, device: Option<Register>, inputs: &Inputs<'_>) -> String {
        let part = address(self.family);
        let device = device.map(|device| self.input(inputs, Some(device), DEVICE, 4));
        match (host, device) {
            (Some(host), device) => {
                let device = device.map_or_else(String::new, |device| format!(" device {device}"));
                format!("dup to {}{device}", self.input(inputs, Some(host), part.kind, part.bytes))
            }
            (None, device) => format!("dup to {}", device.unwrap_or_default()),
        }
    }

    /// `fwd ip to 1.2.3.4 device "eth0"`.
    pub(super) fn fwd(
        &mut self,
        device: Register,
        host: Option<Register>,
        of: Option<u32>,
        inputs: &Inputs<'_>,
    ) -> String {
        let device = self.input(inputs, Some(device), DEVICE, 4);
        match host {
            Some(host) => {
                let of = family(of.unwrap_or_default());
                let part = address(of);
                format!("fwd {of} to {} device {device}", self.input(inputs, Some(host), part.kind, part.bytes))
            }
            None => format!("fwd to {device}"),
        }
    }
}

fn flags(flags: u32) -> String {
    const WORDS: [(u32, &str); 3] =
        [(Nat::RANDOM, "random"), (Nat::FULLY_RANDOM, "fully-random"), (Nat::PERSISTENT, "persistent")];
    let words: Vec<&str> = WORDS.iter().filter(|row| flags & row.0 != 0).map(|row| row.1).collect();
    if words.is_empty() { String::new() } else { format!(" {}", words.join(",")) }
}
