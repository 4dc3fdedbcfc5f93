//! nf_tables expressions as plain data, one file each: the struct, how it is encoded, how it is decoded.
//!
//! This room is pure. It knows neither sockets nor rules in iptables syntax. An expression names its attributes to a
//! [`Sink`] and reads itself back from [`Attributes`]; one that this version does not know keeps its name and bytes
//! ([`Unknown`]), so that nothing is lost between a read and a listing.

pub mod attribute;
pub mod bitwise;
pub mod byteorder;
pub mod c_string;
pub mod cmp;
pub mod connlimit;
pub mod counter;
pub mod ct;
pub mod dup;
pub mod dynset;
pub mod element;
pub mod evaluate;
pub mod exthdr;
pub mod family;
pub mod fib;
mod flat;
pub mod flow;
pub mod flow_offload;
pub mod flowtable;
pub mod fwd;
pub mod hash;
pub mod hook;
pub mod immediate;
pub mod ip_address;
pub mod last;
pub mod limit;
pub mod list;
pub mod log;
pub mod lookup;
pub mod masq;
pub mod meta;
pub mod nat;
pub mod notrack;
pub mod numgen;
pub mod object;
pub mod objref;
pub mod osf;
pub mod payload;
pub mod policy;
pub mod queue;
pub mod quota;
pub mod range;
pub mod redir;
pub mod register;
pub mod reject;
pub mod rt;
pub mod set;
pub mod set_listing;
pub mod shift;
pub mod socket;
pub mod synproxy;
pub mod tproxy;
pub mod tunnel;
pub mod unknown;
pub mod user_data;
pub mod verdict;
pub mod xfrm;
pub mod xtables;

#[cfg(test)]
pub(crate) mod laws;

pub use attribute::{Attribute, Attributes, Field, Sink};
pub use bitwise::Bitwise;
pub use byteorder::Byteorder;
pub use cmp::{Cmp, CmpOp};
pub use connlimit::Connlimit;
pub use counter::{Counter, Counts};
pub use ct::Ct;
pub use dup::Dup;
pub use dynset::Dynset;
pub use element::Element;
pub use exthdr::Exthdr;
pub use family::Family;
pub use fib::Fib;
pub use flow::{Action, Source};
pub use flow_offload::FlowOffload;
pub use flowtable::Flowtable;
pub use fwd::Fwd;
pub use hash::Hash;
pub use hook::hook_name;
pub use immediate::Immediate;
pub use last::Last;
pub use limit::{Limit, LimitKind};
pub use list::ExpressionList;
pub use log::Log;
pub use lookup::Lookup;
pub use masq::Masq;
pub use meta::Meta;
pub use nat::Nat;
pub use notrack::Notrack;
pub use numgen::Numgen;
pub use object::Object;
pub use objref::Objref;
pub use osf::Osf;
pub use payload::{Payload, PayloadBase};
pub use policy::Policy;
pub use queue::Queue;
pub use quota::Quota;
pub use range::Range;
pub use redir::Redir;
pub use register::Register;
pub use reject::Reject;
pub use rt::Rt;
pub use set::{Set, SetFlags};
pub use set_listing::SetListing;
pub use shift::Shift;
pub use socket::Socket;
pub use synproxy::Synproxy;
pub use tproxy::Tproxy;
pub use tunnel::Tunnel;
pub use unknown::Unknown;
pub use verdict::Verdict;
pub use xfrm::Xfrm;
pub use xtables::{XtMatch, XtTarget};

/// Makes the enum of all expressions and its three dispatchers from one list: adding an expression is a file and a
/// line here.
macro_rules! expressions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// One nf_tables expression, as the kernel's `NFTA_LIST_ELEM` holds it.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Expression {
            $($(#[$doc])* $variant($variant),)+
            /// An expression, or a form of one, that this version does not know.
            Unknown(Unknown),
        }

        impl Expression {
            /// The kernel's name of the expression (`NFTA_EXPR_NAME`).
            #[must_use]
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$variant(_) => $name,)+
                    Self::Unknown(unknown) => &unknown.name,
                }
            }

            /// Names every attribute of the expression to `sink`, in the order of the kernel's policy.
            pub fn encode(&self, sink: &mut dyn Sink) {
                match self {
                    $(Self::$variant(expression) => expression.encode(sink),)+
                    Self::Unknown(unknown) => unknown.encode(sink),
                }
            }

            /// Reads the expression `name` back from the bytes of its `NFTA_EXPR_DATA`.
            ///
            /// Never fails: what is unknown, malformed, or carries an attribute that this version does not know comes
            /// back as [`Unknown`] with every byte kept.
            #[must_use]
            pub fn decode(name: &str, data: &[u8]) -> Self {
                // Of torn attributes the missing ones would read as absent.
                let whole = Attributes::new(data).is_whole();
                let mut known = None;
                // Two expressions may be forms of one name.
                $(if known.is_none() && whole && name == $name {
                    known = $variant::decode(Attributes::new(data)).map(Self::$variant);
                })+
                known.unwrap_or_else(|| Self::Unknown(Unknown { name: name.to_owned(), data: data.to_vec() }))
            }
        }

        /// Names of all expressions that this version knows.
        pub const NAMES: &[&str] = &[$($name),+];

        $(impl From<$variant> for Expression {
            fn from(expression: $variant) -> Self {
                Self::$variant(expression)
            }
        })+
    };
}

