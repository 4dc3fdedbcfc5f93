//! The rtnetlink core: links, addresses and routes, over `neli` (rtnetlink(7)).
//!
//! A [`Socket`] belongs to the namespace in which it was opened, for as long as it lives: whoever holds one per
//! namespace configures them all without moving again.

mod address;
mod link;
mod nsid;
mod route;
mod socket;
mod veth;

pub use address::Address;
pub use link::{Link, LinkChange};
pub use route::{Route, RouteKind};
pub use socket::{Request, Socket};
pub use veth::{End, Veth};

use neli::consts::rtnl::RtaType;
use neli::rtnl::{Rtattr, RtattrBuilder};
use neli::types::{Buffer, RtBuffer};
use nix::errno::Errno;

use super::KernelError;

/// A request that cannot be written down: only a payload of 64 KiB and more.
fn unencodable(error: impl std::fmt::Display) -> KernelError {
    KernelError { message: Some(error.to_string()), ..KernelError::new("encode the request", "", Errno::EMSGSIZE) }
}

fn attribute<T: RtaType>(kind: T, payload: &[u8]) -> Result<Rtattr<T, Buffer>, KernelError> {
    RtattrBuilder::default().rta_type(kind).rta_payload(Buffer::from(payload)).build().map_err(unencodable)
}

/// A NUL-terminated string, as the kernel wants names.
fn name_attribute<T: RtaType>(kind: T, name: &str) -> Result<Rtattr<T, Buffer>, KernelError> {
    let mut bytes = name.as_bytes().to_vec();
    bytes.push(0);
    attribute(kind, &bytes)
}

fn nested<T: RtaType, U: RtaType>(
    kind: T,
    attributes: impl IntoIterator<Item = Rtattr<U, Buffer>>,
) -> Result<Rtattr<T, Buffer>, KernelError> {
    attributes.into_iter().try_fold(attribute(kind, &[])?, |all, one| all.nest(&one).map_err(unencodable))
}

/// The payload of the first attribute of a kind.
fn find<T: RtaType>(attributes: &RtBuffer<T, Buffer>, kind: T) -> Option<&[u8]> {
    attributes.iter().find(|attribute| *attribute.rta_type() == kind).map(|attribute| attribute.rta_payload().as_ref())
}

fn find_u32<T: RtaType>(attributes: &RtBuffer<T, Buffer>, kind: T) -> Option<u32> {
    find(attributes, kind)?.try_into().ok().map(u32::from_ne_bytes)
}

/// A string up to its NUL; bytes that are not UTF-8 become U+FFFD.
fn find_text<T: RtaType>(attributes: &RtBuffer<T, Buffer>, kind: T) -> Option<String> {
    find(attributes, kind).map(text)
}

fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned()
}
