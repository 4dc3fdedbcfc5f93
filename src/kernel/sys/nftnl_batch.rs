//! A batch of libnftnl: messages between a begin and an end, in pages that one sendmsg carries together.
#![allow(unsafe_code)]

use std::io::IoSlice;
use std::ptr::NonNull;

use libc::{iovec, nlmsghdr};
use nftnl_sys as sys;
use nix::errno::Errno;

use super::nftnl_object::Message;

/// Pages this large keep half a million rules within the 1024 iovecs of one sendmsg. Untouched memory costs nothing.
const PAGE: u32 = 1 << 20;
/// `NFNL_BATCH_GENID` (linux/netfilter/nfnetlink.h).
const BATCH_GENID: u16 = 1;

/// The pages of a batch.
#[derive(Debug)]
pub struct NftnlBatch(NonNull<sys::nftnl_batch>);

impl NftnlBatch {
    /// A batch whose begin has `sequence` and, where given, the generation that the ruleset must still have.
    ///
    /// # Errors
    /// `ENOMEM`.
    pub fn begin(sequence: u32, generation: Option<u32>) -> Result<Self, Errno> {
        // SAFETY: the function takes numbers and gives an owned batch or null.
        let raw = unsafe { sys::nftnl_batch_alloc(PAGE, nftnl::nft_nlmsg_maxsize()) };
        let mut batch = Self(NonNull::new(raw).ok_or(Errno::ENOMEM)?);
        // SAFETY: the batch's buffer always has room for `nft_nlmsg_maxsize` bytes; begin and one attribute are 28.
        unsafe {
            let header = sys::nftnl_batch_begin(sys::nftnl_batch_buffer(raw).cast(), sequence);
            if let Some(generation) = generation {
                mnl_sys::mnl_attr_put_u32(header.cast(), BATCH_GENID, generation.to_be());
            }
        }
        batch.next_message()?;
        Ok(batch)
    }

    /// Appends one message.
    ///
    /// # Errors
    /// `ENOMEM`.
    pub fn push(
        &mut self,
        kind: u16,
        family: u8,
        flags: u16,
        sequence: u32,
        message: &dyn Message,
    ) -> Result<(), Errno> {
        // SAFETY: the batch's buffer always has room for `nft_nlmsg_maxsize` bytes, which is what `write` asks for.
        unsafe {
            let buffer = sys::nftnl_batch_buffer(self.0.as_ptr()).cast();
            let header: *mut nlmsghdr = sys::nftnl_nlmsg_build_hdr(buffer, kind, family.into(), flags, sequence);
            message.write(header);
        }
        self.next_message()
    }

    /// Appends the end.
    ///
    /// # Errors
    /// `ENOMEM`.
    pub fn end(&mut self, sequence: u32) -> Result<(), Errno> {
        // SAFETY: as in `push`; an end is 20 bytes.
        unsafe { sys::nftnl_batch_end(sys::nftnl_batch_buffer(self.0.as_ptr()).cast(), sequence) };
        self.next_message()
    }

    /// The pages, in order: all of them, since a part of a batch would be another batch.
    ///
    /// # Errors
    /// `EBADMSG` where libnftnl cannot tell them.
    pub fn pages(&self) -> Result<Vec<IoSlice<'_>>, Errno> {
        // SAFETY: the batch is alive.
        let count = unsafe { sys::nftnl_batch_iovec_len(self.0.as_ptr()) };
        let room = u32::try_from(count).map_err(|_| Errno::EBADMSG)?;
        let count = usize::try_from(count).map_err(|_| Errno::EBADMSG)?;
        let mut pages = vec![iovec { iov_base: std::ptr::null_mut(), iov_len: 0 }; count];
        // SAFETY: `pages` has room for as many entries as are asked for, which is no more than the batch has.
        unsafe { sys::nftnl_batch_iovec(self.0.as_ptr(), pages.as_mut_ptr(), room) };
        if pages.iter().any(|page| page.iov_base.is_null()) {
            return Err(Errno::EBADMSG);
        }
        let slice = |page: &iovec| {
            // SAFETY: each page points to that many bytes that libnftnl has written; the borrow keeps the batch alive.
            IoSlice::new(unsafe { std::slice::from_raw_parts(page.iov_base.cast(), page.iov_len) })
        };
        Ok(pages.iter().map(slice).collect())
    }

    fn next_message(&mut self) -> Result<(), Errno> {
        // SAFETY: the batch is alive, and a whole message begins at its current buffer.
        let result = unsafe { sys::nftnl_batch_update(self.0.as_ptr()) };
        if result < 0 { Err(Errno::ENOMEM) } else { Ok(()) }
    }
}

impl Drop for NftnlBatch {
    fn drop(&mut self) {
        // SAFETY: the batch is owned and nobody uses it afterwards.
        unsafe { sys::nftnl_batch_free(self.0.as_ptr()) };
    }
}
