//! Sockets that send and see packets, and the settings of a namespace.

use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, SockFlag, SockProtocol, SockType, socket};

use super::{Finding, Group};
use crate::kernel::KernelError;
use crate::kernel::sysctl::Key;

/// To be called in a namespace of the doctor's own.
pub fn examine(tell: &mut dyn FnMut(Finding)) {
    for (name, family, kind, protocol, remedy) in [
        (
            "packet socket",
            AddressFamily::Packet,
            SockType::Raw,
            None,
            "a kernel with CONFIG_PACKET; `nsfw capture` needs it",
        ),
        (
            "raw socket",
            AddressFamily::Inet,
            SockType::Raw,
            Some(SockProtocol::Icmp),
            "CAP_NET_RAW; `nsfw ping` needs it",
        ),
        (
            "raw socket (IPv6)",
            AddressFamily::Inet6,
            SockType::Raw,
            Some(SockProtocol::IcmpV6),
            "a kernel with CONFIG_IPV6, not switched off by ipv6.disable=1; labs with IPv6 need it",
        ),
    ] {
        let opened = socket(family, kind, SockFlag::SOCK_CLOEXEC, protocol);
        let trial = opened.map(|_| "one was opened".to_owned());
        let trial = trial.map_err(|errno: Errno| KernelError::new("open a", name, errno));
        tell(Finding::tried(Group::Network, name, trial, remedy));
    }
    const ECHO: &str = "net.ipv4.icmp_echo_ignore_all";
    let Ok(key) = Key::parse(ECHO) else { return };
    let trial = key.read().and_then(|value| key.write(&value)).map(|()| format!("{ECHO} was written"));
    tell(Finding::tried(
        Group::Network,
        "settings",
        trial,
        "mount /proc writable (in a container: --security-opt systempaths=unconfined); `nsfw sysctl` and `echo` need it",
    ));
}
