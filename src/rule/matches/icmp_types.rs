//! Types and codes of ICMP and ICMPv6: names, and the condition that both families' matches share.

use crate::expr::CmpOp;
use crate::rule::condition::{Condition, Selector, Test};
use crate::rule::error::ErrorKind;
use crate::rule::lower::Lowering;

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

/// A type, and its code where that counts too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IcmpType {
    /// `!`.
    pub negated: bool,
    /// First byte of the header.
    pub kind: u8,
    /// Second byte.
    pub code: Option<u8>,
}

impl IcmpType {
    /// Parses a name or its beginning, TYPE, or TYPE/CODE.
    ///
    /// # Errors
    /// [`ErrorKind::BadValue`], for a beginning that fits several names too.
    pub fn parse(text: &str, negated: bool, names: &[TypeName]) -> Result<Self, ErrorKind> {
        let lower = text.to_ascii_lowercase();
        let exact = names.iter().find(|row| row.0.eq_ignore_ascii_case(text));
        let mut beginning = names.iter().filter(|row| row.0.to_ascii_lowercase().starts_with(&lower));
        let named = exact.or_else(|| beginning.next().filter(|_| beginning.next().is_none() && !text.is_empty()));
        let (kind, code) = match (named, text.split_once('/')) {
            (Some(row), _) => (Some(row.1), Ok(row.2)),
            (None, Some((kind, code))) => (kind.parse().ok(), code.parse().map(Some)),
            (None, None) => (text.parse().ok(), Ok(None)),
        };
        let bad = || ErrorKind::BadValue { value: text.to_owned(), expected: "an ICMP type's name, TYPE or TYPE/CODE" };
        Ok(Self { negated, kind: kind.ok_or_else(bad)?, code: code.map_err(|_| bad())? })
    }

    /// The inverse of [`IcmpType::parse`], in numbers.
    #[must_use]
    pub fn render(self) -> String {
        self.code.map_or_else(|| self.kind.to_string(), |code| format!("{}/{code}", self.kind))
    }

    /// `type 3 code 1`, negated ` !type 3 code 1`: what `iptables -n` shows behind the protocol's name.
    #[must_use]
    pub fn list(self) -> String {
        let negation = if self.negated { " !" } else { "" };
        let code = self.code.map_or_else(String::new, |code| format!(" code {code}"));
        format!("{negation}type {}{code}", self.kind)
    }

    /// Type and code are compared in one go where both count: negated, they are one condition.
    pub fn lower(self, lowering: &mut Lowering) {
        let op = CmpOp::equal_unless(self.negated);
        match self.code {
            None => {
                lowering.load_transport(0, 1);
                lowering.compare(op, &[self.kind]);
            }
            Some(code) => {
                lowering.load_transport(0, 2);
                lowering.compare(op, &[self.kind, code]);
            }
        }
    }

    /// The inverse of [`IcmpType::lower`], where `condition` is the next one, and `following` the one behind it: nft
    /// writes type and code as two. Tells how many it took.
    #[must_use]
    pub fn lift(condition: &Condition, following: Option<&Condition>) -> Option<(Self, usize)> {
        let (None, Test::Compare(op @ (CmpOp::Eq | CmpOp::Neq), value)) = (&condition.masked, &condition.test) else {
            return None;
        };
        let negated = *op == CmpOp::Neq;
        if condition.selector == Selector::transport(0, 2) {
            let &[kind, code] = value.as_slice() else { return None };
            return Some((Self { negated, kind, code: Some(code) }, 1));
        }
        let &[kind] = value.as_slice() else { return None };
        if condition.selector != Selector::transport(0, 1) {
            return None;
        }
        let code = following.filter(|next| !negated && next.selector == Selector::transport(1, 1));
        match code.and_then(Condition::plain) {
            Some((CmpOp::Eq, &[code])) => Some((Self { negated, kind, code: Some(code) }, 2)),
            _ => Some((Self { negated, kind, code: None }, 1)),
        }
    }
}
