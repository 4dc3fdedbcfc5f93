//! What a table holds beside its rules, as `nft list ruleset` prints it: sets, maps, objects, flowtables. Each is a block
//! of lines with the tabs that it has inside of its table.

mod flowtable;
mod object;
mod priority;
mod set;
mod type_of;

pub use super::objects::word as object_word;
pub use super::set::Listed;
pub use flowtable::flowtable;
pub use object::{body as object_body, object};
pub use priority::priority;
pub use set::{Declaration, flag_words, set};

use super::Style;
use crate::rule::lexer;

/// A block's lines: what it is, its name, its handle where these are shown, and one line for each part of its body.
fn block(word: &str, name: &str, handle: u64, body: &[String], style: Style) -> String {
    let mut text = format!("\t{word} {} {{{}\n", lexer::printable(name), style.handle(handle));
    for line in body {
        text.push_str("\t\t");
        text.push_str(line);
        text.push('\n');
    }
    text.push_str("\t}\n");
    text
}

/// `comment "…"`.
fn comment(text: &str) -> String {
    format!("comment \"{}\"", lexer::printable(text))
}
