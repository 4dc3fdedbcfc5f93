//! One statement as nft writes it.

use std::fmt::Write as _;

use super::datatype::{Datatype, Type, quoted};
use super::field::{self, Field};
use super::objects;
use super::operand::run_of_bits;
use super::packet::Network;
use super::set::Part;
use super::symbols;
use super::value::{Inputs, Value};
use super::{Printer, Style, log, rate};
use crate::expr::meta::Access;
use crate::expr::payload::PayloadAccess;
use crate::expr::{Expression, Exthdr, Family, Immediate, Objref, Payload, Queue, Register, Reject, Synproxy, Verdict};
use crate::rule::lexer;

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

/// Statements that need nothing but themselves; sets and their elements carry some of them.
#[must_use]
pub fn alone(expression: &Expression, style: Style) -> Option<String> {
    Some(match expression {
        Expression::Immediate(Immediate::Verdict(found)) => verdict(found),
        Expression::Counter(_) if style.stateless => "counter".to_owned(),
        Expression::Counter(counter) => format!("counter {}", rate::counts(*counter)),
        Expression::Limit(found) => format!("limit {}", rate::rate(found)),
        Expression::Quota(found) => format!("quota {}", rate::quota(found, style)),
        Expression::Connlimit(found) => rate::connections(found),
        Expression::Log(found) => log::text(found),
        Expression::Notrack(_) => "notrack".to_owned(),
        Expression::Synproxy(found) => synproxy(found),
        Expression::FlowOffload(found) => format!("flow add @{}", lexer::printable(&found.table)),
        Expression::Last(_) if style.stateless => "last".to_owned(),
        Expression::Last(found) if found.set == 0 => "last used never".to_owned(),
        Expression::Last(found) => format!("last used {}", super::duration::span(found.milliseconds)),
        _ => return None,
    })
}

fn synproxy(synproxy: &Synproxy) -> String {
    const MSS_OR_SCALE: u32 = 0x3;
    let mut text = String::from("synproxy");
    if synproxy.flags & MSS_OR_SCALE != 0 {
        let _ = write!(text, " mss {} wscale {}", synproxy.mss, synproxy.window_scale);
    }
    for word in synproxy_options(synproxy) {
        let _ = write!(text, " {word}");
    }
    text
}

/// Options of TCP that it takes over.
pub fn synproxy_options(synproxy: &Synproxy) -> impl Iterator<Item = &'static str> {
    const SACK: u32 = 0x4;
    const TIMESTAMP: u32 = 0x8;
    let flags = synproxy.flags;
    [(TIMESTAMP, "timestamp"), (SACK, "sack-perm")].into_iter().filter(move |row| flags & row.0 != 0).map(|row| row.1)
}

