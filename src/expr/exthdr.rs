//! `exthdr`: a header that may be there or not: options of TCP and IPv4, extension headers of IPv6, chunks of SCTP.

use super::{Attributes, Field, Register, Sink, meta::Access};

/// Loads bytes of an optional header into a register, or whether it is there; or writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exthdr {
    /// Whose headers (`enum nft_exthdr_op`).
    pub op: u32,
    /// The option's kind, or the header's number.
    pub kind: u8,
    /// First byte, counted from the header's start.
    pub offset: u32,
    /// Bytes.
    pub length: u32,
    /// `NFT_EXTHDR_F_PRESENT`: loads one byte, 1 where the header is there, else 0.
    pub present: bool,
    /// The register and whether it is read or written; `None` where the option is taken out of the packet.
    pub access: Option<Access>,
}

const DREG: Field = Field::new(1, 1);
const TYPE: Field = Field::new(2, 2);
const OFFSET: Field = Field::new(3, 3);
const LEN: Field = Field::new(4, 4);
const FLAGS: Field = Field::new(5, 5);
const OP: Field = Field::new(6, 6);
const SREG: Field = Field::new(7, 7);
const FLAG_PRESENT: u32 = 1;

impl Exthdr {
    /// Extension headers of IPv6.
    pub const IPV6: u32 = 0;
    /// Options of TCP.
    pub const TCP: u32 = 1;
    /// Options of IPv4.
    pub const IPV4: u32 = 2;
    /// A chunk of SCTP.
    pub const SCTP: u32 = 3;

    /// Loads bytes of a header of IPv6 into register 1; breaks where it is not there.
    #[must_use]
    pub const fn field(kind: u8, offset: u32, length: u32) -> Self {
        Self { op: Self::IPV6, kind, offset, length, present: false, access: Some(Access::Load(Register::R1)) }
    }

    /// Whether the header is there, into register 1.
    #[must_use]
    pub const fn presence(op: u32, kind: u8) -> Self {
        Self { op, kind, offset: 0, length: 1, present: true, access: Some(Access::Load(Register::R1)) }
    }

    /// `NFTA_EXTHDR_*`.
    pub fn encode(&self, sink: &mut dyn Sink) {
        match self.access {
            Some(Access::Load(register)) => sink.u32(DREG, register.0),
            Some(Access::Store(register)) => sink.u32(SREG, register.0),
            None => {}
        }
        sink.u8(TYPE, self.kind);
        // Taking an option out has neither, and the kernel refuses them there.
        if self.access.is_some() || (self.offset, self.length) != (0, 0) {
            sink.u32(OFFSET, self.offset);
            sink.u32(LEN, self.length);
        }
        if self.present {
            sink.u32(FLAGS, FLAG_PRESENT);
        }
        sink.u32(OP, self.op);
    }

    /// The inverse of [`Exthdr::encode`].
    #[must_use]
    pub fn decode(attributes: Attributes<'_>) -> Option<Self> {
        let (mut op, mut kind, mut offset, mut length) = (Self::IPV6, None, 0, 0);
        let (mut present, mut access) = (false, None);
        for attribute in attributes {
            match attribute.kind {
                number if number == DREG.kernel => access = Some(Access::Load(Register(attribute.u32()?))),
                number if number == SREG.kernel => access = Some(Access::Store(Register(attribute.u32()?))),
                number if number == TYPE.kernel => kind = Some(attribute.u8()?),
                number if number == OFFSET.kernel => offset = attribute.u32()?,
                number if number == LEN.kernel => length = attribute.u32()?,
                number if number == OP.kernel => op = attribute.u32()?,
                number if number == FLAGS.kernel => {
                    present = match attribute.u32()? {
                        0 => false,
                        FLAG_PRESENT => true,
                        _ => return None,
                    };
                }
                _ => return None,
            }
        }
        Some(Self { op, kind: kind?, offset, length, present, access })
    }
}
