//! Tables, chains, rules and sets of libnftnl: allocated, filled, written into a message, freed.
#![allow(unsafe_code)]

use std::ffi::CString;
use std::ptr::NonNull;

use libc::nlmsghdr;
use nftnl_sys as sys;
use nix::errno::Errno;

use super::nftnl_expression::NftnlExpression;
use crate::expr::attribute::Datum;
use crate::expr::element::Attached;
use crate::expr::{Element, Expression};

/// Keys of set elements: libnftnl keeps them in 64 bytes and does not check what it copies there.
const KEY_MAX: usize = 64;
/// `NFT_RULE_MAXEXPRS` of the kernel: more are refused there; here it bounds the size of a message.
const EXPRESSIONS_MAX: usize = 128;
/// `NFT_USERDATA_MAXLEN`.
const USER_DATA_MAX: usize = 256;
/// `NFT_NAME_MAXLEN`, NUL included.
const NAME_MAX: usize = 256;
/// One message holds 64 KiB of elements; each takes its key, perhaps a second one or its times, and 32 bytes.
pub const ELEMENTS_MAX: usize = 400;
/// `NFT_REG32_COUNT`.
const FIELDS_MAX: usize = 16;
const ELEM_INTERVAL_END: u32 = 1;

/// Something that writes its attributes behind the header of a message.
pub trait Message {
    /// Appends the attributes.
    ///
    /// # Safety
    /// `header` begins a message in a buffer with room for `nftnl::nft_nlmsg_maxsize()` bytes.
    unsafe fn write(&self, header: *mut nlmsghdr);
}

/// Attributes as bytes, for what libnftnl cannot build.
#[derive(Debug)]
pub struct Encoded {
    attributes: Vec<u8>,
    length: u32,
}

/// Well below `nft_nlmsg_maxsize()`, which is over 64 KiB.
const ENCODED_MAX: u32 = 32 * 1024;

impl Encoded {
    /// Takes them.
    ///
    /// # Errors
    /// `EMSGSIZE` over 32 KiB.
    pub fn new(attributes: Vec<u8>) -> Result<Self, Errno> {
        match u32::try_from(attributes.len()) {
            Ok(length) if length <= ENCODED_MAX => Ok(Self { attributes, length }),
            _ => Err(Errno::EMSGSIZE),
        }
    }
}

impl Message for Encoded {
    unsafe fn write(&self, header: *mut nlmsghdr) {
        // SAFETY: the caller vouches for the header and for more room behind it than `ENCODED_MAX`; the length in the
        // header, a multiple of 4, is where the attributes begin. The two do not overlap: the bytes are this object's.
        unsafe {
            let end = header.cast::<u8>().add((*header).nlmsg_len as usize);
            std::ptr::copy_nonoverlapping(self.attributes.as_ptr(), end, self.attributes.len());
            (*header).nlmsg_len += self.length;
        }
    }
}

