//! Trace events of packets that really went their way: the reading half of each test runs in namespaces of its own.

mod sandbox;

use std::io::Write as _;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

use nsfw::expr::{Counter, Ct, Expression, Family, Immediate, Meta, Policy, Register, Verdict};
use nsfw::firewall::HostNames;
use nsfw::firewall::snapshot::{KeptTable, Snapshot};
use nsfw::firewall::view::Filter;
use nsfw::kernel::netlink::{LinkChange, Socket};
use nsfw::kernel::nft::trace_event::{TraceDevice, TraceKind};
use nsfw::kernel::nft::{BaseChain, Batch, NftSocket, Place, TableName, TraceError, TraceEvent, TraceSocket};

/// Runs the ignored test `reader` of this program in fresh namespaces.
fn in_namespaces(reader: &str) {
    let program = std::env::current_exe().expect("the test's own file");
    let script = format!("'{}' --exact {reader} --ignored", program.display());
    if let Some(out) = sandbox::run(&script, &[]) {
        assert!(out.contains("1 passed"), "{out}");
    }
}

/// Ends the reading half and makes the sandbox say why it could not run. All else that it asserts held.
fn cannot_run(reason: &str) -> ! {
    std::io::stderr().write_all(reason.as_bytes()).expect("standard error is open");
    std::process::exit(77)
}

const TABLE: TableName<'static> = TableName { family: Family::Inet, name: "t" };
/// `NF_INET_LOCAL_OUT` (linux/netfilter.h).
const LOCAL_OUT: u32 = 3;
/// For a machine under load.
const PATIENCE: Duration = Duration::from_secs(5);

/// A chain that marks every packet before it is tracked, and one behind it that jumps to a third, which counts and
/// returns.
fn prepare() -> KeptTable {
    let mut links = Socket::open().expect("a socket");
    let loopback = links.link("lo").expect("a loopback");
    let up = LinkChange { up: Some(true), ..LinkChange::default() };
    links.send(&[up.request(loopback.index, "lo").expect("a request")]).expect("it goes up");
    let mut batch = Batch::new(TABLE.to_string(), None).expect("a batch");
    batch.add_table(TABLE).expect("a table");
    for (name, priority) in [("mark", -400), ("out", 0)] {
        batch.add_base_chain(TABLE, BaseChain { name, kind: "filter", hook: LOCAL_OUT, priority }).expect("a chain");
    }
    batch.add_chain(TABLE, "count").expect("a chain");
    let mark = [Immediate::Data(Register::R1, vec![1]).into(), Meta::store(Meta::NFTRACE).into()];
    let verdict = |verdict| Expression::from(Immediate::Verdict(verdict));
    let jump = [Ct::load(Ct::STATE).into(), verdict(Verdict::Jump("count".to_owned()))];
    let count = [Counter::default().into(), verdict(Verdict::Return)];
    for (chain, rule) in [("mark", &mark[..]), ("out", &jump[..]), ("count", &count[..])] {
        batch.add_rule(TABLE, chain, Place::Last, rule, &[]).expect("a rule");
    }
    NftSocket::open().expect("a socket").commit(batch).expect("committed");
    let snapshot = Snapshot::read(&Filter::default(), &HostNames::default()).expect("a snapshot");
    snapshot.table(Family::Inet, "t").expect("the table").clone()
}

fn send(payload: &[u8]) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.send_to(payload, "127.0.0.1:9").expect("sent");
}

#[test]
fn a_packet_is_followed_through_the_chains() {
    in_namespaces("follow_a_packet");
}

#[test]
#[ignore = "run by a_packet_is_followed_through_the_chains in a namespace of its own"]
fn follow_a_packet() {
    let table = prepare();
    let handle = |chain: &str| Some(table.chain(chain).expect("the chain").rules[0].handle);
    let mut socket = TraceSocket::open().expect("a socket");
    assert_eq!(socket.next(Some(Instant::now())), Ok(None), "nothing was sent");
    send(b"nsfw");
    let mut event = || socket.next(Some(Instant::now() + PATIENCE)).expect("readable").expect("in time");
    let events: [TraceEvent; 7] = std::array::from_fn(|_| event());
    let way = events.each_ref().map(|event| (event.chain.as_str(), event.kind, event.rule, event.verdict.clone()));
    let (rule, policy) = (TraceKind::Rule, TraceKind::Policy);
    assert_eq!(
        way,
        [
            ("mark", rule, handle("mark"), Some(Verdict::Continue)),
            ("mark", rule, None, Some(Verdict::Continue)),
            ("mark", policy, None, None),
            ("out", rule, handle("out"), Some(Verdict::Jump("count".to_owned()))),
            ("count", rule, handle("count"), Some(Verdict::Return)),
            ("out", rule, None, Some(Verdict::Continue)),
            ("out", policy, None, None),
        ]
    );
    for event in &events {
        assert_eq!((event.family, event.table.as_str(), event.id), (Family::Inet, "t", events[0].id));
        assert_eq!((event.protocol, &event.unknown, event.mark), (Some(Family::Ip), &Vec::new(), None));
        assert_eq!(event.policy, (event.kind == policy).then_some(Policy::Accept));
        // The packet is told once in each base chain.
        let first = [&events[0], &events[3]].contains(&event);
        let loopback = TraceDevice { index: 1, hardware: Some(772) };
        assert_eq!((event.input, event.output), (None, first.then_some(loopback)));
        assert_eq!(event.network_header.as_ref().map(Vec::len), first.then_some(20));
        let payload = event.transport_header.as_ref().and_then(|header| header.get(8..));
        assert_eq!(payload, first.then_some(&b"nsfw"[..]));
    }
    let Some(connection) = events[3].connection else { cannot_run("this kernel tells nothing of connections") };
    assert_eq!((connection.state, connection.direction, events[0].connection), (Ct::NEW, Some(0), None));
}

#[test]
fn what_was_lost_is_told() {
    in_namespaces("lose_events");
}

#[test]
#[ignore = "run by what_was_lost_is_told in a namespace of its own"]
fn lose_events() {
    prepare();
    let mut socket = TraceSocket::open().expect("a socket");
    let room = socket.widen(16 * 1024).expect("room");
    assert_eq!(room, 32 * 1024);
    for _ in 0..100 {
        send(b"nsfw");
    }
    let mut told = (0, 0);
    loop {
        match socket.next(Some(Instant::now())) {
            Ok(Some(_)) => told.0 += 1,
            Ok(None) => break,
            Err(error) => {
                assert_eq!(error, TraceError::Lost);
                told.1 += 1;
            }
        }
    }
    assert!(told.0 > 0 && told.0 < 700 && told.1 == 1, "events and losses: {told:?}");
    let mut next = || socket.next(Some(Instant::now() + PATIENCE));
    send(b"nsfw");
    assert_eq!(next().expect("readable").expect("in time").chain, "mark");
}
