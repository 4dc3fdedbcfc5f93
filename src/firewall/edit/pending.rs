//! The batch of an edit under way, and what each of its messages is about: a refusal names the number of a message.

use nix::errno::Errno;

use super::Site;
use super::subject::{Subject, blame};
use crate::firewall::error::{Error, Failure};
use crate::kernel::KernelError;
use crate::kernel::nft::{Batch, NftSocket, TableName};

/// What becomes of the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The kernel makes the changes.
    Commit,
    /// The kernel tells whether it would.
    Check,
    /// Nothing, as something in it is wrong; the kernel tells which expressions it lacks for the rest.
    Forget,
}

/// The batch.
pub struct Pending {
    batch: Batch,
    /// What becomes of it.
    pub ending: Ending,
    /// What each message is about.
    subjects: Vec<(Site, Subject)>,
    /// The line of a file for each message; 0 where there is none.
    lines: Vec<usize>,
    rules: usize,
    sets: u32,
}

impl Pending {
    /// An empty one of changes to `object`, for a ruleset of this generation.
    pub fn new(object: String, generation: u32) -> Result<Self, KernelError> {
        let batch = Batch::new(object, Some(generation))?;
        let (subjects, lines) = (Vec::new(), Vec::new());
        Ok(Self { batch, ending: Ending::Commit, subjects, lines, rules: 0, sets: 0 })
    }

    /// Whether it would change nothing.
    pub fn is_empty(&self) -> bool {
        self.batch.is_empty()
    }

    /// Whether it would change something in this table.
    pub fn is_about(&self, site: Site) -> bool {
        self.subjects.iter().any(|(about, _)| *about == site)
    }

    /// A number for the next rule, from 1.
    pub const fn next_rule(&mut self) -> usize {
        self.rules += 1;
        self.rules
    }

    /// A number for the next set that no other set of the batch has.
    pub const fn next_set(&mut self) -> u32 {
        self.sets += 1;
        self.sets
    }

    /// Puts messages about `subject`, which a line of a file asks for, into the batch.
    pub fn stage(
        &mut self,
        site: Site,
        subject: Subject,
        line: usize,
        put: impl FnOnce(&mut Batch, TableName<'static>) -> Result<(), KernelError>,
    ) -> Result<(), Error> {
        let result = put(&mut self.batch, site.name());
        // One that could not even be written has the number that it would have had.
        let messages = self.batch.len() + usize::from(result.is_err());
        self.subjects.resize(messages, (site, subject));
        self.lines.resize(messages, line);
        result.map_err(|error| blame(error, &self.subjects))
    }

    /// Hands the batch to the kernel.
    pub fn send(self, socket: &mut NftSocket) -> Result<(), Failure> {
        let Self { batch, ending, subjects, lines, .. } = self;
        if batch.is_empty() {
            return Ok(());
        }
        let optional =
            |(_, subject): &(Site, Subject)| matches!(subject, Subject::Rule { optional, .. } if !optional.is_empty());
        let result = match ending {
            Ending::Commit => socket.commit(batch),
            Ending::Forget if !subjects.iter().any(optional) => Ok(()),
            Ending::Check | Ending::Forget => socket.check(batch),
        };
        match result {
            Ok(()) => Ok(()),
            Err(error) if error.errno == Errno::ERESTART => Err(Failure::Changed),
            Err(error) => {
                let line = error.index.and_then(|index| lines.get(index).copied()).filter(|line| *line > 0);
                let error = blame(error, &subjects);
                if ending == Ending::Forget && !matches!(error, Error::Lacking { .. }) {
                    return Ok(());
                }
                Err(match line {
                    Some(line) => error.in_line(line).into(),
                    None => error.into(),
                })
            }
        }
    }
}
