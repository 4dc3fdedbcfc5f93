//! States of connections, as `-m conntrack --ctstate` and `-m state --state` name them.

use crate::expr::meta::Access;
use crate::expr::{Bitwise, CmpOp, Ct, Element, Register, Set};
use crate::rule::condition::{Changed, Condition, Selector, Test};
use crate::rule::error::ErrorKind;
use crate::rule::lowering::Lowering;
use crate::rule::registry::Given;

/// A set of states, or all but those.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct States {
    /// `!`.
    pub negated: bool,
    /// Bits of [`STATES`].
    pub state: u32,
    /// Bits of [`STATUSES`].
    pub status: u32,
}

/// States and their bits in `ct state`, in the order in which iptables writes them.
pub const STATES: [(&str, u32); 5] = [
    ("INVALID", Ct::INVALID),
    ("NEW", Ct::NEW),
    ("RELATED", Ct::RELATED),
    ("ESTABLISHED", Ct::ESTABLISHED),
    ("UNTRACKED", Ct::UNTRACKED),
];
/// What iptables calls a state and nf_tables a status (`IPS_SRC_NAT`, `IPS_DST_NAT`).
pub const STATUSES: [(&str, u32); 2] = [("SNAT", 1 << 4), ("DNAT", 1 << 5)];

/// States of packets that belong to no connection.
const WITHOUT_CONNECTION: u32 = Ct::INVALID | Ct::UNTRACKED;
/// nft's `TYPE_CT_STATE` and, in the lower `TYPE_BITS`, `TYPE_CT_STATUS`.
const KEY_TYPE: u32 = 26 << 6 | 28;

impl States {
    /// Parses a list of states.
    ///
    /// # Errors
    /// [`ErrorKind::BadValue`]; [`ErrorKind::NoNativeForm`] for translations beside packets without a connection.
    pub fn parse(given: &Given<'_>) -> Result<Self, ErrorKind> {
        let mut states = Self { negated: given.negated, state: 0, status: 0 };
        for name in given.value().split(',') {
            let bit =
                |table: &[(&str, u32)]| table.iter().find(|row| row.0.eq_ignore_ascii_case(name)).map(|row| row.1);
            match (bit(&STATES), bit(&STATUSES)) {
                (Some(bit), _) => states.state |= bit,
                (None, Some(bit)) => states.status |= bit,
                (None, None) => {
                    let expected = "a list of INVALID, NEW, RELATED, ESTABLISHED, UNTRACKED, SNAT, DNAT";
                    return Err(ErrorKind::BadValue { value: name.to_owned(), expected });
                }
            }
        }
        states.check()?;
        Ok(states)
    }

    /// `ct status` breaks for packets that belong to no connection, those that are INVALID or UNTRACKED: where it is
    /// tested, they must be out of the question.
    fn check(self) -> Result<(), ErrorKind> {
        let of_none = self.state & WITHOUT_CONNECTION;
        let what = "this --ctstate";
        let reason = "SNAT and DNAT are never tested for packets that are INVALID or UNTRACKED";
        let instead = if self.negated {
            "add INVALID,UNTRACKED to the list, and make a rule of its own for those that are to match"
        } else {
            "make a rule of its own for INVALID and UNTRACKED"
        };
        let exact = self.status == 0 || of_none == if self.negated { WITHOUT_CONNECTION } else { 0 };
        if exact { Ok(()) } else { Err(ErrorKind::NoNativeForm { what, reason, instead }) }
    }

    /// Names separated by commas.
    #[must_use]
    pub fn names(self) -> String {
        let states = STATES.iter().filter(|row| self.state & row.1 != 0);
        let statuses = STATUSES.iter().filter(|row| self.status & row.1 != 0);
        states.chain(statuses).map(|row| row.0).collect::<Vec<_>>().join(",")
    }

    /// The option's words.
    #[must_use]
    pub fn render(self, option: &str) -> Vec<String> {
        let mut words: Vec<String> = self.negated.then(|| "!".to_owned()).into_iter().collect();
        words.extend([option.to_owned(), self.names()]);
        words
    }

    /// `ct state new`: one of these bits is set, or none of them. States and translations are one key, of which not both
    /// parts may be 0; negated, they are two conditions.
    pub fn lower(self, lowering: &mut Lowering) {
        let test = |lowering: &mut Lowering, key, bits: u32| {
            lowering.load_ct(key);
            lowering.mask(&bits.to_ne_bytes());
            lowering.compare(if self.negated { CmpOp::Eq } else { CmpOp::Neq }, &[0; 4]);
        };
        if self.state != 0 && self.status != 0 && !self.negated {
            return self.lower_either(lowering);
        }
        if self.state != 0 {
            test(lowering, Ct::STATE, self.state);
        }
        if self.status != 0 {
            test(lowering, Ct::STATUS, self.status);
        }
    }

    fn lower_either(self, lowering: &mut Lowering) {
        lowering.load_ct(Ct::STATE);
        lowering.mask(&self.state.to_ne_bytes());
        lowering.push(Ct { access: Access::Load(Register::SECOND), ..Ct::load(Ct::STATUS) });
        let second = Bitwise::and(self.status.to_ne_bytes());
        lowering.push(Bitwise { source: Register::SECOND, destination: Register::SECOND, ..second });
        let neither = vec![Element::key([0; 8])];
        lowering.member(true, Set { key_type: KEY_TYPE, key_length: 8, elements: neither, ..Set::default() });
    }

    /// Whether a packet that belongs to no connection may be among them.
    #[must_use]
    pub const fn take_untracked(self) -> bool {
        self.negated || self.state & WITHOUT_CONNECTION != 0
    }

    /// The inverse of [`States::lower`].
    #[must_use]
    pub fn lift(condition: &Condition) -> Option<Self> {
        let number = |bytes: &[u8]| <[u8; 4]>::try_from(bytes).ok().map(u32::from_ne_bytes);
        let Test::Compare(op, value) = &condition.test else { return None };
        let value = number(value)?;
        let (negated, bits) = match (&condition.changed, op) {
            (Some(Changed::Bits(masked)), CmpOp::Eq | CmpOp::Neq) if value == 0 && number(&masked.xor)? == 0 => {
                (*op == CmpOp::Eq, number(&masked.mask)?)
            }
            // A packet has exactly one state, so that comparing with it whole is the same.
            (None, CmpOp::Eq | CmpOp::Neq)
                if value.is_power_of_two() && condition.selector == Selector::Ct(Ct::STATE, None) =>
            {
                (*op == CmpOp::Neq, value)
            }
            _ => return None,
        };
        let known = |table: &[(&str, u32)]| bits != 0 && bits & !table.iter().map(|row| row.1).sum::<u32>() == 0;
        match condition.selector {
            Selector::Ct(Ct::STATE, None) if known(&STATES) => Some(Self { negated, state: bits, status: 0 }),
            Selector::Ct(Ct::STATUS, None) if known(&STATUSES) && !negated => {
                Some(Self { negated, state: 0, status: bits })
            }
            _ => None,
        }
    }
}
