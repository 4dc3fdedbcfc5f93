//! `-m hbh` and `-m dst`: IPv6's headers of options (RFC 8200, 4.3 and 4.6). One form under two numbers.

use crate::expr::{CmpOp, Exthdr};
use crate::rule::IpFamily;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::values::header_length::HeaderLength;

macro_rules! options_header {
    ($(#[$doc:meta])* $type:ident, $name:literal, $number:literal, $help:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct $type {
            /// The length; without, the header has to be there.
            pub length: Option<HeaderLength>,
        }

        impl Extension for $type {
            const NAME: &'static str = $name;
            const FAMILY: Option<IpFamily> = Some(IpFamily::V6);
            const HELP: &'static str = $help;
            const OPTIONS: &'static [OptionSpec] = &[
                OptionSpec::new(
                    concat!("--", $name, "-len"),
                    &["bytes"],
                    "the header's length",
                    concat!("exthdr ", $name, " length"),
                )
                .negatable(),
                OptionSpec::new(
                    concat!("--", $name, "-opts"),
                    &["a list"],
                    "not taken: nf_tables does not walk these options",
                    "none",
                ),
            ];
            const SAMPLES: Samples = Samples {
                accepted: &[
                    (concat!("-m ", $name, " --", $name, "-len 8"), concat!("-m ", $name, " --", $name, "-len 8")),
                    (concat!("-m ", $name, " ! --", $name, "-len 5"), concat!("-m ", $name, " ! --", $name, "-len 5")),
                    (concat!("-m ", $name), concat!("-m ", $name)),
                ],
                refused: &[
                    concat!("-m ", $name, " --", $name, "-len x"),
                    concat!("-m ", $name, " --", $name, "-opts 1:2"),
                ],
            };

            fn new(_: IpFamily) -> Self {
                Self::default()
            }

            fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
                if given.option != Self::OPTIONS[0].name {
                    return Err(ErrorKind::NoNativeForm {
                        what: Self::OPTIONS[1].name,
                        reason: "nf_tables does not walk the options of this header",
                        instead: concat!("match the header, or its length (--", $name, "-len)"),
                    });
                }
                self.length = Some(HeaderLength::parse(given)?);
                Ok(())
            }

            fn render(&self) -> Vec<String> {
                self.length.map_or_else(Vec::new, |length| length.render(Self::OPTIONS[0].name))
            }

            fn list(&self) -> String {
                format!("{}{}", $name, self.length.map_or_else(String::new, HeaderLength::list))
            }

            fn cautions(&self) -> Vec<&'static str> {
                self.length.and_then(HeaderLength::caution).into_iter().collect()
            }
        }

        impl MatchExtension for $type {

            /// Loading the length ends the rule where the header is not there.
            fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
                if let Some(length) = self.length {
                    length.lower($number, lowering);
                } else {
                    lowering.push(Exthdr::presence(Exthdr::IPV6, $number));
                    lowering.compare(CmpOp::Eq, &[1]);
                }
                Ok(())
            }

            fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
                let condition = lifting.condition().filter(|_| lifting.family == IpFamily::V6)?;
                let length = HeaderLength::lift(condition, $number);
                (length.is_some() || condition.header_presence($number) == Some(true)).then(|| lifting.advance())?;
                Some(Self { length })
            }
        }
    };
}

options_header! {
    /// `-m hbh`.
    Hbh, "hbh", 0, "options for every hop"
}

options_header! {
    /// `-m dst`.
    Dst, "dst", 60, "options for the destination"
}
