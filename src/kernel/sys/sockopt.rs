//! Socket options that nix does not name, and the lookup of a host's name by address.
#![allow(unsafe_code)]

use std::os::fd::{AsRawFd, BorrowedFd};

use nix::errno::Errno;
use nix::libc;

/// Sets an option whose value is an int.
///
/// # Errors
/// The errno of setsockopt(2).
pub fn set_int(socket: BorrowedFd<'_>, level: i32, option: i32, value: i32) -> Result<(), Errno> {
    let length = libc::socklen_t::try_from(size_of::<i32>()).expect("4 fits");
    // SAFETY: the pointer and the length describe `value`, which outlives the call; the kernel only reads it.
    let result = unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, (&raw const value).cast(), length) };
    Errno::result(result).map(drop)
}

/// Packets of a packet socket since the last call: seen and dropped (`PACKET_STATISTICS`, packet(7)).
///
/// # Errors
/// The errno of getsockopt(2).
pub fn packet_statistics(socket: BorrowedFd<'_>) -> Result<(u32, u32), Errno> {
    let mut statistics = [0u32; 2];
    let mut length = libc::socklen_t::try_from(size_of_val(&statistics)).expect("8 fits");
    // SAFETY: the pointer and the length describe `statistics`, which has the layout of `struct tpacket_stats` (two
    // unsigned ints, linux/if_packet.h) and outlives the call; every bit pattern is a valid u32.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_PACKET,
            libc::PACKET_STATISTICS,
            statistics.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    Errno::result(result)?;
    Ok((statistics[0], statistics[1]))
}

/// Binds a packet socket to an interface, for all protocols; it hears nothing before.
///
/// # Errors
/// The errno of bind(2).
pub fn bind_packet(socket: BorrowedFd<'_>, interface: u32) -> Result<(), Errno> {
    let address = libc::sockaddr_ll {
        sll_family: libc::AF_PACKET.cast_unsigned().try_into().expect("17 fits"),
        sll_protocol: u16::try_from(libc::ETH_P_ALL).expect("3 fits").to_be(),
        sll_ifindex: i32::try_from(interface).map_err(|_| Errno::ENODEV)?,
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 0,
        sll_addr: [0; 8],
    };
    let length = libc::socklen_t::try_from(size_of_val(&address)).expect("20 fits");
    // SAFETY: the pointer and the length describe `address`, which outlives the call; the kernel only reads it.
    let result = unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), length) };
    Errno::result(result).map(drop)
}

/// The kind of link that a packet socket is bound to (`ARPHRD_*`, linux/if_arp.h). nix reads no address that is shorter
/// than its structure, as those of packet sockets are.
///
/// # Errors
/// The errno of getsockname(2).
pub fn packet_hardware(socket: BorrowedFd<'_>) -> Result<u16, Errno> {
    // SAFETY: `struct sockaddr_ll` is plain numbers, for which zeros are valid.
    let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
    let mut length = libc::socklen_t::try_from(size_of_val(&address)).expect("20 fits");
    // SAFETY: the pointer and the length describe `address`, which outlives the call; the kernel writes no more.
    let result = unsafe { libc::getsockname(socket.as_raw_fd(), (&raw mut address).cast(), &raw mut length) };
    Errno::result(result)?;
    Ok(address.sll_hatype)
}
