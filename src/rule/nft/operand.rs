//! Values that a rule computes, as nft writes them.

use super::Printer;
use super::datatype::{Datatype, Order, Type};
use super::field::{self, Field};
use super::packet::Network;
use super::set::{self, Layout, Part};
use super::value::Value;
use crate::expr::{Ct, Expression, Exthdr, Lookup, Payload, PayloadBase};

/// A value's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// `ip saddr . tcp dport`.
    pub text: String,
    /// What it has one behind the other.
    pub parts: Vec<Part>,
    /// Something is computed: an operator stands in it.
    pub compound: bool,
}

impl Shown {
    fn field(field: Field) -> Self {
        let part = Part { kind: field.kind, bytes: field.bits.div_ceil(8) };
        Self { text: field.label, parts: vec![part], compound: false }
    }

    /// The type of the value, or of its first part.
    #[must_use]
    pub fn kind(&self) -> Type {
        self.parts.first().map_or(Type::network(Datatype::Hexadecimal), |part| part.kind)
    }
}

/// The bits that a mask takes, where they lie side by side: how many are before them and how many they are.
pub fn run_of_bits(mask: &[u8]) -> Option<(u32, u32)> {
    let bits = |byte: &u8| (0..8).rev().map(move |bit: u32| u32::from(*byte) >> bit & 1 == 1).collect::<Vec<_>>();
    let all: Vec<bool> = mask.iter().flat_map(bits).collect();
    let lead = all.iter().take_while(|bit| !**bit).count();
    let run = all.iter().skip(lead).take_while(|bit| **bit).count();
    let rest = all.iter().skip(lead + run).any(|bit| *bit);
    (run > 0 && !rest).then(|| Some((u32::try_from(lead).ok()?, u32::try_from(run).ok()?))).flatten()
}

