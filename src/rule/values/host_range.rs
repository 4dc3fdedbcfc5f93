//! Ranges of numbers that the kernel holds in the host's order, read back from a test: lengths, users, times, counts.

use super::span::Span;
use crate::expr::CmpOp;
use crate::rule::condition::{Changed, Condition, Test};

/// The numbers of a range, or all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostRange {
    /// All others.
    pub negated: bool,
    /// First.
    pub from: u64,
    /// Last, not before the first.
    pub to: u64,
}

impl HostRange {
    /// What a test asks of a number of `bytes` bytes (1, 2, 4 or 8). Single numbers are compared as they lie there; an order
    /// of numbers is that of their bytes only where they were turned into the network's order before.
    #[must_use]
    pub fn lift(condition: &Condition, bytes: usize) -> Option<Self> {
        let turned = match condition.changed {
            None => false,
            Some(Changed::Order(size)) if size as usize == bytes => true,
            Some(_) => return None,
        };
        let number = |text: &[u8]| {
            let mut wide = [0; 8];
            let native = if turned || cfg!(target_endian = "big") { text.to_vec() } else { reversed(text) };
            wide.get_mut(8 - bytes..)?.copy_from_slice(Some(native).filter(|native| native.len() == bytes)?.as_slice());
            Some(u64::from_be_bytes(wide))
        };
        let most = u64::MAX >> (64 - 8 * bytes);
        let (negated, from, to) = match &condition.test {
            Test::Compare(CmpOp::Eq, value) => (false, number(value)?, number(value)?),
            Test::Compare(CmpOp::Neq, value) => (true, number(value)?, number(value)?),
            Test::Compare(CmpOp::Gte, value) if turned => (false, number(value)?, most),
            Test::Compare(CmpOp::Lt, value) if turned => (true, number(value)?, most),
            Test::Compare(CmpOp::Lte, value) if turned => (false, 0, number(value)?),
            Test::Compare(CmpOp::Gt, value) if turned => (true, 0, number(value)?),
            Test::Between { negated, from, to } if turned => (*negated, number(from)?, number(to)?),
            _ => return None,
        };
        (from <= to).then_some(Self { negated, from, to })
    }

    /// It, if it holds a single number.
    #[must_use]
    pub fn single(self) -> Option<Self> {
        (self.from == self.to).then_some(self)
    }

    /// The same numbers, if they can be said without going over `most`: "less than 5" is "0 to 4", "5 and more" is "not 0
    /// to 4".
    #[must_use]
    pub fn within(self, most: u32, bytes: usize) -> Option<Span> {
        let end = u64::MAX >> (64 - 8 * bytes);
        let (negated, from, to) = match self {
            Self { negated, from, to } if to == end && from > 0 && (negated || end > most.into()) => {
                (!negated, 0, from - 1)
            }
            Self { negated, from, to } => (negated, from, to),
        };
        let to = u32::try_from(to).ok().filter(|&to| to <= most)?;
        Some(Span { negated, from: u32::try_from(from).ok()?, to })
    }
}

fn reversed(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().rev().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::Meta;
    use crate::rule::condition::{Masked, Selector};

    fn lifted(changed: Option<Changed>, test: Test) -> Option<(bool, u64, u64)> {
        let condition = Condition { selector: Selector::Meta(Meta::LEN), changed, test };
        HostRange::lift(&condition, 4).map(|range| (range.negated, range.from, range.to))
    }

    #[test]
    fn numbers_are_ordered_only_in_the_network_s_order() {
        let most = u64::from(u32::MAX);
        let five = 5_u32.to_be_bytes().to_vec();
        let rows = [
            (CmpOp::Eq, (false, 5, 5)),
            (CmpOp::Neq, (true, 5, 5)),
            (CmpOp::Gte, (false, 5, most)),
            (CmpOp::Lt, (true, 5, most)),
            (CmpOp::Lte, (false, 0, 5)),
            (CmpOp::Gt, (true, 0, 5)),
        ];
        for (op, expected) in rows {
            assert_eq!(lifted(Some(Changed::Order(4)), Test::Compare(op, five.clone())), Some(expected), "{op:?}");
            let host = lifted(None, Test::Compare(op, 5_u32.to_ne_bytes().to_vec()));
            assert_eq!(host, Some(expected).filter(|_| matches!(op, CmpOp::Eq | CmpOp::Neq)), "{op:?}");
        }
        let between = |from: u32, to: u32| Test::Between {
            negated: true,
            from: from.to_be_bytes().to_vec(),
            to: to.to_be_bytes().to_vec(),
        };
        assert_eq!(lifted(Some(Changed::Order(4)), between(3, 9)), Some((true, 3, 9)));
        assert_eq!(lifted(Some(Changed::Order(4)), between(9, 3)), None);
        assert_eq!(lifted(None, between(3, 9)), None);
        assert_eq!(lifted(Some(Changed::Order(2)), between(3, 9)), None);
        assert_eq!(lifted(None, Test::Compare(CmpOp::Eq, vec![5; 3])), None);
        let masked = Changed::Bits(Masked { mask: vec![0xff; 4], xor: vec![0; 4] });
        assert_eq!(lifted(Some(masked), Test::Compare(CmpOp::Eq, five)), None);
    }

    #[test]
    fn what_is_left_below_is_said_by_itself() {
        let most = u64::from(u32::MAX);
        let said = |negated, from, to| {
            let span = HostRange { negated, from, to }.within(0xffff, 4)?;
            Some((span.negated, span.from, span.to))
        };
        assert_eq!(said(true, 5, most), Some((false, 0, 4)));
        assert_eq!(said(true, 0x1_0000, most), Some((false, 0, 0xffff)));
        assert_eq!(said(true, 5, 9), Some((true, 5, 9)));
        assert_eq!(said(false, 5, most), Some((true, 0, 4)));
        assert_eq!(said(false, 5, most - 1), None);
        assert_eq!(said(true, 0, most), None);
    }
}
