//! Links of the kinds that labs are built of, made in this namespace.

use super::{Finding, Group};
use crate::kernel::KernelError;
use crate::kernel::netlink::{End, Link, Request, Socket, Veth};

/// To be called in a namespace of the doctor's own.
pub fn examine(tell: &mut dyn FnMut(Finding)) {
    let pair = Veth {
        outer: End { name: "doctor0", netns: None, hardware: None, index: None },
        peer: End { name: "doctor1", netns: None, hardware: None, index: None },
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
    let bridge = make(Link::make("doctor2", "bridge")).map(|()| "one was made".to_owned());
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
