//! Statements that change a set by the packet: `add @s { … }`, `meter`.

use std::fmt::Write as _;

use super::value::{Inputs, Value};
use super::{Printer, Style, duration, statement, types};
use crate::expr::{Dynset, Set};
use crate::rule::lexer;

impl Printer<'_> {
    /// `update @s { ip saddr timeout 30s limit rate 3/second : 5 }`.
    pub(super) fn dynset(&mut self, dynset: &Dynset, inputs: &Inputs<'_>) -> String {
        let key = inputs.get(Some(dynset.key)).cloned();
        let mut text = key.map_or_else(String::new, |key| self.show(&key).text);
        if let Some(timeout) = dynset.timeout {
            let _ = write!(text, " timeout {}", duration::span(timeout));
        }
        // What a new element begins with says nothing of what was counted: nft leaves it out.
        let style = Style { stateless: true, ..self.style };
        for expression in &dynset.expressions {
            text.push(' ');
            text += &statement::alone(expression, style).unwrap_or_else(|| super::raw(expression));
        }
        if let Some(value) = dynset.data.and_then(|register| inputs.get(Some(register))).cloned() {
            let _ = write!(text, " : {}", self.mapped_value(dynset, &value));
        }
        let name = lexer::printable(&dynset.set);
        let own = super::set::find(self.lowered, &dynset.set, dynset.set_id);
        if own.is_some_and(Set::is_anonymous) {
            let size = super::set::declared(self.lowered, &dynset.set).and_then(|listing| listing.size);
            let size = size.map_or_else(String::new, |size| format!(" size {size}"));
            return format!("meter {name}{size} {{ {text} }}");
        }
        let word = match dynset.op {
            Dynset::ADD => "add",
            Dynset::UPDATE => "update",
            _ => "delete",
        };
        format!("{word} @{name} {{ {text} }}")
    }

    /// A constant is of the type that the map's values have.
    fn mapped_value(&mut self, dynset: &Dynset, value: &Value<'_>) -> String {
        let data = super::set::find(self.lowered, &dynset.set, dynset.set_id).and_then(|set| set.data);
        let parts = data.map(|data| types::parts(data.kind)).unwrap_or_default();
        match value {
            Value::Constant(_) if !parts.is_empty() => self.operand(value, &parts),
            _ => self.show(value).text,
        }
    }
}
