//! The law of this room: what is encoded is decoded as the same; and no bytes make decoding panic.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::attribute::Bytes;
use super::meta::Access;
use super::payload::PayloadAccess;
use super::{
    Bitwise, Byteorder, Cmp, CmpOp, Connlimit, Counter, Counts, Ct, Dup, Dynset, Expression, Exthdr, Fib, FlowOffload,
    Fwd, Hash, Immediate, Last, Limit, LimitKind, Log, Lookup, Masq, Meta, NAMES, Nat, Notrack, Numgen, Objref, Osf,
    Payload, PayloadBase, Queue, Quota, Range, Redir, Register, Reject, Rt, Socket, Synproxy, Tproxy, Tunnel, Verdict,
    Xfrm, XtMatch,
};

fn register() -> impl Strategy<Value = Register> {
    (1_u32..=4).prop_map(Register)
}

fn access() -> impl Strategy<Value = Access> {
    prop_oneof![register().prop_map(Access::Load), register().prop_map(Access::Store)]
}

fn data() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 1..=16)
}

fn verdict() -> impl Strategy<Value = Verdict> {
    prop_oneof![
        Just(Verdict::Accept),
        Just(Verdict::Drop),
        Just(Verdict::Continue),
        Just(Verdict::Break),
        Just(Verdict::Return),
        "[A-Za-z_-]{1,28}".prop_map(Verdict::Jump),
        "[A-Za-z_-]{1,28}".prop_map(Verdict::Goto),
        (2_i32..1000).prop_map(Verdict::Other),
    ]
}

fn payload() -> impl Strategy<Value = Payload> {
    let base = prop_oneof![
        Just(PayloadBase::Link),
        Just(PayloadBase::Network),
        Just(PayloadBase::Transport),
        Just(PayloadBase::Inner),
    ];
    let store =
        (register(), 0_u32..3, any::<u32>(), 0_u32..2).prop_map(|(register, checksum, checksum_offset, flags)| {
            PayloadAccess::Store { register, checksum, checksum_offset, flags }
        });
    let access = prop_oneof![register().prop_map(PayloadAccess::Load), store];
    (base, any::<u32>(), any::<u32>(), access).prop_map(|(base, offset, length, access)| Payload {
        base,
        offset,
        length,
        access,
    })
}

fn exthdr() -> impl Strategy<Value = Exthdr> {
    (0_u32..5, any::<u8>(), any::<u32>(), any::<u32>(), any::<bool>(), option::of(access()))
        .prop_map(|(op, kind, offset, length, present, access)| Exthdr { op, kind, offset, length, present, access })
}

fn limit() -> impl Strategy<Value = Limit> {
    let kind = prop_oneof![Just(LimitKind::Packets), Just(LimitKind::Bytes)];
    (any::<u64>(), any::<u64>(), any::<u32>(), kind, any::<bool>())
        .prop_map(|(rate, unit, burst, kind, inverted)| Limit { rate, unit, burst, kind, inverted })
}

fn log() -> impl Strategy<Value = Log> {
    let numbers = (option::of(any::<u16>()), option::of(any::<u32>()), option::of(any::<u16>()));
    (option::of("[ -~]{1,127}"), numbers, option::of(0_u32..9), option::of(0_u32..64)).prop_map(
        |(prefix, (group, snap_length, queue_threshold), level, flags)| Log {
            prefix,
            group,
            snap_length,
            queue_threshold,
            level,
            flags,
        },
    )
}

fn lookup() -> impl Strategy<Value = Lookup> {
    (register(), option::of(register()), "[a-z_%]{1,20}", any::<u32>(), any::<bool>())
        .prop_map(|(source, destination, set, set_id, inverted)| Lookup { source, destination, set, set_id, inverted })
}

fn cmp_op() -> impl Strategy<Value = CmpOp> {
    (0_u32..6).prop_map(|number| CmpOp::from_number(number).expect("six operators"))
}

fn bitwise() -> impl Strategy<Value = Bitwise> {
    (register(), register(), vec(any::<(u8, u8)>(), 1..=16)).prop_map(|(source, destination, bytes)| {
        let (mask, xor) = bytes.into_iter().unzip();
        Bitwise { source, destination, mask, xor }
    })
}

