//! Listings: tables, chains, rules of a chain, sets and their elements, objects; and one rule read and reset.
//!
//! Each is one request; what spans several is confirmed by the generation before and after, which is the caller's work.

use super::message::Kind;
use super::undecodable::undecodable;
use super::{ChainRow, NftSocket, ReadError, RuleRow, TableName, TableRow};
use crate::expr::attribute::Bytes;
use crate::expr::{Element, Family, Flowtable, Object, SetListing};
use crate::kernel::KernelError;

/// `NFTA_*_TABLE` is 1 for chains, rules, sets, elements and objects; `NFTA_RULE_CHAIN`, `NFTA_SET_NAME`,
/// `NFTA_SET_ELEM_LIST_SET`, `NFTA_OBJ_NAME` and `NFTA_FLOWTABLE_NAME` are 2; `NFTA_RULE_HANDLE` is 3.
const TABLE: u16 = 1;
const WITHIN: u16 = 2;
const RULE_HANDLE: u16 = 3;
/// `NFTA_CHAIN_NAME`.
const CHAIN_NAME: u16 = 3;

fn within(table: TableName<'_>, name: Option<&str>) -> Bytes {
    let mut bytes = Bytes::default();
    bytes.put_str(TABLE, table.name);
    if let Some(name) = name {
        bytes.put_str(WITHIN, name);
    }
    bytes
}

impl NftSocket {
    /// All tables, or those of one family, in the kernel's order.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn tables(&mut self, family: Option<Family>) -> Result<Vec<TableRow>, ReadError> {
        let mut rows = Vec::new();
        let number = family.map_or(0, Family::number);
        self.dump("tables", Kind::GetTable, number, &[], &mut |family, attributes| {
            rows.push(TableRow::read(family, attributes).ok_or_else(|| undecodable("table", attributes, &[TABLE])));
        })?;
        Ok(rows.into_iter().collect::<Result<_, _>>()?)
    }

    /// All chains, or those of one family, in the kernel's order.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn chains(&mut self, family: Option<Family>) -> Result<Vec<ChainRow>, ReadError> {
        let mut rows = Vec::new();
        let number = family.map_or(0, Family::number);
        self.dump("chains", Kind::GetChain, number, &[], &mut |family, attributes| {
            rows.push(
                ChainRow::read(family, attributes)
                    .ok_or_else(|| undecodable("chain", attributes, &[TABLE, CHAIN_NAME])),
            );
        })?;
        Ok(rows.into_iter().collect::<Result<_, _>>()?)
    }

    /// Hands the rules of a chain to `each`, in order.
    ///
    /// # Errors
    /// [`ReadError`]; then what `each` got is void.
    pub fn rules(
        &mut self,
        table: TableName<'_>,
        chain: &str,
        each: &mut dyn FnMut(RuleRow<'_>),
    ) -> Result<(), ReadError> {
        let request = within(table, Some(chain));
        let mut unread = None;
        self.dump(
            "rules",
            Kind::GetRule,
            table.family.number(),
            &request.0,
            &mut |_, attributes| match RuleRow::read(attributes) {
                Some(row) => each(row),
                None => unread = Some(undecodable("rule of", attributes, &[TABLE, WITHIN])),
            },
        )?;
        unread.map_or(Ok(()), |error| Err(error.into()))
    }

    /// All sets of a table, maps included, without their elements.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn sets(&mut self, table: TableName<'_>) -> Result<Vec<SetListing>, ReadError> {
        self.all_of(table, "sets", Kind::GetSet, |attributes| {
            SetListing::decode(attributes).ok_or_else(|| undecodable("set", attributes, &[TABLE, WITHIN]))
        })
    }

    /// Reads the elements of a set into it, those that are `wanted`, in the kernel's order.
    ///
    /// # Errors
    /// [`ReadError`]; then what the set holds is void.
    pub fn elements(
        &mut self,
        table: TableName<'_>,
        set: &mut SetListing,
        wanted: fn(&Element) -> bool,
    ) -> Result<(), ReadError> {
        let request = within(table, Some(&set.set.name));
        let mut unread = None;
        let family = table.family.number();
        self.dump("set elements", Kind::GetSetElements, family, &request.0, &mut |_, attributes| {
            if set.read_elements(attributes, wanted).is_none() {
                unread = Some(undecodable("elements of set", attributes, &[TABLE, WITHIN]));
            }
        })?;
        unread.map_or(Ok(()), |error| Err(error.into()))
    }

    /// All stateful objects of a table.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn objects(&mut self, table: TableName<'_>) -> Result<Vec<Object>, ReadError> {
        self.all_of(table, "objects", Kind::GetObject, |attributes| {
            Object::decode(attributes).ok_or_else(|| undecodable("object", attributes, &[TABLE, WITHIN]))
        })
    }

    /// All flowtables of a table.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn flowtables(&mut self, table: TableName<'_>) -> Result<Vec<Flowtable>, ReadError> {
        self.all_of(table, "flowtables", Kind::GetFlowtable, |attributes| {
            Flowtable::decode(attributes).ok_or_else(|| undecodable("flowtable", attributes, &[TABLE, WITHIN]))
        })
    }

    fn all_of<T>(
        &mut self,
        table: TableName<'_>,
        object: &str,
        kind: Kind,
        read: impl Fn(&[u8]) -> Result<T, KernelError>,
    ) -> Result<Vec<T>, ReadError> {
        let mut found = Vec::new();
        self.dump(object, kind, table.family.number(), &within(table, None).0, &mut |_, attributes| {
            found.push(read(attributes));
        })?;
        Ok(found.into_iter().collect::<Result<_, _>>()?)
    }

    /// Reads one rule and resets what it counts, in one operation of the kernel: no packet is lost in between. (As a
    /// dump, the same request loses counts of rules that did not fit into a message.)
    ///
    /// # Errors
    /// `ENOENT` where the rule is gone; `EINVAL` or `EOPNOTSUPP` before Linux 6.2; `EBADMSG` for an answer that cannot be
    /// read.
    pub fn reset_rule(
        &mut self,
        table: TableName<'_>,
        chain: &str,
        handle: u64,
        each: &mut dyn FnMut(RuleRow<'_>),
    ) -> Result<(), KernelError> {
        let mut request = within(table, Some(chain));
        request.put(RULE_HANDLE, &handle.to_be_bytes());
        let number = table.family.number();
        let mut unread = None;
        self.request("reset the counters of", chain, Kind::GetRuleReset, number, &request.0, &mut |_, attributes| {
            match RuleRow::read(attributes) {
                Some(row) => each(row),
                None => unread = Some(undecodable("rule of", attributes, &[TABLE, WITHIN])),
            }
        })?;
        unread.map_or(Ok(()), Err)
    }
}
