//! Types and codes of ICMP and ICMPv6: names, and the condition that both families' matches share.

use crate::expr::payload::PayloadAccess;
use crate::expr::{CmpOp, Element, Payload, PayloadBase, Register, Set, SetFlags};
use crate::rule::condition::{Selector, Test};
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::values::number::parse_byte;

/// Name, type, and code where the name tells one.
pub type TypeName = (&'static str, u8, Option<u8>);

/// ICMP (RFC 792 and others) under iptables' names.
pub const ICMP: &[TypeName] = &[
    ("echo-reply", 0, None),
    ("pong", 0, None),
    ("destination-unreachable", 3, None),
    ("network-unreachable", 3, Some(0)),
    ("host-unreachable", 3, Some(1)),
    ("protocol-unreachable", 3, Some(2)),
    ("port-unreachable", 3, Some(3)),
    ("fragmentation-needed", 3, Some(4)),
    ("source-route-failed", 3, Some(5)),
    ("network-unknown", 3, Some(6)),
    ("host-unknown", 3, Some(7)),
    ("network-prohibited", 3, Some(9)),
    ("host-prohibited", 3, Some(10)),
    ("TOS-network-unreachable", 3, Some(11)),
    ("TOS-host-unreachable", 3, Some(12)),
    ("communication-prohibited", 3, Some(13)),
    ("host-precedence-violation", 3, Some(14)),
    ("precedence-cutoff", 3, Some(15)),
    ("source-quench", 4, None),
    ("redirect", 5, None),
    ("network-redirect", 5, Some(0)),
    ("host-redirect", 5, Some(1)),
    ("TOS-network-redirect", 5, Some(2)),
    ("TOS-host-redirect", 5, Some(3)),
    ("echo-request", 8, None),
    ("ping", 8, None),
    ("router-advertisement", 9, None),
    ("router-solicitation", 10, None),
    ("time-exceeded", 11, None),
    ("ttl-exceeded", 11, None),
    ("ttl-zero-during-transit", 11, Some(0)),
    ("ttl-zero-during-reassembly", 11, Some(1)),
    ("parameter-problem", 12, None),
    ("ip-header-bad", 12, Some(0)),
    ("required-option-missing", 12, Some(1)),
    ("timestamp-request", 13, None),
    ("timestamp-reply", 14, None),
    ("address-mask-request", 17, None),
    ("address-mask-reply", 18, None),
];

/// ICMPv6 (RFC 4443, RFC 4861) under ip6tables' names.
pub const ICMPV6: &[TypeName] = &[
    ("destination-unreachable", 1, None),
    ("no-route", 1, Some(0)),
    ("communication-prohibited", 1, Some(1)),
    ("beyond-scope", 1, Some(2)),
    ("address-unreachable", 1, Some(3)),
    ("port-unreachable", 1, Some(4)),
    ("failed-policy", 1, Some(5)),
    ("reject-route", 1, Some(6)),
    ("packet-too-big", 2, None),
    ("time-exceeded", 3, None),
    ("ttl-exceeded", 3, None),
    ("ttl-zero-during-transit", 3, Some(0)),
    ("ttl-zero-during-reassembly", 3, Some(1)),
    ("parameter-problem", 4, None),
    ("bad-header", 4, Some(0)),
    ("unknown-header-type", 4, Some(1)),
    ("unknown-option", 4, Some(2)),
    ("echo-request", 128, None),
    ("ping", 128, None),
    ("echo-reply", 129, None),
    ("pong", 129, None),
    ("mld-listener-query", 130, None),
    ("mld-listener-report", 131, None),
    ("mld-listener-done", 132, None),
    ("mld-listener-reduction", 132, None),
    ("router-solicitation", 133, None),
    ("router-advertisement", 134, None),
    ("neighbour-solicitation", 135, None),
    ("neighbor-solicitation", 135, None),
    ("neighbour-advertisement", 136, None),
    ("neighbor-advertisement", 136, None),
    ("redirect", 137, None),
];

/// A type, and its codes where those count too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IcmpType {
    /// `!`.
    pub negated: bool,
    /// First byte of the header.
    pub kind: u8,
    /// Second byte: from, to.
    pub codes: Option<(u8, u8)>,
}

/// A byte of a key of several fields takes 4.
const FIELD_LENGTH: u32 = 4;

impl IcmpType {
    /// Parses a name or its beginning, TYPE, TYPE/CODE, or TYPE/FROM:TO.
    ///
    /// # Errors
    /// [`ErrorKind::BadValue`], for a beginning that fits several names too; [`ErrorKind::BadRange`].
    pub fn parse(text: &str, negated: bool, names: &[TypeName]) -> Result<Self, ErrorKind> {
        let lower = text.to_ascii_lowercase();
        let exact = names.iter().find(|row| row.0.eq_ignore_ascii_case(text));
        let mut beginning = names.iter().filter(|row| row.0.to_ascii_lowercase().starts_with(&lower));
        let named = exact.or_else(|| beginning.next().filter(|_| beginning.next().is_none() && !text.is_empty()));
        if let Some(row) = named {
            return Ok(Self { negated, kind: row.1, codes: row.2.map(|code| (code, code)) });
        }
        let expected = "an ICMP type's name, TYPE, TYPE/CODE or TYPE/FROM:TO";
        let number =
            |digits: &str| parse_byte(digits).ok_or_else(|| ErrorKind::BadValue { value: text.to_owned(), expected });
        let Some((kind, codes)) = text.split_once('/') else {
            return Ok(Self { negated, kind: number(text)?, codes: None });
        };
        let (from, to) = codes.split_once(':').unwrap_or((codes, codes));
        let (kind, from, to) = (number(kind)?, number(from)?, number(to)?);
        if from > to {
            return Err(ErrorKind::BadRange(text.to_owned()));
        }
        Ok(Self { negated, kind, codes: Some((from, to)).filter(|&codes| codes != (0, u8::MAX)) })
    }

