//! A rule's user data: TLVs of one byte type, one byte length, value. The kernel keeps up to 256 bytes of it unread.

use crate::expr::user_data::{text, tlvs};

/// What this program reads there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserData {
    /// `NFTNL_UDATA_RULE_COMMENT`, as nft reads it.
    pub comment: Option<String>,
    /// The rule's own words, kept where the expressions alone could be read in two ways.
    pub words: Option<String>,
}

/// `NFTNL_UDATA_RULE_COMMENT` of libnftnl/udata.h.
const COMMENT: u8 = 0;
/// Ours; nft skips types that it does not know.
const WORDS: u8 = 0xA1;
/// `NFT_USERDATA_MAXLEN`.
const LIMIT: usize = 256;

impl UserData {
    /// The bytes. Words that do not fit beside the comment are left out: they only tell how the rule was written.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (kind, text) in [(COMMENT, &self.comment), (WORDS, &self.words)] {
            let Some(text) = text else { continue };
            let Ok(length) = u8::try_from(text.len() + 1) else { continue };
            if bytes.len() + 2 + usize::from(length) > LIMIT {
                continue;
            }
            bytes.push(kind);
            bytes.push(length);
            bytes.extend(text.as_bytes());
            bytes.push(0);
        }
        bytes
    }

    /// By how many bytes the words are too long to be kept beside the comment; 0 where there is room for them.
    #[must_use]
    pub fn overrun(&self) -> usize {
        let bytes = |text: &Option<String>| text.as_ref().map_or(0, |text| text.len() + 3);
        let room = LIMIT.saturating_sub(bytes(&self.comment)).min(usize::from(u8::MAX) + 2);
        bytes(&self.words).saturating_sub(room)
    }

    /// The inverse of [`UserData::encode`]; what is unknown or cut off is passed over.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Self {
        let mut data = Self::default();
        let (found, _) = tlvs(bytes);
        for (kind, value) in found {
            match kind {
                COMMENT => data.comment = Some(text(value)),
                WORDS => data.words = Some(text(value)),
                _ => {}
            }
        }
        data
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(comment in prop::option::of("[a-z ]{0,100}"), words in prop::option::of("[a-z ]{0,100}")) {
            let data = UserData { comment, words };
            prop_assert_eq!(UserData::decode(&data.encode()), data);
        }

        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = UserData::decode(&bytes);
        }
    }

    #[test]
    fn the_longest_comment_fits_and_words_give_way() {
        let data = UserData { comment: Some("x".repeat(253)), words: Some("-j ACCEPT".to_owned()) };
        let bytes = data.encode();
        assert_eq!(bytes.len(), 256);
        assert_eq!(UserData::decode(&bytes).comment, data.comment);
    }
}
