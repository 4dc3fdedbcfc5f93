//! Chains: made, changed, renamed, deleted, listed.

use nftnl_sys as sys;
use nix::errno::Errno;

use super::TableName;
use super::batch::{Batch, Mode};
use super::message::Kind;
use crate::expr::{Attributes, Counter, Counts, Family, Policy, hook, user_data};
use crate::kernel::KernelError;
use crate::kernel::sys::nftnl_object::NftnlChain;

/// `NFTA_CHAIN_*` (linux/netfilter/nf_tables.h).
const TABLE: u16 = 1;
const HANDLE: u16 = 2;
const NAME: u16 = 3;
const HOOK: u16 = 4;
const POLICY: u16 = 5;
const TYPE: u16 = 7;
const COUNTERS: u16 = 8;
const FLAGS: u16 = 10;
const USER_DATA: u16 = 12;
/// `NFTA_HOOK_*`.
const HOOK_NUMBER: u16 = 1;
const HOOK_PRIORITY: u16 = 2;
const HOOK_DEVICE: u16 = 3;
const HOOK_DEVICES: u16 = 4;

/// A base chain to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BaseChain<'a> {
    /// Its name.
    pub name: &'a str,
    /// `filter`, `nat`, `route`.
    pub kind: &'a str,
    /// The hook's number in its family.
    pub hook: u32,
    /// Order within the hook.
    pub priority: i32,
}

/// A chain as the kernel lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainRow {
    /// The family of its table.
    pub family: Family,
    /// Its table.
    pub table: String,
    /// Its name.
    pub name: String,
    /// The kernel's number for it.
    pub handle: u64,
    /// `None` for a user chain.
    pub hook: Option<HookRow>,
    /// `enum nft_chain_flags`: 1 base chain, 2 hardware offload, 4 bound to one rule.
    pub flags: u32,
    /// The comment that nft keeps in the user data.
    pub comment: Option<String>,
}

/// What makes a chain a base chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookRow {
    /// The hook's number in its family.
    pub number: u32,
    /// Order within the hook.
    pub priority: i32,
    /// `filter`, `nat`, `route`.
    pub kind: String,
    /// What becomes of a packet that no rule decided on.
    pub policy: Policy,
    /// What reached the policy; `None` where the chain has no counters.
    pub counts: Option<Counts>,
    /// Devices of a netdev or ingress chain; those whose names begin so, with a `*` at the end.
    pub devices: Vec<String>,
}

impl ChainRow {
    /// Reads `NFTA_CHAIN_*`; `None` where a part cannot be read, or one that the kernel always tells is missing: a policy
    /// or counters that were taken for the default would be believed, and even written back.
    #[must_use]
    pub fn read(family: u8, attributes: &[u8]) -> Option<Self> {
        let attributes = Attributes::whole(attributes)?;
        Some(Self {
            family: Family::from_number(family),
            table: attributes.get(TABLE)?.str()?.to_owned(),
            name: attributes.get(NAME)?.str()?.to_owned(),
            handle: attributes.get(HANDLE)?.u64()?,
            hook: match attributes.get(HOOK) {
                Some(hook) => Some(HookRow::read(attributes, Attributes::whole(hook.payload)?)?),
                None => None,
            },
            flags: attributes.optional(FLAGS, |flags| flags.u32())?.unwrap_or(0),
            comment: attributes.get(USER_DATA).and_then(|data| user_data::comment(data.payload)),
        })
    }
}

impl HookRow {
    fn read(chain: Attributes<'_>, hook: Attributes<'_>) -> Option<Self> {
        Some(Self {
            number: hook.get(HOOK_NUMBER)?.u32()?,
            priority: hook.get(HOOK_PRIORITY)?.u32()?.cast_signed(),
            kind: chain.get(TYPE)?.str()?.to_owned(),
            policy: Policy::from_number(chain.get(POLICY)?.u32()?)?,
            counts: chain
                .optional(COUNTERS, |counters| Some(Counter::decode(Attributes::whole(counters.payload)?)?.0))?,
            devices: devices(hook)?,
        })
    }
}

