//! `-m ttl` and `-m hl`: how many hops a packet may still take. One field under two names.

use crate::expr::CmpOp;
use crate::rule::IpFamily;
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::values::number::parse_byte;

/// How the number is compared: option's ending, nf_tables' operator, its sign in a listing.
const COMPARISONS: [(&str, CmpOp, &str); 4] =
    [("-eq", CmpOp::Eq, "=="), ("-eq", CmpOp::Neq, "!="), ("-lt", CmpOp::Lt, "<"), ("-gt", CmpOp::Gt, ">")];

/// A comparison; `None` until an option was given.
type Limit = Option<(CmpOp, u8)>;

fn set(limit: &mut Limit, given: &Given<'_>, options: &'static str) -> Result<(), ErrorKind> {
    if limit.is_some() {
        return Err(ErrorKind::Conflict(options, given.option));
    }
    let number = given.read("a number from 0 to 255", parse_byte)?;
    let ending = &given.option[given.option.len() - 3..];
    let row = COMPARISONS.iter().find(|row| row.0 == ending && (row.1 == CmpOp::Neq) == given.negated);
    *limit = row.map(|row| (row.1, number));
    Ok(())
}

/// The inverse of [`set`].
fn render(limit: Limit, prefix: &str) -> Vec<String> {
    let Some((op, number)) = limit else { return Vec::new() };
    let ending = COMPARISONS.iter().find(|row| row.1 == op).map_or("-eq", |row| row.0);
    let mut words: Vec<String> = (op == CmpOp::Neq).then(|| "!".to_owned()).into_iter().collect();
    words.extend([format!("{prefix}{ending}"), number.to_string()]);
    words
}

fn list(limit: Limit, title: &str) -> String {
    let Some((op, number)) = limit else { return String::new() };
    let sign = COMPARISONS.iter().find(|row| row.1 == op).map_or("==", |row| row.2);
    format!("{title} match {title} {sign} {number}")
}

fn lower(limit: Limit, offset: u32, lowering: &mut Lowering) {
    if let Some((op, number)) = limit {
        lowering.load_network(offset, 1);
        lowering.compare(op, &[number]);
    }
}

/// The inverse of [`lower`].
fn lift(lifting: &mut Lifting<'_>, offset: u32) -> Option<(CmpOp, u8)> {
    let condition = lifting.condition().filter(|found| found.selector == Selector::network(offset, 1))?;
    let (op, &[number]) = condition.plain()? else { return None };
    COMPARISONS.iter().find(|row| row.1 == op)?;
    lifting.advance();
    Some((op, number))
}

macro_rules! hops {
    ($(#[$doc:meta])* $type:ident, $name:literal, $title:literal, $family:ident, $offset:literal, $eq:literal, $aliases:expr,
     $lt:literal, $gt:literal, $options:literal, $nft:literal, $samples:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct $type {
            /// What the field is compared with.
            pub limit: Limit,
        }

        impl Extension for $type {
            const NAME: &'static str = $name;
            const FAMILY: Option<IpFamily> = Some(IpFamily::$family);
            const HELP: &'static str = "how many hops the packet may still take";
            const OPTIONS: &'static [OptionSpec] = &[
                OptionSpec::new($eq, &["a number"], "exactly so many", concat!($nft, " 3")).aliases($aliases)
                    .negatable()
                    .told("the hops that it may still take are [not ]{}"),
                OptionSpec::new($lt, &["a number"], "fewer", concat!($nft, " < 3"))
                    .told("the hops that it may still take are less than {}"),
                OptionSpec::new($gt, &["a number"], "more", concat!($nft, " > 3"))
                    .told("the hops that it may still take are more than {}"),
            ];
            const SAMPLES: Samples = $samples;

            fn new(_: IpFamily) -> Self {
                Self::default()
            }

            fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
                set(&mut self.limit, given, $options)
            }

            fn finish(&self) -> Result<(), ErrorKind> {
                let missing = ErrorKind::MissingOption { extension: concat!("match ", $name), options: $options };
                self.limit.map(|_| ()).ok_or(missing)
            }

            fn render(&self) -> Vec<String> {
                render(self.limit, concat!("--", $name))
            }

            fn list(&self) -> String {
                list(self.limit, $title)
            }
        }

        impl MatchExtension for $type {
            fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
                lower(self.limit, $offset, lowering);
                Ok(())
            }

            fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
                let own = lifting.family == IpFamily::$family;
                own.then(|| lift(lifting, $offset)).flatten().map(|limit| Self { limit: Some(limit) })
            }
        }
    };
}

hops! {
    /// `-m ttl`: IPv4 (RFC 791, Time to Live).
    Ttl, "ttl", "TTL", V4, 8, "--ttl-eq", &["--ttl"], "--ttl-lt", "--ttl-gt", "--ttl-eq, --ttl-lt or --ttl-gt", "ip ttl",
    Samples {
        accepted: &[
            ("-m ttl --ttl 64", "-m ttl --ttl-eq 64"),
            ("-m ttl ! --ttl-eq 1", "-m ttl ! --ttl-eq 1"),
            ("-m ttl --ttl-lt 5", "-m ttl --ttl-lt 5"),
            ("-m ttl --ttl-gt 0", "-m ttl --ttl-gt 0"),
        ],
        refused: &[
            "-m ttl", "-m ttl --ttl-eq 256", "-m ttl ! --ttl-lt 3", "-m ttl ! --ttl-gt 3", "-m ttl --ttl-lt 3 --ttl-gt 1",
            "-m ttl --ttl-gt x",
        ],
    }
}

hops! {
    /// `-m hl`: IPv6 (RFC 8200, Hop Limit).
    Hl, "hl", "HL", V6, 7, "--hl-eq", &["--hl"], "--hl-lt", "--hl-gt", "--hl-eq, --hl-lt or --hl-gt", "ip6 hoplimit",
    Samples {
        accepted: &[
            ("-m hl --hl-eq 255", "-m hl --hl-eq 255"),
            ("-m hl ! --hl-eq 1", "-m hl ! --hl-eq 1"),
            ("-m hl --hl-lt 5", "-m hl --hl-lt 5"),
            ("-m hl --hl-gt 0", "-m hl --hl-gt 0"),
        ],
        refused: &["-m hl", "-m hl --hl-eq 256", "-m hl ! --hl-lt 3", "-m hl --hl-gt x"],
    }
}
