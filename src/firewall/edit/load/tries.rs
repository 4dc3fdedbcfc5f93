//! What the tries of one file share: two sockets, and what the kernel told that it lacks.
//!
//! The sockets stay open until the file is done. Who closes a socket of nf_tables waits until the kernel has freed what
//! the last commit took away (`nft_rcv_nl_event`), some ten milliseconds: once for each table, and a file of five tables
//! took four times as long as with iptables-nft.

use super::loader::Loader;
use super::{LoadOptions, Loaded, TableLines};
use crate::firewall::edit::Site;
use crate::firewall::edit::pending::Ending;
use crate::firewall::edit::transaction::{is_there, transact_on};
use crate::firewall::error::Error;
use crate::kernel::nft::{NftSocket, ReadError};
use crate::rule::Names;

/// Tables are few: a listing that so many commits interrupt is none.
const LISTINGS: u32 = 100;

/// See the module's documentation.
pub(super) struct Tries<'n> {
    /// To the namespace that this thread is in.
    here: NftSocket,
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

    /// For what no batch does, where this thread stands.
    pub const fn socket(&mut self) -> &mut NftSocket {
        &mut self.here
    }

    /// Notes what the kernel lacks, for another try, which finds nothing of this one in the namespace apart.
    pub fn lacks(&mut self, error: Error) {
        self.lacking.push(error);
        self.apart = None;
    }

    /// Carries the lines out where this thread stands. Where one of them is wrong, the batch is forgotten.
    pub fn here(
        &mut self,
        tables: &[TableLines<'_>],
        options: LoadOptions,
        ending: Ending,
    ) -> Result<Vec<Done>, Error> {
        stage(&mut self.here, tables, (options, ending), &self.lacking, self.names)
    }

    /// Carries the lines out in a namespace apart, where nobody sees it; `None` where none can be made.
    pub fn apart(&mut self, tables: &[TableLines<'_>], options: LoadOptions) -> Option<Result<Vec<Done>, Error>> {
        if self.apart.is_none() {
            self.apart = NftSocket::open_apart().ok();
        }
        let apart = self.apart.as_mut()?;
        Some(stage(apart, tables, (options, Ending::Commit), &self.lacking, self.names))
    }

    /// Whether the kernel has the table.
    pub fn has(&mut self, site: Site) -> Result<bool, Error> {
        for _ in 0..LISTINGS {
            match is_there(&mut self.here, site) {
                Err(ReadError::Interrupted) => {}
                Err(ReadError::Kernel(error)) => return Err(error.into()),
                Ok(there) => return Ok(there),
            }
        }
        Err(Error::Busy(LISTINGS))
    }
}

fn stage(
    socket: &mut NftSocket,
    tables: &[TableLines<'_>],
    (options, ending): (LoadOptions, Ending),
    lacking: &[Error],
    names: &dyn Names,
) -> Result<Vec<Done>, Error> {
    let sites: Vec<Site> = tables.iter().map(|table| table.site).collect();
    transact_on(socket, &sites, |index, transaction| {
        transaction.lacking = lacking.to_vec();
        let (loaded, zeroed) = Loader::new(transaction, options, names).load(&tables[index].lines)?;
        transaction.end_with(if loaded.faults.is_empty() { ending } else { Ending::Forget });
        Ok((loaded, zeroed))
    })
}
