//! Stateful objects: what rules refer to by name (`objref`), one file each. Those that are expressions as well hold the
//! same attributes and are read as these.

mod ct_expectation;
mod ct_helper;
mod ct_timeout;
mod secmark;
mod tunnel_key;

pub use ct_expectation::CtExpectation;
pub use ct_helper::CtHelper;
pub use ct_timeout::CtTimeout;
pub use secmark::Secmark;
pub use tunnel_key::TunnelKey;

use super::unknown::UnknownAttribute;
use super::{Attributes, Connlimit, Counter, Limit, Quota, Synproxy};

/// `NFTA_OBJ_*` (linux/netfilter/nf_tables.h).
const TABLE: u16 = 1;
const NAME: u16 = 2;
const TYPE: u16 = 3;
const DATA: u16 = 4;
const USE: u16 = 5;
const HANDLE: u16 = 6;
const PAD: u16 = 7;
const USER_DATA: u16 = 8;

/// A stateful object as the kernel lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its name, which only objects of other types may share.
    pub name: String,
    /// The kernel's number for it.
    pub handle: u64,
    /// How many rules and elements refer to it.
    pub uses: u32,
    /// What it is and what it holds.
    pub state: State,
    /// TLVs of nft's; [`super::user_data::comment`] reads them.
    pub user_data: Vec<u8>,
    /// What this version does not know.
    pub unknown: Vec<UnknownAttribute>,
}

/// Makes the enum of all objects and its dispatcher from one list: `NFT_OBJECT_*` and the type that decodes its data.
macro_rules! states {
    ($($(#[$doc:meta])* $variant:ident = $number:literal),+ $(,)?) => {
        /// What an object is and what it holds.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum State {
            $($(#[$doc])* $variant($variant),)+
            /// An object, or a form of one, that this version does not know.
            Unknown {
                /// `NFTA_OBJ_TYPE`.
                kind: u32,
                /// The bytes of `NFTA_OBJ_DATA`.
                data: Vec<u8>,
            },
        }

        impl State {
            /// `NFT_OBJECT_*`.
            #[must_use]
            pub const fn kind(&self) -> u32 {
                match self {
                    $(Self::$variant(_) => $number,)+
                    Self::Unknown { kind, .. } => *kind,
                }
            }

            /// Reads `NFTA_OBJ_DATA` of an object of type `kind`. Never fails: what cannot be read keeps its bytes.
            #[must_use]
            pub fn decode(kind: u32, data: &[u8]) -> Self {
                let known = Attributes::whole(data).and_then(|attributes| match kind {
                    $($number => $variant::decode(attributes).map(Self::$variant),)+
                    _ => None,
                });
                known.unwrap_or_else(|| Self::Unknown { kind, data: data.to_vec() })
            }
        }
    };
}

states! {
    /// Counts packets and bytes.
    Counter = 1,
    /// Counts bytes up to a limit.
    Quota = 2,
    /// Follows a protocol with related connections.
    CtHelper = 3,
    /// A token bucket.
    Limit = 4,
    /// Limits the connections at a time.
    Connlimit = 5,
    /// Describes a tunnel.
    TunnelKey = 6,
    /// How long states of a connection last.
    CtTimeout = 7,
    /// A security context.
    Secmark = 8,
    /// Expects a connection.
    CtExpectation = 9,
    /// Answers handshakes for a server.
    Synproxy = 10,
}

impl Object {
    /// Reads `NFTA_OBJ_*`; `None` where a part cannot be read, or name, type or data are missing.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (mut name, mut kind, mut data, mut handle, mut uses) = (None, None, None, 0, 0);
        let (mut user_data, mut unknown) = (Vec::new(), Vec::new());
        for attribute in Attributes::whole(bytes)? {
            match attribute.kind {
                NAME => name = Some(attribute.str()?.to_owned()),
                TYPE => kind = Some(attribute.u32()?),
                DATA => data = Some(attribute.payload),
                USE => uses = attribute.u32()?,
                HANDLE => handle = attribute.u64()?,
                USER_DATA => user_data = attribute.payload.to_vec(),
                TABLE | PAD => {}
                _ => unknown.push(attribute.into()),
            }
        }
        Some(Self { name: name?, handle, uses, state: State::decode(kind?, data?), user_data, unknown })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::expr::Counts;
    use crate::expr::attribute::Bytes;

    fn bytes(fill: impl FnOnce(&mut Bytes)) -> Vec<u8> {
        let mut bytes = Bytes::default();
        fill(&mut bytes);
        bytes.0
    }

    #[test]
    fn an_object_is_read_with_its_state() {
        let object = bytes(|bytes| {
            bytes.put(NAME, b"web\0");
            bytes.put(TYPE, &[0, 0, 0, 1]);
            bytes.put(USE, &[0, 0, 0, 2]);
            bytes.put(HANDLE, &7_u64.to_be_bytes());
            bytes.nest(DATA, |data| {
                data.put(1, &84_u64.to_be_bytes());
                data.put(2, &1_u64.to_be_bytes());
            });
            bytes.put(77, b"new");
        });
        let object = Object::decode(&object).expect("an object");
        assert_eq!((object.name.as_str(), object.handle, object.uses, object.unknown.len()), ("web", 7, 2, 1));
        assert_eq!(object.state, State::Counter(Counter(Counts { packets: 1, bytes: 84 })));
    }

    #[test]
    fn a_type_or_an_attribute_from_the_future_keeps_its_bytes() {
        let data = bytes(|bytes| bytes.put(99, b"x"));
        for kind in 0..12 {
            assert_eq!(State::decode(kind, &data), State::Unknown { kind, data: data.clone() });
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(kind in 0_u32..12, bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            let _ = State::decode(kind, &bytes);
            let _ = Object::decode(&bytes);
        }
    }
}
