//! What the tries of one file share: two sockets, and what the kernel told that it lacks.
//!
//! The sockets stay open until the file is done. Who closes a socket of nf_tables waits until the kernel has freed what
//! the last commit took away (`nft_rcv_nl_event`), some ten milliseconds: once for each table, and a file of five tables
//! took four times as long as with iptables-nft.

use super::loader::Loader;
use super::{LoadOptions, Loaded, TableLines};
use crate::firewall::edit::Site;
use crate::firewall::edit::pending::Ending;
use crate::firewall::edit::transaction::transact_on;
use crate::firewall::error::Error;
use crate::kernel::nft::NftSocket;
use crate::rule::Names;

/// Where lines are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// In the namespace that this thread is in.
    Here,
    /// In one of its own, which nobody else sees.
    Apart,
}

/// See the module's documentation.
pub(super) struct Tries<'n> {
    /// To the namespace that this thread is in.
    pub here: NftSocket,
    apart: Option<NftSocket>,
    /// [`Error::Lacking`] of former tries.
    lacking: Vec<Error>,
    names: &'n dyn Names,
}

/// What became of a table's lines, and the rules whose counters are to be set to zero: chain and handle.
type Done = (Loaded, Vec<(String, u64)>);

impl<'n> Tries<'n> {
    /// None yet.
    ///
    /// # Errors
    /// Those of [`NftSocket::open`].
    pub fn new(names: &'n dyn Names) -> Result<Self, Error> {
        Ok(Self { here: NftSocket::open()?, apart: None, lacking: Vec::new(), names })
    }

    /// Notes what the kernel lacks, for another try, which finds nothing of this one in the namespace apart.
    pub fn lacks(&mut self, error: Error) {
        self.lacking.push(error);
        self.apart = None;
    }

    /// Makes the namespace apart, if it is not there yet; whether it is there.
    pub fn open_apart(&mut self) -> bool {
        if self.apart.is_none() {
            self.apart = NftSocket::open_apart().ok();
        }
        self.apart.is_some()
    }

    /// Stages the lines. Where one of them is wrong, the batch is forgotten.
    pub fn on(
        &mut self,
        side: Side,
        tables: &[TableLines<'_>],
        (options, ending): (LoadOptions, Ending),
    ) -> Result<Vec<Done>, Error> {
        let sites: Vec<Site> = tables.iter().map(|table| table.site).collect();
        let socket = match (side, &mut self.apart) {
            (Side::Apart, Some(apart)) => apart,
            _ => &mut self.here,
        };
        transact_on(socket, &sites, |index, transaction| {
            transaction.lacking.clone_from(&self.lacking);
            let (loaded, zeroed) = Loader::new(transaction, options, self.names).load(&tables[index].lines)?;
            transaction.end_with(if loaded.faults.is_empty() { ending } else { Ending::Forget });
            Ok((loaded, zeroed))
        })
    }
}
