//! Sets and their elements: made with the rule that looks in them, listed.

use nftnl_sys as sys;
use nix::errno::Errno;

use super::TableName;
use super::batch::{Batch, Mode};
use super::message::Kind;
use crate::expr::{Attribute, Attributes, Element, Set, SetFlags};
use crate::kernel::KernelError;
use crate::kernel::sys::nftnl_object::{ELEMENTS_MAX, NftnlSet};

/// `NFTA_SET_*` (linux/netfilter/nf_tables.h).
const NAME: u16 = 2;
const FLAGS: u16 = 3;
const KEY_TYPE: u16 = 4;
const KEY_LENGTH: u16 = 5;
const DESCRIPTION: u16 = 9;
/// `NFTA_SET_DESC_CONCAT`, in it `NFTA_LIST_ELEM`, in that `NFTA_SET_FIELD_LEN`.
const DESCRIPTION_FIELDS: u16 = 2;
const FIELD_LENGTH: u16 = 1;
/// `NFTA_SET_ELEM_LIST_ELEMENTS` and, in it, `NFTA_LIST_ELEM`.
const LIST_ELEMENTS: u16 = 3;
const LIST_ELEM: u16 = 1;
/// `NFTA_SET_ELEM_*`.
const ELEM_KEY: u16 = 1;
const ELEM_DATA: u16 = 2;
const ELEM_FLAGS: u16 = 3;
const ELEM_USER_DATA: u16 = 6;
const ELEM_PAD: u16 = 8;
const ELEM_KEY_END: u16 = 10;
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
            fields: attributes.get(DESCRIPTION).map(|description| fields(description.nested())).unwrap_or_default(),
            elements: Vec::new(),
        }))
    }

    /// Whether it came with its rule.
    #[must_use]
    pub const fn is_anonymous(&self) -> bool {
        self.0.flags.contains(SetFlags::ANONYMOUS)
    }

    /// Reads a message of elements, `NFTA_SET_ELEM_LIST_*`, into the set; `None` where one of them is of a form that
    /// [`Element`] cannot hold.
    #[must_use]
    pub fn read_elements(&mut self, attributes: &[u8]) -> Option<()> {
        let Some(list) = Attributes::new(attributes).get(LIST_ELEMENTS) else { return Some(()) };
        for element in list.nested().filter(|element| element.kind == LIST_ELEM) {
            let (mut key, mut key_end, mut value, mut flags) = (None, None, None, 0);
            for attribute in element.nested() {
                match attribute.kind {
                    ELEM_KEY => key = Some(attribute.value()?),
                    ELEM_KEY_END => key_end = Some(attribute.value()?),
                    ELEM_DATA => value = Some(attribute.datum()?),
                    ELEM_FLAGS => flags = attribute.u32()?,
                    ELEM_USER_DATA | ELEM_PAD => {}
                    _ => return None,
                }
            }
            if flags & !ELEM_INTERVAL_END != 0 {
                return None;
            }
            let interval_end = flags & ELEM_INTERVAL_END != 0;
            self.0.elements.push(Element { key: key?, key_end, interval_end, value });
        }
        Some(())
    }

    /// Sorts the elements as they were added: the kernel lists them in an order of its own, except those whose keys have
    /// several intervals.
    pub fn sort(&mut self) {
        if self.0.flags.contains(SetFlags::CONCATENATION) {
            return;
        }
        self.0.elements.sort_by(|a, b| a.key.cmp(&b.key).then(b.interval_end.cmp(&a.interval_end)));
    }
}

fn fields(description: Attributes<'_>) -> Vec<u8> {
    let lengths = description.get(DESCRIPTION_FIELDS).into_iter().flat_map(|list| list.nested());
    let length = |field: Attribute<'_>| u8::try_from(field.nested().get(FIELD_LENGTH)?.u32()?).ok();
    lengths.filter_map(length).collect()
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
