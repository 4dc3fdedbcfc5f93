//! Packets sent, and listened for until what became of each is known.

use std::time::{Duration, Instant};

use super::Traffic;
use crate::way::WayError;
use crate::way::cause::Cause;
use crate::way::journey::{End, Journey, Lost, journeys};
use crate::way::loss::causes;
use crate::way::sending::Sending;
use crate::way::world::World;

/// When nothing has been heard for so long and every packet's end is known, nothing more will come.
pub const SILENCE: Duration = Duration::from_millis(2);

/// How the packets have ended so far, as long as no witness tells more.
struct Progress {
    all_known: bool,
    /// One of them goes no further: it was dropped, or is known to be lost.
    any_stopped: bool,
}

impl Progress {
    /// What is known of it already, or found out now.
    fn known<'e>(
        progress: &'e mut Option<Self>,
        world: &World,
        traffic: &mut Traffic,
        is_all: &impl Fn(&[Journey]) -> bool,
    ) -> Result<&'e Self, WayError> {
        Ok(match progress {
            Some(known) => known,
            None => progress.insert(Self::of(world, traffic, is_all)?),
        })
    }

    fn of(world: &World, traffic: &mut Traffic, is_all: &impl Fn(&[Journey]) -> bool) -> Result<Self, WayError> {
        let evidence = world.evidence();
        let journeys = journeys(&evidence);
        if journeys.iter().any(|journey| matches!(journey.end, End::Lost(_))) {
            traffic.counted.after = world.tallies()?;
        }
        let causes = causes(&journeys, &evidence, &traffic.counted);
        // What is on its way to a wire may wait there, until it is known whose hardware has the address.
        let is_given_up =
            |end: End, cause: &Option<Cause>| matches!(end, End::Lost(Lost::InTheNode)) && cause.is_some();
        let mut ends = journeys.iter().map(|journey| journey.end).zip(&causes);
        Ok(Self {
            all_known: ends.clone().all(|(end, cause)| end.is_known() || is_given_up(end, cause)) && is_all(&journeys),
            any_stopped: ends.any(|(end, cause)| matches!(end, End::Dropped(_)) || is_given_up(end, cause)),
        })
    }
}

/// Sends packets and listens until the end of each is known and `is_all` says of the journeys so far that nothing more is
/// to come, or the time is over.
///
/// # Errors
/// Sockets that cannot be opened; [`WayError::Lost`].
pub fn carry(
    sending: &Sending,
    timeout: Duration,
    world: &mut World,
    is_all: impl Fn(&[Journey]) -> bool,
) -> Result<Traffic, WayError> {
    let mut traffic = Traffic::prepare(sending, world)?;
    let mut quiet_since = Instant::now();
    let mut over_since: Option<Instant> = None;
    let mut progress: Option<Progress> = None;
    loop {
        let next = traffic.advance();
        if world.listen()? {
            quiet_since = Instant::now();
            progress = None;
        }
        if traffic.is_over() {
            let over = *over_since.get_or_insert_with(Instant::now);
            let silent = quiet_since.elapsed() >= SILENCE;
            let settled = silent && Progress::known(&mut progress, world, &mut traffic, &is_all)?.all_known;
            if settled && over.elapsed() >= SILENCE {
                return Ok(traffic);
            }
            if over.elapsed() >= timeout {
                // A counter may rise without a word of a witness.
                traffic.counted.after = world.tallies()?;
                return Ok(traffic);
            }
        } else if next.is_none() && quiet_since.elapsed() >= SILENCE {
            // A connection does not go on without a segment that was dropped or given up. That the kernel would send it
            // again is not waited for.
            if quiet_since.elapsed() >= timeout
                || Progress::known(&mut progress, world, &mut traffic, &is_all)?.any_stopped
            {
                return Ok(traffic);
            }
        }
        world.wait(next.unwrap_or(SILENCE).min(SILENCE));
    }
}
