//! The name of an address (getnameinfo(3)): the standard library resolves names, but not the other way.
#![allow(unsafe_code)]

use std::ffi::CStr;
use std::net::SocketAddr;

use nix::libc;
use nix::sys::socket::{SockaddrLike as _, SockaddrStorage};

/// As much as `NI_MAXHOST` of netdb.h.
const LONGEST: usize = 1025;

/// The name that the system's resolver knows for `address`.
#[must_use]
pub fn host_name(address: SocketAddr) -> Option<String> {
    let address = SockaddrStorage::from(address);
    let mut name = [0u8; LONGEST];
    let room = libc::socklen_t::try_from(name.len()).ok()?;
    // SAFETY: the first pair describes a valid socket address; the second a buffer that getnameinfo fills with at most
    // `room` bytes, NUL included; a null service of length 0 is not written.
    let result = unsafe {
        libc::getnameinfo(
            address.as_ptr(),
            address.len(),
            name.as_mut_ptr().cast(),
            room,
            std::ptr::null_mut(),
            0,
            libc::NI_NAMEREQD,
        )
    };
    if result != 0 {
        return None;
    }
    CStr::from_bytes_until_nul(&name).ok()?.to_str().ok().map(str::to_owned)
}
