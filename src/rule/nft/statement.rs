//! One statement as nft writes it.

use std::fmt::Write as _;

use super::datatype::{self, Datatype, symbol};
use super::{field, nat};
use crate::expr::{Action, Family, Limit, LimitKind, Log, Reject, Verdict};
use crate::rule::condition::{Act, Masked, Selector, Statement, Value};
use crate::rule::lexer;

/// The statement's text.
#[must_use]
pub fn text(statement: &Statement, family: Family) -> String {
    match statement {
        Statement::Counter(counts) => format!("counter packets {} bytes {}", counts.packets, counts.bytes),
        Statement::Verdict(found) => verdict(found),
        Statement::Limit(limit) => limit_text(limit),
        Statement::Log(log) => log_text(log),
        Statement::Reject(reject) => reject_text(*reject, family),
        Statement::Assign(target, value) => assign_text(*target, value),
        Statement::Act(act) => match &act.action {
            Action::Nat(found) => nat::nat(act, *found, family),
            Action::Masq(found) => nat::masquerade(act, *found),
            Action::Redir(found) => nat::redirect(act, *found),
            other => with_inputs(act, &super::raw(&other.clone().into())),
        },
    }
}

/// `accept`, `jump CHAIN`.
#[must_use]
pub fn verdict(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Accept => "accept".to_owned(),
        Verdict::Drop => "drop".to_owned(),
        Verdict::Continue => "continue".to_owned(),
        Verdict::Break => "break".to_owned(),
        Verdict::Return => "return".to_owned(),
        Verdict::Jump(chain) => format!("jump {}", lexer::printable(chain)),
        Verdict::Goto(chain) => format!("goto {}", lexer::printable(chain)),
        Verdict::Other(code) => format!("verdict({code})"),
    }
}

/// nft's defaults for a burst: what it adds where none is written, and leaves out where it prints.
const BURST_PACKETS: u32 = 5;

fn limit_text(limit: &Limit) -> String {
    let over = if limit.inverted { "over " } else { "" };
    let unit = match limit.unit {
        1 => "second".to_owned(),
        60 => "minute".to_owned(),
        3_600 => "hour".to_owned(),
        86_400 => "day".to_owned(),
        604_800 => "week".to_owned(),
        seconds => format!("{seconds}s"),
    };
    let mut text = String::from("limit rate ");
    match limit.kind {
        LimitKind::Packets => {
            let _ = write!(text, "{over}{}/{unit}", limit.rate);
            if limit.burst != BURST_PACKETS {
                let _ = write!(text, " burst {} packets", limit.burst);
            }
        }
        LimitKind::Bytes => {
            let _ = write!(text, "{over}{}/{unit}", bytes_text(limit.rate));
            if limit.burst != 0 {
                let _ = write!(text, " burst {}", bytes_text(u64::from(limit.burst)));
            }
        }
    }
    text
}

/// Bytes in the largest unit that leaves no rest.
fn bytes_text(bytes: u64) -> String {
    const UNITS: [&str; 3] = ["bytes", "kbytes", "mbytes"];
    let (mut amount, mut unit) = (bytes, 0);
    while amount >= 1024 && amount.is_multiple_of(1024) && unit + 1 < UNITS.len() {
        amount /= 1024;
        unit += 1;
    }
    format!("{amount} {}", UNITS[unit])
}

fn log_text(log: &Log) -> String {
    const LEVELS: &[(&str, u32)] = &[
        ("emerg", 0),
        ("alert", 1),
        ("crit", 2),
        ("err", 3),
        ("warn", 4),
        ("notice", 5),
        ("info", 6),
        ("debug", 7),
        ("audit", 8),
    ];
    const DEFAULT_LEVEL: u32 = 4;
    let mut text = String::from("log");
    if let Some(prefix) = &log.prefix {
        let _ = write!(text, " prefix \"{}\"", lexer::printable(prefix));
    }
    for (word, number) in [
        ("group", log.group.map(u32::from)),
        ("snaplen", log.snap_length.filter(|&bytes| bytes != 0)),
        ("queue-threshold", log.queue_threshold.filter(|&packets| packets != 0).map(u32::from)),
    ] {
        if let Some(number) = number {
            let _ = write!(text, " {word} {number}");
        }
    }
    if let Some(level) = log.level.filter(|&level| level != DEFAULT_LEVEL) {
        let _ = write!(text, " level {}", symbol(LEVELS, level));
    }
    text + &log_flags(log.flags.unwrap_or(0))
}

/// `NF_LOG_*`.
fn log_flags(flags: u32) -> String {
    const ALL: u32 = 0x2f;
    if flags & ALL == ALL {
        return " flags all".to_owned();
    }
    let mut text = match flags & 3 {
        0 => String::new(),
        1 => " flags tcp sequence".to_owned(),
        2 => " flags tcp options".to_owned(),
        _ => " flags tcp sequence,options".to_owned(),
    };
    for (bit, words) in [(4, " flags ip options"), (8, " flags skuid"), (32, " flags ether")] {
        if flags & bit != 0 {
            text.push_str(words);
        }
    }
    text
}

fn reject_text(reject: Reject, family: Family) -> String {
    let (word, table, default, code) = match (reject, family) {
        (Reject::TcpReset, _) => return "reject with tcp reset".to_owned(),
        (Reject::IcmpUnreachable(code), Family::Ip6) => ("icmpv6", datatype::ICMPV6_CODE, 4, code),
        (Reject::IcmpUnreachable(code), _) => ("icmp", datatype::ICMP_CODE, 3, code),
        (Reject::IcmpxUnreachable(code), _) => ("icmpx", datatype::ICMPX_CODE, 1, code),
    };
    if code == default { "reject".to_owned() } else { format!("reject with {word} {}", symbol(table, code.into())) }
}

/// What an action has in its registers stands behind it: nothing is hidden.
fn with_inputs(act: &Act, text: &str) -> String {
    let inputs = act.inputs.iter().map(|input| format!(" {}", value_text(&input.value, Datatype::Raw)));
    text.to_owned() + &inputs.collect::<String>()
}

fn assign_text(target: Selector, value: &Value) -> String {
    let target = field::fields(target, None, None).swap_remove(0);
    format!("{} set {}", target.label, value_text(value, target.datatype))
}

/// A constant of this type, or what is loaded.
#[must_use]
pub fn value_text(value: &Value, datatype: Datatype) -> String {
    let name = |selector| field::fields(selector, None, None).swap_remove(0);
    match value {
        Value::Constant(bytes) => datatype.format(bytes),
        Value::Computed(source, None) => name(*source).label,
        Value::Computed(source, Some(masked)) => computed(&name(*source), masked),
    }
}

/// `value & mask ^ xor` told apart into bits that are kept, flipped and set, as nft writes it.
fn computed(source: &field::Field, masked: &Masked) -> String {
    let bytes = |combine: fn(u8, u8) -> u8| -> Vec<u8> {
        masked.mask.iter().zip(&masked.xor).map(|(&mask, &xor)| combine(mask, xor)).collect()
    };
    let kept = bytes(|mask, xor| mask | (xor & !mask));
    let flipped = bytes(|mask, xor| mask & xor);
    let set = bytes(|mask, xor| xor & !mask);
    let mut text = source.label.clone();
    for (operator, value, nothing) in [("&", kept, 0xff), ("^", flipped, 0), ("|", set, 0)] {
        if value.iter().any(|&byte| byte != nothing) {
            let _ = write!(text, " {operator} {}", source.datatype.format(&value));
        }
    }
    text
}