/// The one device (`NFTA_HOOK_DEV`), or the list of devices, which has the first one again.
fn devices(attributes: Attributes<'_>) -> Option<Vec<String>> {
    match attributes.get(HOOK_DEVICES) {
        Some(list) => hook::devices(list),
        None => Some(attributes.get(HOOK_DEVICE).into_iter().map(hook::device).collect()),
    }
}

fn named(table: TableName<'_>, chain: &str) -> Result<NftnlChain, Errno> {
    let mut object = NftnlChain::new()?;
    object.set_u32(sys::NFTNL_CHAIN_FAMILY as u16, table.family.number().into());
    object.set_str(sys::NFTNL_CHAIN_TABLE as u16, table.name)?;
    object.set_str(sys::NFTNL_CHAIN_NAME as u16, chain)?;
    Ok(object)
}

fn set_counts(object: &mut NftnlChain, counts: Counts) {
    object.set_u64(sys::NFTNL_CHAIN_PACKETS as u16, counts.packets);
    object.set_u64(sys::NFTNL_CHAIN_BYTES as u16, counts.bytes);
}

fn base(table: TableName<'_>, chain: BaseChain<'_>) -> Result<NftnlChain, Errno> {
    let mut object = named(table, chain.name)?;
    object.set_u32(sys::NFTNL_CHAIN_HOOKNUM as u16, chain.hook);
    object.set_u32(sys::NFTNL_CHAIN_PRIO as u16, chain.priority.cast_unsigned());
    object.set_str(sys::NFTNL_CHAIN_TYPE as u16, chain.kind)?;
    object.set_u32(sys::NFTNL_CHAIN_POLICY as u16, Policy::Accept.number());
    // Only a chain that is made with counters counts what reaches its policy.
    set_counts(&mut object, Counts::default());
    Ok(object)
}

fn renamed(table: TableName<'_>, handle: u64, name: &str) -> Result<NftnlChain, Errno> {
    let mut object = named(table, name)?;
    object.set_u64(sys::NFTNL_CHAIN_HANDLE as u16, handle);
    Ok(object)
}

impl Batch {
    /// Makes a base chain with policy ACCEPT and counters at 0.
    ///
    /// # Errors
    /// Names that nf_tables has no room for, `ENOMEM`.
    pub fn add_base_chain(&mut self, table: TableName<'_>, chain: BaseChain<'_>) -> Result<(), KernelError> {
        const OPERATION: &str = "add base chain";
        let object = base(table, chain).map_err(|errno| self.unwritable(OPERATION, errno))?;
        self.push(OPERATION, Kind::NewChain, table.family, Mode::CreateNew, object)
    }

    /// Makes a user chain.
    ///
    /// # Errors
    /// As [`Batch::add_base_chain`].
    pub fn add_chain(&mut self, table: TableName<'_>, chain: &str) -> Result<(), KernelError> {
        const OPERATION: &str = "add chain";
        let object = named(table, chain).map_err(|errno| self.unwritable(OPERATION, errno))?;
        self.push(OPERATION, Kind::NewChain, table.family, Mode::CreateNew, object)
    }

    /// Sets a base chain's policy, its counters, or both. A chain without counters gets
    /// them.
    ///
    /// # Errors
    /// As [`Batch::add_base_chain`].
    pub fn change_base_chain(
        &mut self,
        table: TableName<'_>,
        chain: &str,
        policy: Option<Policy>,
        counts: Option<Counts>,
    ) -> Result<(), KernelError> {
        const OPERATION: &str = "change base chain";
        let mut object = named(table, chain).map_err(|errno| self.unwritable(OPERATION, errno))?;
        if let Some(policy) = policy {
            object.set_u32(sys::NFTNL_CHAIN_POLICY as u16, policy.number());
        }
        if let Some(counts) = counts {
            set_counts(&mut object, counts);
        }
        self.push(OPERATION, Kind::NewChain, table.family, Mode::Change, object)
    }

