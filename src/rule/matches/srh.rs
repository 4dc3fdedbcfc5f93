//! `-m srh`: segment routing headers (RFC 8754).

use std::net::Ipv6Addr;

use crate::expr::{CmpOp, Exthdr};
use crate::rule::IpFamily;
use crate::rule::address;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::values::number::parse_number;

/// A field that is compared: its option, first byte, bytes, operator.
type Field = (&'static str, u32, u32, CmpOp);

/// In the order in which iptables writes them.
const FIELDS: [Field; 11] = [
    ("--srh-next-hdr", 0, 1, CmpOp::Eq),
    ("--srh-hdr-len-eq", 1, 1, CmpOp::Eq),
    ("--srh-hdr-len-gt", 1, 1, CmpOp::Gt),
    ("--srh-hdr-len-lt", 1, 1, CmpOp::Lt),
    ("--srh-segs-left-eq", 3, 1, CmpOp::Eq),
    ("--srh-segs-left-gt", 3, 1, CmpOp::Gt),
    ("--srh-segs-left-lt", 3, 1, CmpOp::Lt),
    ("--srh-last-entry-eq", 4, 1, CmpOp::Eq),
    ("--srh-last-entry-gt", 4, 1, CmpOp::Gt),
    ("--srh-last-entry-lt", 4, 1, CmpOp::Lt),
    ("--srh-tag", 6, 2, CmpOp::Eq),
];
/// The routing header and its type.
const HEADER: u8 = 43;
const SEGMENT_ROUTING: u8 = 4;
/// The first segment of the list, which is the last one of the way: behind the header's first 8 bytes.
const LAST_SEGMENT: (u32, u32) = (8, 16);
const NETWORK: &str = "an address with a prefix length such as 2001:db8::/64";

/// `-m srh`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Srh {
    /// In the order of [`FIELDS`]; whether it was negated, and the value.
    pub values: [Option<(bool, u16)>; 11],
    /// `--srh-lsid`.
    pub last: Option<Segment>,
}

/// The network that a segment is in. The address is kept as it was said, whatever the prefix leaves of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// `!`.
    pub negated: bool,
    /// The address.
    pub address: Ipv6Addr,
    /// Bits of it that count, up to 128.
    pub prefix: u8,
}

impl Segment {
    /// Parses ADDRESS or ADDRESS/LENGTH.
    fn parse(given: &Given<'_>) -> Result<Self, ErrorKind> {
        let read = |text: &str| {
            let (address, prefix) = text.split_once('/').unwrap_or((text, "128"));
            Some((address.parse().ok()?, prefix.parse().ok().filter(|&bits: &u8| bits <= 128)?))
        };
        let (address, prefix) = given.read(NETWORK, read)?;
        Ok(Self { negated: given.negated, address, prefix })
    }

    fn lower(self, (offset, length): (u32, u32), lowering: &mut Lowering) {
        let mask = address::prefix_mask(self.prefix.into(), length as usize);
        let value: Vec<u8> = self.address.octets().iter().zip(&mask).map(|(byte, mask)| byte & mask).collect();
        lowering.push(Exthdr::field(HEADER, offset, length));
        if self.prefix < 128 {
            lowering.mask(&mask);
        }
        lowering.compare(CmpOp::equal_unless(self.negated), &value);
    }
}

impl Srh {
    fn given(&self) -> impl Iterator<Item = (&'static Field, bool, u16)> {
        FIELDS
            .iter()
            .zip(self.values)
            .filter_map(|(field, value)| value.map(|(negated, value)| (field, negated, value)))
    }
}

