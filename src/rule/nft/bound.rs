//! Chains without a name: nft writes their rules in the place of the jump.

use super::{Printer, Style, styled};
use crate::expr::Verdict;
use crate::rule::BoundChain;

impl Printer<'_> {
    /// `jump { … }`, where the verdict leads to a chain that belongs to this rule.
    pub(super) fn block(&self, verdict: &Verdict) -> Option<String> {
        let word = match verdict {
            Verdict::Jump(_) => "jump",
            Verdict::Goto(_) => "goto",
            _ => return None,
        };
        let chain = self.lowered.bound.iter().find(|bound| Some(bound.name.as_str()) == verdict.chain())?;
        let text = if self.style.listed { self.lines(chain) } else { self.line(chain) };
        Some(format!("{word} {{{text}}}"))
    }

    fn line(&self, chain: &BoundChain) -> String {
        let text = |rule| styled(rule, self.family, self.names, self.style);
        chain.rules.iter().map(|rule| format!(" {};", text(rule))).collect::<String>() + " "
    }

    /// One tab deeper than the rule around them, whatever is inside.
    fn lines(&self, chain: &BoundChain) -> String {
        let inner = Style { handles: false, ..self.style };
        let text = |rule| styled(rule, self.family, self.names, inner).replace('\n', "\n\t");
        let rules: String = chain.rules.iter().map(|rule| format!("\t\t\t{}\n", text(rule))).collect();
        format!("\n{rules}\t\t")
    }
}
