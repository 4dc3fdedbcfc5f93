//! The ping loop: sends echo requests in time, matches replies and errors with them, knows when to end.
//!
//! The rules of when to stop are those of iputils' ping(8): `count` replies or errors; after the last request as long
//! as two of the longest round trips (at least one interval, at most `wait` where no reply came at all); `deadline`.

use std::net::SocketAddr;
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::Signal;

use super::Error;
use super::echo::{self, Direction, Version};
use super::icmp_reason::Reason;
use super::rtt::RoundTrips;
use crate::kernel::icmp_socket::{IcmpSocket, QueuedError, Received};
use crate::kernel::signals::Signals;

/// How to ping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Whom; its version decides which ICMP is spoken.
    pub destination: SocketAddr,
    /// Stop after so many requests, and replies or errors to them.
    pub count: Option<u64>,
    /// Between two requests. In a flood only the next reply is waited for, but at most this long.
    pub interval: Duration,
    /// Bytes of data in a request.
    pub size: usize,
    /// For replies after the last request, where none came before; 0 means for ever.
    pub wait: Duration,
    /// Stop then, whatever came.
    pub deadline: Option<Duration>,
    /// Send as soon as the last one is answered.
    pub flood: bool,
}

/// What happened, as it happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A request left.
    Sent,
    /// A reply came.
    Reply {
        /// From its ICMP header on, in bytes.
        length: usize,
        /// Who sent it.
        from: SocketAddr,
        /// Which request it answers.
        sequence: u16,
        /// Time to live, or hop limit.
        ttl: Option<u8>,
        /// Since the request.
        time: Option<Duration>,
        /// Not the first reply to that request.
        duplicate: bool,
        /// Its checksum is right.
        intact: bool,
    },
    /// Somebody on the way told of an error.
    Failed {
        /// Who.
        from: SocketAddr,
        /// Which request it is about.
        sequence: u16,
        /// What.
        reason: Reason,
    },
    /// A request is longer than the way's MTU.
    TooLong {
        /// The MTU in bytes.
        mtu: u32,
    },
    /// The kernel refused to send.
    Refused(Errno),
    /// SIGQUIT: the figures so far are wanted.
    Asked(Statistics),
}

/// The figures of one run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Requests that left, or were refused.
    pub transmitted: u64,
    /// Replies, duplicates not counted.
    pub received: u64,
    /// Second replies.
    pub duplicates: u64,
    /// Replies with a wrong checksum; not in `received`.
    pub corrupted: u64,
    /// Errors that were told.
    pub errors: u64,
    /// From the first request to the last.
    pub duration: Duration,
    /// The most requests that were on their way at once.
    pub pipe: u64,
    /// Round trip times.
    pub trips: RoundTrips,
}

/// Whoever is told; an error of it ends the run.
pub type Tell<'a> = &'a mut dyn FnMut(&Event) -> std::io::Result<()>;

/// One request by its sequence number.
#[derive(Debug, Clone, Copy)]
struct Slot {
    at: Instant,
    answered: bool,
}

#[derive(Debug)]
struct Run<'a> {
    plan: &'a Plan,
    socket: &'a IcmpSocket,
    version: Version,
    identifier: u16,
    /// By sequence number; at most 65,536.
    slots: Vec<Slot>,
    statistics: Statistics,
    started: Instant,
    last_sent: Option<Instant>,
}

/// Pings until the plan is done, or SIGINT; `identifier` tells this run from others.
///
/// # Errors
/// Waiting that the kernel refused; what `tell` ran into.
pub fn run(
    socket: &IcmpSocket,
    plan: &Plan,
    identifier: u16,
    signals: &Signals,
    tell: Tell<'_>,
) -> Result<Statistics, Error> {
    let version = if plan.destination.is_ipv4() { Version::V4 } else { Version::V6 };
    let statistics = Statistics::default();
    let started = Instant::now();
    let mut run = Run { plan, socket, version, identifier, slots: Vec::new(), statistics, started, last_sent: None };
    while !run.is_done() {
        if run.next_send().is_some_and(|at| at <= Instant::now()) {
            run.send(tell)?;
            // A flood may never come to wait: what is there is read first.
            run.read(tell)?;
            continue;
        }
        let now = Instant::now();
        let until = [run.next_send(), run.end()].into_iter().flatten().min();
        let wake = signals.wait(socket.as_fd(), until.map(|at| at.saturating_duration_since(now)))?;
        match wake.signal {
            Some(Signal::SIGQUIT) => tell(&Event::Asked(run.statistics))?,
            Some(_) => break,
            None => {}
        }
        if wake.ready {
            run.read(tell)?;
        }
    }
    Ok(run.statistics)
}

