//! Tracing: a packet that a rule marks must be reported over netlink.

use std::net::UdpSocket;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, socket};

use super::samples::{Value, put_expression, put_text};
use super::{Finding, Group};
use crate::expr::Family;
use crate::expr::attribute::Bytes;
use crate::kernel::KernelError;
use crate::kernel::message::{self, RECEIVE};
use crate::kernel::netlink::{LinkChange, Socket};
use crate::kernel::nft::batch::Mode;
use crate::kernel::nft::message::Kind;
use crate::kernel::nft::{BaseChain, Batch, NftSocket, TableName};
use crate::kernel::sys::sockopt;

const TABLE: TableName<'_> = TableName { family: Family::Ip, name: "trace" };
const CHAIN: &str = "output";
/// `NF_INET_LOCAL_OUT` (linux/netfilter.h).
const LOCAL_OUT: u32 = 3;
/// `NFT_META_NFTRACE`.
const NFTRACE: u32 = 12;
/// `NFNLGRP_NFTRACE` (linux/netfilter/nfnetlink.h).
const GROUP: i32 = 9;
/// `NFT_MSG_TRACE` of nf_tables' subsystem.
const TRACE: u16 = 10 << 8 | 17;
/// The event comes while the packet is being sent; this is for a machine under load.
const PATIENCE: u16 = 500;

/// To be called in a namespace of the probe's own.
pub fn probe(tell: &mut dyn FnMut(Finding)) {
    tell(Finding::tried(
        Group::Tables,
        "trace",
        traced().map(|()| "a packet's way was reported".to_owned()),
        "Linux 4.6 or later with CONFIG_NF_TABLES and CONFIG_NETFILTER_NETLINK; tracing needs it",
    ));
}

fn traced() -> Result<(), KernelError> {
    let refused = |errno| KernelError::new("listen to trace events", "", errno);
    let listener = listen().map_err(refused)?;
    add_rule()?;
    let mut links = Socket::open()?;
    let loopback = links.link("lo")?;
    let up = LinkChange { up: Some(true), ..LinkChange::default() };
    links.send(&[up.request(loopback.index, "lo")?])?;
    let sent = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.send_to(b"nsfw", "127.0.0.1:9"));
    sent.map_err(|error| KernelError::from_io("send a packet over", "lo", &error))?;
    let mut waiting = [PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
    poll(&mut waiting, PollTimeout::from(PATIENCE)).map_err(refused)?;
    let mut buffer = Vec::with_capacity(RECEIVE);
    let mut messages = message::receive(&listener, &mut buffer, MsgFlags::MSG_DONTWAIT).map_err(refused)?;
    let heard = messages.any(|message| message.kind == TRACE);
    if heard { Ok(()) } else { Err(refused(Errno::EOPNOTSUPP)) }
}

fn listen() -> Result<OwnedFd, Errno> {
    let protocol = SockProtocol::NetlinkNetFilter;
    let listener = socket(AddressFamily::Netlink, SockType::Raw, SockFlag::SOCK_CLOEXEC, protocol)?;
    bind(listener.as_raw_fd(), &NetlinkAddr::new(0, 0))?;
    sockopt::set_int(listener.as_fd(), libc::SOL_NETLINK, libc::NETLINK_ADD_MEMBERSHIP, GROUP)?;
    Ok(listener)
}

/// Every packet that leaves is marked.
fn add_rule() -> Result<(), KernelError> {
    let mut batch = Batch::new(TABLE.to_string(), None)?;
    batch.add_table(TABLE)?;
    batch.add_base_chain(TABLE, BaseChain { name: CHAIN, kind: "filter", hook: LOCAL_OUT, priority: 0 })?;
    let mut rule = Bytes::default();
    // NFTA_RULE_TABLE, NFTA_RULE_CHAIN, NFTA_RULE_EXPRESSIONS and in it NFTA_LIST_ELEM.
    put_text(&mut rule, 1, TABLE.name);
    put_text(&mut rule, 2, CHAIN);
    rule.nest(4, |list| {
        let load = [(1, Value::U32(1)), (2, Value::Data(&[1]))];
        list.nest(1, |element| put_expression(element, Family::Ip, "immediate", &load));
        let mark = [(2, Value::U32(NFTRACE)), (3, Value::U32(1))];
        list.nest(1, |element| put_expression(element, Family::Ip, "meta", &mark));
    });
    batch.add_encoded("add rule", Kind::NewRule, Family::Ip, Mode::Append, rule)?;
    NftSocket::open()?.commit(batch)
}
