//! Flags of addresses (linux/if_addr.h, `IFA_F_…`), in the words of ip-address(8).

use super::AssignedAddress;

/// By bit. The first one means something else in each family.
const WORDS: [(u32, &str); 11] = [
    (1 << 1, "nodad"),
    (1 << 2, "optimistic"),
    (1 << 3, "dadfailed"),
    (1 << 4, "home"),
    (1 << 5, "deprecated"),
    (1 << 6, "tentative"),
    (1 << 8, "mngtmpaddr"),
    (1 << 9, "noprefixroute"),
    (1 << 10, "autojoin"),
    (1 << 11, "stable-privacy"),
    // Not a flag, but the lack of one: IFA_F_PERMANENT, turned over below.
    (PERMANENT, "dynamic"),
];
const SECONDARY: u32 = 1;
const PERMANENT: u32 = 1 << 7;

impl AssignedAddress {
    /// Its flags in words; bits without a word as one hexadecimal number.
    #[must_use]
    pub fn flag_words(&self) -> Vec<String> {
        let flags = self.flags ^ PERMANENT;
        let first = if self.local.is_ipv4() { "secondary" } else { "temporary" };
        let known = || std::iter::once((SECONDARY, first)).chain(WORDS);
        let mut words: Vec<_> = known().filter(|(bit, _)| flags & bit != 0).map(|(_, word)| word.to_owned()).collect();
        let rest = known().fold(flags, |rest, (bit, _)| rest & !bit);
        if rest != 0 {
            words.push(format!("flags {rest:#x}"));
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_is_told() {
        let address = |flags| AssignedAddress {
            link: 1,
            local: [10, 0, 0, 1].into(),
            peer: None,
            prefix_length: 24,
            scope: 0,
            flags,
        };
        assert!(address(PERMANENT).flag_words().is_empty());
        assert_eq!(address(0x41).flag_words(), ["secondary", "tentative", "dynamic"]);
        assert_eq!(address(PERMANENT | 1 << 30).flag_words(), ["flags 0x40000000"]);
    }
}
