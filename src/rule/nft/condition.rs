//! One condition as nft writes it, and what it tells about the packet.

use super::Printer;
use super::datatype::{Datatype, Type};
use super::header::{Header, HeaderField};
use super::operand::{Shown, run_of_bits};
use super::packet::{Clue, Network};
use super::set;
use super::value::Value;
use crate::expr::{CmpOp, Ct, Expression, Lookup, Meta, Payload, Register};

const fn operator(op: CmpOp, explicit: bool) -> &'static str {
    match op {
        CmpOp::Eq if explicit => "== ",
        CmpOp::Eq => "",
        CmpOp::Neq => "!= ",
        CmpOp::Lt => "< ",
        CmpOp::Lte => "<= ",
        CmpOp::Gt => "> ",
        CmpOp::Gte => ">= ",
    }
}

impl Printer<'_> {
    /// A comparison with a constant.
    pub(super) fn compare(&mut self, value: &Value<'_>, op: CmpOp, data: &[u8]) {
        if let Value::Loaded(Expression::Payload(payload)) = value
            && self.fields(payload, op, data).is_some()
        {
            return;
        }
        let text = match value {
            Value::Loaded(expression) => self.compare_loaded(expression, op, data),
            Value::Masked(of, mask, xor) if xor.iter().all(|&byte| byte == 0) => {
                self.compare_masked(value, of, mask, op, data)
            }
            _ => self.compare_any(value, op, data),
        };
        self.parts.push(Some(text));
        match (value, op) {
            (Value::Loaded(expression), CmpOp::Eq) => self.learn(expression, data),
            (Value::Masked(of, mask, xor), CmpOp::Eq) if xor.iter().all(|&byte| byte == 0) => {
                self.learn_bits(of, mask, data);
            }
            _ => {}
        }
    }

    fn compare_any(&mut self, value: &Value<'_>, op: CmpOp, data: &[u8]) -> String {
        let shown = self.show(value);
        self.comparison(&shown, op, data)
    }

    fn comparison(&self, shown: &Shown, op: CmpOp, data: &[u8]) -> String {
        let kind = shown.kind();
        format!("{} {}{}", shown.text, operator(op, shown.compound || kind.is_flags()), self.constant(kind, op, data))
    }

    /// Several flags of a header in one constant have no names.
    fn constant(&self, kind: Type, op: CmpOp, data: &[u8]) -> String {
        match kind.number(data) {
            Some(number) if kind.is_header_flags() && number.count_ones() > 1 => format!("{number:#x}"),
            Some(_) if kind.is_flags() && !matches!(op, CmpOp::Eq | CmpOp::Neq) => kind.bound(data, self.names),
            _ => kind.format(data, self.names),
        }
    }

    fn compare_loaded(&mut self, expression: &Expression, op: CmpOp, data: &[u8]) -> String {
        let field = self.loaded(expression);
        let whole = usize::try_from(field.bits / 8).unwrap_or_default();
        if field.kind.has_prefixes() && data.len() < whole && matches!(op, CmpOp::Eq | CmpOp::Neq) {
            // The leading bytes of an address are a prefix of it.
            let mut address = data.to_vec();
            address.resize(whole, 0);
            let value = field.kind.bound(&address, self.names);
            return format!("{} {}{value}/{}", field.label, operator(op, false), data.len() * 8);
        }
        let explicit = field.kind.is_flags() && !field.kind.is_labels();
        format!("{} {}{}", field.label, operator(op, explicit), self.constant(field.kind, op, data))
    }

    fn compare_masked(&mut self, value: &Value<'_>, of: &Value<'_>, mask: &[u8], op: CmpOp, data: &[u8]) -> String {
        if let Value::Loaded(expression) = of
            && let Some(field) = self.bit_field(expression, mask)
        {
            return format!("{} {}{}", field.label, operator(op, false), field.kind.format(data, self.names));
        }
        let plain = self.show(of);
        let kind = plain.kind();
        if kind.is_flags()
            && let Some(text) = flags(&plain.text, kind, mask, op, data)
        {
            return text;
        }
        if matches!(op, CmpOp::Eq | CmpOp::Neq)
            && let Some(prefix) = kind.prefix(data, mask, self.names)
        {
            return format!("{} {}{prefix}", plain.text, operator(op, false));
        }
        self.compare_any(value, op, data)
    }

    /// Bytes of a header that are compared in one go: each field is a condition of its own.
    fn fields(&mut self, payload: &Payload, op: CmpOp, data: &[u8]) -> Option<()> {
        let (offset, bits) = (payload.offset.checked_mul(8)?, payload.length.checked_mul(8)?);
        let (header, fields) = self.packet.cover(payload.base, offset, bits)?;
        let several = fields.len() > 1;
        let short = fields.iter().map(|field| field.bits).sum::<u32>() > bits;
        if several && op != CmpOp::Eq
            || short && !matches!(op, CmpOp::Eq | CmpOp::Neq)
            || data.len() != usize::try_from(payload.length).ok()?
            || data.len() > 16
        {
            return None;
        }
        let whole = data.iter().fold(0_u128, |number, &byte| number << 8 | u128::from(byte));
        let mut rest = bits;
        for field in fields {
            let taken = field.bits.min(rest);
            rest -= taken;
            let mask = if taken >= 128 { u128::MAX } else { (1 << taken) - 1 };
            self.field(header, field, op, whole.checked_shr(rest).unwrap_or(0) & mask, taken);
        }
        Some(())
    }

    /// A field's `taken` leading bits against a number.
    fn field(&mut self, header: &'static Header, field: &'static HeaderField, op: CmpOp, number: u128, taken: u32) {
        let implied = self.packet.implied_by(header, field);
        self.leave_out(implied);
        let number = number << (field.bits - taken);
        let length = usize::try_from(field.bits.div_ceil(8)).unwrap_or(16);
        let bytes = number.to_be_bytes();
        let data = bytes.get(16 - length..).unwrap_or(&bytes);
        let value = if taken < field.bits {
            format!("{}/{taken}", field.kind.bound(data, self.names))
        } else {
            self.constant(field.kind, op, data)
        };
        let explicit = field.kind.is_flags();
        self.parts.push(Some(format!("{} {} {}{value}", header.name, field.name, operator(op, explicit))));
        if op == CmpOp::Eq && taken == field.bits {
            self.packet.learn_field(header, field, number, self.parts.len() - 1);
        }
    }

    /// A range.
    pub(super) fn between(&mut self, value: &Value<'_>, negated: bool, from: &[u8], to: &[u8]) {
        let shown = self.show(value);
        let kind = shown.kind();
        let operator = operator(if negated { CmpOp::Neq } else { CmpOp::Eq }, shown.compound);
        let (from, to) = (kind.bound(from, self.names), kind.bound(to, self.names));
        self.parts.push(Some(format!("{} {operator}{from}-{to}", shown.text)));
    }

    /// A lookup in a set or in a verdict map.
    pub(super) fn member(&mut self, value: &Value<'_>, lookup: &Lookup) {
        let shown = self.show(value);
        let operator = match lookup.destination {
            Some(Register::VERDICT) => "vmap ",
            _ if lookup.inverted => "!= ",
            _ if shown.compound => "== ",
            _ => "",
        };
        let mut parts = shown.parts.clone();
        if let ([part], true) = (parts.as_mut_slice(), shown.compound && shown.kind().datatype == Datatype::Hexadecimal)
        {
            // What is computed from bytes of no field is a number to nft.
            part.kind.datatype = Datatype::Integer;
        }
        let set = self.set(&lookup.set, lookup.set_id, &parts, &[]);
        if let Some(found) = set::find(self.lowered, &lookup.set, lookup.set_id)
            && matches!(shown.text.as_str(), "icmp type" | "icmpv6 type")
            && let Some([number]) = found.elements.first().map(|element| element.key.as_slice())
        {
            self.packet.learn_message(u32::from(*number), None);
        }
        self.parts.push(Some(format!("{} {operator}{set}", shown.text)));
    }

    /// What a field that is all that a mask leaves tells about the packet.
    fn learn_bits(&mut self, of: &Value<'_>, mask: &[u8], data: &[u8]) {
        let Value::Loaded(Expression::Payload(payload)) = of else { return };
        let Some((lead, bits)) = run_of_bits(mask) else { return };
        let Some(first) = payload.offset.checked_mul(8).and_then(|offset| offset.checked_add(lead)) else { return };
        let found = self.packet.find(payload.base, first, bits).zip(Type::network(Datatype::Integer).number(data));
        if let Some(((header, field), number)) = found {
            let behind = payload.length.saturating_mul(8).saturating_sub(lead + bits);
            let number = number.checked_shr(behind).unwrap_or(0);
            self.packet.learn_field(header, field, number, self.parts.len() - 1);
        }
    }

    /// What an expression that equals this tells about the packet.
    fn learn(&mut self, expression: &Expression, data: &[u8]) {
        let part = self.parts.len() - 1;
        let network = |number: u8| match number {
            2 => Some(Network::Ip),
            10 => Some(Network::Ip6),
            _ => None,
        };
        match (expression, data) {
            (Expression::Meta(Meta { key: Meta::IIFTYPE | Meta::OIFTYPE, .. }), data)
                if *data == 1_u16.to_ne_bytes() =>
            {
                self.packet.learn_ethernet(part);
            }
            (Expression::Meta(Meta { key: Meta::PROTOCOL, .. }), &[high, low]) => {
                self.packet.learn_ether_type(u16::from_be_bytes([high, low]).into(), Clue::Meta, part);
            }
            (Expression::Meta(Meta { key: Meta::NFPROTO, .. }), &[number]) => {
                if let Some(network) = network(number) {
                    self.packet.learn_network(network, Clue::Meta, part);
                }
            }
            (Expression::Meta(Meta { key: Meta::L4PROTO, .. }), &[number]) => {
                self.packet.learn_transport(number, Clue::Meta, part);
            }
            (Expression::Ct(Ct { key: Ct::L3PROTO, .. }), &[number]) => {
                if let Some(network) = network(number) {
                    self.packet.learn_network(network, Clue::Connection, part);
                }
            }
            _ => {}
        }
    }
}

/// `ct state new,established`, `tcp flags syn / syn,ack`.
fn flags(label: &str, kind: Type, mask: &[u8], op: CmpOp, data: &[u8]) -> Option<String> {
    let (mask, value) = (kind.number(mask)?, kind.number(data)?);
    let list = |bits: u128| kind.flags(bits).join(",");
    match (op, value) {
        (CmpOp::Neq, 0) => Some(format!("{label} {}", list(mask))),
        (CmpOp::Eq, 0) => Some(format!("{label} ! {}", list(mask))),
        (CmpOp::Eq | CmpOp::Neq, value) if mask.count_ones() > 1 => {
            Some(format!("{label} {}{} / {}", operator(op, false), list(value), list(mask)))
        }
        _ => None,
    }
}
