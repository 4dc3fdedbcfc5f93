//! Policies: what becomes of a packet that no rule of a base chain decided on.

/// A base chain's policy with its number in the kernel (`NF_DROP`, `NF_ACCEPT` of linux/netfilter.h).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Policy {
    /// `DROP`.
    Drop = 0,
    /// `ACCEPT`.
    Accept = 1,
}

impl Policy {
    /// `NFTA_CHAIN_POLICY`.
    #[must_use]
    pub const fn number(self) -> u32 {
        self as u32
    }

    /// The inverse of [`Policy::number`].
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        [Self::Drop, Self::Accept].into_iter().find(|policy| policy.number() == number)
    }

    /// As iptables writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accept => "ACCEPT",
            Self::Drop => "DROP",
        }
    }

    /// The inverse of [`Policy::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Drop, Self::Accept].into_iter().find(|policy| policy.name() == name)
    }
}
