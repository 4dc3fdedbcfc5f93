//! The law of this room: what is encoded is decoded as the same; and no bytes make decoding panic.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::attribute::Bytes;
use super::meta::Access;
use super::payload::PayloadAccess;
use super::{
    Bitwise, Cmp, CmpOp, Counter, Counts, Ct, Expression, Exthdr, Immediate, Limit, LimitKind, Log, Lookup, Meta,
    Payload, PayloadBase, Range, Register, Reject, Verdict,
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
    (0_u32..5, any::<u8>(), any::<u32>(), any::<u32>(), any::<bool>(), access())
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

/// Any expression that this version knows.
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
    ]
}

const NAMES: [&str; 12] =
    ["bitwise", "cmp", "counter", "ct", "immediate", "limit", "log", "lookup", "meta", "payload", "range", "reject"];

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
