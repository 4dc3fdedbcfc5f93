//! `-j CONNSECMARK`: copies security markings between packet and connection, where the one has one and the other none.

use crate::expr::{CmpOp, Ct, Meta, Register, meta::Access};
use crate::rule::condition::{Item, Selector, Statement, Value};
use crate::rule::error::ErrorKind;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::{BuiltinTable, Hook, IpFamily, Rule};

/// `-j CONNSECMARK`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Connsecmark {
    /// `None` until an option was given.
    pub copied: Option<Copied>,
}

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copied {
    /// `--save`: from the packet to the connection.
    ToConnection,
    /// `--restore`: from the connection to the packet.
    ToPacket,
}

const PACKET: Selector = Selector::Meta(Meta::SECMARK);
const CONNECTION: Selector = Selector::Ct(Ct::SECMARK, None);
/// No marking.
const NONE: [u8; 4] = [0; 4];

impl Copied {
    fn word(self) -> &'static str {
        match self {
            Self::ToConnection => "save",
            Self::ToPacket => "restore",
        }
    }

    /// Loads or writes the one that is copied from, or the one that is copied to.
    fn push(self, target: bool, access: Access, lowering: &mut Lowering) {
        if (self == Self::ToConnection) == target {
            lowering.push(Ct { key: Ct::SECMARK, direction: None, access });
        } else {
            lowering.push(Meta { key: Meta::SECMARK, access });
        }
    }
}

impl Extension for Connsecmark {
    const NAME: &'static str = "CONNSECMARK";
    const HELP: &'static str = "copies security markings; only in tables mangle and security";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new(
            "--save",
            &[],
            "the packet's becomes the connection's, where that has none",
            "meta secmark != 0 ct secmark 0 ct secmark set meta secmark",
        ),
        OptionSpec::new(
            "--restore",
            &[],
            "the connection's becomes the packet's, where that has none",
            "ct secmark != 0 meta secmark 0 meta secmark set ct secmark",
        ),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-t mangle -j CONNSECMARK --save", "-j CONNSECMARK --save"),
            ("-t security -j CONNSECMARK --restore", "-j CONNSECMARK --restore"),
        ],
        refused: &[
            "-t mangle -j CONNSECMARK",
            "-t mangle -j CONNSECMARK --save --restore",
            "-t mangle -j CONNSECMARK ! --save",
            "-t mangle -j CONNSECMARK --restore 1",
            "-j CONNSECMARK --save",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        if self.copied.is_some() {
            return Err(ErrorKind::Conflict("--save", "--restore"));
        }
        self.copied = Some(if given.option == "--save" { Copied::ToConnection } else { Copied::ToPacket });
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let missing = ErrorKind::MissingOption { extension: "target CONNSECMARK", options: "--save or --restore" };
        self.copied.map(|_| ()).ok_or(missing)
    }

    fn render(&self) -> Vec<String> {
        self.copied.map(|copied| format!("--{}", copied.word())).into_iter().collect()
    }

    fn list(&self) -> String {
        format!("CONNSECMARK {}", self.copied.map_or("", Copied::word))
    }
}

impl TargetExtension for Connsecmark {
    fn check(&self, _: &Rule, context: &LowerContext<'_>, _: Option<Hook>) -> Result<(), ErrorKind> {
        match context.table {
            BuiltinTable::Mangle | BuiltinTable::Security => Ok(()),
            table => Err(ErrorKind::NotInTable { target: Self::NAME, table: table.name() }),
        }
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let Some(copied) = self.copied else { return Ok(()) };
        let load = Access::Load(Register::R1);
        copied.push(false, load, lowering);
        lowering.compare(CmpOp::Neq, &NONE);
        copied.push(true, load, lowering);
        lowering.compare(CmpOp::Eq, &NONE);
        copied.push(false, load, lowering);
        copied.push(true, Access::Store(Register::R1), lowering);
        Ok(())
    }

    fn lift(items: &[Item], _: &Rule, _: IpFamily) -> Option<Self> {
        let [Item::Condition(has), Item::Condition(lacks), Item::Statement(Statement::Assign(written, value))] = items
        else {
            return None;
        };
        let (copied, from, to) = match *written {
            CONNECTION => (Copied::ToConnection, PACKET, CONNECTION),
            PACKET => (Copied::ToPacket, CONNECTION, PACKET),
            _ => return None,
        };
        let fits = (has.selector, has.plain()) == (from, Some((CmpOp::Neq, &NONE)))
            && (lacks.selector, lacks.plain()) == (to, Some((CmpOp::Eq, &NONE)))
            && *value == Value::Computed(from, None);
        fits.then_some(Self { copied: Some(copied) })
    }
}
