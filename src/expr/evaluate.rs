//! What a rule's conditions make of a packet, without the kernel, as far as headers and interfaces tell.
//!
//! Registers hold bytes that are known or not. A condition on bytes that are not known cannot be decided: state that the
//! kernel keeps (limits, sets that packets fill, sockets, routes), and what the packet's head does not show.

use super::meta::Access;
use super::payload::PayloadAccess;
use super::{
    Bitwise, Byteorder, Cmp, CmpOp, Ct, Expression, Family, Immediate, Lookup, Meta, Payload, PayloadBase, Range,
    Register, Set, SetFlags,
};

/// What is known of a packet where a rule sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The packet's own family (`NFPROTO_*`).
    pub family: Option<Family>,
    /// The protocol above IP.
    pub protocol: Option<u8>,
    /// Head of the network header.
    pub network: Vec<u8>,
    /// Head of the header above it.
    pub transport: Vec<u8>,
    /// Name of the interface that it came by; empty where there is none, `None` where it is not known.
    pub input: Option<String>,
    /// Name of the interface that it leaves by.
    pub output: Option<String>,
    /// Its mark.
    pub mark: Option<u32>,
    /// Bits of its state in connection tracking.
    pub state: Option<u32>,
}

/// How far a rule's conditions hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reckoning {
    /// All of them.
    Holds,
    /// The one that ends with the expression at this place does not; the bytes that it looked at were loaded at the other
    /// place.
    Fails {
        /// Place of the expression that fails.
        at: usize,
        /// Place of the expression that loaded what it compares, and the bytes.
        loaded: Option<(usize, Vec<u8>)>,
    },
    /// The expression at this place asks for what is not known here.
    Undecidable {
        /// Its place.
        at: usize,
    },
}

/// Bytes of all registers.
const MEMORY: usize = 80;
/// Bytes of an interface's name in a register.
const NAME: usize = 16;

/// A register's bytes, and which expression loaded them.
struct Machine<'a> {
    seen: &'a Seen,
    bytes: [Option<u8>; MEMORY],
    loaded: [Option<usize>; MEMORY],
    original: Vec<(usize, Vec<u8>)>,
}

/// Whether one expression lets the rule go on; `None`: that is not known.
type Verdict = Option<bool>;

/// Goes through a rule's expressions. `sets` are those that they look in, as far as they do not change.
#[must_use]
pub fn evaluate(expressions: &[Expression], sets: &[Set], seen: &Seen) -> Reckoning {
    let mut machine = Machine { seen, bytes: [None; MEMORY], loaded: [None; MEMORY], original: Vec::new() };
    for (at, expression) in expressions.iter().enumerate() {
        match machine.step(at, expression, sets) {
            Some(true) => {}
            Some(false) => return Reckoning::Fails { at, loaded: machine.origin(expression) },
            None => return Reckoning::Undecidable { at },
        }
    }
    Reckoning::Holds
}

