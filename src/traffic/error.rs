//! Why a run over packets broke off: ping's, a capture's.

use crate::kernel::KernelError;

/// What ended it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Waiting or reading failed.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// Telling failed.
    #[error(transparent)]
    Output(#[from] std::io::Error),
}
