//! `-j CONNMARK`: the connection's mark is set, or copied from or to the packet's.

use crate::expr::{Bitwise, Ct, Meta, Register, meta::Access};
use crate::rule::condition::{Changed, Item, Selector, Statement, Value};
use crate::rule::error::ErrorKind;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::values::masked_number::MaskedNumber;
use crate::rule::values::number::parse_number;
use crate::rule::{IpFamily, Rule};

/// What is done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Change {
    /// No option yet.
    #[default]
    Nothing,
    /// `--set-xmark VALUE/MASK`: `ctmark & ~MASK ^ VALUE`; every other way to set it is a way to write that.
    Set(MaskedNumber),
    /// `--save-mark`: the packet's mark becomes the connection's.
    Save,
    /// `--restore-mark`: the connection's mark becomes the packet's.
    Restore,
}

/// `-j CONNMARK`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connmark {
    /// What is done.
    pub change: Change,
    /// `--nfmask`: bits of the packet's mark that are copied.
    pub packet: u32,
    /// `--ctmask`: bits of the connection's mark that are copied.
    pub connection: u32,
}

const CONNECTION: Selector = Selector::Ct(Ct::MARK, None);
const PACKET: Selector = Selector::Meta(Meta::MARK);

impl Extension for Connmark {
    const NAME: &'static str = "CONNMARK";
    const HELP: &'static str = "sets the connection's mark, or copies it; the packet goes on";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new(
            "--set-xmark",
            &["a number or NUMBER/MASK"],
            "clears the bits of the mask, then flips those of the number",
            "ct mark set ct mark & 0xfffffffc ^ 0x00000001",
        ),
        OptionSpec::new(
            "--set-mark",
            &["a number or NUMBER/MASK"],
            "clears the bits of the mask, then sets those of the number",
            "ct mark set 0x00000001",
        ),
        OptionSpec::new("--and-mark", &["a number"], "clears all other bits", "ct mark set ct mark & 0x000000ff"),
        OptionSpec::new("--or-mark", &["a number"], "sets bits", "ct mark set ct mark | 0x000000ff"),
        OptionSpec::new("--xor-mark", &["a number"], "flips bits", "ct mark set ct mark ^ 0x000000ff"),
        OptionSpec::new("--save-mark", &[], "the packet's mark becomes the connection's", "ct mark set meta mark"),
        OptionSpec::new("--restore-mark", &[], "the connection's mark becomes the packet's", "meta mark set ct mark"),
        OptionSpec::new("--nfmask", &["a number"], "bits of the packet's mark that are copied", "see --mask"),
        OptionSpec::new("--ctmask", &["a number"], "bits of the connection's mark that are copied", "see --mask"),
        OptionSpec::new("--mask", &["a number"], "bits that are copied; exactly only all of them", "all bits only"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-t mangle -j CONNMARK --set-mark 1", "-j CONNMARK --set-xmark 0x1/0xffffffff"),
            ("-t mangle -j CONNMARK --set-mark 3/4", "-j CONNMARK --set-xmark 0x3/0x7"),
            ("-t mangle -j CONNMARK --set-xmark 1/2", "-j CONNMARK --set-xmark 0x1/0x2"),
            ("-t mangle -j CONNMARK --and-mark 3", "-j CONNMARK --set-xmark 0x0/0xfffffffc"),
            ("-t mangle -j CONNMARK --or-mark 3", "-j CONNMARK --set-xmark 0x3/0x3"),
            ("-t mangle -j CONNMARK --xor-mark 3", "-j CONNMARK --set-xmark 0x3/0x0"),
            ("-t mangle -j CONNMARK --save-mark", "-j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff"),
            (
                "-t mangle -j CONNMARK --restore-mark",
                "-j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff",
            ),
            (
                "-t mangle -j CONNMARK --restore-mark --ctmask 0xf --nfmask 0xffffffff",
                "-j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xf",
            ),
        ],
        refused: &[
            "-t mangle -j CONNMARK",
            "-t mangle -j CONNMARK --set-mark x",
            "-t mangle -j CONNMARK --set-mark 1 --save-mark",
            "-t mangle -j CONNMARK --set-mark 1 --mask 3",
            "-t mangle -j CONNMARK --save-mark --mask 0xf",
            "-t mangle -j CONNMARK --save-mark --ctmask x",
            "-t mangle -j CONNMARK --and-mark",
            "-t mangle -j CONNMARK --or-mark 1/2",
            "-t mangle -j CONNMARK --xor-mark x",
            "-t mangle -j CONNMARK --nfmask 1",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self { change: Change::Nothing, packet: u32::MAX, connection: u32::MAX }
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        let bits = || given.read("a number", parse_number);
        let change = match given.option {
            "--nfmask" => return bits().map(|bits| self.packet = bits),
            "--ctmask" => return bits().map(|bits| self.connection = bits),
            "--mask" => return bits().map(|bits| (self.packet, self.connection) = (bits, bits)),
            "--save-mark" => Change::Save,
            "--restore-mark" => Change::Restore,
            "--set-xmark" => Change::Set(MaskedNumber::parse(given.value())?),
            "--set-mark" => {
                let number = MaskedNumber::parse(given.value())?;
                Change::Set(MaskedNumber { mask: number.mask | number.value, ..number })
            }
            "--and-mark" => Change::Set(MaskedNumber { value: 0, mask: !bits()? }),
            "--or-mark" => Change::Set(bits().map(|value| MaskedNumber { value, mask: value })?),
            _ => Change::Set(MaskedNumber { value: bits()?, mask: 0 }),
        };
        if self.change != Change::Nothing {
            return Err(ErrorKind::Conflict("--set-xmark", given.option));
        }
        self.change = change;
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        match self.change {
            Change::Nothing => {
                let options = "--set-mark, --save-mark or --restore-mark";
                Err(ErrorKind::MissingOption { extension: "target CONNMARK", options })
            }
            Change::Set(_) if (self.packet, self.connection) != (u32::MAX, u32::MAX) => {
                Err(ErrorKind::Conflict("--mask", "--set-mark"))
            }
            _ => Ok(()),
        }
    }

    fn render(&self) -> Vec<String> {
        let masks = || {
            [
                "--nfmask".to_owned(),
                format!("{:#x}", self.packet),
                "--ctmask".to_owned(),
                format!("{:#x}", self.connection),
            ]
        };
        match self.change {
            Change::Nothing => Vec::new(),
            Change::Set(MaskedNumber { value, mask }) => {
                vec!["--set-xmark".to_owned(), format!("{value:#x}/{mask:#x}")]
            }
            Change::Save => std::iter::once("--save-mark".to_owned()).chain(masks()).collect(),
            Change::Restore => std::iter::once("--restore-mark".to_owned()).chain(masks()).collect(),
        }
    }

    fn list(&self) -> String {
        let restores = self.change == Change::Restore;
        let masks = match (self.packet, self.connection) {
            (u32::MAX, u32::MAX) => String::new(),
            (packet, connection) if packet == connection => format!(" mask {packet:#x}"),
            // The mask of where the mark comes from stands first.
            (packet, connection) if restores => format!(" ctmask {connection:#x} nfmask ~{packet:#x}"),
            (packet, connection) => format!(" nfmask {packet:#x} ctmask ~{connection:#x}"),
        };
        match self.change {
            Change::Nothing => String::new(),
            Change::Save => format!("CONNMARK save{masks}"),
            Change::Restore => format!("CONNMARK restore{masks}"),
            Change::Set(MaskedNumber { value: 0, mask }) => format!("CONNMARK and {:#x}", !mask),
            Change::Set(MaskedNumber { value, mask }) if value == mask => format!("CONNMARK or {value:#x}"),
            Change::Set(MaskedNumber { value, mask: 0 }) => format!("CONNMARK xor {value:#x}"),
            Change::Set(MaskedNumber { value, mask: u32::MAX }) => format!("CONNMARK set {value:#x}"),
            Change::Set(MaskedNumber { value, mask }) => format!("CONNMARK xset {value:#x}/{mask:#x}"),
        }
    }
}

