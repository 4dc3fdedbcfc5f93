//! Registers: where expressions leave what they load for the next one.

/// A register in the kernel's numbering (`enum nft_registers`): 0 is the verdict, 1 to 4 are 16 bytes each, 8 to 23 are
/// 4 bytes each and lie in the same memory (register 8 is the start of register 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Register(pub u32);

impl Register {
    /// `NFT_REG_VERDICT`.
    pub const VERDICT: Self = Self(0);
    /// `NFT_REG_1`, the one that iptables-like rules use.
    pub const R1: Self = Self(1);
    /// `NFT_REG_2`.
    pub const R2: Self = Self(2);
    /// `NFT_REG_3`.
    pub const R3: Self = Self(3);
    /// `NFT_REG_4`.
    pub const R4: Self = Self(4);
    /// `NFT_REG32_01`: the 4 bytes behind those that a value of up to 4 bytes takes in [`Register::R1`]; the second part
    /// of a key.
    pub const SECOND: Self = Self::slot(1);

    /// The register that begins `slot` times 4 bytes behind the beginning of [`Register::R1`], by the number that the
    /// kernel lists it under; at most 15.
    #[must_use]
    pub const fn slot(slot: u32) -> Self {
        if slot.is_multiple_of(4) { Self(1 + slot / 4) } else { Self(8 + slot) }
    }

    /// Its first byte in the memory of all registers; `None` for the verdict, and for numbers that no register has.
    #[must_use]
    pub const fn start(self) -> Option<u32> {
        match self.0 {
            register @ 1..=4 => Some((register - 1) * 16),
            register @ 8..=23 => Some((register - 8) * 4),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_begins_where_it_says() {
        for slot in 0..16 {
            assert_eq!(Register::slot(slot).start(), Some(4 * slot));
        }
        for none in [0, 5, 7, 24, u32::MAX] {
            assert_eq!(Register(none).start(), None);
        }
    }
}