    /// Gives the user chain with this handle another name.
    ///
    /// # Errors
    /// As [`Batch::add_base_chain`].
    pub fn rename_chain(&mut self, table: TableName<'_>, handle: u64, name: &str) -> Result<(), KernelError> {
        const OPERATION: &str = "rename chain";
        let object = renamed(table, handle, name).map_err(|errno| self.unwritable(OPERATION, errno))?;
        self.push(OPERATION, Kind::NewChain, table.family, Mode::Change, object)
    }

    /// Deletes a chain; the kernel refuses one that has rules or is jumped to (`EBUSY`).
    ///
    /// # Errors
    /// As [`Batch::add_base_chain`].
    pub fn delete_chain(&mut self, table: TableName<'_>, chain: &str) -> Result<(), KernelError> {
        const OPERATION: &str = "delete chain";
        let object = named(table, chain).map_err(|errno| self.unwritable(OPERATION, errno))?;
        self.push(OPERATION, Kind::DeleteChain, table.family, Mode::ALONE, object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::attribute::Bytes;

    /// A base chain, with another payload in place of the attribute of one type.
    fn base_chain(instead: u16, payload: Option<&[u8]>) -> Option<ChainRow> {
        let mut hook = Bytes::default();
        hook.put(HOOK_NUMBER, &[0, 0, 0, 1]);
        hook.put(HOOK_PRIORITY, &[0, 0, 0, 5]);
        let mut counters = Bytes::default();
        counters.put(1, &84_u64.to_be_bytes());
        counters.put(2, &1_u64.to_be_bytes());
        let mut bytes = Bytes::default();
        for (kind, whole) in [
            (TABLE, &b"filter\0"[..]),
            (HANDLE, &7_u64.to_be_bytes()),
            (NAME, b"INPUT\0"),
            (HOOK, &hook.0),
            (POLICY, &[0, 0, 0, 0]),
            (TYPE, b"filter\0"),
            (COUNTERS, &counters.0),
            (FLAGS, &[0, 0, 0, 1]),
            (USER_DATA, b"\0\x03hi\0"),
        ] {
            let payload = if kind == instead { payload } else { Some(whole) };
            payload.into_iter().for_each(|payload| bytes.put(kind, payload));
        }
        ChainRow::read(2, &bytes.0)
    }

    #[test]
    fn a_base_chain_is_read_whole() {
        let row = base_chain(0, None).expect("a chain");
        assert_eq!((row.flags, row.comment.as_deref()), (1, Some("hi")));
        let hook = row.hook.expect("a hook");
        assert_eq!((hook.policy, hook.counts), (Policy::Drop, Some(Counts { packets: 1, bytes: 84 })));
        let uncounted = base_chain(COUNTERS, None).and_then(|row| row.hook).expect("a hook");
        assert_eq!(uncounted.counts, None);
    }

    #[test]
    fn what_cannot_be_read_is_never_taken_for_the_default() {
        for kind in [TABLE, HANDLE, NAME, POLICY, TYPE] {
            assert!(base_chain(kind, None).is_none(), "{kind}");
        }
        for (kind, payload) in [
            (POLICY, &[0, 0, 0, 9][..]),
            (POLICY, &[1]),
            (TYPE, b"\xff"),
            (COUNTERS, &[8, 0, 1, 0, 0, 0, 0, 0]),
            (FLAGS, &[1]),
        ] {
            assert!(base_chain(kind, Some(payload)).is_none(), "{kind}");
        }
    }

    #[test]
    fn one_device_several_and_prefixes_are_told() {
        let mut hook = Bytes::default();
        hook.put(HOOK_DEVICE, b"eth0\0");
        assert_eq!(devices(Attributes::new(&hook.0)), Some(vec!["eth0".to_owned()]));
        hook.nest(HOOK_DEVICES, |list| {
            list.put(1, b"eth0\0");
            list.put(2, b"wl\0");
        });
        assert_eq!(devices(Attributes::new(&hook.0)), Some(vec!["eth0".to_owned(), "wl*".to_owned()]));
        let mut newer = Bytes::default();
        newer.nest(HOOK_DEVICES, |list| list.put(9, b"x"));
        assert_eq!(devices(Attributes::new(&newer.0)), None);
    }
}
