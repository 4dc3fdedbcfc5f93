//! The kernel's answer to a request: an errno, and what the extended ack says beside it.
//!
//! Both kinds of netlink socket get their answers read here (linux/netlink.h: `struct nlmsgerr`, `enum nlmsgerr_attrs`).
//! The attributes are there only on sockets with `NETLINK_EXT_ACK` switched on.

use nix::errno::Errno;

use super::KernelError;
use crate::expr::{Attributes, c_string};

/// `NLM_F_CAPPED`: of the request, the answer carries the header alone.
const CAPPED: u16 = 0x100;
/// `NLM_F_ACK_TLVS`: attributes follow.
const ACK_TLVS: u16 = 0x200;
const ERRNO_LENGTH: usize = 4;
const HEADER_LENGTH: usize = 16;
const ATTR_MSG: u16 = 1;
const ATTR_OFFS: u16 = 2;

/// The payload of an `NLMSG_ERROR` (or, with `errno` and attributes alone, of an `NLMSG_DONE`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// `None` for an ack.
    pub errno: Option<Errno>,
    /// `NLMSGERR_ATTR_MSG`: the kernel's own words.
    pub message: Option<String>,
    /// `NLMSGERR_ATTR_OFFS`: byte of the request, counted from its netlink header.
    pub offset: Option<u32>,
}

impl Answer {
    /// Reads the payload of an `NLMSG_ERROR` whose header has these `nlmsg_flags`. A payload too short to hold an errno
    /// reads as `EBADMSG`.
    #[must_use]
    pub fn of_error(flags: u16, payload: &[u8]) -> Self {
        let Some((errno, rest)) = payload.split_first_chunk::<ERRNO_LENGTH>() else {
            return Self { errno: Some(Errno::EBADMSG), ..Self::default() };
        };
        let mut answer = Self { errno: errno_of(*errno), ..Self::default() };
        if flags & ACK_TLVS != 0 {
            let echoed = rest.first_chunk::<4>().map_or(0, |length| u32::from_ne_bytes(*length));
            let request = if flags & CAPPED == 0 { usize::try_from(echoed).unwrap_or(usize::MAX) } else { 0 };
            let start = request.max(HEADER_LENGTH).checked_next_multiple_of(4).unwrap_or(usize::MAX);
            answer.read_attributes(rest.get(start..).unwrap_or_default());
        }
        answer
    }

    /// Reads the payload of an `NLMSG_DONE`: a dump that failed halfway says so there. A missing errno is none.
    #[must_use]
    pub fn of_done(flags: u16, payload: &[u8]) -> Self {
        let Some((errno, rest)) = payload.split_first_chunk::<ERRNO_LENGTH>() else { return Self::default() };
        let mut answer = Self { errno: errno_of(*errno), ..Self::default() };
        if flags & ACK_TLVS != 0 {
            answer.read_attributes(rest);
        }
        answer
    }

    fn read_attributes(&mut self, bytes: &[u8]) {
        for attribute in Attributes::new(bytes) {
            match attribute.kind {
                ATTR_MSG => self.message = Some(c_string::read(attribute.payload)),
                // Unlike nf_tables' own numbers, this one is in host order.
                ATTR_OFFS => self.offset = attribute.payload.try_into().ok().map(u32::from_ne_bytes),
                _ => {}
            }
        }
    }

    /// The answer as a result.
    ///
    /// # Errors
    /// What the kernel refused, with its words.
    pub fn into_result(self, operation: &'static str, object: &str) -> Result<(), KernelError> {
        match self.errno {
            None => Ok(()),
            Some(errno) => Err(KernelError {
                message: self.message,
                offset: self.offset,
                ..KernelError::new(operation, object, errno)
            }),
        }
    }
}

/// The kernel sends errnos negated; 0 is success.
fn errno_of(bytes: [u8; ERRNO_LENGTH]) -> Option<Errno> {
    match i32::from_ne_bytes(bytes) {
        0 => None,
        number => Some(Errno::from_raw(number.wrapping_neg())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::attribute::Bytes;

    fn payload(errno: Errno, echoed: &[u8], length: u32) -> Vec<u8> {
        let mut bytes = (-(errno as i32)).to_ne_bytes().to_vec();
        bytes.extend(length.to_ne_bytes());
        bytes.extend([0; 12]);
        bytes.extend(echoed);
        let mut attributes = Bytes::default();
        attributes.put(ATTR_MSG, b"Nexthop has invalid gateway\0");
        attributes.put(ATTR_OFFS, &36_u32.to_ne_bytes());
        bytes.extend(attributes.0);
        bytes
    }

    #[test]
    fn reads_the_words_behind_a_capped_and_a_whole_request() {
        let expected = Answer {
            errno: Some(Errno::EINVAL),
            message: Some("Nexthop has invalid gateway".to_owned()),
            offset: Some(36),
        };
        assert_eq!(Answer::of_error(CAPPED | ACK_TLVS, &payload(Errno::EINVAL, &[], 36)), expected);
        assert_eq!(Answer::of_error(ACK_TLVS, &payload(Errno::EINVAL, &[7; 20], 36)), expected);
    }

    #[test]
    fn an_ack_is_no_error_and_hostile_bytes_do_not_panic() {
        assert_eq!(Answer::of_error(CAPPED, &[0; 20]).errno, None);
        assert_eq!(Answer::of_error(0, &[1, 2]).errno, Some(Errno::EBADMSG));
        let lying = payload(Errno::EPERM, &[], u32::MAX);
        assert_eq!(Answer::of_error(ACK_TLVS, &lying).message, None);
        assert_eq!(Answer::of_done(0, &[]), Answer::default());
    }
}
