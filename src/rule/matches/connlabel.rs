//! `-m connlabel`: the labels of the packet's connection, a bit each.

use crate::expr::ct::Ct;
use crate::expr::meta::Access;
use crate::expr::{Bitwise, CmpOp, Register};
use crate::rule::condition::{Selector, Statement, Value};
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::{IpFamily, Labels};

/// `-m connlabel`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Connlabel {
    /// `--label`; `None` until it was given.
    pub label: Option<u8>,
    /// `!`.
    pub negated: bool,
    /// `--set`: puts it on first.
    pub set: bool,
}

/// `XT_CONNLABEL_MAXBIT` of linux/netfilter/xt_connlabel.h.
const LAST: u8 = 127;
const BYTES: usize = 16;

impl Extension for Connlabel {
    const NAME: &'static str = "connlabel";
    const HELP: &'static str = "the labels of the packet's connection";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--label", &["0 to 127, or a name of connlabel.conf"], "has the label", "ct label 40")
            .negatable(),
        OptionSpec::new("--set", &[], "puts it on first", "ct label set 40 ct label & 40 == 40"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m connlabel --label 40", "-m connlabel --label \"40\""),
            ("-m connlabel ! --label 0", "-m connlabel ! --label \"0\""),
            ("-m connlabel --set --label 127", "-m connlabel --label \"127\" --set"),
            ("-6 -m connlabel ! --label 9 --set", "-m connlabel ! --label \"9\" --set"),
        ],
        refused: &["-m connlabel", "-m connlabel --set", "-m connlabel --label 128", "-m connlabel --label x"],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        if given.option == "--set" {
            self.set = true;
            return Ok(());
        }
        let named = |text: &str| u8::try_from(given.names.label(Labels::ConnectionLabels, text)?).ok();
        let label = |text: &str| text.parse().ok().or_else(|| named(text)).filter(|&label| label <= LAST);
        self.label = Some(given.read("a label from 0 to 127, or a name that is known here", label)?);
        self.negated = given.negated;
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        self.label.map(|_| ()).ok_or(ErrorKind::MissingOption { extension: "match connlabel", options: "--label" })
    }

    fn render(&self) -> Vec<String> {
        let mut words: Vec<String> = self.negated.then(|| "!".to_owned()).into_iter().collect();
        words.extend(["--label".to_owned(), self.label.unwrap_or_default().to_string()]);
        words.extend(self.set.then(|| "--set".to_owned()));
        words
    }

    fn list(&self) -> String {
        let (negation, set) = (if self.negated { "! " } else { "" }, if self.set { " set" } else { "" });
        format!("connlabel {negation}{}{set}", self.label.unwrap_or_default())
    }

    fn cautions(&self) -> Vec<&'static str> {
        let text = "! --label leaves out packets that belong to no connection; iptables' kernel takes them";
        self.negated.then_some(text).into_iter().collect()
    }
}

/// The labels of a connection.
const LABELS: Selector = Selector::Ct(Ct::LABELS, None);

/// The only bit.
fn label(bits: &[u8]) -> Option<u8> {
    let bits = u128::from_le_bytes(<[u8; BYTES]>::try_from(bits).ok()?);
    bits.is_power_of_two().then(|| u8::try_from(bits.trailing_zeros()).ok())?
}

impl MatchExtension for Connlabel {
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let Some(label) = self.label else { return Ok(()) };
        let mut bit = vec![0; BYTES];
        bit[usize::from(label / 8)] = 1 << (label % 8);
        if self.set {
            lowering.constant(Register::R1, bit.clone());
            lowering.push(Ct { access: Access::Store(Register::R1), ..Ct::load(Ct::LABELS) });
        }
        lowering.load_ct(Ct::LABELS);
        lowering.push(Bitwise::and(bit.clone()));
        // nft asks of a single label whether any bit is left, of the others whether all are.
        if self.set || self.negated {
            lowering.compare(CmpOp::equal_unless(self.negated), &bit);
        } else {
            lowering.compare(CmpOp::Neq, &[0; BYTES]);
        }
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        let set = match lifting.statement() {
            Some(Statement::Assign(LABELS, Value::Constant(bits))) => Some(label(bits)?),
            Some(_) => return None,
            None => None,
        };
        set.is_some().then(|| lifting.advance());
        let condition = lifting.condition().filter(|found| found.selector == LABELS && found.changed.is_some())?;
        let (unequal, value, mask) = condition.under_mask()?;
        let asked = label(&mask)?;
        let negated = match value {
            value if value.iter().all(|&byte| byte == 0) => !unequal,
            value if value == mask => unequal,
            _ => return None,
        };
        set.is_none_or(|set| set == asked).then(|| lifting.advance())?;
        if set.is_some() {
            lifting.remember();
        }
        Some(Self { label: Some(asked), negated, set: set.is_some() })
    }
}