impl Machine<'_> {
    fn step(&mut self, at: usize, expression: &Expression, sets: &[Set]) -> Verdict {
        match expression {
            Expression::Meta(Meta { key, access: Access::Load(register) }) => {
                let value = self.meta(*key);
                self.load(at, *register, value)
            }
            Expression::Payload(payload @ Payload { access: PayloadAccess::Load(register), .. }) => {
                let value = self.payload(payload);
                self.load(at, *register, value)
            }
            Expression::Ct(Ct { key: Ct::STATE, access: Access::Load(register), .. }) => {
                let value = self.seen.state.map(|state| state.to_ne_bytes().to_vec());
                self.load(at, *register, value)
            }
            Expression::Bitwise(Bitwise { source, destination, mask, xor }) => {
                let value = self.read(*source, mask.len());
                let value = value.map(|bytes| {
                    bytes.iter().zip(mask.iter().zip(xor)).map(|(byte, (mask, xor))| byte & mask ^ xor).collect()
                });
                self.derive(*source, *destination, value)
            }
            Expression::Byteorder(order) => self.byteorder(order),
            Expression::Cmp(Cmp { register, op, data }) => {
                let held = self.read(*register, data.len())?;
                Some(compares(*op, &held, data))
            }
            Expression::Range(Range { register, negated, from, to }) => {
                let held = self.read(*register, from.len())?;
                Some((*from <= held && held <= *to) != *negated)
            }
            Expression::Lookup(lookup) => self.lookup(at, lookup, sets),
            Expression::Immediate(Immediate::Data(register, data)) => {
                self.put(*register, Some(data), None);
                Some(true)
            }
            // These hold for every packet.
            Expression::Counter(_) | Expression::Log(_) | Expression::Immediate(_) | Expression::Reject(_) => {
                Some(true)
            }
            _ => None,
        }
    }

    fn meta(&self, key: u32) -> Option<Vec<u8>> {
        let name = |name: &Option<String>| {
            let name = name.as_ref()?;
            // Without an interface the kernel has an empty name (nft_meta_store_ifname).
            let mut bytes = name.as_bytes().to_vec();
            (bytes.len() < NAME).then(|| bytes.resize(NAME, 0))?;
            Some(bytes)
        };
        match key {
            Meta::NFPROTO => Some(vec![self.seen.family?.number()]),
            Meta::L4PROTO => Some(vec![self.seen.protocol?]),
            Meta::IIFNAME => name(&self.seen.input),
            Meta::OIFNAME => name(&self.seen.output),
            Meta::MARK => Some(self.seen.mark?.to_ne_bytes().to_vec()),
            Meta::LEN => Some(self.length()?.to_ne_bytes().to_vec()),
            _ => None,
        }
    }

    /// Bytes of the whole packet, as its header has them: the total length of IPv4, what follows the header of IPv6.
    fn length(&self) -> Option<u32> {
        const IPV6_HEADER: u32 = 40;
        match self.seen.network.as_slice() {
            [first, _, high, low, ..] if first >> 4 == 4 => Some(u16::from_be_bytes([*high, *low]).into()),
            [first, _, _, _, high, low, ..] if first >> 4 == 6 => {
                Some(u32::from(u16::from_be_bytes([*high, *low])) + IPV6_HEADER)
            }
            _ => None,
        }
    }

    fn payload(&self, payload: &Payload) -> Option<Vec<u8>> {
        let header = match payload.base {
            PayloadBase::Network => &self.seen.network,
            PayloadBase::Transport => &self.seen.transport,
            PayloadBase::Link | PayloadBase::Inner => return None,
        };
        let from = usize::try_from(payload.offset).ok()?;
        let to = from.checked_add(usize::try_from(payload.length).ok()?)?;
        header.get(from..to).map(<[u8]>::to_vec)
    }

    /// Puts a value into a register. A value that is not known does no harm before it is asked for.
    fn load(&mut self, at: usize, register: Register, value: Option<Vec<u8>>) -> Verdict {
        self.put(register, value.as_deref(), Some(at));
        self.original.extend(value.map(|value| (at, value)));
        Some(true)
    }

    fn derive(&mut self, source: Register, destination: Register, value: Option<Vec<u8>>) -> Verdict {
        let origin = register_start(source).and_then(|start| self.loaded.get(start).copied().flatten());
        self.put(destination, value.as_deref(), origin);
        Some(true)
    }

    fn put(&mut self, register: Register, value: Option<&[u8]>, origin: Option<usize>) {
        let Some(start) = register_start(register) else { return };
        let length = value.map_or(NAME, <[u8]>::len);
        for place in 0..length {
            if let (Some(byte), Some(loaded)) = (self.bytes.get_mut(start + place), self.loaded.get_mut(start + place))
            {
                (*byte, *loaded) = (value.and_then(|value| value.get(place).copied()), origin);
            }
        }
    }

    fn read(&self, register: Register, length: usize) -> Option<Vec<u8>> {
        let start = register_start(register)?;
        self.bytes.get(start..start.checked_add(length)?)?.iter().copied().collect()
    }

    fn byteorder(&mut self, order: &Byteorder) -> Verdict {
        let (length, size) = (usize::try_from(order.length).ok()?, usize::try_from(order.size).ok()?);
        let value = self.read(order.source, length).filter(|_| size > 0).map(|mut bytes| {
            // The host's order is the network's, or its reverse.
            if cfg!(target_endian = "little") {
                bytes.chunks_mut(size).for_each(<[u8]>::reverse);
            }
            bytes
        });
        self.derive(order.source, order.destination, value)
    }

    /// Of a map only whether it has the key is known, and not what for: a verdict map lets the rule go on to its verdict.
    fn lookup(&mut self, at: usize, lookup: &Lookup, sets: &[Set]) -> Verdict {
        let set = sets.iter().find(|set| set.name == lookup.set && (set.id == lookup.set_id || set.id == 0))?;
        if set.flags.contains(SetFlags::EVALUATED) || set.flags.contains(SetFlags::TIMEOUT) {
            return None;
        }
        let key = self.read(lookup.source, usize::try_from(set.key_length).ok()?)?;
        let found = is_in(set, &key)?;
        if let Some(destination) = lookup.destination {
            self.put(destination, None, Some(at));
        }
        Some(found != lookup.inverted)
    }

    /// What a comparison looked at, as it was loaded.
    fn origin(&self, expression: &Expression) -> Option<(usize, Vec<u8>)> {
        let register = match expression {
            Expression::Cmp(cmp) => cmp.register,
            Expression::Range(range) => range.register,
            Expression::Lookup(lookup) => lookup.source,
            _ => return None,
        };
        let at = self.loaded.get(register_start(register)?).copied().flatten()?;
        self.original.iter().rev().find(|(place, _)| *place == at).cloned()
    }
}

