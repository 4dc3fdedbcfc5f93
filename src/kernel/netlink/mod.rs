//! The rtnetlink core: links, addresses and routes, over `neli` (rtnetlink(7)).
//!
//! A [`Socket`] belongs to the namespace in which it was opened, for as long as it lives: whoever holds one per
//! namespace configures them all without moving again.

mod address;
mod address_flags;
mod fib;
mod fields;
mod link;
mod neighbour;
mod nexthop;
mod nsid;
mod route;
mod route_metric;
mod route_words;
mod socket;
mod veth;

pub use address::{Address, AssignedAddress};
pub use fib::FibRoute;
pub use link::{Link, LinkChange};
pub use neighbour::{Forwarding, Neighbour};
pub use nexthop::{Encapsulation, Nexthop};
pub use route::Route;
pub use route_metric::RouteMetric;
pub use route_words::{RouteKind, scope_word};
pub use socket::{Request, Socket};
pub use veth::{End, Veth};

use neli::consts::rtnl::RtaType;
use neli::rtnl::{Rtattr, RtattrBuilder};
use neli::types::Buffer;
use nix::errno::Errno;

use super::KernelError;
use crate::expr::c_string;

/// A hardware address of Ethernet, as it travels.
pub type Mac = [u8; 6];

/// A request that cannot be written down: only a payload of 64 KiB and more.
fn unencodable(error: impl std::fmt::Display) -> KernelError {
    KernelError { message: Some(error.to_string()), ..KernelError::new("encode the request", "", Errno::EMSGSIZE) }
}

fn attribute<T: RtaType>(kind: T, payload: &[u8]) -> Result<Rtattr<T, Buffer>, KernelError> {
    RtattrBuilder::default().rta_type(kind).rta_payload(Buffer::from(payload)).build().map_err(unencodable)
}

/// A NUL-terminated string, as the kernel wants names.
fn name_attribute<T: RtaType>(kind: T, name: &str) -> Result<Rtattr<T, Buffer>, KernelError> {
    attribute(kind, &c_string::write(name))
}

fn nested<T: RtaType, U: RtaType>(
    kind: T,
    attributes: impl IntoIterator<Item = Rtattr<U, Buffer>>,
) -> Result<Rtattr<T, Buffer>, KernelError> {
    attributes.into_iter().try_fold(attribute(kind, &[])?, |all, one| all.nest(&one).map_err(unencodable))
}
