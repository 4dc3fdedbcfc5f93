//! Tracked connections, listed over netlink.

use super::{Finding, Group};
use crate::kernel::conntrack::Conntrack;

/// To be called in a namespace of the doctor's own.
pub fn examine(tell: &mut dyn FnMut(Finding)) {
    let listed = Conntrack::open().and_then(|mut socket| socket.list());
    tell(Finding::tried(
        Group::Network,
        "conntrack netlink",
        listed.map(|_| "connections can be listed".to_owned()),
        "a kernel with CONFIG_NF_CT_NETLINK (modprobe nf_conntrack_netlink); `nsfw conntrack` needs it",
    ));
}
