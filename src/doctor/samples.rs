//! One sample of each type of expression that nsfw's rules are made of, as attributes.
//!
//! Names and numbers are those of linux/netfilter/nf_tables.h; registers 1 and 2 are loaded where `loaded` says so,
//! because the kernel refuses to read one that is not.

use crate::expr::Family;
use crate::expr::attribute::Bytes;

/// The value of an attribute, in host order.
#[derive(Debug, Clone, Copy)]
pub enum Value {
    /// 8 bits.
    U8(u8),
    /// 16 bits.
    U16(u16),
    /// 32 bits.
    U32(u32),
    /// 64 bits.
    U64(u64),
    /// The number of the table's family, in 32 bits.
    Family,
    /// A NUL-terminated string.
    Text(&'static str),
    /// A nested `NFTA_DATA_VALUE`.
    Data(&'static [u8]),
    /// An expression within the expression, by name and attributes.
    Expression(&'static str, &'static [(u16, Value)]),
}

/// A type of expression, or a form of one that the kernel builds apart.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// What the doctor calls it.
    pub name: &'static str,
    /// `NFTA_EXPR_NAME`.
    pub expression: &'static str,
    /// Its attributes.
    pub attributes: &'static [(u16, Value)],
    /// Whether it reads registers.
    pub loaded: bool,
    /// The families that it has code of its own for.
    pub families: &'static [Family],
    /// The kernel's option.
    pub config: &'static str,
    /// What needs it.
    pub serves: &'static str,
    /// Whether there is no rule without it.
    pub required: bool,
}

/// What a sample may refer to; whoever adds the rule makes these in the same batch.
pub const SET: &str = "set";
/// A set that rules may add to.
pub const DYNAMIC_SET: &str = "dynamic";
/// A counter of its own.
pub const OBJECT: &str = "object";

use Value::{Data, Expression, Family as OwnFamily, Text, U8, U16, U32, U64};

const IP: &[Family] = &[Family::Ip];
const BOTH: &[Family] = &[Family::Ip, Family::Ip6];
const ZERO: Value = Data(&[0; 4]);

const fn core(name: &'static str, attributes: &'static [(u16, Value)], loaded: bool, serves: &'static str) -> Sample {
    Sample {
        name,
        expression: name,
        attributes,
        loaded,
        families: IP,
        config: "CONFIG_NF_TABLES",
        serves,
        required: true,
    }
}

const fn extra(
    name: &'static str,
    attributes: &'static [(u16, Value)],
    config: &'static str,
    serves: &'static str,
) -> Sample {
    Sample { name, expression: name, attributes, loaded: true, families: IP, config, serves, required: false }
}

const fn both(sample: Sample) -> Sample {
    Sample { families: BOTH, ..sample }
}

const fn optional(sample: Sample, config: &'static str) -> Sample {
    Sample { config, required: false, ..sample }
}

/// All of them.
pub const SAMPLES: [Sample; 40] = [
    core("immediate", &[(1, U32(1)), (2, ZERO)], false, "every verdict"),
    core("counter", &[], false, "every rule"),
    core("meta", &[(1, U32(1)), (2, U32(0))], false, "-p, -i, -o, -m mark"),
    core("cmp", &[(1, U32(1)), (2, U32(0)), (3, ZERO)], true, "nearly every match"),
    core("payload", &[(1, U32(1)), (2, U32(1)), (3, U32(9)), (4, U32(1))], false, "-s, -d, ports"),
    core("bitwise", &[(1, U32(1)), (2, U32(1)), (3, U32(4)), (4, ZERO), (5, ZERO)], true, "-s with /len, --tcp-flags"),
    core("range", &[(1, U32(1)), (2, U32(0)), (3, ZERO), (4, ZERO)], true, "ranges of ports"),
    core("lookup", &[(1, Text(SET)), (2, U32(1))], true, "-m multiport, sets"),
    optional(
        core(
            "byteorder",
            &[(1, U32(1)), (2, U32(2)), (3, U32(1)), (4, U32(4)), (5, U32(4))],
            true,
            "comparisons of order",
        ),
        "CONFIG_NF_TABLES",
    ),
    optional(
        core("dynset", &[(1, Text(DYNAMIC_SET)), (3, U32(0)), (4, U32(1))], true, "-m hashlimit, -m recent, -j SET"),
        "CONFIG_NF_TABLES",
    ),
    optional(core("objref", &[(1, U32(1)), (2, Text(OBJECT))], false, "named counters, quotas"), "CONFIG_NF_TABLES"),
    optional(
        core(
            "exthdr",
            &[(1, U32(1)), (2, U8(2)), (3, U32(2)), (4, U32(2)), (6, U32(1))],
            false,
            "--tcp-option, -j TCPMSS",
        ),
        "CONFIG_NF_TABLES",
    ),
    optional(core("rt", &[(1, U32(1)), (2, U32(1))], false, "-m realm, -j TCPMSS --clamp"), "CONFIG_NF_TABLES"),
    optional(core("last", &[], false, "when a rule matched last"), "CONFIG_NF_TABLES of Linux 5.14 or later"),
    optional(
        core(
            "inner",
            &[
                (1, U32(0)),
                (2, U32(1)),
                (3, U32(0xf)),
                (4, U32(8)),
                (5, Expression("payload", &[(1, U32(1)), (2, U32(1)), (3, U32(9)), (4, U32(1))])),
            ],
            false,
            "headers inside of tunnels",
        ),
        "CONFIG_NF_TABLES of Linux 6.2 or later",
    ),
    extra("ct", &[(1, U32(1)), (2, U32(0))], "CONFIG_NFT_CT", "-m conntrack, -m state, -j CONNMARK"),
    extra("notrack", &[], "CONFIG_NFT_CT", "-j CT --notrack"),
    extra("limit", &[(1, U64(1)), (2, U64(1)), (3, U32(5)), (4, U32(0))], "CONFIG_NFT_LIMIT", "-m limit, -m hashlimit"),
    both(extra("log", &[(5, U32(4))], "CONFIG_NFT_LOG and CONFIG_NF_LOG_SYSLOG", "-j LOG")),
    both(Sample {
        expression: "log",
        ..extra("log to a group", &[(1, U16(1))], "CONFIG_NFT_LOG and CONFIG_NETFILTER_NETLINK_LOG", "-j NFLOG")
    }),
    both(extra("reject", &[(1, U32(0)), (2, U8(1))], "CONFIG_NFT_REJECT_IPV4 and _IPV6", "-j REJECT")),
    both(Sample {
        expression: "reject",
        ..extra("reject by reset", &[(1, U32(1))], "CONFIG_NFT_REJECT_IPV4 and _IPV6", "-j REJECT of tcp-reset")
    }),
    both(extra("nat", &[(1, U32(0)), (2, OwnFamily), (3, U32(1))], "CONFIG_NFT_NAT", "-j SNAT, -j DNAT")),
    both(extra("masq", &[], "CONFIG_NFT_MASQ", "-j MASQUERADE")),
    both(extra("redir", &[], "CONFIG_NFT_REDIR", "-j REDIRECT")),
    extra("numgen", &[(1, U32(1)), (2, U32(2)), (3, U32(0))], "CONFIG_NFT_NUMGEN", "-m statistic"),
    extra("hash", &[(1, U32(1)), (2, U32(2)), (3, U32(4)), (4, U32(2)), (7, U32(0))], "CONFIG_NFT_HASH", "-m cluster"),
    Sample {
        expression: "hash",
        ..extra("hash, symmetric", &[(2, U32(2)), (4, U32(2)), (7, U32(1))], "CONFIG_NFT_HASH", "balanced connections")
    },
    both(extra(
        "fib",
        &[(1, U32(1)), (2, U32(3)), (3, U32(2))],
        "CONFIG_NFT_FIB_IPV4 and _IPV6",
        "-m addrtype, -m rpfilter",
    )),
    extra("quota", &[(1, U64(1))], "CONFIG_NFT_QUOTA", "-m quota"),
    extra("connlimit", &[(1, U32(1))], "CONFIG_NFT_CONNLIMIT", "-m connlimit"),
    both(extra("socket", &[(1, U32(0)), (2, U32(1))], "CONFIG_NFT_SOCKET", "-m socket, -m cgroup")),
    both(extra("tproxy", &[(1, OwnFamily), (3, U32(1))], "CONFIG_NFT_TPROXY", "-j TPROXY")),
    extra("queue", &[(1, U16(0)), (2, U16(1))], "CONFIG_NFT_QUEUE", "-j NFQUEUE"),
    both(extra("dup", &[(1, U32(1))], "CONFIG_NFT_DUP_IPV4 and _IPV6", "-j TEE")),
    both(extra("synproxy", &[(1, U16(1460)), (2, U8(7)), (3, U32(3))], "CONFIG_NFT_SYNPROXY", "-j SYNPROXY")),
    extra("osf", &[(1, U32(1))], "CONFIG_NFT_OSF", "-m osf"),
    extra("xfrm", &[(1, U32(1)), (2, U32(5)), (3, U8(0)), (4, U32(0))], "CONFIG_NFT_XFRM", "-m policy"),
    Sample {
        // The kernel has it for packets of a device only.
        families: &[Family::Netdev],
        ..extra("tunnel", &[(1, U32(0)), (2, U32(1))], "CONFIG_NFT_TUNNEL", "keys of tunnels")
    },
    Sample {
        expression: "payload",
        ..optional(
            core(
                "payload, written",
                &[(5, U32(1)), (2, U32(1)), (3, U32(8)), (4, U32(1)), (6, U32(1)), (7, U32(10))],
                true,
                "-j TTL, -j DSCP",
            ),
            "CONFIG_NF_TABLES",
        )
    },
];

/// `NFTA_EXPR_NAME` and `NFTA_EXPR_DATA`.
const NAME: u16 = 1;
const DATA: u16 = 2;
/// `NFTA_DATA_VALUE`.
const DATA_VALUE: u16 = 1;

/// One expression, within the attribute that holds it.
pub fn put_expression(bytes: &mut Bytes, family: Family, name: &str, attributes: &[(u16, Value)]) {
    bytes.put_str(NAME, name);
    bytes.nest(DATA, |data| {
        for &(kind, value) in attributes {
            put(data, family, kind, value);
        }
    });
}

fn put(bytes: &mut Bytes, family: Family, kind: u16, value: Value) {
    match value {
        U8(value) => bytes.put(kind, &[value]),
        U16(value) => bytes.put(kind, &value.to_be_bytes()),
        U32(value) => bytes.put(kind, &value.to_be_bytes()),
        U64(value) => bytes.put(kind, &value.to_be_bytes()),
        OwnFamily => bytes.put(kind, &u32::from(family.number()).to_be_bytes()),
        Text(text) => bytes.put_str(kind, text),
        Data(value) => bytes.nest(kind, |nest| nest.put(DATA_VALUE, value)),
        Expression(name, attributes) => bytes.nest(kind, |nest| put_expression(nest, family, name, attributes)),
    }
}
