//! Packets sent, and listened for until what became of each is known.

use std::time::{Duration, Instant};

use super::Traffic;
use crate::way::WayError;
use crate::way::journey::{End, journeys};
use crate::way::sending::Sending;
use crate::way::world::World;

/// When nothing has been heard for so long and every packet's end is known, nothing more will come.
pub const SILENCE: Duration = Duration::from_millis(2);

/// How the packets have ended so far, as long as no witness tells more.
struct Ends {
    all_known: bool,
    any_dropped: bool,
}

impl Ends {
    fn of(world: &World) -> Self {
        let journeys = journeys(&world.evidence());
        Self {
            all_known: journeys.iter().all(|journey| journey.end.is_known()),
            any_dropped: journeys.iter().any(|journey| matches!(journey.end, End::Dropped(_))),
        }
    }
}

/// Sends packets and listens until the end of each is known, or the time is over.
///
/// # Errors
/// Sockets that cannot be opened; [`WayError::Lost`].
pub fn carry(sending: &Sending, timeout: Duration, world: &mut World) -> Result<Traffic, WayError> {
    let mut traffic = Traffic::prepare(sending, world)?;
    let mut quiet_since = Instant::now();
    let mut over_since: Option<Instant> = None;
    let mut ends: Option<Ends> = None;
    loop {
        let next = traffic.advance();
        if world.listen()? {
            quiet_since = Instant::now();
            ends = None;
        }
        if traffic.is_over() {
            let over = *over_since.get_or_insert_with(Instant::now);
            let silent = quiet_since.elapsed() >= SILENCE;
            let settled = silent && ends.get_or_insert_with(|| Ends::of(world)).all_known;
            if settled && over.elapsed() >= SILENCE || over.elapsed() >= timeout {
                return Ok(traffic);
            }
        } else if next.is_none() && quiet_since.elapsed() >= SILENCE {
            // A connection does not go on without a segment that was dropped. That the kernel would send it again is not
            // waited for.
            if quiet_since.elapsed() >= timeout || ends.get_or_insert_with(|| Ends::of(world)).any_dropped {
                return Ok(traffic);
            }
        }
        world.wait(next.unwrap_or(SILENCE).min(SILENCE));
    }
}
