//! The capture loop: hands out packets as they come, until enough came or somebody ends it.

use std::io::ErrorKind;
use std::os::fd::AsFd as _;

use super::Error;
use crate::kernel::packet_socket::PacketSocket;
use crate::kernel::signals::Signals;

pub use crate::kernel::packet_socket::{Direction, Frame, Framing};

/// The figures of one run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Packets handed out.
    pub captured: u64,
    /// Packets that the kernel dropped because they were not read in time.
    pub dropped: u64,
}

/// So many packets are read between two looks for signals.
const BATCH: usize = 64;

/// Hands out packets until `count` came, a signal comes, or whoever reads the output is gone. The figures are those up
/// to then, whatever the result is.
///
/// # Errors
/// Reading that the kernel refused, as when the interface goes down; what `tell` ran into.
pub fn run(
    socket: &mut PacketSocket,
    count: Option<u64>,
    signals: &Signals,
    tell: &mut dyn FnMut(&Frame<'_>) -> std::io::Result<()>,
) -> (Counts, Result<(), Error>) {
    let mut captured = 0;
    let result = match read(socket, count, signals, &mut captured, tell) {
        Err(Error::Output(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    };
    // Nothing is known of drops where the socket does not tell.
    let dropped = socket.dropped().map_or(0, u64::from);
    (Counts { captured, dropped }, result)
}

fn read(
    socket: &mut PacketSocket,
    count: Option<u64>,
    signals: &Signals,
    captured: &mut u64,
    tell: &mut dyn FnMut(&Frame<'_>) -> std::io::Result<()>,
) -> Result<(), Error> {
    loop {
        let wake = signals.wait(socket.as_fd(), None)?;
        for _ in 0..BATCH {
            let Some(frame) = socket.receive()? else { break };
            tell(&frame)?;
            *captured += 1;
            if count.is_some_and(|count| *captured >= count) {
                return Ok(());
            }
        }
        if wake.signal.is_some() {
            return Ok(());
        }
    }
}
