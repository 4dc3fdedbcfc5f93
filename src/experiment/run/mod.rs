//! Running an experiment: its network built in the namespaces that this process is in, its steps taken one by one, and
//! every expectation answered by what the kernel says.
//!
//! Nothing here is guessed: an outcome is a witness's word or it is "lost", and evidence with holes is an error.

mod counters;
mod error;
mod flow;
mod frames;
pub mod journey;
mod judge;
pub mod origin;
pub mod outcome;
mod parcel;
pub mod proof;
mod record_text;
pub mod send;
pub mod step;
pub mod tell;
mod unsent;
mod verdict;
mod why;
pub mod world;

pub use error::RunError;
pub use judge::tally;
pub use unsent::Unsent;
pub use verdict::Verdict;

use self::step::Done;
use self::world::World;
use super::design::Design;

/// What came of one step.
#[derive(Debug)]
pub enum StepEnd {
    /// It was left out, and why.
    Skipped(String),
    /// It was run.
    Done(Box<Done>),
}

/// Runs every step; `tell` hears of each when it is over, with the world as it is then.
///
/// # Errors
/// What keeps the experiment from being run.
pub fn run(design: &Design, world: &mut World, mut tell: impl FnMut(usize, &StepEnd, &World)) -> Result<(), RunError> {
    for (place, step) in design.steps.iter().enumerate() {
        let end = match &step.skip {
            Some(reason) => StepEnd::Skipped(reason.clone()),
            None => StepEnd::Done(Box::new(step::run(step, world)?)),
        };
        tell(place, &end, world);
    }
    Ok(())
}
