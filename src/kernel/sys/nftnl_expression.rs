//! The sink that fills libnftnl's expressions: one `encode` serves it and the sink that writes bytes.
#![allow(unsafe_code)]

use std::ffi::CString;
use std::ptr::NonNull;

use nftnl_sys::{self as sys, nftnl_expr};
use nix::errno::Errno;

use crate::expr::{Expression, Field, Sink, Verdict};

/// libnftnl keeps register contents in 64 bytes and does not check what it copies there.
const DATA_MAX: usize = 64;
/// More than any string attribute of nf_tables may have (log prefixes: 128, names: 256 with their NUL).
const STRING_MAX: usize = 256;
/// `NFTNL_OUTPUT_DEFAULT`.
const PLAIN: u32 = 0;
/// Where, counted from `NFTNL_EXPR_IMM_DATA`, libnftnl has a verdict's code and its chain.
const VERDICT_CODE: u16 = 1;
const VERDICT_CHAIN: u16 = 2;

/// An expression of libnftnl, filled.
#[derive(Debug)]
pub struct NftnlExpression {
    raw: NonNull<nftnl_expr>,
    refused: Option<Errno>,
}

impl NftnlExpression {
    /// Fills libnftnl's form of `expression`.
    ///
    /// # Errors
    /// `EOPNOTSUPP` for what libnftnl has no form of ([`Expression::Unknown`] always), `ERANGE` for data or strings that
    /// nf_tables has no room for, `EINVAL` for a NUL in a string, `ENOMEM`.
    pub fn new(expression: &Expression) -> Result<Self, Errno> {
        let name = CString::new(expression.name()).map_err(|_| Errno::EINVAL)?;
        // SAFETY: `name` is a string with its NUL and outlives the call.
        let raw = NonNull::new(unsafe { sys::nftnl_expr_alloc(name.as_ptr()) }).ok_or(Errno::EOPNOTSUPP)?;
        let mut filled = Self { raw, refused: None };
        expression.encode(&mut filled);
        match filled.refused {
            Some(errno) => Err(errno),
            None => Ok(filled),
        }
    }

    /// As libnftnl shows it, and `nft --debug=netlink` with it: `payload load 2b @ transport header + 2 => reg 1`.
    #[must_use]
    pub fn text(&self) -> String {
        /// Far more than an expression takes: its data are at most 64 bytes, its strings 256.
        const ROOM: usize = 8192;
        let mut buffer = vec![0_u8; ROOM];
        // SAFETY: the expression is alive; libnftnl writes at most as many bytes as it is told, the last of them a NUL.
        unsafe { sys::nftnl_expr_snprintf(buffer.as_mut_ptr().cast(), ROOM, self.raw.as_ptr(), PLAIN, 0) };
        let end = buffer.iter().position(|&byte| byte == 0).unwrap_or(ROOM);
        String::from_utf8_lossy(&buffer[..end]).trim_end().to_owned()
    }

    /// Gives the expression away: whoever gets it has to free it.
    pub(super) fn into_raw(self) -> NonNull<nftnl_expr> {
        let raw = self.raw;
        std::mem::forget(self);
        raw
    }

    fn refuse(&mut self, errno: Errno) {
        self.refused.get_or_insert(errno);
    }

    fn accept(&mut self, result: libc::c_int) {
        if result < 0 {
            self.refuse(Errno::EOPNOTSUPP);
        }
    }
}

impl Drop for NftnlExpression {
    fn drop(&mut self) {
        // SAFETY: this object owns the expression; `into_raw` forgets the object when it gives it away.
        unsafe { sys::nftnl_expr_free(self.raw.as_ptr()) };
    }
}

impl Sink for NftnlExpression {
    fn u8(&mut self, field: Field, value: u8) {
        // SAFETY: the expression is alive; libnftnl checks the attribute's number and copies the value.
        unsafe { sys::nftnl_expr_set_u8(self.raw.as_ptr(), field.nftnl, value) };
    }

    fn u16(&mut self, field: Field, value: u16) {
        // SAFETY: as in `u8`.
        unsafe { sys::nftnl_expr_set_u16(self.raw.as_ptr(), field.nftnl, value) };
    }

    fn u32(&mut self, field: Field, value: u32) {
        if field.nftnl == Field::NONE {
            return self.refuse(Errno::EOPNOTSUPP);
        }
        // SAFETY: as in `u8`.
        unsafe { sys::nftnl_expr_set_u32(self.raw.as_ptr(), field.nftnl, value) };
    }

