//! Flowtables: connections that take a short way past the rules, from the ingress of their devices.

use super::unknown::UnknownAttribute;
use super::{Attribute, Attributes, hook};

/// `NFTA_FLOWTABLE_*` (linux/netfilter/nf_tables.h).
const TABLE: u16 = 1;
const NAME: u16 = 2;
const HOOK: u16 = 3;
const USE: u16 = 4;
const HANDLE: u16 = 5;
const PAD: u16 = 6;
const FLAGS: u16 = 7;
/// `NFTA_FLOWTABLE_HOOK_*`.
const HOOK_NUMBER: u16 = 1;
const HOOK_PRIORITY: u16 = 2;
const HOOK_DEVICES: u16 = 3;

/// A flowtable as the kernel lists it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flowtable {
    /// Its name.
    pub name: String,
    /// The kernel's number for it.
    pub handle: u64,
    /// How many rules refer to it.
    pub uses: u32,
    /// `enum nft_flowtable_flags`: [`Flowtable::OFFLOAD`], [`Flowtable::COUNTER`].
    pub flags: u32,
    /// The hook's number; 0 is ingress.
    pub hook: u32,
    /// Order among what hangs on the hook.
    pub priority: i32,
    /// Devices; those whose names begin so, with a `*` at the end.
    pub devices: Vec<String>,
    /// What this version does not know.
    pub unknown: Vec<UnknownAttribute>,
}

impl Flowtable {
    /// Flag: the device itself forwards the packets.
    pub const OFFLOAD: u32 = 1;
    /// Flag: connections count what takes the short way.
    pub const COUNTER: u32 = 2;

    /// Reads `NFTA_FLOWTABLE_*`; `None` where a part cannot be read, or the name is missing.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (mut flowtable, mut name) = (Self::default(), None);
        for attribute in Attributes::whole(bytes)? {
            match attribute.kind {
                NAME => name = Some(attribute.str()?.to_owned()),
                HOOK => flowtable.read_hook(attribute)?,
                USE => flowtable.uses = attribute.u32()?,
                HANDLE => flowtable.handle = attribute.u64()?,
                FLAGS => flowtable.flags = attribute.u32()?,
                TABLE | PAD => {}
                _ => flowtable.unknown.push(attribute.into()),
            }
        }
        flowtable.name = name?;
        Some(flowtable)
    }

    fn read_hook(&mut self, attribute: Attribute<'_>) -> Option<()> {
        for attribute in Attributes::whole(attribute.payload)? {
            match attribute.kind {
                HOOK_NUMBER => self.hook = attribute.u32()?,
                HOOK_PRIORITY => self.priority = attribute.u32()?.cast_signed(),
                HOOK_DEVICES => self.devices = hook::devices(attribute)?,
                _ => self.unknown.push(attribute.into()),
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::expr::attribute::Bytes;

    #[test]
    fn a_flowtable_is_read_with_its_hook() {
        let mut bytes = Bytes::default();
        bytes.put(NAME, b"fast\0");
        bytes.put(FLAGS, &[0, 0, 0, 3]);
        bytes.put(HANDLE, &9_u64.to_be_bytes());
        bytes.nest(HOOK, |hook| {
            hook.put(HOOK_NUMBER, &[0; 4]);
            hook.put(HOOK_PRIORITY, &(-5_i32).to_be_bytes());
            hook.nest(HOOK_DEVICES, |list| {
                list.put(1, b"eth0\0");
                list.put(2, b"wl");
            });
        });
        bytes.put(99, b"new");
        let found = Flowtable::decode(&bytes.0).expect("a flowtable");
        assert_eq!((found.name.as_str(), found.handle, found.flags, found.priority), ("fast", 9, 3, -5));
        assert_eq!((found.devices.as_slice(), found.unknown.len()), (&["eth0".to_owned(), "wl*".to_owned()][..], 1));
        assert_eq!(Flowtable::decode(&bytes.0[8..]).map(|found| found.name), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            let _ = Flowtable::decode(&bytes);
        }
    }
}
