//! Answers of rtnetlink, read strictly: what has another shape than the kernel's headers give it is an error, never
//! nothing. Numbers are in host order.

use std::net::IpAddr;

use crate::expr::attribute::Attribute;
use crate::expr::ip_address::from_octets;
use crate::expr::{Attributes, c_string};
use crate::kernel::KernelError;

/// Parts the fixed header of an answer from the attributes behind it; `of` says in an error whose they are.
pub(super) fn split<'a, const N: usize>(
    of: &'static str,
    body: &'a [u8],
) -> Result<(&'a [u8; N], impl Iterator<Item = Field<'a>>), KernelError> {
    let (header, rest) = body.split_first_chunk::<N>().ok_or_else(|| KernelError::unreadable(of))?;
    Ok((header, all(of, rest)?))
}

/// The attributes in `bytes`.
pub(super) fn all<'a>(of: &'static str, bytes: &'a [u8]) -> Result<impl Iterator<Item = Field<'a>>, KernelError> {
    let attributes = Attributes::new(bytes);
    if !attributes.is_whole() {
        return Err(KernelError::unreadable(of));
    }
    Ok(attributes.map(move |attribute| Field { attribute, of }))
}

/// One attribute.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field<'a> {
    attribute: Attribute<'a>,
    of: &'static str,
}

impl<'a> Field<'a> {
    /// Its type, flags masked off.
    pub(super) fn kind(&self) -> u16 {
        self.attribute.kind
    }

    /// Its payload.
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.attribute.payload
    }

    /// Its payload as attributes of its own.
    pub(super) fn nested(&self) -> Result<impl Iterator<Item = Field<'a>>, KernelError> {
        all(self.of, self.bytes())
    }

    /// Its payload as bytes of a fixed number.
    pub(super) fn array<const N: usize>(&self) -> Result<[u8; N], KernelError> {
        self.bytes().try_into().map_err(|_| self.unreadable())
    }

    pub(super) fn u8(&self) -> Result<u8, KernelError> {
        self.array().map(u8::from_ne_bytes)
    }

    pub(super) fn u16(&self) -> Result<u16, KernelError> {
        self.array().map(u16::from_ne_bytes)
    }

    pub(super) fn u32(&self) -> Result<u32, KernelError> {
        self.array().map(u32::from_ne_bytes)
    }

    /// Its payload as a string up to its NUL; bytes that are not UTF-8 become U+FFFD.
    pub(super) fn text(&self) -> String {
        c_string::read(self.bytes())
    }

    /// Its payload as an address of either family.
    pub(super) fn address(&self) -> Result<IpAddr, KernelError> {
        from_octets(self.bytes()).ok_or_else(|| self.unreadable())
    }

    /// The error of an attribute that cannot be read.
    pub(super) fn unreadable(&self) -> KernelError {
        KernelError::unreadable(format!("{}: attribute {} of {} bytes", self.of, self.kind(), self.bytes().len()))
    }
}

/// Bytes that this version can name but not read.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold("0x".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::attribute::Bytes;

    #[test]
    fn what_has_another_shape_is_an_error() {
        let mut bytes = Bytes::default();
        bytes.put(4, &1500_u32.to_ne_bytes());
        bytes.put(5, &[1, 2, 3]);
        let found: Vec<_> = all("a link", &bytes.0).expect("whole").collect();
        assert_eq!(found[0].u32(), Ok(1500));
        let object = found[1].u32().map_err(|error| error.object);
        assert_eq!(object, Err("a link: attribute 5 of 3 bytes".to_owned()));
        assert!(found[1].address().is_err());
        assert!(all("a link", &bytes.0[..9]).is_err());
        assert!(split::<40>("a link", &bytes.0).is_err());
    }
}
