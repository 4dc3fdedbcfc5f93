//! Sets: made with the rule that looks in them.

use nftnl_sys as sys;
use nix::errno::Errno;

use super::TableName;
use super::batch::{Batch, Mode};
use super::message::Kind;
use crate::expr::{Element, Set, SetFlags, user_data};
use crate::kernel::KernelError;
use crate::kernel::sys::nftnl_object::{ELEMENTS_MAX, NftnlSet};

fn named(table: TableName<'_>, name: &str) -> Result<NftnlSet, Errno> {
    let mut object = NftnlSet::new()?;
    object.set_u32(sys::NFTNL_SET_FAMILY as u16, table.family.number().into());
    object.set_str(sys::NFTNL_SET_TABLE as u16, table.name)?;
    object.set_str(sys::NFTNL_SET_NAME as u16, name)?;
    Ok(object)
}

/// A set that messages of the same batch know by its number.
fn numbered(table: TableName<'_>, set: &Set) -> Result<NftnlSet, Errno> {
    let mut object = named(table, &set.name)?;
    object.set_u32(sys::NFTNL_SET_ID as u16, set.id);
    Ok(object)
}

/// All that is declared about a set; its elements are messages of their own.
fn declared(table: TableName<'_>, set: &Set) -> Result<NftnlSet, Errno> {
    let mut object = numbered(table, set)?;
    if let Some(data) = set.data {
        object.set_u32(sys::NFTNL_SET_DATA_TYPE as u16, data.kind);
        object.set_u32(sys::NFTNL_SET_DATA_LEN as u16, data.length);
    }
    object.set_u32(sys::NFTNL_SET_FLAGS as u16, set.flags.0);
    object.set_u32(sys::NFTNL_SET_KEY_TYPE as u16, set.key_type);
    object.set_u32(sys::NFTNL_SET_KEY_LEN as u16, set.key_length);
    if set.flags.contains(SetFlags::EVALUATED) {
        object.set_u32(sys::NFTNL_SET_DESC_SIZE as u16, Set::FILLED_BY_PACKETS_SIZE);
    }
    if !set.fields.is_empty() {
        object.set_fields(&set.fields)?;
    }
    if !set.user_data.is_empty() {
        object.set_user_data(&set.user_data)?;
    }
    Ok(object)
}

/// What errors call the making of a set.
const OPERATION: &str = "add set";

impl Batch {
    /// Makes a set with its elements; a rule that looks in it comes later in the same batch.
    ///
    /// # Errors
    /// `EOPNOTSUPP` for elements with more than a key, a time and a value that is no verdict, `ERANGE` for those over 64 bytes, names
    /// that nf_tables has no room for, `ENOMEM`.
    pub fn add_set(&mut self, table: TableName<'_>, set: &Set) -> Result<(), KernelError> {
        const ELEMENTS: &str = "add set elements";
        let object = declared(table, set).map_err(|errno| self.unwritable(OPERATION, errno))?;
        self.push(OPERATION, Kind::NewSet, table.family, Mode::Create, object)?;
        for chunk in set.elements.chunks(ELEMENTS_MAX) {
            let elements = numbered(table, set)
                .and_then(|object| object.fill(chunk))
                .map_err(|errno| self.unwritable(ELEMENTS, errno))?;
            self.push(ELEMENTS, Kind::NewSetElements, table.family, Mode::Create, elements)?;
        }
        Ok(())
    }

    /// Makes a set with a name that packets fill; one that is there gets the timeout (Linux 6.2 and later). What packets
    /// put into it from then on lives `timeout` milliseconds.
    ///
    /// # Errors
    /// As [`Batch::add_set`].
    pub fn add_shared_set(
        &mut self,
        table: TableName<'_>,
        set: &Set,
        timeout: u64,
        comment: &str,
    ) -> Result<(), KernelError> {
        let mut object = declared(table, set).map_err(|errno| self.unwritable(OPERATION, errno))?;
        object.set_u64(sys::NFTNL_SET_TIMEOUT as u16, timeout);
        let told = object.set_user_data(&user_data::set_comment(comment));
        told.map_err(|errno| self.unwritable(OPERATION, errno))?;
        self.push(OPERATION, Kind::NewSet, table.family, Mode::Create, object)
    }

    /// Takes elements out of a set that is there, and puts those back that have time left, with that time.
    ///
    /// # Errors
    /// As [`Batch::add_set`].
    pub fn retime_elements(
        &mut self,
        table: TableName<'_>,
        name: &str,
        elements: &[Element],
    ) -> Result<(), KernelError> {
        const OPERATION: &str = "change set elements";
        let bare: Vec<_> = elements.iter().map(|element| Element::key(element.key.clone())).collect();
        let left =
            |element: &&Element| element.attached.as_ref().is_some_and(|attached| attached.expiration != Some(0));
        let left: Vec<_> = elements.iter().filter(left).cloned().collect();
        for (kind, mode, elements) in
            [(Kind::DeleteSetElements, Mode::Change, bare), (Kind::NewSetElements, Mode::Create, left)]
        {
            for chunk in elements.chunks(ELEMENTS_MAX) {
                let filled = named(table, name).and_then(|object| object.fill(chunk));
                let filled = filled.map_err(|errno| self.unwritable(OPERATION, errno))?;
                self.push(OPERATION, kind, table.family, mode, filled)?;
            }
        }
        Ok(())
    }

    /// Deletes a set that no rule names any more; `EBUSY` where one does.
    ///
    /// # Errors
    /// Names that nf_tables has no room for, `ENOMEM`.
    pub fn delete_set(&mut self, table: TableName<'_>, name: &str) -> Result<(), KernelError> {
        const OPERATION: &str = "delete set";
        let object = named(table, name).map_err(|errno| self.unwritable(OPERATION, errno))?;
        self.push(OPERATION, Kind::DeleteSet, table.family, Mode::Change, object)
    }
}
