//! What nft has declared is read whole: sets and maps with everything about them and their elements, stateful objects,
//! chains of any family, comments. The reading half of each test runs in namespaces of its own, where nft has been.

mod sandbox;

use nsfw::expr::attribute::Datum;
use nsfw::expr::object::{CtExpectation, CtTimeout, State};
use nsfw::expr::{Element, Expression, Family, Policy, Quota, SetFlags, SetListing, Synproxy, Verdict, user_data};
use nsfw::kernel::nft::{NftSocket, TableName};

/// Lets nft declare `ruleset`, then runs the ignored test `reader` of this program there.
fn read_after(ruleset: &str, reader: &str) {
    let program = std::env::current_exe().expect("the test's own file");
    let script = format!(
        "cat >/run/ruleset <<'END'\n{ruleset}\nEND\nnft -f /run/ruleset\n'{}' --exact {reader} --ignored",
        program.display()
    );
    if let Some(out) = sandbox::run(&script, &["nft"]) {
        assert!(out.contains("1 passed"), "{out}");
    }
}

const TABLE: TableName<'static> = TableName { family: Family::Inet, name: "t" };

fn sets() -> Vec<SetListing> {
    let mut socket = NftSocket::open().expect("a socket");
    let mut sets = socket.sets(TABLE).expect("sets");
    for set in &mut sets {
        socket.elements(TABLE, set, |_| true).expect("elements");
        set.set.sort();
    }
    sets
}

fn named<'a>(sets: &'a [SetListing], name: &str) -> &'a SetListing {
    sets.iter().find(|listing| listing.set.name == name).expect("the set")
}

#[test]
fn sets_and_maps_are_read_whole() {
    read_after(
        r#"table inet t {
            set plain { type inet_service; comment "ports"; elements = { 22 comment "ssh", 80 }; }
            set timed { type ipv4_addr; size 99; timeout 1h; counter; elements = { 10.0.0.1 counter timeout 2h }; }
            set ranges { type ipv4_addr; flags interval; auto-merge; elements = { 10.0.0.0/8, 192.168.0.0-255.255.255.255 }; }
            set pairs { type ipv4_addr . inet_service; flags interval; elements = { 10.0.0.0/8 . 1-9 }; }
            map marks { type ipv4_addr : mark; elements = { 10.0.0.1 : 7 }; }
            chain c { }
            map jumps { type inet_service : verdict; elements = { 22 : jump c, * : drop }; }
        }"#,
        "read_sets",
    );
}

#[test]
#[ignore = "run by sets_and_maps_are_read_whole in a namespace of its own"]
fn read_sets() {
    let sets = sets();
    assert!(sets.iter().all(|listing| listing.unknown.is_empty()), "{sets:?}");
    let plain = named(&sets, "plain");
    assert_eq!(plain.declaration().and_then(|data| data.comment).as_deref(), Some("ports"));
    let [ssh, http] = plain.set.elements.as_slice() else { panic!("{plain:?}") };
    let comment = ssh.attached.as_ref().and_then(|attached| user_data::comment(&attached.user_data));
    assert_eq!((comment.as_deref(), http), (Some("ssh"), &Element::key([0, 80])));
    assert!(!plain.has_nothing_attached());
    let timed = named(&sets, "timed");
    assert_eq!((timed.timeout, timed.size), (Some(3_600_000), Some(99)));
    assert!(matches!(timed.expressions.as_slice(), [Expression::Counter(_)]));
    let attached = timed.set.elements[0].attached.as_ref().expect("more than a key");
    assert_eq!(attached.timeout, Some(7_200_000));
    assert!(attached.expiration.is_some_and(|left| left <= 7_200_000));
    assert!(matches!(attached.expressions.as_slice(), [Expression::Counter(_)]));
    let ranges = named(&sets, "ranges");
    assert!(ranges.set.flags.contains(SetFlags::INTERVAL) && ranges.has_nothing_attached());
    assert!(ranges.declaration().is_some_and(|data| data.merges));
    let pairs = named(&sets, "pairs");
    assert_eq!((pairs.set.fields.as_slice(), pairs.set.key_length), (&[4, 2][..], 8));
    assert_eq!(pairs.set.elements, [Element::between([10, 0, 0, 0, 0, 1, 0, 0], [10, 255, 255, 255, 0, 9, 0, 0])]);
    let marks = named(&sets, "marks");
    assert_eq!(marks.set.data.map(|data| data.length), Some(4));
    assert_eq!(marks.set.elements[0].value, Some(Datum::Value(7_u32.to_ne_bytes().to_vec())));
    let jumps = named(&sets, "jumps");
    assert!(jumps.set.is_verdict_map());
    assert_eq!(jumps.set.jumps().collect::<Vec<_>>(), ["c"]);
    let all = jumps.set.elements.iter().find(|element| element.key.is_empty()).expect("the one for all keys");
    assert_eq!(all.value, Some(Datum::Verdict(Verdict::Drop)));
}

