//! nf_tables expressions as plain data, one file each: the struct, how it is encoded, how it is decoded.
//!
//! This room is pure. It knows neither sockets nor rules in iptables syntax. An expression names its attributes to a
//! [`Sink`] and reads itself back from [`Attributes`]; one that this version does not know keeps its name and bytes
//! ([`Unknown`]), so that nothing is lost between a read and a listing.

pub mod attribute;
pub mod bitwise;
pub mod cmp;
pub mod counter;
pub mod ct;
pub mod exthdr;
pub mod family;
pub mod hook;
pub mod immediate;
pub mod limit;
pub mod log;
pub mod lookup;
pub mod meta;
pub mod payload;
pub mod range;
pub mod register;
pub mod reject;
pub mod set;
pub mod unknown;
pub mod verdict;

#[cfg(test)]
pub(crate) mod laws;

pub use attribute::{Attribute, Attributes, Field, Sink};
pub use bitwise::Bitwise;
pub use cmp::{Cmp, CmpOp};
pub use counter::{Counter, Counts};
pub use ct::Ct;
pub use exthdr::Exthdr;
pub use family::Family;
pub use hook::hook_name;
pub use immediate::Immediate;
pub use limit::{Limit, LimitKind};
pub use log::Log;
pub use lookup::Lookup;
pub use meta::Meta;
pub use payload::{Payload, PayloadBase};
pub use range::Range;
pub use register::Register;
pub use reject::Reject;
pub use set::{Element, Set, SetFlags};
pub use unknown::Unknown;
pub use verdict::Verdict;

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
                let known = match name {
                    _ if !whole => None,
                    $($name => $variant::decode(Attributes::new(data)).map(Self::$variant),)+
                    _ => None,
                };
                known.unwrap_or_else(|| Self::Unknown(Unknown { name: name.to_owned(), data: data.to_vec() }))
            }
        }

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
    /// Compares a register with a constant.
    Cmp = "cmp",
    /// Counts packets and bytes.
    Counter = "counter",
    /// Loads (or sets) a property of the connection.
    Ct = "ct",
    /// Loads (or writes) bytes of a header that may be missing.
    Exthdr = "exthdr",
    /// Loads a constant or gives a verdict.
    Immediate = "immediate",
    /// A token bucket.
    Limit = "limit",
    /// Logs the packet.
    Log = "log",
    /// Looks a register up in a set.
    Lookup = "lookup",
    /// Loads (or sets) a property of the packet's metadata.
    Meta = "meta",
    /// Loads (or writes) bytes of a header.
    Payload = "payload",
    /// Compares a register with two bounds.
    Range = "range",
    /// Drops the packet and says so to its sender.
    Reject = "reject",
}
