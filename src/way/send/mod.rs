//! What is to be sent, sent: sockets in the namespaces they belong to, packets in their order.

mod carry;
mod frames;
mod prepare;
mod sockets;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use nix::errno::Errno;

pub use self::carry::{SILENCE, carry};
use self::prepare::Ignored;
use self::sockets::{Item, Sockets};
use super::WayError;
use super::loss::Counted;
use super::sending::Sending;
use super::world::World;
use crate::kernel::icmp_socket::Received;
use crate::traffic::conversation::Conversation;
use crate::traffic::craft::ECHO_IDENTIFIER;
use crate::traffic::packet::{icmp, icmpv6};
use crate::traffic::recording;

/// The most packets that are sent before the events of them are read: each has one at every rule that it meets.
const AT_ONCE: usize = 16;

/// Traffic under way.
pub struct Traffic {
    sockets: Sockets,
    waiting: std::vec::IntoIter<Item>,
    next: Option<Item>,
    begun: Instant,
    /// Packets that were handed to the kernel, whether it took them or not; a connection is one.
    pub asked: u64,
    /// What the kernel said to packets that it did not take, by their places.
    pub refused: BTreeMap<usize, Errno>,
    /// Why the other end of a wire takes no notice of packets that are put on it, by their places.
    pub ignored: Ignored,
    /// What every node has counted, before anything was sent and later.
    pub counted: Counted,
    /// The slowest answer.
    pub slowest: Option<Duration>,
    /// Answers that the sending socket received.
    received: u64,
    /// When each packet that was asked for was sent, since the first was.
    sent_at: Vec<Duration>,
}

impl Traffic {
    /// Opens the sockets. Nothing is sent yet.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn prepare(sending: &Sending, world: &World) -> Result<Self, WayError> {
        let counted = Counted { before: world.tallies()?, after: Vec::new() };
        let (mut refused, mut ignored) = (BTreeMap::new(), BTreeMap::new());
        let (sockets, items) = match sending {
            Sending::Series(series) => prepare::series(series, world)?,
            Sending::Connection(connection) => {
                let (sockets, errno) = prepare::connection(connection, world)?;
                refused.extend(errno.map(|errno| (0, errno)));
                (sockets, Vec::new())
            }
            Sending::Crafted { from, packets, count } => prepare::crafted(from, packets, *count, world)?,
            Sending::Replay { file, bytes, onto, recorded } => {
                let name = file.display().to_string();
                let frames = recording::read(bytes).map_err(|reason| WayError::Capture { file: name, reason })?;
                let (items, lost) = prepare::captured(frames, *recorded, onto, world)?;
                ignored = lost;
                (Sockets { wire: Some(prepare::wire(onto, world)?), ..Sockets::default() }, items)
            }
        };
        let mut waiting = items.into_iter();
        let next = waiting.next();
        let asked = u64::from(matches!(sending, Sending::Connection(_)));
        let begun = Instant::now();
        Ok(Self {
            sockets,
            waiting,
            next,
            begun,
            asked,
            refused,
            ignored,
            counted,
            slowest: None,
            received: 0,
            sent_at: Vec::new(),
        })
    }

    /// Sends what is due, but not more at once than the witnesses' events have room for, and receives what is there; how
    /// long until the next is due.
    pub fn advance(&mut self) -> Option<Duration> {
        for _ in 0..AT_ONCE {
            let Some(item) = self.next.take_if(|item| item.at <= self.begun.elapsed()) else { break };
            self.asked = self.asked.max(item.of as u64 + 1);
            self.sent_at.resize(self.sent_at.len().max(item.of + 1), self.begun.elapsed());
            if let Err(errno) = self.sockets.send(&item.what) {
                self.refused.entry(item.of).or_insert(errno);
            }
            self.next = self.waiting.next();
            self.receive();
        }
        self.receive();
        self.next.as_ref().map(|item| item.at.saturating_sub(self.begun.elapsed()))
    }

    /// Whether all is sent, and no connection goes on.
    pub fn is_over(&self) -> bool {
        self.next.is_none() && self.sockets.conversation.as_ref().is_none_or(Conversation::is_over)
    }

    /// The connection that was to be made, where one was: how far it came.
    pub fn conversation(&self) -> Option<&Conversation> {
        self.sockets.conversation.as_ref()
    }

    fn receive(&mut self) {
        if let Some(conversation) = &mut self.sockets.conversation {
            conversation.advance();
            if conversation.answered() && self.slowest.is_none() {
                self.received = 1;
                self.slowest = Some(self.begun.elapsed());
            }
        }
        let mut buffer = [0; 65_536];
        if let Some(echo) = &self.sockets.echo {
            while let Ok((length, from)) = echo.recv_from(&mut buffer) {
                // Whoever listens answers; where the answer cannot leave, the trace tells.
                let _ = echo.send_to(&buffer[..length], from);
            }
        }
        if let Some(datagrams) = &self.sockets.udp {
            while let Ok((_, from)) = datagrams.socket.recv_from(&mut buffer) {
                if from == datagrams.to {
                    // Datagrams have no numbers: the first answer is taken for that to the first.
                    let sent = self.sent_at.get(usize::try_from(self.received).unwrap_or(usize::MAX));
                    self.slowest = sent.map(|sent| self.begun.elapsed().saturating_sub(*sent)).max(self.slowest);
                    self.received += 1;
                }
            }
        }
        self.receive_echoes();
    }

    fn receive_echoes(&mut self) {
        let Some(icmp) = &self.sockets.icmp else { return };
        while let Ok(Some(Received { message, .. })) = icmp.receive() {
            let Some(place) = echo_place(&message, self.sent_at.len()) else { continue };
            self.received += 1;
            let sent = self.sent_at.get(place);
            self.slowest = sent.map(|sent| self.begun.elapsed().saturating_sub(*sent)).max(self.slowest);
        }
    }
}

/// Which echo request a message answers, of so many that were sent; nothing where it answers none of them.
fn echo_place(message: &[u8], sent: usize) -> Option<usize> {
    const NUMBERS: usize = 0x1_0000;
    let [kind, _, _, _, i0, i1, n0, n1] = *message.first_chunk()?;
    let is_answer = [icmp::ECHO_REPLY, icmpv6::ECHO_REPLY].contains(&kind);
    if !is_answer || u16::from_be_bytes([i0, i1]) != ECHO_IDENTIFIER {
        return None;
    }
    // Numbers begin with 1, and again when they are used up: the last packet with this one is meant.
    let number = usize::from(u16::from_be_bytes([n0, n1]).wrapping_sub(1));
    let last = sent.checked_sub(1)?;
    let rounds = last.checked_sub(number)? / NUMBERS;
    Some(number + rounds * NUMBERS)
}
