//! `log`: a line about the packet for the kernel's log, or the packet itself for a netlink group.

use super::{Attributes, Field, Sink};

/// Logs and goes on. Without `group` the line goes to the kernel's log, with it to `NFNLGRP`-like group readers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Log {
    /// Written before the line; up to 127 bytes.
    pub prefix: Option<String>,
    /// nfnetlink_log group.
    pub group: Option<u16>,
    /// Bytes of the packet that are copied to the group.
    pub snap_length: Option<u32>,
    /// Packets that are gathered before the group's reader is woken.
    pub queue_threshold: Option<u16>,
    /// syslog level, 0 (emerg) to 7 (debug), 8 for audit.
    pub level: Option<u32>,
    /// `NF_LOG_*`: 1 TCP sequence, 2 TCP options, 4 IP options, 8 user id, 32 MAC.
    pub flags: Option<u32>,
}

const GROUP: Field = Field::new(1, 2);
const PREFIX: Field = Field::new(2, 1);
const SNAPLEN: Field = Field::new(3, 3);
const QTHRESHOLD: Field = Field::new(4, 4);
const LEVEL: Field = Field::new(5, 5);
const FLAGS: Field = Field::new(6, 6);

impl Log {
    /// `NFTA_LOG_*`.
    pub fn encode(&self, sink: &mut dyn Sink) {
        if let Some(prefix) = &self.prefix {
            sink.string(PREFIX, prefix);
        }
        if let Some(group) = self.group {
            sink.u16(GROUP, group);
        }
        if let Some(bytes) = self.snap_length {
            sink.u32(SNAPLEN, bytes);
        }
        if let Some(packets) = self.queue_threshold {
            sink.u16(QTHRESHOLD, packets);
        }
        if let Some(level) = self.level {
            sink.u32(LEVEL, level);
        }
        if let Some(flags) = self.flags {
            sink.u32(FLAGS, flags);
        }
    }

    /// The inverse of [`Log::encode`].
    #[must_use]
    pub fn decode(attributes: Attributes<'_>) -> Option<Self> {
        let mut log = Self::default();
        for attribute in attributes {
            match attribute.kind {
                kind if kind == PREFIX.kernel => log.prefix = Some(attribute.str()?.to_owned()),
                kind if kind == GROUP.kernel => log.group = Some(attribute.u16()?),
                kind if kind == SNAPLEN.kernel => log.snap_length = Some(attribute.u32()?),
                kind if kind == QTHRESHOLD.kernel => log.queue_threshold = Some(attribute.u16()?),
                kind if kind == LEVEL.kernel => log.level = Some(attribute.u32()?),
                kind if kind == FLAGS.kernel => log.flags = Some(attribute.u32()?),
                _ => return None,
            }
        }
        Some(log)
    }
}