expressions! {
    /// `sreg & mask ^ xor -> dreg`.
    Bitwise = "bitwise",
    /// Numbers between the host's order and the network's.
    Byteorder = "byteorder",
    /// Compares a register with a constant.
    Cmp = "cmp",
    /// Connections that are alive.
    Connlimit = "connlimit",
    /// Counts packets and bytes.
    Counter = "counter",
    /// Loads (or sets) a property of the connection.
    Ct = "ct",
    /// Sends a copy elsewhere.
    Dup = "dup",
    /// Changes a set.
    Dynset = "dynset",
    /// Loads (or writes) bytes of a header that may be missing.
    Exthdr = "exthdr",
    /// Asks the routing tables.
    Fib = "fib",
    /// Hands the connection to a flowtable.
    FlowOffload = "flow_offload",
    /// Leaves by another interface.
    Fwd = "fwd",
    /// Hashes a register or the flow.
    Hash = "hash",
    /// Loads a constant or gives a verdict.
    Immediate = "immediate",
    /// Remembers when a packet came by.
    Last = "last",
    /// A token bucket.
    Limit = "limit",
    /// Logs the packet.
    Log = "log",
    /// Looks a register up in a set.
    Lookup = "lookup",
    /// Source NAT to the interface's own address.
    Masq = "masq",
    /// A match of xtables.
    XtMatch = "match",
    /// Loads (or sets) a property of the packet's metadata.
    Meta = "meta",
    /// Source or destination NAT.
    Nat = "nat",
    /// No connection tracking.
    Notrack = "notrack",
    /// Counts up, or throws dice.
    Numgen = "numgen",
    /// Puts the packet to a named object.
    Objref = "objref",
    /// Guesses the sender's operating system.
    Osf = "osf",
    /// Loads (or writes) bytes of a header.
    Payload = "payload",
    /// A program decides.
    Queue = "queue",
    /// So many bytes may pass.
    Quota = "quota",
    /// Compares a register with two bounds.
    Range = "range",
    /// Destination NAT to the host itself.
    Redir = "redir",
    /// Drops the packet and says so to its sender.
    Reject = "reject",
    /// Loads a property of the route.
    Rt = "rt",
    /// Moves a register's bits.
    Shift = "bitwise",
    /// Loads a property of the local socket.
    Socket = "socket",
    /// Answers SYNs for the server.
    Synproxy = "synproxy",
    /// A target of xtables.
    XtTarget = "target",
    /// Gives the packet to a transparent socket.
    Tproxy = "tproxy",
    /// Loads a property of the tunnel.
    Tunnel = "tunnel",
    /// Loads a property of an IPsec state.
    Xfrm = "xfrm",
}

impl Expression {
    /// Whether every kernel that has nf_tables has it; others are options of the kernel's configuration.
    #[must_use]
    pub const fn is_in_every_kernel(&self) -> bool {
        matches!(
            self,
            Self::Bitwise(_)
                | Self::Byteorder(_)
                | Self::Cmp(_)
                | Self::Counter(_)
                | Self::Dynset(_)
                | Self::Exthdr(_)
                | Self::Immediate(_)
                | Self::Last(_)
                | Self::Lookup(_)
                | Self::Meta(_)
                | Self::Objref(_)
                | Self::Payload(_)
                | Self::Range(_)
                | Self::Rt(_)
                | Self::Shift(_)
        )
    }

    /// The chain that the expression jumps or goes to.
    #[must_use]
    pub fn jump(&self) -> Option<&str> {
        match self {
            Self::Immediate(Immediate::Verdict(verdict)) => verdict.chain(),
            _ => None,
        }
    }

    /// As [`Expression::jump`], to be changed.
    #[must_use]
    pub const fn jump_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::Immediate(Immediate::Verdict(verdict)) => verdict.chain_mut(),
            _ => None,
        }
    }
}