    /// The inverse of [`IcmpType::parse`], in numbers.
    #[must_use]
    pub fn render(self) -> String {
        match self.codes {
            None => self.kind.to_string(),
            Some((from, to)) if from == to => format!("{}/{from}", self.kind),
            Some((from, to)) => format!("{}/{from}:{to}", self.kind),
        }
    }

    /// `type 3 code 1`, negated ` !type 3 code 1`: what `iptables -n` shows behind the protocol's name.
    #[must_use]
    pub fn list(self) -> String {
        let negation = if self.negated { " !" } else { "" };
        let codes = match self.codes {
            None => String::new(),
            Some((from, to)) if from == to => format!(" code {from}"),
            Some((from, to)) => format!(" codes {from}-{to}"),
        };
        format!("{negation}type {}{codes}", self.kind)
    }

    /// ` echo-request`, negated ` !echo-request`: what iptables shows without `-n`; [`IcmpType::list`] where the type has
    /// no name.
    #[must_use]
    pub fn list_named(self, table: &[TypeName]) -> String {
        let code = self.codes.map(|(from, to)| (from == to).then_some(from));
        let row = table
            .iter()
            .find(|row| row.1 == self.kind && code.map_or(row.2.is_none(), |code| row.2.is_some() && code == row.2));
        row.map_or_else(|| self.list(), |row| format!(" {}{}", if self.negated { "!" } else { "" }, row.0))
    }

    /// Type and code are compared in one go where one of each counts. Negated, both are looked up together; `key_type` is
    /// nft's number for such a key.
    pub fn lower(self, key_type: u32, lowering: &mut Lowering) {
        let op = CmpOp::equal_unless(self.negated);
        match self.codes {
            None => {
                lowering.load_transport(0, 1);
                lowering.compare(op, &[self.kind]);
            }
            Some((from, to)) if self.negated => {
                lowering.load_transport(0, 1);
                let access = PayloadAccess::Load(Register::SECOND);
                lowering.push(Payload { access, ..Payload::load(PayloadBase::Transport, 1, 1) });
                let set = self.set(from, to);
                lowering.member(true, Set { key_type, ..set });
            }
            Some((from, to)) if from == to => {
                lowering.load_transport(0, 2);
                lowering.compare(op, &[self.kind, from]);
            }
            Some((from, to)) => {
                lowering.load_transport(0, 1);
                lowering.compare(op, &[self.kind]);
                lowering.load_transport(1, 1);
                lowering.between(false, &[from], &[to]);
            }
        }
    }

    /// The type with these codes as the only element of a set.
    fn set(self, from: u8, to: u8) -> Set {
        let key = |code| [self.kind, 0, 0, 0, code, 0, 0, 0];
        let single = Set { key_length: 2 * FIELD_LENGTH, elements: vec![Element::key(key(from))], ..Set::default() };
        if from == to {
            return single;
        }
        Set {
            flags: SetFlags(SetFlags::INTERVAL | SetFlags::CONCATENATION),
            fields: vec![1, 1],
            elements: vec![Element::between(key(from), key(to))],
            ..single
        }
    }

    /// The inverse of [`IcmpType::lower`], where what comes next is a type alone, or with the code as nft writes it: as a
    /// condition of its own. Takes what it reads.
    #[must_use]
    pub fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        let condition = lifting.condition()?;
        let (op @ (CmpOp::Eq | CmpOp::Neq), value) = condition.plain()? else { return None };
        let negated = op == CmpOp::Neq;
        let whole = Selector::transport(0, 2);
        let (kind, mut codes) = match *value {
            [kind] if condition.selector == Selector::transport(0, 1) => (kind, None),
            [kind, code] if condition.selector == whole => (kind, Some((code, code))),
            _ => return None,
        };
        lifting.advance();
        let code =
            lifting.condition().filter(|next| next.selector == Selector::transport(1, 1) && next.changed.is_none());
        if let (None, false, Some(next)) = (codes, negated, code) {
            codes = match &next.test {
                Test::Compare(CmpOp::Eq, code) => code.first().map(|&code| (code, code)),
                Test::Between { negated: false, from, to } => from.first().copied().zip(to.first().copied()),
                _ => None,
            };
            codes.filter(|codes| codes.0 <= codes.1 && *codes != (0, u8::MAX))?;
            lifting.advance();
        }
        Some(Self { negated, kind, codes })
    }
}