/// One kind of libnftnl's objects: an owner with setters that take plain data. libnftnl copies all it is given.
macro_rules! object {
    ($(#[$doc:meta])* $name:ident, $raw:ident, $alloc:ident, $free:ident, $u32:ident, $u64:ident, $str:ident, $build:ident) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name(NonNull<sys::$raw>);

        impl $name {
            /// An empty one.
            ///
            /// # Errors
            /// `ENOMEM`.
            pub fn new() -> Result<Self, Errno> {
                // SAFETY: the function takes nothing and gives an owned object or null.
                NonNull::new(unsafe { sys::$alloc() }).map(Self).ok_or(Errno::ENOMEM)
            }

            /// Sets a 32-bit attribute of libnftnl.
            pub fn set_u32(&mut self, attribute: u16, value: u32) {
                // SAFETY: the object is alive and owned.
                unsafe { sys::$u32(self.0.as_ptr(), attribute, value) };
            }

            /// Sets a 64-bit attribute of libnftnl.
            pub fn set_u64(&mut self, attribute: u16, value: u64) {
                // SAFETY: the object is alive and owned.
                unsafe { sys::$u64(self.0.as_ptr(), attribute, value) };
            }

            /// Sets a string attribute of libnftnl.
            ///
            /// # Errors
            /// `ENAMETOOLONG` over 255 bytes, `EINVAL` for a NUL inside, `ENOMEM`.
            pub fn set_str(&mut self, attribute: u16, value: &str) -> Result<(), Errno> {
                if value.len() >= NAME_MAX {
                    return Err(Errno::ENAMETOOLONG);
                }
                let text = CString::new(value).map_err(|_| Errno::EINVAL)?;
                // SAFETY: the object is alive; `text` has its NUL and outlives the call, which copies it.
                let result = unsafe { sys::$str(self.0.as_ptr(), attribute, text.as_ptr()) };
                if result < 0 { Err(Errno::ENOMEM) } else { Ok(()) }
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                // SAFETY: the object is owned and nobody uses it afterwards.
                unsafe { sys::$free(self.0.as_ptr()) };
            }
        }

        impl Message for $name {
            unsafe fn write(&self, header: *mut nlmsghdr) {
                // SAFETY: the object is alive; the caller vouches for the header and the room behind it.
                unsafe { sys::$build(header, self.0.as_ptr()) };
            }
        }
    };
}

object! {
    /// `struct nftnl_table`.
    NftnlTable, nftnl_table, nftnl_table_alloc, nftnl_table_free, nftnl_table_set_u32, nftnl_table_set_u64,
    nftnl_table_set_str, nftnl_table_nlmsg_build_payload
}
object! {
    /// `struct nftnl_chain`.
    NftnlChain, nftnl_chain, nftnl_chain_alloc, nftnl_chain_free, nftnl_chain_set_u32, nftnl_chain_set_u64,
    nftnl_chain_set_str, nftnl_chain_nlmsg_build_payload
}
object! {
    /// `struct nftnl_rule`.
    NftnlRule, nftnl_rule, nftnl_rule_alloc, nftnl_rule_free, nftnl_rule_set_u32, nftnl_rule_set_u64,
    nftnl_rule_set_str, nftnl_rule_nlmsg_build_payload
}
object! {
    /// `struct nftnl_set`.
    NftnlSet, nftnl_set, nftnl_set_alloc, nftnl_set_free, nftnl_set_set_u32, nftnl_set_set_u64, nftnl_set_set_str,
    nftnl_set_nlmsg_build_payload
}

impl NftnlRule {
    /// Fills in the expressions and the user data.
    ///
    /// # Errors
    /// `E2BIG` over 128 expressions, `ERANGE` over 256 bytes of user data, else those of [`NftnlExpression::new`].
    pub fn fill(&mut self, expressions: &[Expression], user_data: &[u8]) -> Result<(), Errno> {
        if expressions.len() > EXPRESSIONS_MAX {
            return Err(Errno::E2BIG);
        }
        for expression in expressions {
            let filled = NftnlExpression::new(expression)?.into_raw();
            // SAFETY: both objects are alive; from here on the rule owns and frees the expression.
            unsafe { sys::nftnl_rule_add_expr(self.0.as_ptr(), filled.as_ptr()) };
        }
        if user_data.is_empty() {
            return Ok(());
        }
        let (true, Ok(length)) = (user_data.len() <= USER_DATA_MAX, u32::try_from(user_data.len())) else {
            return Err(Errno::ERANGE);
        };
        // SAFETY: pointer and length are those of `user_data`, which outlives the call; libnftnl copies the bytes.
        let result = unsafe {
            sys::nftnl_rule_set_data(
                self.0.as_ptr(),
                sys::NFTNL_RULE_USERDATA as u16,
                user_data.as_ptr().cast(),
                length,
            )
        };
        if result < 0 { Err(Errno::ENOMEM) } else { Ok(()) }
    }
}

impl NftnlSet {
    /// Tells the bytes of each field of a key that has several.
    ///
    /// # Errors
    /// `ERANGE` for more than 16 fields, `ENOMEM`.
    pub fn set_fields(&mut self, lengths: &[u8]) -> Result<(), Errno> {
        let (true, Ok(length)) = (lengths.len() <= FIELDS_MAX, u32::try_from(lengths.len())) else {
            return Err(Errno::ERANGE);
        };
        let attribute = sys::NFTNL_SET_DESC_CONCAT as u16;
        // SAFETY: the set is alive; pointer and length are those of `lengths`, which fits where libnftnl copies it to.
        let result = unsafe { sys::nftnl_set_set_data(self.0.as_ptr(), attribute, lengths.as_ptr().cast(), length) };
        if result < 0 { Err(Errno::ENOMEM) } else { Ok(()) }
    }

    /// Sets the user data.
    ///
    /// # Errors
    /// `ERANGE` over 256 bytes, `ENOMEM`.
    pub fn set_user_data(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        let (true, Ok(length)) = (bytes.len() <= USER_DATA_MAX, u32::try_from(bytes.len())) else {
            return Err(Errno::ERANGE);
        };
        let attribute = sys::NFTNL_SET_USERDATA as u16;
        // SAFETY: the set is alive; pointer and length are those of `bytes`, which libnftnl copies.
        let result = unsafe { sys::nftnl_set_set_data(self.0.as_ptr(), attribute, bytes.as_ptr().cast(), length) };
        if result < 0 { Err(Errno::ENOMEM) } else { Ok(()) }
    }

    /// Fills in the elements, at most [`ELEMENTS_MAX`] and only once.
    ///
    /// # Errors
    /// `E2BIG` for too many, else those of [`NftnlElement::new`].
    pub fn fill(self, elements: &[Element]) -> Result<NftnlElements, Errno> {
        if elements.len() > ELEMENTS_MAX {
            return Err(Errno::E2BIG);
        }
        for element in elements {
            let raw = NftnlElement::new(element)?.into_raw();
            // SAFETY: both are alive; from here on the set owns and frees the element.
            unsafe { sys::nftnl_set_elem_add(self.0.as_ptr(), raw.as_ptr()) };
        }
        Ok(NftnlElements(self))
    }
}

/// `struct nftnl_set_elem`.
#[derive(Debug)]
struct NftnlElement(NonNull<sys::nftnl_set_elem>);

impl NftnlElement {
    /// Fills libnftnl's form of `element`.
    ///
    /// # Errors
    /// `ERANGE` for a key or value over 64 bytes, `EOPNOTSUPP` for verdicts and what else an element may have, `ENOMEM`.
    fn new(element: &Element) -> Result<Self, Errno> {
        let value = match &element.value {
            None => None,
            Some(Datum::Value(value)) => Some(value),
            Some(Datum::Verdict(_)) => return Err(Errno::EOPNOTSUPP),
        };
        let times = element.attached.as_deref().map(|attached| (attached.timeout, attached.expiration));
        let only_times = times.map(|(timeout, expiration)| Attached { timeout, expiration, ..Attached::default() });
        if element.attached.as_deref() != only_times.as_ref() || element.key.is_empty() {
            return Err(Errno::EOPNOTSUPP);
        }
        // SAFETY: the function takes nothing and gives an owned element or null.
        let mut filled = Self(NonNull::new(unsafe { sys::nftnl_set_elem_alloc() }).ok_or(Errno::ENOMEM)?);
        filled.set_bytes(sys::NFTNL_SET_ELEM_KEY, &element.key)?;
        if let Some(value) = value {
            filled.set_bytes(sys::NFTNL_SET_ELEM_DATA, value)?;
        }
        if let Some(key_end) = &element.key_end {
            filled.set_bytes(sys::NFTNL_SET_ELEM_KEY_END, key_end)?;
        }
        let (timeout, expiration) = times.unwrap_or_default();
        for (attribute, time) in [(sys::NFTNL_SET_ELEM_TIMEOUT, timeout), (sys::NFTNL_SET_ELEM_EXPIRATION, expiration)]
        {
            if let Some(time) = time {
                // SAFETY: the element is alive.
                unsafe { sys::nftnl_set_elem_set_u64(filled.0.as_ptr(), attribute as u16, time) };
            }
        }
        if element.interval_end {
            // SAFETY: the element is alive.
            unsafe {
                sys::nftnl_set_elem_set_u32(filled.0.as_ptr(), sys::NFTNL_SET_ELEM_FLAGS as u16, ELEM_INTERVAL_END);
            }
        }
        Ok(filled)
    }

    fn set_bytes(&mut self, attribute: u32, bytes: &[u8]) -> Result<(), Errno> {
        let (true, Ok(length)) = (bytes.len() <= KEY_MAX, u32::try_from(bytes.len())) else {
            return Err(Errno::ERANGE);
        };
        // SAFETY: the element is alive; pointer and length are those of `bytes`, which fit where libnftnl copies them to.
        let result =
            unsafe { sys::nftnl_set_elem_set(self.0.as_ptr(), attribute as u16, bytes.as_ptr().cast(), length) };
        if result < 0 { Err(Errno::ENOMEM) } else { Ok(()) }
    }

    /// Gives the element away: whoever gets it has to free it.
    fn into_raw(self) -> NonNull<sys::nftnl_set_elem> {
        let raw = self.0;
        std::mem::forget(self);
        raw
    }
}

impl Drop for NftnlElement {
    fn drop(&mut self) {
        // SAFETY: this object owns the element; `into_raw` forgets the object when it gives it away.
        unsafe { sys::nftnl_set_elem_free(self.0.as_ptr()) };
    }
}

/// The elements of a set as one message of their own (`NEWSETELEM`), beside the set itself (`NEWSET`).
#[derive(Debug)]
pub struct NftnlElements(pub NftnlSet);

impl Message for NftnlElements {
    unsafe fn write(&self, header: *mut nlmsghdr) {
        // SAFETY: the set is alive; the caller vouches for the header and the room behind it, which `ELEMENTS_MAX`
        // elements do not fill.
        unsafe { sys::nftnl_set_elems_nlmsg_build_payload(header, self.0.0.as_ptr()) };
    }
}