fn register_start(register: Register) -> Option<usize> {
    register.start().and_then(|start| usize::try_from(start).ok())
}

fn compares(op: CmpOp, held: &[u8], data: &[u8]) -> bool {
    match op {
        CmpOp::Eq => held == data,
        CmpOp::Neq => held != data,
        CmpOp::Lt => held < data,
        CmpOp::Lte => held <= data,
        CmpOp::Gt => held > data,
        CmpOp::Gte => held >= data,
    }
}

/// Whether a key is in a set of keys or of intervals; `None` for elements of another kind.
fn is_in(set: &Set, key: &[u8]) -> Option<bool> {
    if set.flags.contains(SetFlags::CONCATENATION) || set.elements.iter().any(|element| element.key_end.is_some()) {
        return None;
    }
    // One without a key stands for every key.
    if set.elements.iter().any(|element| element.key.is_empty()) {
        return Some(true);
    }
    if !set.flags.contains(SetFlags::INTERVAL) {
        return Some(set.elements.iter().any(|element| element.key == key));
    }
    // The last boundary that is not above the key tells on which side of it the key is.
    let below = set.elements.iter().filter(|element| element.key.as_slice() <= key);
    let nearest = below.max_by(|one, other| (&one.key, !one.interval_end).cmp(&(&other.key, !other.interval_end)));
    Some(nearest.is_some_and(|element| !element.interval_end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::{Counter, Counts, Element, Limit, LimitKind};

    fn seen() -> Seen {
        let mut network = vec![0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
        network[2] = 0;
        Seen {
            family: Some(Family::Ip),
            protocol: Some(6),
            network,
            transport: vec![0x9c, 0x40, 0, 22],
            input: Some("eth0".to_owned()),
            output: Some(String::new()),
            mark: Some(7),
            state: Some(Ct::NEW),
        }
    }

    fn destination_port(port: u16) -> [Expression; 2] {
        let load = Payload::load(PayloadBase::Transport, 2, 2);
        [load.into(), Cmp::new(CmpOp::Eq, port.to_be_bytes()).into()]
    }

    #[test]
    fn the_first_condition_that_fails_is_found() {
        let protocol = [Meta::load(Meta::L4PROTO).into(), Cmp::new(CmpOp::Eq, [6]).into()];
        let rule = |port| [&protocol[..], &destination_port(port), &[Counter(Counts::default()).into()]].concat();
        assert_eq!(evaluate(&rule(22), &[], &seen()), Reckoning::Holds);
        let loaded = Some((2, vec![0, 22]));
        assert_eq!(evaluate(&rule(80), &[], &seen()), Reckoning::Fails { at: 3, loaded });
    }

    #[test]
    fn masks_keep_what_was_loaded() {
        let source: [Expression; 3] = [
            Payload::load(PayloadBase::Network, 12, 4).into(),
            Bitwise::and([255, 255, 0, 0]).into(),
            Cmp::new(CmpOp::Eq, [10, 1, 0, 0]).into(),
        ];
        let loaded = Some((0, vec![10, 0, 0, 1]));
        assert_eq!(evaluate(&source, &[], &seen()), Reckoning::Fails { at: 2, loaded });
        let state = |bits: u32| -> [Expression; 3] {
            [Ct::load(Ct::STATE).into(), Bitwise::and(bits.to_ne_bytes()).into(), Cmp::new(CmpOp::Neq, [0; 4]).into()]
        };
        assert_eq!(evaluate(&state(Ct::NEW | Ct::RELATED), &[], &seen()), Reckoning::Holds);
        assert!(matches!(evaluate(&state(Ct::ESTABLISHED), &[], &seen()), Reckoning::Fails { at: 2, .. }));
        let unknown = Seen { state: None, ..seen() };
        assert_eq!(evaluate(&state(Ct::NEW), &[], &unknown), Reckoning::Undecidable { at: 2 });
    }

    #[test]
    fn sets_hold_keys_and_intervals() {
        let set = |flags, elements| Set {
            name: "__set0".to_owned(),
            flags: SetFlags(SetFlags::ANONYMOUS | SetFlags::CONSTANT | flags),
            key_type: 13,
            key_length: 2,
            elements,
            ..Set::default()
        };
        let lookup = |inverted| -> [Expression; 2] {
            let lookup =
                Lookup { source: Register::R1, destination: None, set: "__set0".to_owned(), set_id: 0, inverted };
            [Payload::load(PayloadBase::Transport, 2, 2).into(), lookup.into()]
        };
        let keys = set(0, vec![Element::key([0, 22]), Element::key([0, 80])]);
        assert_eq!(evaluate(&lookup(false), std::slice::from_ref(&keys), &seen()), Reckoning::Holds);
        assert!(matches!(evaluate(&lookup(true), &[keys], &seen()), Reckoning::Fails { at: 1, .. }));
        for (first, behind, holds) in [(20, 23, true), (20, 22, false), (22, 30, true), (23, 30, false)] {
            let elements = vec![Element::end([0, 0]), Element::key([0, first]), Element::end([0, behind])];
            let found = evaluate(&lookup(false), &[set(SetFlags::INTERVAL, elements)], &seen());
            assert_eq!(found == Reckoning::Holds, holds, "{first} to {behind}");
        }
        assert_eq!(evaluate(&lookup(false), &[], &seen()), Reckoning::Undecidable { at: 1 });
    }

    #[test]
    fn named_sets_are_looked_in_unless_packets_or_time_change_them() {
        let named = |flags, elements| Set {
            name: "ports".to_owned(),
            flags: SetFlags(flags),
            key_type: 13,
            key_length: 2,
            elements,
            ..Set::default()
        };
        let lookup = |destination| -> [Expression; 2] {
            let lookup =
                Lookup { source: Register::R1, destination, set: "ports".to_owned(), set_id: 0, inverted: false };
            [Payload::load(PayloadBase::Transport, 2, 2).into(), lookup.into()]
        };
        let found = |flags, key: &[u8], destination| {
            evaluate(&lookup(destination), &[named(flags, vec![Element::key(key.to_vec())])], &seen())
        };
        assert_eq!(found(0, &[0, 22], None), Reckoning::Holds);
        assert!(matches!(found(0, &[0, 23], None), Reckoning::Fails { at: 1, .. }));
        assert_eq!(found(0, &[0, 22], Some(Register::R1)), Reckoning::Holds);
        assert!(matches!(found(0, &[0, 23], Some(Register::R1)), Reckoning::Fails { at: 1, .. }));
        assert_eq!(found(0, &[], None), Reckoning::Holds, "every key");
        for flag in [SetFlags::EVALUATED, SetFlags::TIMEOUT] {
            assert_eq!(found(flag, &[0, 22], None), Reckoning::Undecidable { at: 1 });
        }
    }

    #[test]
    fn state_and_what_is_not_seen_cannot_be_decided() {
        let limit = Limit { rate: 1, unit: 1, burst: 5, kind: LimitKind::Packets, inverted: false };
        assert_eq!(evaluate(&[limit.into()], &[], &seen()), Reckoning::Undecidable { at: 0 });
        let far: [Expression; 2] =
            [Payload::load(PayloadBase::Transport, 30, 2).into(), Cmp::new(CmpOp::Eq, [0, 0]).into()];
        assert_eq!(evaluate(&far, &[], &seen()), Reckoning::Undecidable { at: 1 });
        let interface: [Expression; 2] =
            [Meta::load(Meta::IIFNAME).into(), Cmp::new(CmpOp::Eq, b"eth1\0".as_slice()).into()];
        assert!(matches!(evaluate(&interface, &[], &seen()), Reckoning::Fails { at: 1, .. }));
    }
}