fn maybe_register() -> impl Strategy<Value = Option<Register>> {
    option::of(register())
}

/// Those that give the packet another address.
fn translation() -> impl Strategy<Value = Expression> {
    let registers = || (maybe_register(), maybe_register());
    let nat = (0_u32..2, any::<u32>(), registers(), registers(), any::<u32>()).prop_map(
        |(kind, family, (address_min, address_max), (port_min, port_max), flags)| {
            Nat { kind, family, address_min, address_max, port_min, port_max, flags }.into()
        },
    );
    let masq =
        (any::<u32>(), registers()).prop_map(|(flags, (port_min, port_max))| Masq { flags, port_min, port_max }.into());
    let redir = (any::<u32>(), registers())
        .prop_map(|(flags, (port_min, port_max))| Redir { flags, port_min, port_max }.into());
    let tproxy =
        (any::<u32>(), registers()).prop_map(|(family, (address, port))| Tproxy { family, address, port }.into());
    let dup = registers().prop_map(|(address, device)| Dup { address, device }.into());
    let fwd = (register(), maybe_register(), option::of(any::<u32>()))
        .prop_map(|(device, address, family)| Fwd { device, address, family }.into());
    prop_oneof![nat, masq, redir, tproxy, dup, fwd]
}

/// Those that load a value from beside the packet.
fn load() -> impl Strategy<Value = Expression> {
    let numbers = || (register(), any::<u32>(), any::<u32>(), any::<u32>());
    let hash = (maybe_register(), numbers(), option::of(any::<u32>()), any::<u32>()).prop_map(
        |(source, (destination, length, modulus, offset), seed, kind)| {
            Hash { source, destination, length, modulus, seed, offset, kind }.into()
        },
    );
    prop_oneof![
        numbers().prop_map(|(destination, result, flags, _)| Fib { destination, result, flags }.into()),
        numbers().prop_map(|(destination, modulus, kind, offset)| Numgen { destination, modulus, kind, offset }.into()),
        numbers().prop_map(|(destination, key, _, _)| Rt { destination, key }.into()),
        numbers().prop_map(|(destination, key, _, _)| Tunnel { key, destination, mode: 0 }.into()),
        (numbers(), any::<u8>()).prop_map(|((destination, flags, _, _), ttl)| Osf { destination, ttl, flags }.into()),
        (numbers(), any::<u8>()).prop_map(|((destination, key, number, _), direction)| Xfrm {
            destination,
            key,
            direction,
            number
        }
        .into()),
        (numbers(), option::of(any::<u32>())).prop_map(|((destination, key, _, _), level)| Socket {
            key,
            destination,
            level
        }
        .into()),
        (numbers(), register()).prop_map(|((source, op, length, size), destination)| Byteorder {
            source,
            destination,
            op,
            length,
            size
        }
        .into()),
        hash,
    ]
}

/// Those that remember something, or hand the packet to something that does.
fn stateful() -> impl Strategy<Value = Expression> {
    let name = || option::of("[a-z_%]{1,20}");
    let objref = (option::of(any::<u32>()), name(), maybe_register(), name(), any::<u32>())
        .prop_map(|(kind, name, source, set, set_id)| Objref { kind, name, source, set, set_id }.into());
    let queue = (option::of(any::<u16>()), option::of(any::<u16>()), any::<u16>(), maybe_register())
        .prop_map(|(number, total, flags, source)| Queue { number, total, flags, source }.into());
    prop_oneof![
        any::<(u32, u32)>().prop_map(|(count, flags)| Connlimit { count, flags }.into()),
        any::<(u32, u64)>().prop_map(|(set, milliseconds)| Last { set, milliseconds }.into()),
        any::<(u64, u32, u64)>().prop_map(|(bytes, flags, consumed)| Quota { bytes, flags, consumed }.into()),
        any::<(u16, u8, u32)>().prop_map(|(mss, window_scale, flags)| Synproxy { mss, window_scale, flags }.into()),
        "[a-z]{1,20}".prop_map(|table| FlowOffload { table }.into()),
        Just(Notrack {}.into()),
        objref,
        queue,
    ]
}

