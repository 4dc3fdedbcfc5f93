//! Tables: made, deleted, listed.

use nftnl_sys as sys;
use nix::errno::Errno;

use super::TableName;
use super::batch::{Batch, Mode};
use super::message::Kind;
use crate::expr::{Attributes, Family, user_data};
use crate::kernel::KernelError;
use crate::kernel::sys::nftnl_object::NftnlTable;

/// `NFTA_TABLE_NAME`.
const NAME: u16 = 1;
/// `NFTA_TABLE_FLAGS`.
const FLAGS: u16 = 2;
/// `NFTA_TABLE_HANDLE`.
const HANDLE: u16 = 4;
/// `NFTA_TABLE_USERDATA`.
const USER_DATA: u16 = 6;
/// `NFTA_TABLE_OWNER`.
const OWNER: u16 = 7;

/// A table as the kernel lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRow {
    /// Its family.
    pub family: Family,
    /// Its name.
    pub name: String,
    /// The kernel's number for it.
    pub handle: u64,
    /// `NFTA_TABLE_FLAGS`: 1 dormant, 2 owner, 4 persist.
    pub flags: u32,
    /// The comment that nft keeps in the user data.
    pub comment: Option<String>,
    /// The port of the socket that alone may change it, and at whose closing it goes: mostly its process' id.
    pub owner: Option<u32>,
}

impl TableRow {
    /// `NFT_TABLE_F_OWNER`.
    pub const OWNER: u32 = 2;

    /// Reads `NFTA_TABLE_*`; `None` where a part cannot be read, or the name is missing.
    #[must_use]
    pub fn read(family: u8, attributes: &[u8]) -> Option<Self> {
        let attributes = Attributes::whole(attributes)?;
        let name = attributes.get(NAME)?.str()?.to_owned();
        let handle = attributes.optional(HANDLE, |handle| handle.u64())?.unwrap_or(0);
        let owner = attributes.optional(OWNER, |owner| owner.u32())?;
        let flags = attributes.optional(FLAGS, |flags| flags.u32())?.unwrap_or(0);
        let comment = attributes.get(USER_DATA).and_then(|data| user_data::comment(data.payload));
        Some(Self { family: Family::from_number(family), name, handle, flags, comment, owner })
    }
}

fn named(table: TableName<'_>) -> Result<NftnlTable, Errno> {
    let mut object = NftnlTable::new()?;
    object.set_u32(sys::NFTNL_TABLE_FAMILY as u16, table.family.number().into());
    object.set_str(sys::NFTNL_TABLE_NAME as u16, table.name)?;
    Ok(object)
}

impl Batch {
    /// Makes a table, or leaves it as it is.
    ///
    /// # Errors
    /// Names that nf_tables has no room for, `ENOMEM`.
    pub fn add_table(&mut self, table: TableName<'_>) -> Result<(), KernelError> {
        const OPERATION: &str = "add table";
        let object = named(table).map_err(|errno| self.unwritable(OPERATION, errno))?;
        self.push(OPERATION, Kind::NewTable, table.family, Mode::Create, object)
    }

    /// Makes a table that goes when the socket that sends the batch closes, and that nobody else can change
    /// (`NFT_TABLE_F_OWNER`, Linux 5.12).
    ///
    /// # Errors
    /// As [`Batch::add_table`].
    pub fn add_owned_table(&mut self, table: TableName<'_>) -> Result<(), KernelError> {
        const OPERATION: &str = "add table";
        let mut object = named(table).map_err(|errno| self.unwritable(OPERATION, errno))?;
        object.set_u32(sys::NFTNL_TABLE_FLAGS as u16, TableRow::OWNER);
        self.push(OPERATION, Kind::NewTable, table.family, Mode::CreateNew, object)
    }

    /// Deletes a table with everything in it.
    ///
    /// # Errors
    /// As [`Batch::add_table`].
    pub fn delete_table(&mut self, table: TableName<'_>) -> Result<(), KernelError> {
        const OPERATION: &str = "delete table";
        let object = named(table).map_err(|errno| self.unwritable(OPERATION, errno))?;
        self.push(OPERATION, Kind::DeleteTable, table.family, Mode::Change, object)
    }
}
