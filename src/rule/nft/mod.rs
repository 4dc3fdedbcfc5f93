//! Rules as `nft list ruleset` prints them.
//!
//! nft leaves out a test for the protocol where the next test of that protocol's header says the same; so does this. An
//! expression that has no form here stands in the text as `name(hex bytes)`: nothing is hidden.

mod condition;
mod datatype;
mod field;
mod statement;

use std::fmt::Write as _;

use super::condition::{Condition, Item, Selector, Test, delinearise};
use super::userdata::UserData;
use super::{Lowered, Names, lexer};
use crate::expr::attribute::Bytes;
use crate::expr::{CmpOp, Expression, Family, Meta, PayloadBase};
use field::Network;

/// The rule's text: counters with their figures, the comment at the end. Ports and protocols are numbers and the names
/// that nft itself has, so that the host's databases (`_names`) change nothing yet.
#[must_use]
pub fn text(lowered: &Lowered, family: Family, _names: &dyn Names) -> String {
    let mut printer = Printer::new(family);
    for item in delinearise(lowered, Family::Other(0)) {
        printer.item(&item);
    }
    let mut parts: Vec<String> = printer.parts.into_iter().flatten().collect();
    if let Some(comment) = UserData::decode(&lowered.user_data).comment {
        parts.push(format!("comment \"{}\"", lexer::printable(&comment)));
    }
    parts.join(" ")
}

/// What was printed so far, and what the conditions so far tell about the packet.
struct Printer {
    family: Family,
    network: Option<Network>,
    protocol: Option<u8>,
    /// Where the tests for network and transport protocol stand, as long as they may be left out.
    network_test: Option<usize>,
    protocol_test: Option<usize>,
    /// `None` for what was left out.
    parts: Vec<Option<String>>,
}

impl Printer {
    fn new(family: Family) -> Self {
        let network = match family {
            Family::Ip => Some(Network::V4),
            Family::Ip6 => Some(Network::V6),
            _ => None,
        };
        Self { family, network, protocol: None, network_test: None, protocol_test: None, parts: Vec::new() }
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Condition(condition) => self.condition(condition),
            Item::Statement(statement) => self.parts.push(Some(statement::text(statement, self.family))),
            Item::Raw(expression) => self.parts.push(Some(raw(expression))),
        }
    }

    fn condition(&mut self, condition: &Condition) {
        self.leave_out(condition.selector);
        let fields = field::fields(condition.selector, self.network, self.protocol);
        match (fields.as_slice(), &condition.masked, &condition.test) {
            ([_, _, ..], None, Test::Compare(op, value)) => {
                let mut rest = value.as_slice();
                for field in &fields {
                    let (part, behind) = rest.split_at(field.length.min(rest.len()));
                    rest = behind;
                    let test = Test::Compare(*op, part.to_vec());
                    self.parts.push(Some(condition::text(field, None, &test)));
                }
            }
            ([field, ..], masked, test) => self.parts.push(Some(condition::text(field, masked.as_ref(), test))),
            ([], ..) => {}
        }
        self.learn(condition);
    }

    /// Leaves out the tests that a test of this header says again.
    fn leave_out(&mut self, selector: Selector) {
        let Selector::Payload { base, .. } = selector else { return };
        let known = self.protocol.is_some_and(field::is_known_transport);
        let done = match base {
            PayloadBase::Transport if known => self.protocol_test.take(),
            PayloadBase::Network if self.network.is_some() => self.network_test.take(),
            _ => None,
        };
        if let Some(part) = done.and_then(|index| self.parts.get_mut(index)) {
            *part = None;
        }
    }

    fn learn(&mut self, condition: &Condition) {
        let Some((CmpOp::Eq, value)) = condition.plain() else { return };
        let last = self.parts.len().checked_sub(1);
        match (condition.selector, value) {
            (Selector::Meta(Meta::L4PROTO), &[number]) => {
                (self.protocol, self.protocol_test) = (Some(number), last);
            }
            (selector, &[number]) if selector == Selector::network(9, 1) && self.network == Some(Network::V4) => {
                (self.protocol, self.protocol_test) = (Some(number), last);
            }
            (selector, &[number]) if selector == Selector::network(6, 1) && self.network == Some(Network::V6) => {
                (self.protocol, self.protocol_test) = (Some(number), last);
            }
            (Selector::Meta(Meta::NFPROTO), &[number]) => self.learn_network(number == 2, number == 10, last),
            (Selector::Meta(Meta::PROTOCOL), &[high, low]) => {
                self.learn_network([high, low] == [0x08, 0x00], [high, low] == [0x86, 0xdd], last);
            }
            _ => {}
        }
    }

    fn learn_network(&mut self, v4: bool, v6: bool, test: Option<usize>) {
        let network = if v4 {
            Network::V4
        } else if v6 {
            Network::V6
        } else {
            return;
        };
        (self.network, self.network_test) = (Some(network), test);
    }
}

fn raw(expression: &Expression) -> String {
    let mut bytes = Bytes::default();
    expression.encode(&mut bytes);
    let mut text = format!("{}(", lexer::printable(expression.name()));
    for byte in bytes.0 {
        let _ = write!(text, "{byte:02x}");
    }
    text.push(')');
    text
}
