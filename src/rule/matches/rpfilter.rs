//! `-m rpfilter`: whether the way back to the sender leads where the packet came from.

use crate::expr::{CmpOp, Element, Fib, Register, Set, Source};
use crate::rule::BuiltinTable;
use crate::rule::IpFamily;
use crate::rule::ast::Rule;
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::table::Hook;

/// `RTN_LOCAL` and one more than the last type (linux/rtnetlink.h).
const RTN_LOCAL: u32 = 2;
const RTN_TYPES: u32 = 12;
/// nft's `TYPE_FIB_ADDR` and, in the lower `TYPE_BITS`, `TYPE_IFINDEX`.
const KEY_TYPE: u32 = 38 << 6 | 20;

/// `-m rpfilter`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct Rpfilter {
    /// `--loose`.
    pub loose: bool,
    /// `--validmark`.
    pub mark: bool,
    /// `--accept-local`.
    pub local: bool,
    /// `--invert`.
    pub inverted: bool,
}

impl Extension for Rpfilter {
    const NAME: &'static str = "rpfilter";
    const HELP: &'static str = "a reverse path test of the sender";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--loose", &[], "any interface will do", "fib saddr oif != 0"),
        OptionSpec::new("--validmark", &[], "with the packet's mark", "fib saddr . mark . iif oif != 0"),
        OptionSpec::new(
            "--accept-local",
            &[],
            "senders with an address of this host pass",
            "fib saddr type . fib saddr . iif oif != { unicast . 0, ... }",
        ),
        OptionSpec::new("--invert", &[], "those that fail", "fib saddr . iif oif 0"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-t raw -m rpfilter", "-m rpfilter"),
            ("-t mangle -m rpfilter --invert --loose", "-m rpfilter --loose --invert"),
            ("-t raw -m rpfilter --validmark --accept-local", "-m rpfilter --validmark --accept-local"),
        ],
        refused: &["-m rpfilter", "-t raw -m rpfilter --strict", "-t raw -m rpfilter ! --invert"],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        match given.option {
            "--loose" => self.loose = true,
            "--validmark" => self.mark = true,
            "--accept-local" => self.local = true,
            _ => self.inverted = true,
        }
        Ok(())
    }

    fn render(&self) -> Vec<String> {
        let parts = [
            ("--loose", self.loose),
            ("--validmark", self.mark),
            ("--accept-local", self.local),
            ("--invert", self.inverted),
        ];
        parts.iter().filter(|part| part.1).map(|part| part.0.to_owned()).collect()
    }

    fn list(&self) -> String {
        ["rpfilter".to_owned()]
            .into_iter()
            .chain(self.render().iter().map(|word| word.trim_start_matches('-').to_owned()))
            .collect::<Vec<_>>()
            .join(" ")
    }
}

impl MatchExtension for Rpfilter {
    fn check(&self, _: &Rule, context: &LowerContext<'_>) -> Result<(), ErrorKind> {
        if !matches!(context.table, BuiltinTable::Raw | BuiltinTable::Mangle) {
            return Err(ErrorKind::NotInTable { target: "match rpfilter", table: context.table.name() });
        }
        context.require_hook(&[Hook::Prerouting], "match rpfilter")
    }

    /// The interface of the way back; 0 where there is none, where it is another one, or where this host is the sender.
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let mark = if self.mark { Fib::MARK } else { 0 };
        let interface = if self.loose { 0 } else { Fib::IIF };
        let flags = Fib::SADDR | mark | interface;
        if !self.local {
            lowering.push(Fib { destination: Register::R1, result: Fib::OIF, flags });
            lowering.compare(if self.inverted { CmpOp::Eq } else { CmpOp::Neq }, &[0; 4]);
            return Ok(());
        }
        lowering.push(Fib { destination: Register::R1, result: Fib::ADDRTYPE, flags: Fib::SADDR | mark });
        lowering.push(Fib { destination: Register::SECOND, result: Fib::OIF, flags });
        let failing = |kind: u32| Element::key([kind.to_ne_bytes(), [0; 4]].concat());
        let elements = (0..RTN_TYPES).filter(|&kind| kind != RTN_LOCAL).map(failing).collect();
        lowering.member(!self.inverted, Set { key_type: KEY_TYPE, key_length: 8, elements, ..Set::default() });
        Ok(())
    }

    /// Without `--accept-local`: of it, the rule's own words tell.
    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        let condition = lifting.condition()?;
        let Selector::Source(Source::Fib(fib)) = condition.selector else { return None };
        let (op, value) = condition.plain().filter(|_| fib.result == Fib::OIF)?;
        let unequal = op.is_negated_equality()?;
        // That there is an interface, or its number is not 0.
        let inverted = match (fib.flags & Fib::PRESENT, value) {
            (0, [0, 0, 0, 0]) => !unequal,
            // One byte, behind which the kernel fills the register up with zeros.
            (Fib::PRESENT, &[present @ 0..=1] | &[present @ 0..=1, 0, 0, 0]) => unequal == (present == 1),
            _ => return None,
        };
        let flags = fib.flags & !Fib::PRESENT;
        let (mark, loose) = (flags & Fib::MARK != 0, flags & Fib::IIF == 0);
        (flags & !(Fib::MARK | Fib::IIF) == Fib::SADDR).then(|| lifting.advance())?;
        Some(Self { loose, mark, local: false, inverted })
    }
}