impl Printer<'_> {
    /// The text of a value, and of what type it is.
    pub(super) fn show(&mut self, value: &Value<'_>) -> Shown {
        match value {
            Value::Loaded(expression) => Shown::field(self.loaded(expression)),
            Value::Constant(bytes) => Shown {
                text: Type::network(Datatype::Hexadecimal).format(bytes, self.names),
                parts: vec![Part { kind: Type::network(Datatype::Hexadecimal), bytes: 0 }],
                compound: false,
            },
            Value::Masked(of, mask, xor) => self.masked(of, mask, xor),
            Value::Shifted(of, left, bits) => {
                let inner = self.show(of);
                let masked = inner.compound && matches!(**of, Value::Masked(..));
                let text = if masked { format!("({})", inner.text) } else { inner.text };
                let operator = if *left { "<<" } else { ">>" };
                let parts =
                    inner.parts.into_iter().map(|part| Part { kind: Type { shift: 0, ..part.kind }, ..part }).collect();
                Shown { text: format!("{text} {operator} {bits}"), parts, compound: true }
            }
            Value::Swapped(of) => {
                let mut inner = self.show(of);
                for part in &mut inner.parts {
                    part.kind.order = Order::Network;
                }
                inner
            }
            Value::Hashed(of, hash) => {
                let inner = self.show(of);
                let text = format!("jhash {} {}", inner.text, field::modulus(hash.modulus, hash.seed, hash.offset));
                let part = Part { kind: Type::host(Datatype::Integer), bytes: 4 };
                Shown { text, parts: vec![part], compound: false }
            }
            Value::Tuple(values) => {
                let shown: Vec<Shown> = values.iter().map(|value| self.show(value)).collect();
                let text = shown.iter().map(|shown| shown.text.as_str()).collect::<Vec<_>>().join(" . ");
                let parts = shown.into_iter().flat_map(|shown| shown.parts).collect();
                Shown { text, parts, compound: false }
            }
            Value::Mapped(key, lookup) => {
                let text = self.mapped(key, lookup, &[]);
                Shown { text, parts: Vec::new(), compound: false }
            }
            Value::Behind(map) => self.show(map),
        }
    }

    /// The text of a value that is to be of this type.
    pub(super) fn operand(&mut self, value: &Value<'_>, parts: &[Part]) -> String {
        match (value, parts) {
            (Value::Constant(bytes), [part, ..]) => part.kind.format(bytes, self.names),
            (Value::Mapped(key, lookup), parts) => self.mapped(key, lookup, parts),
            _ => self.show(value).text,
        }
    }

    fn mapped(&mut self, key: &Value<'_>, lookup: &Lookup, parts: &[Part]) -> String {
        let key = self.show(key);
        format!("{} map {}", key.text, self.set(&lookup.set, lookup.set_id, &key.parts, parts))
    }

    /// A set's name, or its elements.
    pub(super) fn set(&self, name: &str, id: u32, key: &[Part], value: &[Part]) -> String {
        match set::find(self.lowered, name, id) {
            Some(found) if found.is_anonymous() => {
                let listed = set::elements(found, Layout { key, value }, self.names, self.style);
                format!("{{ {} }}", listed.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
            }
            _ => set::name(name),
        }
    }

    fn masked(&mut self, of: &Value<'_>, mask: &[u8], xor: &[u8]) -> Shown {
        if let (Value::Loaded(expression), true) = (of, xor.iter().all(|&byte| byte == 0))
            && let Some(field) = self.bit_field(expression, mask)
        {
            return Shown::field(field);
        }
        let mut inner = self.show(of);
        let kind = inner.kind();
        let bytes = |combine: fn(u8, u8) -> u8| -> Vec<u8> {
            mask.iter().zip(xor).map(|(&mask, &xor)| combine(mask, xor)).collect()
        };
        // Told apart into bits that are kept, flipped and set, as nft writes it.
        let kept = bytes(|mask, xor| mask | (xor & !mask));
        let flipped = bytes(|mask, xor| mask & xor);
        let set = bytes(|mask, xor| xor & !mask);
        for (operator, value, nothing) in [("&", kept, 0xff), ("^", flipped, 0), ("|", set, 0)] {
            if value.iter().any(|&byte| byte != nothing) {
                inner.text = format!("{} {operator} {}", inner.text, kind.mask(&value, self.names));
                inner.compound = true;
            }
        }
        inner
    }

    /// The field whose bits are all that a mask leaves of what was loaded.
    pub(super) fn bit_field(&mut self, expression: &Expression, mask: &[u8]) -> Option<Field> {
        let (lead, bits) = run_of_bits(mask)?;
        let shift = u32::try_from(mask.len()).ok()?.checked_mul(8)?.checked_sub(lead + bits)?;
        let mut found = match expression {
            Expression::Payload(payload) => {
                let offset = payload.offset.checked_mul(8)?.checked_add(lead)?;
                self.header_field(payload.base, offset, bits)?
            }
            Expression::Exthdr(header) if !header.present => {
                let offset = header.offset.checked_mul(8)?.checked_add(lead)?;
                let found = super::optional::find(header, offset, bits)?;
                self.loaded(expression);
                found
            }
            _ => return None,
        };
        found.kind.shift = shift;
        // In bytes it is as wide as what was loaded.
        found.bits = u32::try_from(mask.len()).ok()? * 8;
        Some(found)
    }

    /// The field of a header that fills these bits; tests that it says again are left out.
    pub(super) fn header_field(&mut self, base: PayloadBase, offset: u32, bits: u32) -> Option<Field> {
        let (header, found) = self.packet.find(base, offset, bits)?;
        let implied = self.packet.implied_by(header, found);
        self.leave_out(implied);
        Some(Field::new(format!("{} {}", header.name, found.name), found.kind, bits))
    }

    /// What an expression loads.
    pub(super) fn loaded(&mut self, expression: &Expression) -> Field {
        match expression {
            Expression::Payload(payload) => return self.payload(payload),
            Expression::Exthdr(header) => {
                let network = match header.op {
                    Exthdr::IPV6 => Some(Network::Ip6),
                    Exthdr::IPV4 => Some(Network::Ip),
                    _ => None,
                };
                let implied = match header.op {
                    Exthdr::TCP => self.packet.implied_by_tcp_option(),
                    _ => network.and_then(|network| self.packet.implied_by_network(network)),
                };
                self.leave_out(implied);
            }
            Expression::Ct(Ct { key: Ct::SOURCE | Ct::DESTINATION | Ct::PROTOCOL, .. }) => {
                let implied = self.packet.implied_by_connection();
                self.leave_out(implied);
            }
            _ => {}
        }
        let v6 = field::is_v6(self.family) || self.packet.network == Some(Network::Ip6);
        field::field(expression, v6)
    }

    /// Bytes of a header: the field that they are, or their place.
    pub(super) fn payload(&mut self, payload: &Payload) -> Field {
        let (offset, bits) = (payload.offset.saturating_mul(8), payload.length.saturating_mul(8));
        self.header_field(payload.base, offset, bits).unwrap_or_else(|| raw_payload(payload.base, offset, bits))
    }
}

/// `@th,16,16`.
pub fn raw_payload(base: PayloadBase, offset: u32, bits: u32) -> Field {
    let base = match base {
        PayloadBase::Link => "ll",
        PayloadBase::Network => "nh",
        PayloadBase::Transport => "th",
        PayloadBase::Inner => "ih",
    };
    Field::new(format!("@{base},{offset},{bits}"), Type::network(Datatype::Hexadecimal), bits)
}