fn dynset() -> impl Strategy<Value = Expression> {
    let inner = prop_oneof![
        limit().prop_map(Expression::from),
        any::<(u32, u32)>().prop_map(|(count, flags)| Connlimit { count, flags }.into()),
    ];
    let set = ("[a-z_%]{1,20}", any::<u32>(), 0_u32..3);
    (set, register(), maybe_register(), option::of(1_u64..), any::<bool>(), vec(inner, 0..3)).prop_map(
        |((set, set_id, op), key, data, timeout, inverted, expressions)| {
            Dynset { set, set_id, op, key, data, timeout, inverted, expressions }.into()
        },
    )
}

/// Any expression that libnftnl knows too.
pub fn expression() -> impl Strategy<Value = Expression> {
    let ct = (any::<u32>(), option::of(0_u8..2), access()).prop_map(|(key, direction, access)| Ct {
        key,
        direction,
        access,
    });
    let cmp = (register(), cmp_op(), data()).prop_map(|(register, op, data)| Cmp { register, op, data });
    let range = (register(), any::<bool>(), data(), data()).prop_map(|(register, negated, from, to)| Range {
        register,
        negated,
        from,
        to,
    });
    let reject = prop_oneof![
        any::<u8>().prop_map(Reject::IcmpUnreachable),
        Just(Reject::TcpReset),
        any::<u8>().prop_map(Reject::IcmpxUnreachable),
    ];
    let immediate = prop_oneof![
        (register(), data()).prop_map(|(register, data)| Immediate::Data(register, data)),
        verdict().prop_map(Immediate::Verdict),
    ];
    prop_oneof![
        bitwise().prop_map(Expression::from),
        exthdr().prop_map(Expression::from),
        cmp.prop_map(Expression::from),
        any::<(u64, u64)>().prop_map(|(packets, bytes)| Counter(Counts { packets, bytes }).into()),
        ct.prop_map(Expression::from),
        immediate.prop_map(Expression::from),
        limit().prop_map(Expression::from),
        log().prop_map(Expression::from),
        lookup().prop_map(Expression::from),
        (any::<u32>(), access()).prop_map(|(key, access)| Meta { key, access }.into()),
        payload().prop_map(Expression::from),
        range.prop_map(Expression::from),
        reject.prop_map(Expression::from),
        translation(),
        load(),
        stateful(),
        dynset(),
    ]
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded_as_the_same(expression in expression()) {
        let mut bytes = Bytes::default();
        expression.encode(&mut bytes);
        prop_assert_eq!(Expression::decode(expression.name(), &bytes.0), expression);
    }

    #[test]
    fn an_attribute_from_the_future_makes_it_unknown_with_every_byte_kept(expression in expression()) {
        let mut bytes = Bytes::default();
        expression.encode(&mut bytes);
        bytes.put(99, &[1, 2, 3]);
        let Expression::Unknown(unknown) = Expression::decode(expression.name(), &bytes.0) else {
            return Err(TestCaseError::fail("attribute 99 was overlooked"));
        };
        prop_assert_eq!(unknown.data, bytes.0);
    }

    #[test]
    fn no_bytes_make_decoding_panic(index in 0..NAMES.len(), bytes in vec(any::<u8>(), 0..120)) {
        let _ = Expression::decode(NAMES[index], &bytes);
    }

    #[test]
    fn a_torn_expression_never_panics(expression in expression(), cut in 0_usize..100) {
        let mut bytes = Bytes::default();
        expression.encode(&mut bytes);
        let end = bytes.0.len().saturating_sub(cut);
        let _ = Expression::decode(expression.name(), &bytes.0[..end]);
    }
}

#[test]
fn an_extension_of_xtables_is_kept_to_the_byte() {
    let found: Expression = XtMatch { name: "u32".to_owned(), revision: 0, info: (0..=200).collect() }.into();
    let mut bytes = Bytes::default();
    found.encode(&mut bytes);
    assert_eq!(Expression::decode("match", &bytes.0), found);
}
