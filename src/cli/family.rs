//! `-4` and `-6`: of which version of IP a command is to speak.

use clap::Args;

use crate::rule::IpFamily;

/// The options that name a version; one of them, or neither.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
pub struct FamilyArgs {
    /// Only IPv4
    #[arg(short = '4', long, conflicts_with = "ipv6")]
    ipv4: bool,
    /// Only IPv6
    #[arg(short = '6', long)]
    ipv6: bool,
}

impl FamilyArgs {
    /// The one that was named.
    pub const fn one(self) -> Option<IpFamily> {
        match (self.ipv4, self.ipv6) {
            (true, _) => Some(IpFamily::V4),
            (_, true) => Some(IpFamily::V6),
            _ => None,
        }
    }

    /// The one that was named, or IPv4, as with iptables.
    pub fn one_or_v4(self) -> IpFamily {
        self.one().unwrap_or(IpFamily::V4)
    }
}
