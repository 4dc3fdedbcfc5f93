//! `-j MARK`: changes the packet's mark.

use crate::expr::{Bitwise, Meta, Register};
use crate::rule::condition::{Changed, Item, Selector, Statement, Value};
use crate::rule::error::ErrorKind;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::values::masked_number::MaskedNumber;
use crate::rule::values::number::parse_number;
use crate::rule::{IpFamily, Rule};

/// `-j MARK --set-xmark VALUE/MASK`: `mark & ~MASK ^ VALUE`; every other option is a way to write that.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mark {
    /// `None` until an option was given.
    pub change: Option<MaskedNumber>,
}

const fn option(
    name: &'static str,
    value: &'static [&'static str],
    help: &'static str,
    native: &'static str,
) -> OptionSpec {
    OptionSpec::new(name, value, help, native)
}

impl Extension for Mark {
    const NAME: &'static str = "MARK";
    const HELP: &'static str = "changes the packet's mark; the packet goes on";
    const OPTIONS: &'static [OptionSpec] = &[
        option(
            "--set-xmark",
            &["a number or NUMBER/MASK"],
            "clears the bits of the mask, then flips those of the number",
            "meta mark set 0x00000001, meta mark set meta mark & 0xfffffffc ^ 0x00000001",
        ),
        option(
            "--set-mark",
            &["a number or NUMBER/MASK"],
            "clears the bits of the mask, then sets those of the number",
            "meta mark set 0x00000001",
        ),
        option("--and-mark", &["a number"], "clears all other bits", "meta mark set meta mark & 0x000000ff"),
        option("--or-mark", &["a number"], "sets bits", "meta mark set meta mark | 0x000000ff"),
        option("--xor-mark", &["a number"], "flips bits", "meta mark set meta mark ^ 0x000000ff"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-t mangle -j MARK --set-mark 1", "-j MARK --set-xmark 0x1/0xffffffff"),
            ("-t mangle -j MARK --set-mark 1/2", "-j MARK --set-xmark 0x1/0x3"),
            ("-t mangle -j MARK --set-xmark 0x1/0x2", "-j MARK --set-xmark 0x1/0x2"),
            ("-t mangle -j MARK --and-mark 0xff", "-j MARK --set-xmark 0x0/0xffffff00"),
            ("-t mangle -j MARK --or-mark 0xff", "-j MARK --set-xmark 0xff/0xff"),
            ("-t mangle -j MARK --xor-mark 0xff", "-j MARK --set-xmark 0xff/0x0"),
        ],
        refused: &[
            "-t mangle -j MARK",
            "-t mangle -j MARK --set-mark x",
            "-t mangle -j MARK --or-mark 1/2",
            "-t mangle -j MARK --set-mark 1 --or-mark 2",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        if self.change.is_some() {
            return Err(ErrorKind::Conflict("--set-xmark", "another option of MARK"));
        }
        let value = given.value();
        let bits = || {
            let bad = || ErrorKind::BadValue { value: value.to_owned(), expected: "a number" };
            parse_number(value).ok_or_else(bad)
        };
        self.change = Some(match given.option {
            "--set-xmark" => MaskedNumber::parse(value)?,
            "--set-mark" => {
                let given = MaskedNumber::parse(value)?;
                MaskedNumber { value: given.value, mask: given.mask | given.value }
            }
            "--and-mark" => MaskedNumber { value: 0, mask: !bits()? },
            "--or-mark" => bits().map(|value| MaskedNumber { value, mask: value })?,
            _ => MaskedNumber { value: bits()?, mask: 0 },
        });
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let options = "--set-xmark, --set-mark, --and-mark, --or-mark or --xor-mark";
        self.change.map(|_| ()).ok_or(ErrorKind::MissingOption { extension: "target MARK", options })
    }

    fn render(&self) -> Vec<String> {
        let words =
            |change: MaskedNumber| ["--set-xmark".to_owned(), format!("{:#x}/{:#x}", change.value, change.mask)];
        self.change.into_iter().flat_map(words).collect()
    }

    fn list(&self) -> String {
        let Some(MaskedNumber { value, mask }) = self.change else { return String::new() };
        match (value, mask) {
            (0, mask) => format!("MARK and {:#x}", !mask),
            (value, mask) if value == mask => format!("MARK or {value:#x}"),
            (value, 0) => format!("MARK xor {value:#x}"),
            (value, u32::MAX) => format!("MARK set {value:#x}"),
            (value, mask) => format!("MARK xset {value:#x}/{mask:#x}"),
        }
    }
}

impl TargetExtension for Mark {
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let Some(MaskedNumber { value, mask }) = self.change else { return Ok(()) };
        if mask == u32::MAX {
            lowering.constant(Register::R1, value.to_ne_bytes().to_vec());
        } else {
            lowering.load_meta(Meta::MARK);
            lowering.push(Bitwise { xor: value.to_ne_bytes().to_vec(), ..Bitwise::and((!mask).to_ne_bytes()) });
        }
        lowering.push(Meta::store(Meta::MARK));
        Ok(())
    }

    fn lift(items: &[Item], _: &Rule, _: IpFamily) -> Option<Self> {
        let [Item::Statement(Statement::Assign(Selector::Meta(Meta::MARK), value))] = items else { return None };
        let number = |bytes: &[u8]| <[u8; 4]>::try_from(bytes).ok().map(u32::from_ne_bytes);
        let change = match value {
            Value::Constant(bytes) => MaskedNumber { value: number(bytes)?, mask: u32::MAX },
            Value::Computed(Selector::Meta(Meta::MARK), Some(Changed::Bits(masked))) => {
                MaskedNumber { value: number(&masked.xor)?, mask: !number(&masked.mask)? }
            }
            Value::Computed(..) => return None,
        };
        Some(Self { change: Some(change) })
    }
}
