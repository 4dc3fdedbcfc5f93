//! `queue`: a program decides about the packet (nfnetlink_queue).

use super::Register;
use super::flat::flat;

flat! {
    /// Hands the packet to a queue, or to one of several.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Queue {
        /// The first queue.
        pub number: Option<u16> = (1, 1),
        /// How many queues share the packets.
        pub total: Option<u16> = (2, 2),
        /// [`Queue::BYPASS`], [`Queue::FANOUT`].
        pub flags: u16 = (3, 3) or 0,
        /// Holds the queue's number instead.
        pub source: Option<Register> = (4, 4),
    }
}

impl Queue {
    /// Flag: packets pass where no program listens.
    pub const BYPASS: u16 = 1;
    /// Flag: the CPU chooses the queue.
    pub const FANOUT: u16 = 2;
}
