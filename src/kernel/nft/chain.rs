//! Chains: made, changed, renamed, deleted, listed.

use nftnl_sys as sys;
use nix::errno::Errno;

use super::TableName;
use super::batch::{Batch, Mode};
use super::message::Kind;
use crate::expr::{Attribute, Attributes, Counts, Family};
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
/// `NFTA_HOOK_*`.
const HOOK_NUMBER: u16 = 1;
const HOOK_PRIORITY: u16 = 2;
const HOOK_DEVICE: u16 = 3;
const HOOK_DEVICES: u16 = 4;
/// `NFTA_COUNTER_*`.
const COUNTER_BYTES: u16 = 1;
const COUNTER_PACKETS: u16 = 2;
/// `NF_ACCEPT`, the policy of a chain that names none.
const ACCEPT: u32 = 1;

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
    /// `NF_DROP` (0) or `NF_ACCEPT` (1).
    pub policy: u32,
    /// What reached the policy; `None` where the chain has no counters.
    pub counts: Option<Counts>,
    /// Devices of a netdev or ingress chain.
    pub devices: Vec<String>,
}

impl ChainRow {
    /// Reads `NFTA_CHAIN_*`; `None` where name, table, handle or a part of the hook are missing.
    #[must_use]
    pub fn read(family: u8, attributes: &[u8]) -> Option<Self> {
        let attributes = Attributes::new(attributes);
        Some(Self {
            family: Family::from_number(family),
            table: attributes.get(TABLE)?.str()?.to_owned(),
            name: attributes.get(NAME)?.str()?.to_owned(),
            handle: attributes.get(HANDLE)?.u64()?,
            hook: match attributes.get(HOOK) {
                Some(hook) => Some(HookRow::read(attributes, hook.nested())?),
                None => None,
            },
        })
    }
}

impl HookRow {
    fn read(chain: Attributes<'_>, hook: Attributes<'_>) -> Option<Self> {
        let listed = hook.get(HOOK_DEVICES).into_iter().flat_map(|devices| devices.nested());
        let devices = hook.get(HOOK_DEVICE).into_iter().chain(listed).map(device).collect();
        Some(Self {
            number: hook.get(HOOK_NUMBER)?.u32()?,
            priority: hook.get(HOOK_PRIORITY)?.u32()?.cast_signed(),
            kind: chain.get(TYPE).and_then(|kind| kind.str()).unwrap_or_default().to_owned(),
            policy: chain.get(POLICY).and_then(|policy| policy.u32()).unwrap_or(ACCEPT),
            counts: chain.get(COUNTERS).and_then(|counters| read_counts(counters.nested())),
            devices,
        })
    }
}

/// A device's name may be of any bytes; those that are not UTF-8 are told as `\xNN`.
fn device(name: Attribute<'_>) -> String {
    let bytes = name.payload.strip_suffix(&[0]).unwrap_or(name.payload);
    name.str().map_or_else(|| bytes.escape_ascii().to_string(), str::to_owned)
}

fn read_counts(counters: Attributes<'_>) -> Option<Counts> {
    let bytes = counters.get(COUNTER_BYTES)?.u64()?;
    let packets = counters.get(COUNTER_PACKETS)?.u64()?;
    Some(Counts { packets, bytes })
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
    object.set_u32(sys::NFTNL_CHAIN_POLICY as u16, ACCEPT);
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

    /// Sets a base chain's policy (`NF_ACCEPT` 1, `NF_DROP` 0), its counters, or both. A chain without counters gets
    /// them.
    ///
    /// # Errors
    /// As [`Batch::add_base_chain`].
    pub fn change_base_chain(
        &mut self,
        table: TableName<'_>,
        chain: &str,
        policy: Option<u32>,
        counts: Option<Counts>,
    ) -> Result<(), KernelError> {
        const OPERATION: &str = "change base chain";
        let mut object = named(table, chain).map_err(|errno| self.unwritable(OPERATION, errno))?;
        if let Some(policy) = policy {
            object.set_u32(sys::NFTNL_CHAIN_POLICY as u16, policy);
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
        self.push(OPERATION, Kind::DeleteChain, table.family, Mode::Change, object)
    }
}