impl Run<'_> {
    /// As much was heard as the plan asks for.
    fn has_enough(&self) -> bool {
        self.plan.count.is_some_and(|count| self.statistics.received + self.statistics.errors >= count)
    }

    fn is_done(&self) -> bool {
        self.has_enough()
            || (self.plan.deadline.is_some() && self.statistics.errors > 0)
            || self.end().is_some_and(|end| end <= Instant::now())
    }

    /// When the next request is due; `None` where none is left.
    fn next_send(&self) -> Option<Instant> {
        let Some(last) = self.last_sent else { return Some(self.started) };
        let all_sent = self.plan.count.is_some_and(|count| self.statistics.transmitted >= count);
        if all_sent && self.plan.deadline.is_none() {
            return None;
        }
        let statistics = &self.statistics;
        let heard = statistics.received + statistics.errors + statistics.corrupted;
        Some(if self.plan.flood && heard >= statistics.transmitted { last } else { last + self.plan.interval })
    }

    /// When it ends even if nothing more is heard.
    fn end(&self) -> Option<Instant> {
        if let Some(deadline) = self.plan.deadline {
            return Some(self.started + deadline);
        }
        if self.next_send().is_some() {
            return None;
        }
        let wait = if self.statistics.received > 0 {
            (self.statistics.trips.longest() * 2).max(self.plan.interval)
        } else if self.plan.wait.is_zero() {
            return None;
        } else {
            self.plan.wait
        };
        self.last_sent.map(|last| last + wait)
    }

    fn send(&mut self, tell: Tell<'_>) -> Result<(), Error> {
        let sequence = sequence_of(self.statistics.transmitted + 1);
        let message = echo::request(self.version, self.identifier, sequence, self.plan.size);
        let at = Instant::now();
        let slot = Slot { at, answered: false };
        // Sequence numbers begin with 1; slot 0 is first used after 65,535 requests.
        let index = usize::from(sequence);
        if self.slots.len() <= index {
            self.slots.resize(index + 1, slot);
        }
        self.slots[index] = slot;
        self.last_sent = Some(at);
        self.statistics.transmitted += 1;
        self.statistics.duration = at - self.started;
        if self.statistics.transmitted == 1 {
            self.started = at;
            self.statistics.duration = Duration::ZERO;
        }
        let mut outcome = self.socket.send(&message);
        if outcome.is_err() && self.read_errors(tell)? == 0 {
            // Nothing explains it.
        } else if outcome.is_err_and(|errno| errno != Errno::EMSGSIZE) {
            // The errno was an earlier request's.
            outcome = self.socket.send(&message);
        } else if outcome.is_err() {
            return Ok(());
        }
        match outcome {
            // EPERM: a rule of this host dropped it, which is what a lost packet looks like.
            Ok(()) | Err(Errno::EPERM | Errno::ENOBUFS | Errno::EAGAIN) => tell(&Event::Sent)?,
            Err(errno) => tell(&Event::Refused(errno))?,
        }
        Ok(())
    }

    fn read(&mut self, tell: Tell<'_>) -> Result<(), Error> {
        self.read_errors(tell)?;
        while !self.has_enough() {
            match self.socket.receive() {
                Ok(Some(received)) => self.take_reply(&received, tell)?,
                Ok(None) => return Ok(()),
                // The errno of an error that the queue tells in full.
                Err(_) => {
                    if self.read_errors(tell)? == 0 {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    fn take_reply(&mut self, received: &Received, tell: Tell<'_>) -> Result<(), Error> {
        let Some(echo) = echo::read(self.version, &received.message) else { return Ok(()) };
        let (Direction::Reply, Some(from)) = (echo.direction, received.from) else { return Ok(()) };
        let slot = self.slots.get_mut(usize::from(echo.sequence));
        let (Some(slot), true) = (slot, echo.identifier == self.identifier) else { return Ok(()) };
        let elapsed = slot.at.elapsed();
        let duplicate = slot.answered;
        slot.answered |= echo.intact;
        let time = (self.plan.size >= LEAST_TIMED).then_some(elapsed);
        if !echo.intact {
            self.statistics.corrupted += 1;
        } else if duplicate {
            self.statistics.duplicates += 1;
        } else {
            self.statistics.received += 1;
        }
        if let (Some(time), true) = (time, echo.intact) {
            self.statistics.trips.add(time);
        }
        self.acknowledge(echo.sequence);
        Ok(tell(&Event::Reply {
            length: received.message.len(),
            from,
            sequence: echo.sequence,
            ttl: received.ttl,
            time,
            duplicate,
            intact: echo.intact,
        })?)
    }

    /// Tells what the error queue holds, and returns how much of it was about this run.
    fn read_errors(&mut self, tell: Tell<'_>) -> Result<u64, Error> {
        let before = self.statistics.errors;
        while let Ok(Some(error)) = self.socket.next_error() {
            self.take_error(&error, tell)?;
        }
        Ok(self.statistics.errors - before)
    }

    fn take_error(&mut self, error: &QueuedError, tell: Tell<'_>) -> Result<(), Error> {
        let Some(from) = error.from else {
            self.statistics.errors += 1;
            return Ok(tell(&match error.errno {
                Errno::EMSGSIZE => Event::TooLong { mtu: error.info },
                errno => Event::Refused(errno),
            })?);
        };
        let Some(echo) = echo::read(self.version, &error.message) else { return Ok(()) };
        if echo.identifier != self.identifier || echo.direction != Direction::Request {
            return Ok(());
        }
        self.statistics.errors += 1;
        self.acknowledge(echo.sequence);
        let reason = Reason { version: self.version, kind: error.kind, code: error.code, info: error.info };
        Ok(tell(&Event::Failed { from, sequence: echo.sequence, reason })?)
    }

    fn acknowledge(&mut self, sequence: u16) {
        let behind = sequence_of(self.statistics.transmitted).wrapping_sub(sequence);
        if behind <= 0x7fff {
            self.statistics.pipe = self.statistics.pipe.max(u64::from(behind) + 1);
        }
    }
}

/// Fewer bytes of data than ping's time stamp has (a `struct timeval`), and it tells no times.
const LEAST_TIMED: usize = 16;

/// The sequence number of the n-th request.
fn sequence_of(request: u64) -> u16 {
    u16::try_from(request & 0xffff).unwrap_or_default()
}
