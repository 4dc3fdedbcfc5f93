//! Ids by which one namespace names others (linux/net_namespace.h); links tell their peer's namespace by them.

use std::os::fd::{AsRawFd, BorrowedFd};

use neli::consts::nl::NlmF;
use neli::consts::rtnl::{RtAddrFamily, Rtm};
use neli::rtnl::{Rtgenmsg, RtgenmsgBuilder};
use neli::types::{Buffer, RtBuffer};

use super::{Request, Socket, attribute, fields, unencodable};
use crate::kernel::KernelError;

const NETNSA_NSID: u16 = 1;
const NETNSA_FD: u16 = 3;
/// `struct rtgenmsg` with its padding.
const HEADER: usize = 4;
const WHAT: &str = "the id of a namespace";

impl Socket {
    /// The id under which this socket's namespace knows `other`; none where it has given it none.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn nsid_of(&mut self, other: BorrowedFd<'_>) -> Result<Option<i32>, KernelError> {
        let header = RtgenmsgBuilder::default()
            .rtgen_family(RtAddrFamily::Unspecified)
            .rtattrs(RtBuffer::new())
            .build()
            .map_err(unencodable)?;
        let descriptor = attribute(NETNSA_FD, &other.as_raw_fd().to_ne_bytes())?;
        let request = Request::new(
            "read the id of a namespace",
            "",
            Rtm::Getnsid,
            NlmF::empty(),
            &PaddedRtgenmsg { header, descriptor },
        )?;
        Ok(self.ask(&request, nsid)?.into_iter().flatten().next())
    }
}

fn nsid(body: &[u8]) -> Result<Option<i32>, KernelError> {
    let (_, mut fields) = fields::split::<HEADER>(WHAT, body)?;
    let id = fields.find(|field| field.kind() == NETNSA_NSID).ok_or_else(|| KernelError::unreadable(WHAT))?;
    // NETNSA_NSID_NOT_ASSIGNED is -1.
    Ok(Some(id.u32()?.cast_signed()).filter(|id| *id >= 0))
}

/// `struct rtgenmsg` is one byte long, and its attributes begin at the next multiple of four: neli does not pad it.
#[derive(Debug)]
struct PaddedRtgenmsg {
    header: Rtgenmsg,
    descriptor: neli::rtnl::Rtattr<u16, Buffer>,
}

impl neli::ToBytes for PaddedRtgenmsg {
    fn to_bytes(&self, buffer: &mut std::io::Cursor<Vec<u8>>) -> Result<(), neli::err::SerError> {
        self.header.to_bytes(buffer)?;
        Buffer::from(vec![0; HEADER - 1]).to_bytes(buffer)?;
        self.descriptor.to_bytes(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_is_not_given_reads_as_none() {
        let body = |id: i32| [&[0, 0, 0, 0, 8, 0, 1, 0][..], &id.to_ne_bytes()].concat();
        assert_eq!(nsid(&body(3)), Ok(Some(3)));
        assert_eq!(nsid(&body(-1)), Ok(None));
        assert!(nsid(&[0]).is_err());
        assert!(nsid(&[0; 4]).is_err());
    }
}
