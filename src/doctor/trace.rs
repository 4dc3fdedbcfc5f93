//! Tracing: a packet that a rule marks must be reported over netlink.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use nix::errno::Errno;

use super::{Finding, Group};
use crate::expr::{Family, Immediate, Meta, Register};
use crate::kernel::KernelError;
use crate::kernel::netlink::{LinkChange, Socket};
use crate::kernel::nft::{BaseChain, Batch, NftSocket, Place, TableName, TraceError, TraceSocket};

const TABLE: TableName<'_> = TableName { family: Family::Ip, name: "trace" };
const CHAIN: &str = "output";
/// `NF_INET_LOCAL_OUT` (linux/netfilter.h).
const LOCAL_OUT: u32 = 3;
/// The event comes while the packet is being sent; this is for a machine under load.
const PATIENCE: Duration = Duration::from_millis(500);

/// To be called in a namespace of the doctor's own.
pub fn examine(tell: &mut dyn FnMut(Finding)) {
    tell(Finding::tried(
        Group::Tables,
        "trace",
        traced().map(|()| "a packet's way was reported".to_owned()),
        "Linux 4.6 or later with CONFIG_NF_TABLES and CONFIG_NETFILTER_NETLINK; tracing needs it",
    ));
}

fn traced() -> Result<(), KernelError> {
    let mut listener = TraceSocket::open()?;
    add_rule()?;
    let mut links = Socket::open()?;
    let loopback = links.link("lo")?;
    let up = LinkChange { up: Some(true), ..LinkChange::default() };
    links.send(&[up.request(loopback.index, "lo")?])?;
    let sent = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.send_to(b"nsfw", "127.0.0.1:9"));
    sent.map_err(|error| KernelError::from_io("send a packet over", "lo", &error))?;
    match listener.next(Some(Instant::now() + PATIENCE)) {
        // Events that came too fast came.
        Ok(Some(_)) | Err(TraceError::Lost) => Ok(()),
        Ok(None) => Err(KernelError::new("listen to", "trace events", Errno::EOPNOTSUPP)),
        Err(TraceError::Kernel(error)) => Err(error),
    }
}

/// Every packet that leaves is marked.
fn add_rule() -> Result<(), KernelError> {
    let mut batch = Batch::new(TABLE.to_string(), None)?;
    batch.add_table(TABLE)?;
    batch.add_base_chain(TABLE, BaseChain { name: CHAIN, kind: "filter", hook: LOCAL_OUT, priority: 0 })?;
    let mark = [Immediate::Data(Register::R1, vec![1]).into(), Meta::store(Meta::NFTRACE).into()];
    batch.add_rule(TABLE, CHAIN, Place::Last, &mark, &[])?;
    NftSocket::open()?.commit(batch)
}
