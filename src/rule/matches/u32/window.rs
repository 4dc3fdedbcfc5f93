//! What a test of `-m u32` looks at: four bytes of a header, and which of their bits are where in the result.
//!
//! However many steps a location has, bits are only left out and moved together. So the result is `word & mask`, moved;
//! and what is asked of the result can be asked of `word & mask` where it lies.

use super::program::{Operator, Test};
use crate::expr::PayloadBase;

/// Four bytes and the bits of them that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Where the place is counted from.
    pub base: PayloadBase,
    /// First byte.
    pub place: u32,
    /// The bits that are in the result.
    pub mask: u32,
    /// By how many bits they are moved to the right there; to the left, where negative.
    shift: i32,
}

impl Window {
    const fn new(base: PayloadBase, place: u32) -> Self {
        Self { base, place, mask: u32::MAX, shift: 0 }
    }

    /// What is left of a test's location. `None` where it moves by something that is not the length of a header.
    #[must_use]
    pub fn of(test: &Test) -> Option<Self> {
        let mut window = Self::new(PayloadBase::Network, test.place);
        for &(operator, number) in &test.steps {
            let bits = i32::try_from(number).unwrap_or(i32::MAX);
            match operator {
                Operator::And => window.mask &= window.in_place(number),
                Operator::Left => window.move_right(-bits),
                Operator::Right => window.move_right(bits),
                Operator::At => window = Self::new(window.header_behind()?, number),
            }
        }
        Some(window)
    }

    /// The result's bits at their place in the four bytes.
    fn in_place(self, result: u32) -> u32 {
        let bits = self.shift.unsigned_abs();
        let moved = if self.shift < 0 { result.checked_shr(bits) } else { result.checked_shl(bits) };
        moved.unwrap_or(0)
    }

    fn move_right(&mut self, bits: i32) {
        self.shift = self.shift.saturating_add(bits);
        self.mask &= self.in_place(u32::MAX);
    }

    /// The header that begins so many bytes behind, where the result is a header's length: the words of IPv4's, or of
    /// TCP's, times four.
    fn header_behind(self) -> Option<PayloadBase> {
        match (self.base, self.place, self.mask, self.shift) {
            (PayloadBase::Network, 0, 0x0f00_0000, 22) => Some(PayloadBase::Transport),
            (PayloadBase::Transport, 12, 0xf000_0000, 26) => Some(PayloadBase::Inner),
            _ => None,
        }
    }

    /// The ranges of `word & mask` for which the result is in one of these: sorted, none touches another, none for what
    /// cannot be. [`Ranges::Always`] where every packet that has the bytes will do.
    #[must_use]
    pub fn ranges(self, of_result: &[(u32, u32)]) -> Ranges {
        let mut found: Vec<(u32, u32)> =
            of_result.iter().filter_map(|&range| self.range(range)).filter(|range| range.0 <= self.mask).collect();
        found.sort_unstable();
        let mut ranges: Vec<(u32, u32)> = Vec::with_capacity(found.len());
        for (from, to) in found {
            match ranges.last_mut() {
                Some(last) if from <= last.1.saturating_add(1) => last.1 = last.1.max(to),
                _ => ranges.push((from, to)),
            }
        }
        match ranges.as_slice() {
            [] => Ranges::Never,
            [(0, to)] if *to >= self.mask => Ranges::Always,
            _ => Ranges::Some(ranges),
        }
    }

    fn range(self, (from, to): (u32, u32)) -> Option<(u32, u32)> {
        if from > to {
            return None;
        }
        if self.mask == 0 {
            return (from == 0).then_some((0, 0));
        }
        // Some bit is left, so that they are moved by less than 32.
        let bits = self.shift.unsigned_abs();
        if self.shift < 0 {
            let unit = 1_u64 << bits;
            let first = u32::try_from(u64::from(from).div_ceil(unit)).ok()?;
            let last = to >> bits;
            return (first <= last).then_some((first, last));
        }
        let moved = |number: u32| u64::from(number) << bits;
        Some((u32::try_from(moved(from)).ok()?, u32::try_from(moved(to)).unwrap_or(u32::MAX)))
    }
}

/// What `word & mask` may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ranges {
    /// Anything.
    Always,
    /// Nothing.
    Never,
    /// In one of these.
    Some(Vec<(u32, u32)>),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::program::Program;
    use super::*;

    fn test(text: &str) -> Test {
        Program::parse(text).expect(text).0.remove(0)
    }

    #[test]
    fn headers_are_known_by_their_length() {
        let at = |text: &str| Window::of(&test(text)).map(|window| (window.base, window.place));
        for (text, found) in [
            ("8=0", Some((PayloadBase::Network, 8))),
            ("0>>22&0x3C@4=0", Some((PayloadBase::Transport, 4))),
            ("0&0x0F000000>>22@4=0", Some((PayloadBase::Transport, 4))),
            ("0>>24&0xF<<2@4=0", Some((PayloadBase::Transport, 4))),
            ("0>>22&0x3C@12>>26&0x3C@8=0", Some((PayloadBase::Inner, 8))),
            ("0>>22&0xFC@4=0", None),
            ("4>>22&0x3C@4=0", None),
            ("12>>26&0x3C@8=0", None),
            ("0>>22&0x3C@12>>26&0x3C@0@1=0", None),
        ] {
            assert_eq!(at(text), found, "{text}");
        }
    }

    fn result(test: &Test, word: u32) -> u32 {
        test.steps.iter().fold(word, |value, &(operator, number)| match operator {
            Operator::And => value & number,
            Operator::Left => value << number,
            _ => value >> number,
        })
    }

    proptest! {
        /// The machine of the man page and the window say the same of every word.
        #[test]
        fn what_is_asked_of_the_result_is_asked_of_the_word(
            steps in prop::collection::vec(
                prop_oneof![
                    any::<u32>().prop_map(|mask| (Operator::And, mask)),
                    (0..32_u32).prop_map(|bits| (Operator::Left, bits)),
                    (0..32_u32).prop_map(|bits| (Operator::Right, bits)),
                ],
                0..5,
            ),
            ranges in prop::collection::vec((any::<u32>(), any::<u32>()), 1..4),
            small in prop::collection::vec((0..300_u32, 0..300_u32), 0..3),
            words in prop::collection::vec(prop_oneof![any::<u32>(), 0..600_u32], 1..20),
        ) {
            let test = Test { place: 0, steps, ranges: [ranges, small].concat() };
            let window = Window::of(&test).expect("no jump");
            let found = window.ranges(&test.ranges);
            for word in words {
                let value = result(&test, word);
                let expected = test.ranges.iter().any(|&(from, to)| from <= value && value <= to);
                let masked = word & window.mask;
                let ours = match &found {
                    Ranges::Always => true,
                    Ranges::Never => false,
                    Ranges::Some(ranges) => ranges.iter().any(|&(from, to)| from <= masked && masked <= to),
                };
                prop_assert_eq!(ours, expected, "{:?} {:x}", window, word);
            }
        }
    }
}
