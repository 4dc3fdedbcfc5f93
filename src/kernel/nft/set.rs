//! Sets: made with the rule that looks in them.

use nftnl_sys as sys;
use nix::errno::Errno;

use super::TableName;
use super::batch::{Batch, Mode};
use super::message::Kind;
use crate::expr::{Set, SetFlags};
use crate::kernel::KernelError;
use crate::kernel::sys::nftnl_object::{ELEMENTS_MAX, NftnlSet};

fn named(table: TableName<'_>, set: &Set) -> Result<NftnlSet, Errno> {
    let mut object = NftnlSet::new()?;
    object.set_u32(sys::NFTNL_SET_FAMILY as u16, table.family.number().into());
    object.set_str(sys::NFTNL_SET_TABLE as u16, table.name)?;
    object.set_str(sys::NFTNL_SET_NAME as u16, &set.name)?;
    object.set_u32(sys::NFTNL_SET_ID as u16, set.id);
    Ok(object)
}

impl Batch {
    /// Makes a set with its elements; a rule that looks in it comes later in the same batch.
    ///
    /// # Errors
    /// `EOPNOTSUPP` for a map and for elements with more than a key, `ERANGE` for keys over 64 bytes, names that nf_tables
    /// has no room for, `ENOMEM`.
    pub fn add_set(&mut self, table: TableName<'_>, set: &Set) -> Result<(), KernelError> {
        const OPERATION: &str = "add set";
        const ELEMENTS: &str = "add set elements";
        if set.data.is_some() {
            return Err(self.unwritable(OPERATION, Errno::EOPNOTSUPP));
        }
        let mut object = named(table, set).map_err(|errno| self.unwritable(OPERATION, errno))?;
        object.set_u32(sys::NFTNL_SET_FLAGS as u16, set.flags.0);
        object.set_u32(sys::NFTNL_SET_KEY_TYPE as u16, set.key_type);
        object.set_u32(sys::NFTNL_SET_KEY_LEN as u16, set.key_length);
        if set.flags.contains(SetFlags::EVALUATED) {
            object.set_u32(sys::NFTNL_SET_DESC_SIZE as u16, Set::FILLED_BY_PACKETS_SIZE);
        }
        if !set.fields.is_empty() {
            object.set_fields(&set.fields).map_err(|errno| self.unwritable(OPERATION, errno))?;
        }
        self.push(OPERATION, Kind::NewSet, table.family, Mode::Create, object)?;
        for chunk in set.elements.chunks(ELEMENTS_MAX) {
            let elements = named(table, set)
                .and_then(|object| object.fill(chunk))
                .map_err(|errno| self.unwritable(ELEMENTS, errno))?;
            self.push(ELEMENTS, Kind::NewSetElements, table.family, Mode::Create, elements)?;
        }
        Ok(())
    }
}
