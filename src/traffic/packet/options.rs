//! Options behind the fixed part of a header: those of IPv4 and of TCP. Both tell in four bits how many words of four
//! bytes the header has, and both have five words without options.

/// Bytes of a header without options.
pub const FIXED: usize = 20;
const WORD: usize = 4;

/// Options as they lie in the header: whole words, and no more than there is room for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options<'a>(&'a [u8]);

impl<'a> Options<'a> {
    /// The most bytes of options.
    pub const LONGEST: usize = 40;

    /// `None` where they are longer than [`Options::LONGEST`], or no whole words: whoever builds a header pads them.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        (bytes.len() <= Self::LONGEST && bytes.len().is_multiple_of(WORD)).then_some(Self(bytes))
    }

    /// Those of a header that has `words` words and begins `bytes`; `None` where it is cut or has too few.
    pub(super) fn read(bytes: &'a [u8], words: u8) -> Option<Self> {
        bytes.get(FIXED..usize::from(words) * WORD).and_then(Self::new)
    }

    /// The words of a header with these options, 5 to 15.
    pub(super) fn words(self) -> u8 {
        // 60 bytes at most.
        u8::try_from(self.header() / WORD).unwrap_or_default()
    }

    /// Bytes of a header with these options.
    #[must_use]
    pub const fn header(self) -> usize {
        FIXED + self.0.len()
    }

    /// The bytes.
    #[must_use]
    pub const fn bytes(self) -> &'a [u8] {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_words_that_fit_are_options() {
        let bytes = [1; 44];
        for (length, words) in [(0, Some(5)), (4, Some(6)), (40, Some(15)), (3, None), (44, None)] {
            assert_eq!(Options::new(&bytes[..length]).map(Options::words), words, "{length} bytes");
        }
        for (words, length) in [(5, Some(0)), (6, Some(4)), (11, Some(24)), (12, None), (4, None), (0, None)] {
            assert_eq!(Options::read(&bytes, words).map(|options| options.bytes().len()), length, "{words} words");
        }
    }
}