impl Printer<'_> {
    /// A statement.
    pub(super) fn statement(&mut self, expression: &Expression, inputs: &Inputs<'_>) {
        let text = match expression {
            Expression::Reject(found) => Some(self.reject(*found)),
            Expression::Meta(_) | Expression::Ct(_) => self.assign(expression, inputs),
            Expression::Exthdr(header) => self.write_option(header, expression, inputs),
            Expression::Payload(payload) => self.write_header(payload, inputs),
            Expression::Nat(nat) => self.nat(*nat, inputs),
            Expression::Masq(masq) => Some(self.masquerade(*masq, inputs)),
            Expression::Redir(redir) => Some(self.redirect(*redir, inputs)),
            Expression::Tproxy(tproxy) => Some(self.tproxy(*tproxy, inputs)),
            Expression::Dup(dup) => Some(self.dup(dup.address, dup.device, inputs)),
            Expression::Fwd(fwd) => Some(self.fwd(fwd.device, fwd.address, fwd.family, inputs)),
            Expression::Queue(queue) => Some(self.queue(*queue, inputs)),
            Expression::Objref(reference) => self.object(reference, inputs),
            Expression::Dynset(dynset) => Some(self.dynset(dynset, inputs)),
            Expression::Immediate(Immediate::Verdict(found)) => self.block(found).or_else(|| Some(verdict(found))),
            other => alone(other, self.style),
        };
        self.packet.keep_tests();
        self.parts.push(Some(text.unwrap_or_else(|| super::raw(expression))));
    }

    fn reject(&mut self, reject: Reject) -> String {
        let own = matches!(self.family, Family::Ip | Family::Ip6);
        let v6 = self.packet.network == Some(Network::Ip6);
        let (word, table, default, code) = match reject {
            Reject::TcpReset => {
                let implied = self.packet.implied_by_reset();
                self.leave_out(implied);
                return "reject with tcp reset".to_owned();
            }
            Reject::IcmpUnreachable(code) => {
                let implied = self.packet.network.filter(|_| !own).and_then(|it| self.packet.implied_by_network(it));
                self.leave_out(implied);
                if v6 {
                    ("icmpv6", symbols::ICMPV6_CODE, Some(4).filter(|_| own), code)
                } else {
                    ("icmp", symbols::ICMP_CODE, Some(3).filter(|_| own), code)
                }
            }
            Reject::IcmpxUnreachable(code) => ("icmpx", symbols::ICMPX_CODE, Some(1), code),
        };
        if Some(code) == default {
            "reject".to_owned()
        } else {
            format!("reject with {word} {}", symbols::symbol(table, code.into()))
        }
    }

    /// What a register holds that is to be of this type.
    pub(super) fn input(&mut self, inputs: &Inputs<'_>, register: Option<Register>, kind: Type, bytes: u32) -> String {
        let value = inputs.get(register).cloned();
        value.map_or_else(String::new, |value| self.operand(&value, &[Part { kind, bytes }]))
    }

    /// `meta mark set …`, `ct mark set …`.
    fn assign(&mut self, expression: &Expression, inputs: &Inputs<'_>) -> Option<String> {
        let (register, value) = inputs.0.first()?;
        let Field { label, kind, bits } = field::field(expression, field::is_v6(self.family));
        let text = match value {
            Value::Constant(bytes) if kind.is_flags() => kind.flags(kind.number(bytes)?).join(","),
            _ => self.input(inputs, Some(*register), kind, bits.div_ceil(8)),
        };
        Some(format!("{label} set {text}"))
    }

    /// `tcp option maxseg size set 1360`, `reset tcp option sack`.
    fn write_option(&mut self, header: &Exthdr, expression: &Expression, inputs: &Inputs<'_>) -> Option<String> {
        let Some(access) = header.access else { return Some(format!("reset {}", super::optional::title(header))) };
        let Access::Store(register) = access else { return None };
        let Field { label, kind, bits } = self.loaded(expression);
        let value = self.input(inputs, Some(register), kind, bits.div_ceil(8));
        Some(format!("{label} set {value}"))
    }

    /// `ip ttl set 5`: a field that is not whole bytes is written together with what surrounds it.
    fn write_header(&mut self, payload: &Payload, inputs: &Inputs<'_>) -> Option<String> {
        let PayloadAccess::Store { register, .. } = payload.access else { return None };
        let value = inputs.get(Some(register))?.clone();
        if let Value::Masked(of, mask, xor) = &value
            && let Value::Loaded(Expression::Payload(source)) = **of
            && (source.base, source.offset, source.length) == (payload.base, payload.offset, payload.length)
        {
            let written: Vec<u8> = mask.iter().map(|byte| !byte).collect();
            let inside = xor.iter().zip(&written).all(|(xor, written)| xor & !written == 0);
            let (lead, bits) = run_of_bits(&written).filter(|_| inside).unwrap_or_default();
            let shift = payload.length.saturating_mul(8).saturating_sub(lead + bits);
            let offset = payload.offset.checked_mul(8)?.checked_add(lead)?;
            if let Some(mut field) = self.header_field(payload.base, offset, bits) {
                field.kind.shift = shift;
                return Some(format!("{} set {}", field.label, field.kind.format(xor, self.names)));
            }
        }
        let Field { label, kind, bits } = self.payload(payload);
        let value = self.operand(&value, &[Part { kind, bytes: bits.div_ceil(8) }]);
        Some(format!("{label} set {value}"))
    }

    fn queue(&mut self, queue: Queue, inputs: &Inputs<'_>) -> String {
        const FLAGS: [(u16, &str); 2] = [(1, "bypass"), (2, "fanout")];
        let words: Vec<_> = FLAGS.iter().filter(|row| queue.flags & row.0 != 0).map(|row| row.1).collect();
        let mut text = String::from("queue");
        if !words.is_empty() {
            let _ = write!(text, " flags {}", words.join(","));
        }
        if queue.source.is_some() {
            let _ = write!(text, " to {}", self.input(inputs, queue.source, Type::host(Datatype::Integer), 2));
        } else {
            let first = queue.number.unwrap_or(0);
            let _ = write!(text, " to {first}");
            if let Some(total) = queue.total.filter(|&total| total > 1) {
                let _ = write!(text, "-{}", first.saturating_add(total - 1));
            }
        }
        text
    }

    fn object(&mut self, reference: &Objref, inputs: &Inputs<'_>) -> Option<String> {
        let words = |kind: u32| objects::row(kind).map(|row| row.statement);
        if let Some(name) = &reference.name {
            return Some(format!("{} {}", words(reference.kind?)?, quoted(name)));
        }
        let map = reference.set.as_deref()?;
        let key = inputs.get(reference.source)?.clone();
        let key = self.show(&key);
        let kind = super::set::declared(self.lowered, map)?.object_type?;
        let map = self.set(map, reference.set_id, &key.parts, &[]);
        Some(format!("{} {} map {map}", words(kind)?, key.text))
    }
}
