//! Running an experiment: its network built in the namespaces that this process is in, its steps taken one by one, and
//! every expectation answered by what the kernel says.

mod counters;
mod flow;
pub mod furnish;
mod judge;
mod record_text;
pub mod step;
pub mod tell;
mod unheard;
mod verdict;

pub use judge::tally;
pub use verdict::Verdict;

use self::step::Done;
use super::RunError;
use super::design::Design;
use crate::way::world::World;

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
