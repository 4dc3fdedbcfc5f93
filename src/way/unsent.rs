//! Packets that never left their sender: no route, too long, an address that nobody may send to.
//!
//! A packet that could not be sent is no evidence for anything. It is neither lost nor dropped.

use std::collections::BTreeMap;

use nix::errno::Errno;

use super::WayError;

/// How many packets the kernel did not take, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsent {
    /// How many; at least one.
    pub number: u64,
    /// What it said to the first of them.
    pub errno: Errno,
}

impl Unsent {
    /// Those of the packets that no witness saw begin that the kernel refused; `refused` are its answers to all packets,
    /// by their places. Those of which the other end of a wire takes no notice are no such.
    ///
    /// # Errors
    /// [`WayError::Unseen`] where it took more of them than were seen: nothing is known of those.
    pub fn of(unseen: u64, refused: &BTreeMap<usize, Errno>) -> Result<Option<Self>, WayError> {
        if unseen == 0 {
            return Ok(None);
        }
        // EPERM is what the sender of a packet hears that a rule has dropped: it was sent.
        let first = refused.values().find(|errno| **errno != Errno::EPERM).or(refused.values().next());
        match first {
            Some(&errno) if refused.len() as u64 >= unseen => Ok(Some(Self { number: unseen, errno })),
            _ => Err(WayError::Unseen),
        }
    }

    /// Why, in the system's words and with its name for it.
    #[must_use]
    pub fn reason(&self) -> String {
        format!("{} ({:?})", self.errno.desc(), self.errno)
    }

    /// What to do, so that they can be sent.
    #[must_use]
    pub const fn cure(&self) -> &'static str {
        match self.errno {
            Errno::ENETUNREACH | Errno::EHOSTUNREACH | Errno::EADDRNOTAVAIL => {
                "give the sender a route that leads there"
            }
            Errno::EMSGSIZE => "send less in one packet, or in fragments that fit the link",
            Errno::ENETDOWN => "bring the link up",
            Errno::EINVAL => "give it what the link needs: a frame of Ethernet has at least 14 bytes",
            Errno::EADDRINUSE => "send from another port",
            _ => "see what the system says",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_refused_and_seen_was_sent() {
        let refused = |all: &[Errno]| all.iter().copied().enumerate().collect::<BTreeMap<_, _>>();
        assert_eq!(Unsent::of(0, &refused(&[Errno::EPERM])).ok(), Some(None));
        let found = Unsent::of(1, &refused(&[Errno::EPERM, Errno::EMSGSIZE])).ok().flatten();
        assert_eq!(found, Some(Unsent { number: 1, errno: Errno::EMSGSIZE }));
        // Taken by the kernel, and seen by nobody.
        assert!(matches!(Unsent::of(2, &refused(&[Errno::EMSGSIZE])), Err(WayError::Unseen)));
        assert!(matches!(Unsent::of(1, &BTreeMap::new()), Err(WayError::Unseen)));
    }
}