impl Extension for Srh {
    const NAME: &'static str = "srh";
    const FAMILY: Option<IpFamily> = Some(IpFamily::V6);
    const HELP: &'static str = "segment routing headers";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--srh-next-hdr", &["a number"], "the header behind it", "rt nexthdr 17").negatable(),
        OptionSpec::new("--srh-hdr-len-eq", &["a number"], "its length in units of 8 bytes is", "sr hdr-len")
            .negatable(),
        OptionSpec::new(
            "--srh-hdr-len-gt",
            &["a number"],
            "its length in units of 8 bytes is greater than",
            "sr hdr-len",
        )
        .negatable(),
        OptionSpec::new("--srh-hdr-len-lt", &["a number"], "its length in units of 8 bytes is less than", "sr hdr-len")
            .negatable(),
        OptionSpec::new("--srh-segs-left-eq", &["a number"], "segments left is", "sr segs-left").negatable(),
        OptionSpec::new("--srh-segs-left-gt", &["a number"], "segments left is greater than", "sr segs-left")
            .negatable(),
        OptionSpec::new("--srh-segs-left-lt", &["a number"], "segments left is less than", "sr segs-left").negatable(),
        OptionSpec::new("--srh-last-entry-eq", &["a number"], "place of the last entry is", "sr last-entry")
            .negatable(),
        OptionSpec::new(
            "--srh-last-entry-gt",
            &["a number"],
            "place of the last entry is greater than",
            "sr last-entry",
        )
        .negatable(),
        OptionSpec::new("--srh-last-entry-lt", &["a number"], "place of the last entry is less than", "sr last-entry")
            .negatable(),
        OptionSpec::new("--srh-tag", &["a number"], "its tag", "sr tag 5").negatable(),
        OptionSpec::new("--srh-psid", &["ADDRESS/LENGTH"], "not taken: nf_tables does not walk the segments", "none")
            .negatable(),
        OptionSpec::new("--srh-nsid", &["ADDRESS/LENGTH"], "not taken: nf_tables does not walk the segments", "none")
            .negatable(),
        OptionSpec::new("--srh-lsid", &["ADDRESS/LENGTH"], "the last segment of the way", "srh sid[1] 2001:db8::/64")
            .negatable(),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m srh", "-m srh"),
            ("-m srh --srh-next-hdr 17 ! --srh-segs-left-gt 3", "-m srh --srh-next-hdr 17 ! --srh-segs-left-gt 3"),
            ("-m srh --srh-tag 5 --srh-hdr-len-lt 4", "-m srh --srh-hdr-len-lt 4 --srh-tag 5"),
            ("-m srh ! --srh-last-entry-eq 2", "-m srh ! --srh-last-entry-eq 2"),
            ("-m srh --srh-lsid 2001:db8::1", "-m srh --srh-lsid 2001:db8::1/128"),
            ("-m srh ! --srh-lsid 2001:db8::/60 --srh-tag 1", "-m srh --srh-tag 1 ! --srh-lsid 2001:db8::/60"),
            ("-m srh --srh-lsid fe80::1/0", "-m srh --srh-lsid fe80::1/0"),
        ],
        refused: &[
            "-m srh --srh-next-hdr 256",
            "-m srh --srh-tag 65536",
            "-m srh --srh-hdr-len-eq x",
            "-m srh --srh-psid a::/64",
            "-m srh --srh-nsid a::/64",
            "-m srh --srh-lsid a::/129",
            "-m srh --srh-lsid 10.0.0.1",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        if given.option == "--srh-lsid" {
            self.last = Some(Segment::parse(given)?);
            return Ok(());
        }
        let Some(place) = FIELDS.iter().position(|field| field.0 == given.option) else {
            return Err(ErrorKind::NoNativeForm {
                what: "a condition on the segment before or behind",
                reason: "nf_tables does not walk the list of a segment routing header",
                instead: "match the last segment (--srh-lsid), the header's own fields, or the destination (-d)",
            });
        };
        let most = if FIELDS[place].2 == 1 { u16::from(u8::MAX) } else { u16::MAX };
        let number =
            |text: &str| parse_number(text).and_then(|number| u16::try_from(number).ok()).filter(|&it| it <= most);
        self.values[place] = Some((given.negated, given.read("a number that the field holds", number)?));
        Ok(())
    }

    fn render(&self) -> Vec<String> {
        let mut words = Vec::new();
        for (field, negated, value) in self.given() {
            words.extend(negated.then(|| "!".to_owned()));
            words.extend([field.0.to_owned(), value.to_string()]);
        }
        if let Some(Segment { negated, address, prefix }) = self.last {
            words.extend(negated.then(|| "!".to_owned()));
            words.extend(["--srh-lsid".to_owned(), format!("{address}/{prefix}")]);
        }
        words
    }

    fn list(&self) -> String {
        let mut text = "srh".to_owned();
        for (field, negated, value) in self.given() {
            text += &format!(" {}:{}{value}", field.0.trim_start_matches("--srh-"), if negated { "!" } else { "" });
        }
        if let Some(Segment { negated, address, prefix }) = self.last {
            text += &format!(" lsid {} {address}/{prefix}", if negated { "!" } else { "" });
        }
        text
    }
}

impl MatchExtension for Srh {
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        lowering.push(Exthdr::field(HEADER, 2, 1));
        lowering.compare(CmpOp::Eq, &[SEGMENT_ROUTING]);
        for ((_, offset, length, op), negated, value) in self.given() {
            let op = match (op, negated) {
                (CmpOp::Gt, false) => CmpOp::Gt,
                (CmpOp::Gt, true) => CmpOp::Lte,
                (CmpOp::Lt, false) => CmpOp::Lt,
                (CmpOp::Lt, true) => CmpOp::Gte,
                _ => CmpOp::equal_unless(negated),
            };
            let bytes = value.to_be_bytes();
            lowering.push(Exthdr::field(HEADER, *offset, *length));
            lowering.compare(op, &bytes[bytes.len() - *length as usize..]);
        }
        if let Some(segment) = self.last {
            segment.lower(LAST_SEGMENT, lowering);
        }
        Ok(())
    }

    /// The rule's own words tell.
    fn lift(_: &mut Lifting<'_>) -> Option<Self> {
        None
    }
}