#[test]
fn stateful_objects_are_read() {
    read_after(
        r#"table inet t {
            counter web { comment "hits"; packets 3 bytes 252 }
            quota month { over 25 mbytes used 5 bytes }
            limit slow { rate 5/minute burst 7 packets }
            ct helper files { type "ftp" protocol tcp; }
            ct timeout patient { protocol tcp; l3proto ip; policy = { established: 100, close: 20 }; }
            ct expectation door { protocol udp; dport 9876; timeout 2m; size 12; l3proto ip; }
            synproxy guard { mss 1460; wscale 7; timestamp sack-perm; }
            map by { type inet_service : counter; elements = { 80 : "web" }; }
        }"#,
        "read_objects",
    );
}

#[test]
#[ignore = "run by stateful_objects_are_read in a namespace of its own"]
fn read_objects() {
    let objects = NftSocket::open().expect("a socket").objects(TABLE).expect("objects");
    assert!(objects.iter().all(|object| object.unknown.is_empty()), "{objects:?}");
    let object = |name: &str| objects.iter().find(|object| object.name == name).expect("the object");
    let web = object("web");
    assert_eq!((web.uses, user_data::comment(&web.user_data).as_deref()), (1, Some("hits")));
    assert!(matches!(&web.state, State::Counter(counter) if (counter.0.packets, counter.0.bytes) == (3, 252)));
    let quota = Quota { bytes: 25 << 20, consumed: 5, flags: Quota::INVERTED };
    assert_eq!(object("month").state, State::Quota(quota));
    assert!(
        matches!(&object("slow").state, State::Limit(limit) if (limit.rate, limit.unit, limit.burst) == (5, 60, 7))
    );
    assert!(
        matches!(&object("files").state, State::CtHelper(found) if (found.helper.as_str(), found.transport) == ("ftp", 6))
    );
    let State::CtTimeout(CtTimeout { network, transport, seconds }) = &object("patient").state else {
        panic!("{objects:?}")
    };
    // CTA_TIMEOUT_TCP_ESTABLISHED and CTA_TIMEOUT_TCP_CLOSE.
    assert!(
        (*network, *transport) == (2, 6) && seconds.contains(&(3, 100)) && seconds.contains(&(8, 20)),
        "{seconds:?}"
    );
    let door = CtExpectation { network: Some(2), transport: 17, port: 9876, timeout: 120_000, size: 12 };
    assert_eq!(object("door").state, State::CtExpectation(door));
    assert!(matches!(object("guard").state, State::Synproxy(Synproxy { mss: 1460, window_scale: 7, .. })));
    let by = sets();
    assert_eq!((named(&by, "by").object_type, named(&by, "by").has_nothing_attached()), (Some(1), false));
    let attached = named(&by, "by").set.elements[0].attached.as_ref().expect("an object");
    assert_eq!(attached.object.as_deref(), Some("web"));
}

#[test]
fn chains_of_every_family_are_read() {
    read_after(
        r#"table netdev d { chain in { type filter hook ingress device "lo" priority -5; policy drop; }; }
        table bridge b { flags dormant; comment "switch"; chain f { comment "frames"; type filter hook forward priority 3; }; }
        table arp a { chain o { type filter hook output priority 0; }; }
        table inet t { chain u { comment "user"; }; chain i { type filter hook ingress devices = { lo } priority 1; }; }"#,
        "read_chains",
    );
}

#[test]
#[ignore = "run by chains_of_every_family_are_read in a namespace of its own"]
fn read_chains() {
    let mut socket = NftSocket::open().expect("a socket");
    let tables = socket.tables(None).expect("tables");
    let bridge = tables.iter().find(|table| table.family == Family::Bridge).expect("a table");
    assert_eq!((bridge.flags, bridge.comment.as_deref()), (1, Some("switch")));
    let chains = socket.chains(None).expect("chains");
    let chain = |name: &str| chains.iter().find(|chain| chain.name == name).expect("the chain");
    let hook = |name: &str| chain(name).hook.clone().expect("a hook");
    let ingress = hook("in");
    assert_eq!((ingress.number, ingress.priority, ingress.policy), (0, -5, Policy::Drop));
    assert_eq!((ingress.devices, hook("i").devices), (vec!["lo".to_owned()], vec!["lo".to_owned()]));
    assert_eq!((chain("f").comment.as_deref(), hook("f").priority), (Some("frames"), 3));
    assert_eq!((hook("o").number, chain("o").family, chain("f").flags & 1), (1, Family::Arp, 1));
    assert_eq!((chain("u").comment.as_deref(), &chain("u").hook), (Some("user"), &None));
}
