//! Why the way of packets is not known. That is no outcome: neither arrived nor lost.

use std::borrow::Cow;

use std::net::IpAddr;

use thiserror::Error;

use crate::firewall;
use crate::kernel::KernelError;
use crate::kernel::nft::TraceError;
use crate::lab::LabError;
use crate::lab::spec::End;
use crate::traffic::recording::Unreplayable;

/// What helps where evidence contradicts itself.
pub const TELL_US: &str = "this is no result: please tell the makers of nsfw how you came by it";

/// What went wrong.
#[derive(Debug, Error)]
pub enum WayError {
    /// The network could not be built, or found.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// The kernel refused.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// Rules could not be read or changed.
    #[error(transparent)]
    Firewall(#[from] firewall::Error),
    /// A capture that cannot be read.
    #[error("{file}: {reason}")]
    Capture {
        /// Which.
        file: String,
        /// Why.
        reason: Unreplayable,
    },
    /// Evidence has holes.
    #[error("trace events were lost: what became of the packets is not known")]
    Lost,
    /// Nobody saw the packet that was sent.
    #[error("the packet was sent, and no witness saw it")]
    Unseen,
    /// A packet that is put on a wire is for nobody there.
    #[error("nobody on the segment of {}:{} has {to}, and no route of {} leads to it there", end.node, end.interface, end.node)]
    Nobody {
        /// Where it is put.
        end: End,
        /// The address.
        to: IpAddr,
    },
    /// A packet may have been dropped where nobody watches.
    #[error(
        "chain {chain} is at {interface} of {node}, where no witness sees what it drops: what became of the packet is not \
         known"
    )]
    Unwatched {
        /// The node.
        node: String,
        /// Its interface.
        interface: String,
        /// The chain, with its table.
        chain: String,
    },
    /// Evidence contradicts itself.
    #[error(
        "a packet left {left} and was not seen to arrive, but one that nobody sent came to {came}: whether they are one is \
         not known"
    )]
    Untold {
        /// The node that it left.
        left: String,
        /// The node where one came.
        came: String,
    },
    /// What is shown would not be what the packet met.
    #[error("the rules of {0} changed while the packet was on its way")]
    Changed(String),
}

impl WayError {
    /// Whether what was asked for is to blame, not the host.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        match self {
            Self::Capture { .. } | Self::Nobody { .. } | Self::Lab(LabError::Topology { .. }) => true,
            Self::Firewall(error) => error.is_usage(),
            Self::Lab(_)
            | Self::Kernel(_)
            | Self::Lost
            | Self::Unseen
            | Self::Unwatched { .. }
            | Self::Untold { .. }
            | Self::Changed(_) => false,
        }
    }

    /// The kernel's refusal, where it is one.
    #[must_use]
    pub const fn kernel(&self) -> Option<&KernelError> {
        match self {
            Self::Kernel(error) | Self::Lab(LabError::Kernel(error)) => Some(error),
            _ => None,
        }
    }

    /// What to do next, where that is known.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Lab(error) => error.help().map(Cow::into_owned),
            Self::Kernel(error) => error.help.clone(),
            Self::Firewall(error) => error.help(),
            Self::Capture { .. } => Some("a capture is a file of pcap or pcapng".to_owned()),
            Self::Nobody { .. } => {
                Some("give a node there the address, or the end's node a route with a next hop there".to_owned())
            }
            Self::Unwatched { .. } => {
                Some("write the rule in a table of ip, ip6, inet or bridge, where it is seen".to_owned())
            }
            Self::Unseen | Self::Untold { .. } => Some(TELL_US.to_owned()),
            Self::Changed(_) => Some("try again when whoever changes them is done".to_owned()),
            Self::Lost => Some("try again while fewer packets pass".to_owned()),
        }
    }
}

impl From<TraceError> for WayError {
    fn from(error: TraceError) -> Self {
        match error {
            TraceError::Lost => Self::Lost,
            TraceError::Kernel(error) => Self::Kernel(error),
        }
    }
}
