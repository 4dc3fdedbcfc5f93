//! Expressions that only load something, or only do something: which registers they use.
//!
//! Whoever follows the registers of a rule needs no line of its own for these. What reads one register and writes
//! another, and what looks in a set, is not among them.

use super::{
    Connlimit, Dup, Expression, Fib, FlowOffload, Fwd, Last, Masq, Nat, Notrack, Numgen, Osf, Queue, Quota, Redir,
    Register, Rt, Socket, Synproxy, Tproxy, Tunnel, Xfrm, XtMatch, XtTarget,
};

/// For loads, how many bytes are written; for actions, which registers are read.
macro_rules! flows {
    (
        load { $($load:ident($loaded:ident) = $length:expr,)+ }
        act { $($act:ident($acting:ident) = $registers:expr,)+ }
    ) => {
        /// What an expression loads that reads no register, whatever register it goes to: it stands with register 1.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Source {
            $(#[doc = concat!("[`", stringify!($load), "`].")] $load($load),)+
        }

        impl Source {
            /// Bytes that loading it writes.
            #[must_use]
            pub const fn length(self) -> u32 {
                match self {
                    $(Self::$load($loaded) => $length,)+
                }
            }
        }

        impl From<Source> for Expression {
            fn from(source: Source) -> Self {
                match source {
                    $(Source::$load(expression) => expression.into(),)+
                }
            }
        }

        /// What an expression does that writes no register; it may break the rule.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Action {
            $(#[doc = concat!("[`", stringify!($act), "`].")] $act($act),)+
        }

        impl From<Action> for Expression {
            fn from(action: Action) -> Self {
                match action {
                    $(Action::$act(expression) => expression.into(),)+
                }
            }
        }

        impl Expression {
            /// What it loads and where to, if that is all it does.
            #[must_use]
            pub fn source(&self) -> Option<(Source, Register)> {
                match self {
                    $(Self::$load(expression) => Some((
                        Source::$load($load { destination: Register::R1, ..*expression }),
                        expression.destination,
                    )),)+
                    _ => None,
                }
            }

            /// What it does and the registers that it reads, if that is all it does.
            #[must_use]
            pub fn action(&self) -> Option<(Action, Vec<Register>)> {
                match self {
                    $(Self::$act($acting) => {
                        let registers: Vec<Option<Register>> = Vec::from($registers);
                        Some((Action::$act($acting.clone()), registers.into_iter().flatten().collect()))
                    })+
                    _ => None,
                }
            }
        }
    };
}

/// As wide as a register: a name, or what this version does not know.
const WHOLE: u32 = 16;

flows! {
    load {
        Fib(fib) = match (fib.flags & Fib::PRESENT, fib.result) {
            (0, Fib::OIF | Fib::ADDRTYPE) => 4,
            (0, _) => WHOLE,
            _ => 1,
        },
        Numgen(_numgen) = 4,
        Osf(_osf) = WHOLE,
        Rt(rt) = match rt.key {
            Rt::CLASSID | Rt::NEXTHOP4 => 4,
            Rt::TCPMSS => 2,
            Rt::XFRM => 1,
            _ => WHOLE,
        },
        Socket(socket) = match socket.key {
            Socket::TRANSPARENT | Socket::WILDCARD => 1,
            Socket::MARK => 4,
            Socket::CGROUPV2 => 8,
            _ => WHOLE,
        },
        Tunnel(tunnel) = match tunnel.key {
            0 => 1,
            1 => 4,
            _ => WHOLE,
        },
        Xfrm(xfrm) = match xfrm.key {
            Xfrm::DADDR6 | Xfrm::SADDR6 => WHOLE,
            _ => 4,
        },
    }
    act {
        Connlimit(connlimit) = [],
        Dup(dup) = [dup.address, dup.device],
        FlowOffload(flow) = [],
        Fwd(fwd) = [Some(fwd.device), fwd.address],
        Last(last) = [],
        Masq(masq) = [masq.port_min, masq.port_max],
        Nat(nat) = [nat.address_min, nat.address_max, nat.port_min, nat.port_max],
        Notrack(notrack) = [],
        Queue(queue) = [queue.source],
        Quota(quota) = [],
        Redir(redir) = [redir.port_min, redir.port_max],
        Synproxy(synproxy) = [],
        Tproxy(tproxy) = [tproxy.address, tproxy.port],
        XtMatch(found) = [],
        XtTarget(found) = [],
    }
}
