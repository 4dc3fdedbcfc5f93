//! Links of the kinds that labs are built of, made in this namespace.

use super::{Finding, Group};
use crate::kernel::KernelError;
use crate::kernel::netlink::{End, Link, Request, Socket, Veth};

/// To be called in a namespace of the probe's own.
pub fn probe(tell: &mut dyn FnMut(Finding)) {
    let pair = Veth {
        outer: End { name: "probe0", netns: None, hardware: None, index: None },
        peer: End { name: "probe1", netns: None, hardware: None, index: None },
        up: false,
        mtu: None,
        whole: false,
    };
    let veth = make(pair.request()).map(|()| "a pair was made".to_owned());
    tell(
        Finding::tried(
            Group::Network,
            "veth",
            veth,
            "a kernel with CONFIG_VETH (modprobe veth); a lab's links are such",
        )
        .required(),
    );
    let bridge = make(Link::make("probe2", "bridge")).map(|()| "one was made".to_owned());
    tell(Finding::tried(
        Group::Network,
        "bridge",
        bridge,
        "a kernel with CONFIG_BRIDGE (modprobe bridge); only labs with a switch need it",
    ));
}

fn make(request: Result<Request, KernelError>) -> Result<(), KernelError> {
    Socket::open()?.send(&[request?])
}