impl TargetExtension for Connmark {
    /// The mark that is written is whole in nf_tables: of one that is copied, the bits that stay cannot be kept.
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let (kept, copied) = match self.change {
            Change::Save => (self.connection, self.packet),
            _ => (self.packet, self.connection),
        };
        if matches!(self.change, Change::Save | Change::Restore) && kept != u32::MAX {
            return Err(ErrorKind::NoNativeForm {
                what: if self.change == Change::Save { "--ctmask" } else { "--nfmask" },
                reason: "a mark that is written in part from another needs an operation on two values: kernels have it only of late, \
                         and nft 1.0.6 ends when it lists one",
                instead: "copy the whole mark, or set single bits with --set-xmark VALUE/MASK",
            });
        }
        let write_connection = Ct { key: Ct::MARK, direction: None, access: Access::Store(Register::R1) };
        match self.change {
            Change::Nothing => {}
            Change::Set(MaskedNumber { value, mask: u32::MAX }) => {
                lowering.constant(Register::R1, value.to_ne_bytes().to_vec());
                lowering.push(write_connection);
            }
            Change::Set(MaskedNumber { value, mask }) => {
                lowering.load_ct(Ct::MARK);
                lowering.push(Bitwise { xor: value.to_ne_bytes().to_vec(), ..Bitwise::and((!mask).to_ne_bytes()) });
                lowering.push(write_connection);
            }
            Change::Save => {
                lowering.load_meta(Meta::MARK);
                if copied != u32::MAX {
                    lowering.mask(&copied.to_ne_bytes());
                }
                lowering.push(write_connection);
            }
            Change::Restore => {
                lowering.load_ct(Ct::MARK);
                if copied != u32::MAX {
                    lowering.mask(&copied.to_ne_bytes());
                }
                lowering.push(Meta::store(Meta::MARK));
            }
        }
        Ok(())
    }

    fn lift(items: &[Item], _: &Rule, family: IpFamily) -> Option<Self> {
        let [Item::Statement(Statement::Assign(written, value))] = items else { return None };
        let number = |bytes: &[u8]| <[u8; 4]>::try_from(bytes).ok().map(u32::from_ne_bytes);
        let plain = |changed: &Option<Changed>| match changed {
            None => Some(u32::MAX),
            Some(Changed::Bits(masked)) if masked.xor.iter().all(|&byte| byte == 0) => number(&masked.mask),
            Some(_) => None,
        };
        let new = Self::new(family);
        match (*written, value) {
            (CONNECTION, Value::Constant(bytes)) => {
                let set = MaskedNumber { value: number(bytes)?, mask: u32::MAX };
                Some(Self { change: Change::Set(set), ..new })
            }
            (CONNECTION, Value::Computed(CONNECTION, Some(Changed::Bits(masked)))) => {
                let set = MaskedNumber { value: number(&masked.xor)?, mask: !number(&masked.mask)? };
                Some(Self { change: Change::Set(set), ..new })
            }
            (CONNECTION, Value::Computed(PACKET, changed)) => {
                Some(Self { change: Change::Save, packet: plain(changed)?, ..new })
            }
            (PACKET, Value::Computed(CONNECTION, changed)) => {
                Some(Self { change: Change::Restore, connection: plain(changed)?, ..new })
            }
            _ => None,
        }
    }
}
