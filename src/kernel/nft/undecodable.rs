//! What the kernel listed and this version cannot read: an error, so that no listing looks whole without it.

use nix::errno::Errno;

use crate::expr::Attributes;
use crate::kernel::KernelError;

/// The error for a message of a listing that has no readable `what`. Its names, attributes of the kinds `names`, are told
/// as far as they are there; bytes that are not ASCII as `\xNN`.
pub fn undecodable(what: &'static str, attributes: &[u8], names: &[u16]) -> KernelError {
    let attributes = Attributes::new(attributes);
    let mut object = what.to_owned();
    let mut errno = Errno::EBADMSG;
    for name in names.iter().filter_map(|kind| attributes.get(*kind)) {
        let end = name.payload.iter().position(|&byte| byte == 0).unwrap_or(name.payload.len());
        object.push(' ');
        object.push_str(&name.payload[..end].escape_ascii().to_string());
        if name.str().is_none() {
            errno = Errno::EILSEQ;
        }
    }
    let error = KernelError::new("read", object, errno);
    if errno == Errno::EILSEQ {
        error.with_help("another program made it under a name that is not UTF-8")
    } else {
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::attribute::Bytes;

    #[test]
    fn names_are_told_whatever_their_bytes() {
        let mut bytes = Bytes::default();
        bytes.put(1, b"filter\0");
        bytes.put(3, b"\xff\x1bX\0");
        let error = undecodable("chain", &bytes.0, &[1, 3]);
        assert_eq!((error.object.as_str(), error.errno), ("chain filter \\xff\\x1bX", Errno::EILSEQ));
        assert!(error.help.is_some());
        let error = undecodable("chain", &bytes.0, &[1]);
        assert_eq!((error.object.as_str(), error.errno), ("chain filter", Errno::EBADMSG));
    }
}
