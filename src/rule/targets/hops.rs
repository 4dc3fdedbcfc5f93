//! `-j TTL` and `-j HL`: how many hops a packet may still go. One field under two names.

use super::header_word::HeaderWord;
use crate::expr::payload::PayloadAccess;
use crate::expr::{Payload, PayloadBase, Register};
use crate::rule::condition::Item;
use crate::rule::error::ErrorKind;
use crate::rule::lower::{LowerContext, Lowering};
use crate::rule::matches::masked_number::parse_byte;
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::{BuiltinTable, Hook, IpFamily, Rule};

/// The upper byte of the word that holds the time to live; the lower one is the protocol's.
const PROTOCOL: u16 = 0x00ff;

fn lower_ttl(hops: u8, lowering: &mut Lowering) {
    HeaderWord::TTL.change(PROTOCOL, u16::from(hops) << 8, lowering);
}

/// The inverse of [`lower_ttl`].
fn lift_ttl(items: &[Item]) -> Option<u8> {
    let (keep, flip) = HeaderWord::TTL.lift_change(items)?;
    u8::try_from(flip >> 8).ok().filter(|_| keep == PROTOCOL && flip & PROTOCOL == 0)
}

/// No checksum covers it.
fn lower_hop_limit(hops: u8, lowering: &mut Lowering) {
    let access = PayloadAccess::Store { register: Register::R1, checksum: 0, checksum_offset: 0, flags: 0 };
    lowering.constant(Register::R1, vec![hops]);
    lowering.push(Payload { access, ..Payload::load(PayloadBase::Network, 7, 1) });
}

/// The rule's own words tell.
const fn lift_hop_limit(_: &[Item]) -> Option<u8> {
    None
}

macro_rules! hops {
    ($(#[$doc:meta])* $type:ident, $name:literal, $option:literal, $flag:literal, $family:ident, $nft:literal, $lower:ident, $lift:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct $type {
            /// `None` until a number was given.
            pub hops: Option<u8>,
        }

        impl Extension for $type {
            const NAME: &'static str = $name;
            const FAMILY: Option<IpFamily> = Some(IpFamily::$family);
            const HELP: &'static str = "sets how many hops the packet may still go; only in table mangle";
            const OPTIONS: &'static [OptionSpec] = &[
                OptionSpec::new(concat!($option, "-set"), &["a number up to 255"], "so many", concat!($nft, " set 5")),
                OptionSpec::new(concat!($option, "-inc"), &["a number"], "not taken: nf_tables does not add", "none"),
                OptionSpec::new(concat!($option, "-dec"), &["a number"], "not taken: nf_tables does not subtract", "none"),
            ];
            const SAMPLES: Samples = Samples {
                accepted: &[
                    (
                        concat!($flag, "-t mangle -j ", $name, " ", $option, "-set 5"),
                        concat!("-j ", $name, " ", $option, "-set 5"),
                    ),
                    (
                        concat!($flag, "-t mangle -j ", $name, " ", $option, "-set 0xff"),
                        concat!("-j ", $name, " ", $option, "-set 255"),
                    ),
                ],
                refused: &[
                    concat!($flag, "-t mangle -j ", $name),
                    concat!($flag, "-t mangle -j ", $name, " ", $option, "-set 256"),
                    concat!($flag, "-t mangle -j ", $name, " ", $option, "-inc 1"),
                    concat!($flag, "-t mangle -j ", $name, " ", $option, "-dec 1"),
                    concat!($flag, "-j ", $name, " ", $option, "-set 5"),
                ],
            };

            fn new(_: IpFamily) -> Self {
                Self::default()
            }

            fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
                if given.option != Self::OPTIONS[0].name {
                    return Err(ErrorKind::NoNativeForm {
                        what: "counting hops up or down",
                        reason: "nf_tables changes bits and sets values, it does not add",
                        instead: concat!("set a number (", $option, "-set)"),
                    });
                }
                self.hops = Some(given.read("a number up to 255", parse_byte)?);
                Ok(())
            }

            fn finish(&self) -> Result<(), ErrorKind> {
                let extension = concat!("target ", $name);
                self.hops.map(|_| ()).ok_or(ErrorKind::MissingOption { extension, options: Self::OPTIONS[0].name })
            }

            fn render(&self) -> Vec<String> {
                let words = |hops: u8| vec![Self::OPTIONS[0].name.to_owned(), hops.to_string()];
                self.hops.map_or_else(Vec::new, words)
            }

            fn list(&self) -> String {
                self.hops.map_or_else(String::new, |hops| format!("{} set to {hops}", $name))
            }
        }

        impl TargetExtension for $type {
            fn check(&self, _: &Rule, context: &LowerContext<'_>, _: Option<Hook>) -> Result<(), ErrorKind> {
                context.require_table(BuiltinTable::Mangle, Self::NAME)
            }

            fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
                if let Some(hops) = self.hops {
                    $lower(hops, lowering);
                }
                Ok(())
            }

            fn lift(items: &[Item], _: &Rule, family: IpFamily) -> Option<Self> {
                $lift(items).filter(|_| family == IpFamily::$family).map(|hops| Self { hops: Some(hops) })
            }
        }
    };
}

hops! {
    /// `-j TTL`: IPv4 (RFC 791, Time to Live).
    Ttl, "TTL", "--ttl", "", V4, "ip ttl", lower_ttl, lift_ttl
}

hops! {
    /// `-j HL`: IPv6 (RFC 8200, Hop Limit).
    Hl, "HL", "--hl", "-6 ", V6, "ip6 hoplimit", lower_hop_limit, lift_hop_limit
}
