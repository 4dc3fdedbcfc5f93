//! Statements that change a set by the packet: `add @s { … }`, `meter`.

use std::fmt::Write as _;

use super::value::Inputs;
use super::{Printer, duration, statement};
use crate::expr::{Dynset, SetFlags};
use crate::rule::lexer;

impl Printer<'_> {
    /// `update @s { ip saddr timeout 30s limit rate 3/second : 5 }`.
    pub(super) fn dynset(&mut self, dynset: &Dynset, inputs: &Inputs<'_>) -> String {
        let key = inputs.get(Some(dynset.key)).cloned();
        let mut text = key.map_or_else(String::new, |key| self.show(&key).text);
        if let Some(timeout) = dynset.timeout {
            let _ = write!(text, " timeout {}", duration::span(timeout));
        }
        for expression in &dynset.expressions {
            text.push(' ');
            text += &statement::alone(expression).unwrap_or_else(|| super::raw(expression));
        }
        if let Some(value) = dynset.data.and_then(|register| inputs.get(Some(register))).cloned() {
            let _ = write!(text, " : {}", self.show(&value).text);
        }
        let name = lexer::printable(&dynset.set);
        let own = super::set::find(self.lowered, &dynset.set, dynset.set_id);
        if own.is_some_and(|set| set.flags.contains(SetFlags::ANONYMOUS)) {
            return format!("meter {name} {{ {text} }}");
        }
        let word = match dynset.op {
            Dynset::ADD => "add",
            Dynset::UPDATE => "update",
            _ => "delete",
        };
        format!("{word} @{name} {{ {text} }}")
    }
}
