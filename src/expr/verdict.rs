//! Verdicts: what a rule says shall become of the packet.

/// A verdict with its code in the kernel (`NF_…` of linux/netfilter.h, `NFT_…` of linux/netfilter/nf_tables.h).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Ends the hook: the packet goes on.
    Accept,
    /// Ends everything: the packet is gone.
    Drop,
    /// Goes on with the next rule.
    Continue,
    /// Ends this rule, goes on with the next one.
    Break,
    /// Goes back to the rule behind the jump; at the end of a base chain, to its policy.
    Return,
    /// Goes through another chain and comes back.
    Jump(String),
    /// Goes through another chain and does not come back here.
    Goto(String),
    /// Any other code: queue numbers, stolen packets.
    Other(i32),
}

const DROP: i32 = 0;
const ACCEPT: i32 = 1;
const CONTINUE: i32 = -1;
const BREAK: i32 = -2;
const JUMP: i32 = -3;
const GOTO: i32 = -4;
const RETURN: i32 = -5;
/// `NF_QUEUE`.
const QUEUE: i32 = 3;
/// The part of a code that tells what is to be done (`NF_VERDICT_MASK`); the queue's number stands further up.
const KIND: i32 = 0xff;
const QUEUE_SHIFT: u32 = 16;

impl Verdict {
    /// The queue that a packet is handed to.
    #[must_use]
    pub fn queue(&self) -> Option<u16> {
        match self {
            Self::Other(code) if code & KIND == QUEUE => u16::try_from(code.cast_unsigned() >> QUEUE_SHIFT).ok(),
            _ => None,
        }
    }

    /// The kernel's number of the verdict.
    #[must_use]
    pub const fn code(&self) -> i32 {
        match self {
            Self::Accept => ACCEPT,
            Self::Drop => DROP,
            Self::Continue => CONTINUE,
            Self::Break => BREAK,
            Self::Return => RETURN,
            Self::Jump(_) => JUMP,
            Self::Goto(_) => GOTO,
            Self::Other(code) => *code,
        }
    }

    /// The chain that a jump or goto names.
    #[must_use]
    pub fn chain(&self) -> Option<&str> {
        match self {
            Self::Jump(chain) | Self::Goto(chain) => Some(chain),
            _ => None,
        }
    }

    /// As [`Verdict::chain`], to be changed.
    #[must_use]
    pub const fn chain_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::Jump(chain) | Self::Goto(chain) => Some(chain),
            _ => None,
        }
    }

    /// The inverse of [`Verdict::code`] and [`Verdict::chain`]; `None` for a jump without a chain or a chain without a
    /// jump.
    #[must_use]
    pub fn from_code(code: i32, chain: Option<&str>) -> Option<Self> {
        match (code, chain) {
            (JUMP, Some(chain)) => Some(Self::Jump(chain.to_owned())),
            (GOTO, Some(chain)) => Some(Self::Goto(chain.to_owned())),
            (JUMP | GOTO, None) | (_, Some(_)) => None,
            (DROP, None) => Some(Self::Drop),
            (ACCEPT, None) => Some(Self::Accept),
            (CONTINUE, None) => Some(Self::Continue),
            (BREAK, None) => Some(Self::Break),
            (RETURN, None) => Some(Self::Return),
            (code, None) => Some(Self::Other(code)),
        }
    }
}
