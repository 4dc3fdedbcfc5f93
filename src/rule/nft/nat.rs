//! Address translation as nft writes it.

use super::datatype::Datatype;
use super::statement::value_text;
use crate::expr::{Family, Masq, Nat, Redir, Register};
use crate::rule::condition::{Act, Value};

/// Those of the first value and of the last.
type Registers = [Option<Register>; 2];

/// `snat to 1.2.3.4:80 random`, `dnat ip to …` in a table of both families.
#[must_use]
pub fn nat(act: &Act, nat: Nat, table: Family) -> String {
    let family = u8::try_from(nat.family).map_or(Family::Other(0), Family::from_number);
    let word = match nat.kind {
        Nat::SNAT => "snat",
        Nat::DNAT => "dnat",
        _ => "nat",
    };
    let (datatype, brackets) = match family {
        Family::Ip6 => (Datatype::Ipv6, nat.port_min.is_some()),
        _ => (Datatype::Ipv4, false),
    };
    let mut text = word.to_owned();
    if family != table {
        text += &format!(" {family}");
    }
    if nat.flags & Nat::NETMAP != 0 {
        text += " prefix";
    }
    text += " to ";
    text += &range(act, [nat.address_min, nat.address_max], datatype, brackets);
    text + &ports(act, [nat.port_min, nat.port_max]) + &flags(nat.flags)
}

/// `masquerade to :80-90 random`.
#[must_use]
pub fn masquerade(act: &Act, masq: Masq) -> String {
    ports_alone("masquerade", act, [masq.port_min, masq.port_max]) + &flags(masq.flags)
}

/// `redirect to :80`.
#[must_use]
pub fn redirect(act: &Act, redir: Redir) -> String {
    ports_alone("redirect", act, [redir.port_min, redir.port_max]) + &flags(redir.flags)
}

fn ports_alone(word: &str, act: &Act, registers: Registers) -> String {
    let to = if registers[0].is_some() { " to " } else { "" };
    format!("{word}{to}{}", ports(act, registers))
}

fn ports(act: &Act, registers: Registers) -> String {
    let colon = if registers[0].is_some() { ":" } else { "" };
    format!("{colon}{}", range(act, registers, Datatype::Service, false))
}

/// One value where both registers hold the same.
fn range(act: &Act, registers: Registers, datatype: Datatype, brackets: bool) -> String {
    let text = |value: &Value| {
        let text = value_text(value, datatype);
        if brackets { format!("[{text}]") } else { text }
    };
    let [from, to] = registers.map(|register| act.value(register?));
    let both: Vec<String> = from.into_iter().chain(to.filter(|&to| Some(to) != from)).map(text).collect();
    both.join("-")
}

fn flags(flags: u32) -> String {
    const WORDS: [(u32, &str); 3] =
        [(Nat::RANDOM, "random"), (Nat::FULLY_RANDOM, "fully-random"), (Nat::PERSISTENT, "persistent")];
    let words: Vec<&str> = WORDS.iter().filter(|row| flags & row.0 != 0).map(|row| row.1).collect();
    if words.is_empty() { String::new() } else { format!(" {}", words.join(",")) }
}
