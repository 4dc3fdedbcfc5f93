//! Changes that the kernel makes all together or not at all.

use std::io::IoSlice;

use nix::errno::Errno;

use super::message::Kind;
use crate::expr::Family;
use crate::expr::attribute::Bytes;
use crate::kernel::KernelError;
use crate::kernel::sys::nftnl_batch::NftnlBatch;
use crate::kernel::sys::nftnl_object::{Encoded, Message};

const FLAG_REQUEST: u16 = 0x1;
const FLAG_ACK: u16 = 0x4;
const BEGIN: u32 = 1;
const FIRST: u32 = BEGIN + 1;

/// How `NEWTABLE`, `NEWCHAIN`, `NEWRULE` and `NEWSET` take what is there already, and where a rule goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum Mode {
    /// What is there is changed.
    Change = 0,
    /// Made, or left as it is.
    Create = 0x400,
    /// Made; `EEXIST` where it is there.
    CreateNew = 0x400 | 0x200,
    /// A rule behind its position.
    Append = 0x400 | 0x800,
    /// A rule instead of the one with its handle.
    Replace = 0x100,
}

impl Mode {
    /// `NLM_F_NONREC`: of a deletion, nothing goes with what is deleted.
    pub const ALONE: Self = Self::Replace;
}

/// A batch under construction. Its messages are numbered from 0; refusals name these numbers.
///
/// The last message alone asks for an ack: thousands of acks would overflow the receive buffer. Since only the next
/// `push` or the end of the batch tells which one is the last, it is held back until then.
#[derive(Debug)]
pub struct Batch {
    pages: NftnlBatch,
    object: String,
    operations: Vec<&'static str>,
    held: Option<Held>,
}

struct Held {
    kind: Kind,
    family: Family,
    mode: Mode,
    message: Box<dyn Message>,
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Held").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Batch {
    /// An empty batch of changes to `object` (`ip filter`; errors name it), to be refused with `ERESTART` where the
    /// ruleset is not of `generation` any more.
    ///
    /// # Errors
    /// `ENOMEM`.
    pub fn new(object: impl Into<String>, generation: Option<u32>) -> Result<Self, KernelError> {
        let object = object.into();
        let pages = NftnlBatch::begin(BEGIN, generation)
            .map_err(|errno| KernelError::new("begin a batch for", &object, errno))?;
        Ok(Self { pages, object, operations: Vec::new(), held: None })
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// How many messages are in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.operations.len()
    }

    /// Appends a message; `operation` is what errors call it (`add rule`).
    pub(super) fn push(
        &mut self,
        operation: &'static str,
        kind: Kind,
        family: Family,
        mode: Mode,
        message: impl Message + 'static,
    ) -> Result<(), KernelError> {
        self.write_held(0)?;
        self.operations.push(operation);
        self.held = Some(Held { kind, family, mode, message: Box::new(message) });
        Ok(())
    }

    /// Appends a message whose attributes are bytes already: what libnftnl cannot build.
    ///
    /// # Errors
    /// `EMSGSIZE` over 32 KiB, `ENOMEM`.
    pub fn add_encoded(
        &mut self,
        operation: &'static str,
        kind: Kind,
        family: Family,
        mode: Mode,
        attributes: Bytes,
    ) -> Result<(), KernelError> {
        let message = Encoded::new(attributes.0).map_err(|errno| self.unwritable(operation, errno))?;
        self.push(operation, kind, family, mode, message)
    }

    /// An error about the message that was to come next, which could not even be written.
    pub(super) fn unwritable(&self, operation: &'static str, errno: Errno) -> KernelError {
        KernelError { index: Some(self.operations.len()), ..KernelError::new(operation, &self.object, errno) }
    }

    fn write_held(&mut self, ack: u16) -> Result<(), KernelError> {
        let Some(held) = self.held.take() else { return Ok(()) };
        let index = self.operations.len().saturating_sub(1);
        let sequence = sequence_of(index);
        let flags = FLAG_REQUEST | held.mode as u16 | ack;
        self.pages
            .push(held.kind.number(), held.family.number(), flags, sequence, &*held.message)
            .map_err(|errno| KernelError::new("write a batch for", &self.object, errno))
    }

    /// Ends the batch; nothing can be added any more.
    pub(super) fn seal(self) -> Result<Sealed, KernelError> {
        let mut sealed = self.leave_open()?;
        let Sealed(batch) = &mut sealed;
        batch
            .pages
            .end(sequence_of(batch.operations.len()))
            .map_err(|errno| KernelError::new("end a batch for", &batch.object, errno))?;
        Ok(sealed)
    }

    /// Leaves the end out: the kernel then tries the changes, tells what is wrong with them, and makes none.
    pub(super) fn leave_open(mut self) -> Result<Sealed, KernelError> {
        self.write_held(FLAG_ACK)?;
        Ok(Sealed(self))
    }
}

fn sequence_of(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX).saturating_add(FIRST)
}

/// A batch to which nothing is added any more.
pub(super) struct Sealed(Batch);

impl Sealed {
    pub(super) fn pages(&self) -> Result<Vec<IoSlice<'_>>, KernelError> {
        self.0.pages.pages().map_err(|errno| KernelError::new("send a batch for", &self.0.object, errno))
    }

    pub(super) fn messages(&self) -> usize {
        self.0.operations.len()
    }

    pub(super) fn object(&self) -> &str {
        &self.0.object
    }

    pub(super) fn operation(&self, index: usize) -> &'static str {
        self.0.operations.get(index).copied().unwrap_or("change")
    }

    /// What an answer with this sequence number is about: `Some(None)` for the batch as a whole (it answers on its
    /// begin), `Some(Some(index))` for a message, `None` for another request's left-over.
    pub(super) fn index(&self, sequence: u32) -> Option<Option<usize>> {
        match sequence {
            BEGIN => Some(None),
            _ => {
                let index = usize::try_from(sequence.checked_sub(FIRST)?).ok()?;
                (index < self.0.operations.len()).then_some(Some(index))
            }
        }
    }
}
