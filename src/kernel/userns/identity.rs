//! Whether this process is in a holder's user namespace.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;

use nix::errno::Errno;

use super::record::{self, Record};
use super::run_mount::MARKER;
use super::user::{INITIAL, own_user};
use crate::kernel::KernelError;

/// The holder whose user namespace this process is in.
///
/// # Errors
/// A holder's mark that is there but cannot be read or is of another version.
pub fn own_holder() -> Result<Option<Record>, KernelError> {
    let user = own_user()?;
    if user == INITIAL {
        return Ok(None);
    }
    let refused = |error: std::io::Error| KernelError::from_io("read the rootless holder's record", MARKER, &error);
    let file = match File::open(MARKER) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file.map_err(refused)?,
    };
    // Only the holder's root can have written what is believed here.
    if file.metadata().map_err(refused)?.uid() != nix::unistd::geteuid().as_raw() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    file.take(record::LIMIT).read_to_end(&mut bytes).map_err(refused)?;
    let Some(record) = Record::parse(&bytes) else {
        return Err(KernelError::new("read the rootless holder's record", MARKER, Errno::EBADMSG)
            .with_help("this shell is inside of a holder that another version of nsfw started: leave it"));
    };
    // A user namespace within the holder's is not the holder's.
    Ok((record.user == user).then_some(record))
}

/// The inode of the network namespace that belongs to the holder itself, if this process is in the holder's user
/// namespace: what the host's is to root.
///
/// # Errors
/// As [`own_holder`].
pub fn own_holder_net() -> Result<Option<u64>, KernelError> {
    Ok(own_holder()?.map(|record| record.net))
}
