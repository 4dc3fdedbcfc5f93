//! Chains that belong to one rule: their rules are read when that rule is met, with a socket of their own, because the
//! other one is in the midst of listing.

use std::collections::HashSet;

use super::sets::RuleSets;
use crate::expr::Expression;
use crate::kernel::nft::{NftSocket, ReadError, TableName};
use crate::rule::{BoundChain, Lowered};

/// The chains of a table that belong to one rule each.
#[derive(Debug)]
pub struct BoundChains<'a> {
    table: TableName<'a>,
    names: HashSet<String>,
    socket: Option<NftSocket>,
}

/// Chains inside of chains; the kernel lets packets jump no deeper (`NFT_JUMP_STACK_SIZE`).
const DEEPEST: u32 = 16;

impl<'a> BoundChains<'a> {
    /// The chains of these names.
    pub const fn new(table: TableName<'a>, names: HashSet<String>) -> Self {
        Self { table, names, socket: None }
    }

    /// Reads the chains that the rule jumps to into it.
    pub fn fill(&mut self, lowered: &mut Lowered, sets: &RuleSets) -> Result<(), ReadError> {
        if self.names.is_empty() { Ok(()) } else { self.fill_to(DEEPEST, lowered, sets) }
    }

    fn fill_to(&mut self, depth: u32, lowered: &mut Lowered, sets: &RuleSets) -> Result<(), ReadError> {
        let jumps = lowered.expressions.iter().filter_map(Expression::jump);
        let names: Vec<String> = jumps.filter(|name| self.names.contains(*name)).map(str::to_owned).collect();
        for name in names {
            let (table, mut rules) = (self.table, Vec::new());
            self.socket()?.rules(table, &name, &mut |row| rules.push(sets.whole(row)))?;
            if depth > 0 {
                rules.iter_mut().try_for_each(|rule| self.fill_to(depth - 1, rule, sets))?;
            }
            lowered.bound.push(BoundChain { name, rules });
        }
        Ok(())
    }

    fn socket(&mut self) -> Result<&mut NftSocket, ReadError> {
        let socket = match self.socket.take() {
            Some(socket) => socket,
            None => NftSocket::open()?,
        };
        Ok(self.socket.insert(socket))
    }
}
