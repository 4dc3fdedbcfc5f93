//! Sets and their elements: made with the rule that looks in them, listed.

use nftnl_sys as sys;
use nix::errno::Errno;

use super::TableName;
use super::batch::{Batch, Mode};
use super::message::Kind;
use crate::expr::{Attributes, Element, Set, SetFlags};
use crate::kernel::KernelError;
use crate::kernel::sys::nftnl_object::{ELEMENTS_MAX, NftnlSet};

/// `NFTA_SET_*` (linux/netfilter/nf_tables.h).
const NAME: u16 = 2;
const FLAGS: u16 = 3;
const KEY_TYPE: u16 = 4;
const KEY_LENGTH: u16 = 5;
/// `NFTA_SET_ELEM_LIST_ELEMENTS` and, in it, `NFTA_LIST_ELEM`.
const LIST_ELEMENTS: u16 = 3;
const LIST_ELEM: u16 = 1;
/// `NFTA_SET_ELEM_*`.
const ELEM_KEY: u16 = 1;
const ELEM_FLAGS: u16 = 3;
const ELEM_USER_DATA: u16 = 6;
const ELEM_PAD: u16 = 8;
const ELEM_INTERVAL_END: u32 = 1;

/// A set as the kernel lists it, without its elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetRow(pub Set);

impl SetRow {
    /// Reads `NFTA_SET_*`; `None` where name, flags or key length are missing.
    #[must_use]
    pub fn read(attributes: &[u8]) -> Option<Self> {
        let attributes = Attributes::new(attributes);
        let number = |kind| attributes.get(kind).and_then(|attribute| attribute.u32());
        Some(Self(Set {
            name: attributes.get(NAME)?.str()?.to_owned(),
            id: 0,
            flags: SetFlags(number(FLAGS).unwrap_or(0)),
            key_type: number(KEY_TYPE).unwrap_or(0),
            key_length: number(KEY_LENGTH)?,
            elements: Vec::new(),
        }))
    }

    /// Whether it came with its rule and holds nothing but keys.
    #[must_use]
    pub const fn is_anonymous(&self) -> bool {
        self.0.flags.contains(SetFlags::ANONYMOUS) && !self.0.flags.contains(SetFlags::MAP)
    }

    /// Reads a message of elements, `NFTA_SET_ELEM_LIST_*`, into the set; `None` where one of them is of a form that
    /// [`Element`] cannot hold.
    #[must_use]
    pub fn read_elements(&mut self, attributes: &[u8]) -> Option<()> {
        let Some(list) = Attributes::new(attributes).get(LIST_ELEMENTS) else { return Some(()) };
        for element in list.nested().filter(|element| element.kind == LIST_ELEM) {
            let (mut key, mut flags) = (None, 0);
            for attribute in element.nested() {
                match attribute.kind {
                    ELEM_KEY => key = Some(attribute.value()?),
                    ELEM_FLAGS => flags = attribute.u32()?,
                    ELEM_USER_DATA | ELEM_PAD => {}
                    _ => return None,
                }
            }
            if flags & !ELEM_INTERVAL_END != 0 {
                return None;
            }
            self.0.elements.push(Element { key: key?, interval_end: flags & ELEM_INTERVAL_END != 0 });
        }
        Some(())
    }

    /// Sorts the elements as they were added: the kernel lists them in an order of its own.
    pub fn sort(&mut self) {
        self.0.elements.sort_by(|a, b| a.key.cmp(&b.key).then(b.interval_end.cmp(&a.interval_end)));
    }
}

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
    /// `ERANGE` for keys over 64 bytes, names that nf_tables has no room for, `ENOMEM`.
    pub fn add_set(&mut self, table: TableName<'_>, set: &Set) -> Result<(), KernelError> {
        const OPERATION: &str = "add set";
        const ELEMENTS: &str = "add set elements";
        let mut object = named(table, set).map_err(|errno| self.unwritable(OPERATION, errno))?;
        object.set_u32(sys::NFTNL_SET_FLAGS as u16, set.flags.0);
        object.set_u32(sys::NFTNL_SET_KEY_TYPE as u16, set.key_type);
        object.set_u32(sys::NFTNL_SET_KEY_LEN as u16, set.key_length);
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
