//! Rules: added, replaced, deleted, listed.

use nftnl_sys as sys;
use nix::errno::Errno;

use super::TableName;
use super::batch::{Batch, Mode};
use super::message::Kind;
use crate::expr::{Attributes, Expression, ExpressionList};
use crate::kernel::KernelError;
use crate::kernel::sys::nftnl_object::NftnlRule;

/// `NFTA_RULE_*` (linux/netfilter/nf_tables.h).
const HANDLE: u16 = 3;
const EXPRESSIONS: u16 = 4;
const USER_DATA: u16 = 7;

/// Where a rule goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// To the chain's end.
    Last,
    /// To the chain's beginning.
    First,
    /// In front of the rule with this handle.
    Before(u64),
    /// Instead of the rule with this handle.
    InsteadOf(u64),
}

/// A rule as the kernel lists it, still in the bytes that it came in.
#[derive(Debug, Clone, Copy)]
pub struct RuleRow<'a> {
    /// The kernel's number for it.
    pub handle: u64,
    /// `NFTA_RULE_USERDATA`.
    pub user_data: &'a [u8],
    expressions: ExpressionList<'a>,
}

impl<'a> RuleRow<'a> {
    /// Reads `NFTA_RULE_*`; `None` without a handle, or with an expression that has no readable name.
    #[must_use]
    pub fn read(attributes: &'a [u8]) -> Option<Self> {
        let attributes = Attributes::whole(attributes)?;
        Some(Self {
            handle: attributes.get(HANDLE)?.u64()?,
            user_data: attributes.get(USER_DATA).map_or(&[], |data| data.payload),
            expressions: ExpressionList::read(
                attributes.get(EXPRESSIONS).map_or(Attributes::new(&[]), |list| list.nested()),
            )?,
        })
    }

    /// The expressions, decoded.
    #[must_use]
    pub fn decode(&self) -> Vec<Expression> {
        self.expressions.decode()
    }
}

fn in_chain(table: TableName<'_>, chain: Option<&str>) -> Result<NftnlRule, Errno> {
    let mut object = NftnlRule::new()?;
    object.set_u32(sys::NFTNL_RULE_FAMILY as u16, table.family.number().into());
    object.set_str(sys::NFTNL_RULE_TABLE as u16, table.name)?;
    if let Some(chain) = chain {
        object.set_str(sys::NFTNL_RULE_CHAIN as u16, chain)?;
    }
    Ok(object)
}

impl Batch {
    /// Adds a rule, or replaces one.
    ///
    /// # Errors
    /// What cannot be written: `EOPNOTSUPP` for an expression that this version does not know, `ERANGE` for user data
    /// over 256 bytes, `E2BIG` for more than 128 expressions.
    pub fn add_rule(
        &mut self,
        table: TableName<'_>,
        chain: &str,
        place: Place,
        expressions: &[Expression],
        user_data: &[u8],
    ) -> Result<(), KernelError> {
        let (operation, mode) = match place {
            Place::Last => ("append rule", Mode::Append),
            Place::First | Place::Before(_) => ("insert rule", Mode::Create),
            Place::InsteadOf(_) => ("replace rule", Mode::Replace),
        };
        let filled = in_chain(table, Some(chain)).and_then(|mut object| {
            match place {
                Place::Before(handle) => object.set_u64(sys::NFTNL_RULE_POSITION as u16, handle),
                Place::InsteadOf(handle) => object.set_u64(sys::NFTNL_RULE_HANDLE as u16, handle),
                Place::First | Place::Last => {}
            }
            object.fill(expressions, user_data)?;
            Ok(object)
        });
        let object = filled.map_err(|errno| self.unwritable(operation, errno))?;
        self.push(operation, Kind::NewRule, table.family, mode, object)
    }

    /// Deletes the rule with this handle.
    ///
    /// # Errors
    /// Names that nf_tables has no room for, `ENOMEM`.
    pub fn delete_rule(&mut self, table: TableName<'_>, chain: &str, handle: u64) -> Result<(), KernelError> {
        const OPERATION: &str = "delete rule";
        let mut object = in_chain(table, Some(chain)).map_err(|errno| self.unwritable(OPERATION, errno))?;
        object.set_u64(sys::NFTNL_RULE_HANDLE as u16, handle);
        self.push(OPERATION, Kind::DeleteRule, table.family, Mode::Change, object)
    }

    /// Deletes all rules of a chain, or of the whole table.
    ///
    /// # Errors
    /// As [`Batch::delete_rule`].
    pub fn flush(&mut self, table: TableName<'_>, chain: Option<&str>) -> Result<(), KernelError> {
        const OPERATION: &str = "flush";
        let object = in_chain(table, chain).map_err(|errno| self.unwritable(OPERATION, errno))?;
        self.push(OPERATION, Kind::DeleteRule, table.family, Mode::Change, object)
    }
}