    fn u64(&mut self, field: Field, value: u64) {
        // SAFETY: as in `u8`.
        unsafe { sys::nftnl_expr_set_u64(self.raw.as_ptr(), field.nftnl, value) };
    }

    fn string(&mut self, field: Field, value: &str) {
        if value.len() >= STRING_MAX {
            return self.refuse(Errno::ERANGE);
        }
        let Ok(text) = CString::new(value) else { return self.refuse(Errno::EINVAL) };
        // SAFETY: `text` is a string with its NUL and outlives the call; libnftnl copies it.
        let result = unsafe { sys::nftnl_expr_set_str(self.raw.as_ptr(), field.nftnl, text.as_ptr()) };
        self.accept(result);
    }

    fn data(&mut self, field: Field, value: &[u8]) {
        let (true, Ok(length)) = (value.len() <= DATA_MAX, u32::try_from(value.len())) else {
            return self.refuse(Errno::ERANGE);
        };
        // SAFETY: pointer and length are those of `value`, which outlives the call; it fits where libnftnl copies it to.
        let result = unsafe { sys::nftnl_expr_set(self.raw.as_ptr(), field.nftnl, value.as_ptr().cast(), length) };
        self.accept(result);
    }

    fn verdict(&mut self, field: Field, value: &Verdict) {
        let at = |distance| Field::new(field.kernel, field.nftnl + distance);
        self.u32(at(VERDICT_CODE), value.code().cast_unsigned());
        if let Some(chain) = value.chain() {
            self.string(at(VERDICT_CHAIN), chain);
        }
    }

    fn bytes(&mut self, _field: Field, _value: &[u8]) {
        // Only matches and targets of xtables have such an attribute, and those are never written.
        self.refuse(Errno::EOPNOTSUPP);
    }

    fn expressions(&mut self, field: Field, value: &[Expression]) {
        for expression in value {
            match Self::new(expression) {
                // SAFETY: both expressions are alive; the outer one owns the inner one from here on.
                Ok(inner) => unsafe {
                    sys::nftnl_expr_add_expr(self.raw.as_ptr(), u32::from(field.nftnl), inner.into_raw().as_ptr());
                },
                Err(errno) => self.refuse(errno),
            }
        }
    }

    fn raw(&mut self, _attributes: &[u8]) {
        self.refuse(Errno::EOPNOTSUPP);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::expr::{Attributes, laws};

    /// `NFTA_EXPR_*`.
    const NAME: u16 = 1;
    const DATA: u16 = 2;

    /// The `NFTA_LIST_ELEM` that libnftnl writes.
    fn written(expression: &NftnlExpression) -> Vec<u8> {
        let mut buffer = vec![0_u64; 512];
        // SAFETY: the buffer is aligned and has 4096 bytes; one expression with data of at most 64 bytes and strings of
        // at most 255 takes far less.
        unsafe {
            let header = mnl_sys::mnl_nlmsg_put_header(buffer.as_mut_ptr().cast());
            let begin = (*header).nlmsg_len as usize;
            sys::nftnl_expr_build_payload(header.cast(), expression.raw.as_ptr());
            let end = (*header).nlmsg_len as usize;
            std::slice::from_raw_parts(buffer.as_ptr().cast::<u8>().add(begin), end - begin).to_vec()
        }
    }

    proptest! {
        #[test]
        fn libnftnl_writes_what_is_read_back(expression in laws::expression()) {
            let filled = NftnlExpression::new(&expression).expect("libnftnl has every expression of ours");
            let bytes = written(&filled);
            let element = Attributes::new(&bytes);
            let name = element.get(NAME).and_then(|name| name.str()).expect("a name");
            // An expression without attributes has no data.
            let data = element.get(DATA).map_or(&[][..], |data| data.payload);
            prop_assert_eq!(Expression::decode(name, data), expression);
        }
    }

    #[test]
    fn what_cannot_be_written_is_refused() {
        let unknown = crate::expr::Unknown { name: "inner".to_owned(), data: vec![8, 0, 1, 0, 0, 0, 0, 0] };
        assert_eq!(NftnlExpression::new(&Expression::Unknown(unknown)).err(), Some(Errno::EOPNOTSUPP));
        let data = crate::expr::Cmp::new(crate::expr::CmpOp::Eq, vec![0; 65]);
        assert_eq!(NftnlExpression::new(&data.into()).err(), Some(Errno::ERANGE));
        let prefix = crate::expr::Log { prefix: Some("a\0b".to_owned()), ..crate::expr::Log::default() };
        assert_eq!(NftnlExpression::new(&prefix.into()).err(), Some(Errno::EINVAL));
    }
}
