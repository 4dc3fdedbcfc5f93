//! A rule in the save form: what `iptables -S` prints behind `-A CHAIN`.

use super::ast::Rule;
use super::registry::Target;
use super::targets::verdict::Verdict;
use super::{address, lexer, protocol};
use crate::expr::Counts;

impl Rule {
    /// The rule's words, in iptables' order, not quoted.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        let mut option = |negated: bool, parts: &[&str]| {
            words.extend(negated.then(|| "!".to_owned()));
            words.extend(parts.iter().map(|&part| part.to_owned()));
        };
        for (name, found) in [("-s", &self.source), ("-d", &self.destination)] {
            if let Some(found) = found {
                option(found.negated, &[name, &address::render(found)]);
            }
        }
        for (name, found) in [("-i", &self.input), ("-o", &self.output)] {
            if let Some(found) = found {
                option(found.negated, &[name, &found.name]);
            }
        }
        if let Some(found) = self.protocol {
            option(found.negated, &["-p", &protocol::display(found.number)]);
        }
        if let Some(negated) = self.fragment {
            option(negated, &["-f"]);
        }
        for found in &self.matches {
            option(false, &["-m", found.name()]);
            words_of(&found.render(), &mut option);
        }
        match &self.target {
            None => {}
            Some(Target::Verdict(Verdict::Goto(chain))) => option(false, &["-g", chain]),
            Some(Target::Verdict(Verdict::Jump(chain))) => option(false, &["-j", chain]),
            Some(Target::Verdict(verdict)) => option(false, &["-j", verdict.label()]),
            Some(target) => {
                option(false, &["-j", target.name()]);
                words_of(&target.render(), &mut option);
            }
        }
        words
    }

    /// The words on one line, quoted as iptables-save quotes them: what stands behind `-A CHAIN `. Empty for a rule
    /// without conditions and target.
    #[must_use]
    pub fn render(&self) -> String {
        lexer::quote_line(&self.words())
    }
}

impl Rule {
    /// As [`Rule::render`], with the counters in front of the target, as `iptables -S -v` shows them.
    #[must_use]
    pub fn render_counted(&self, counts: Counts) -> String {
        let target = Self { target: self.target.clone(), ..Self::default() }.words();
        let mut words = self.words();
        let at = words.len().saturating_sub(target.len());
        words.splice(at..at, ["-c".to_owned(), counts.packets.to_string(), counts.bytes.to_string()]);
        lexer::quote_line(&words)
    }
}

fn words_of(words: &[String], option: &mut impl FnMut(bool, &[&str])) {
    for word in words {
        option(false, &[word]);
    }
}
