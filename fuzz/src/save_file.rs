//! The parser of save files on any bytes: no panic; every fault is of a line that there is; and what a line appends is
//! written as something that is read as the same.

use nsfw::rule::save::{Entry, SaveFile, entry, write};
use nsfw::rule::{Command, Defaults, IpFamily, NoNames, lexer};

/// Reads a save file of IPv4.
pub fn holds(bytes: &[u8]) {
    let file = SaveFile::new(bytes, None);
    let count = bytes.split(|&byte| byte == b'\n').count();
    assert!(file.faults.iter().all(|fault| (1..=count).contains(&fault.line)));
    for section in &file.sections {
        let defaults = Defaults::new(IpFamily::V4, section.table);
        for line in &section.lines {
            match entry(line.text, defaults, &NoNames) {
                Ok(found) => reads_again(&found, defaults),
                Err(error) => {
                    assert!(line.text.get(error.span.clone()).is_some() || error.span.start >= line.text.len());
                }
            }
        }
    }
}

/// The rules that a line appends, written and read.
fn reads_again(found: &Entry, defaults: Defaults) {
    let Entry::Command { counts, invocation } = found else { return };
    let Some(Command::Append(chain)) = &invocation.command else { return };
    // What could drive a terminal is written escaped, and no chain can be made that has it in its name.
    if chain.chars().any(lexer::is_unsafe) {
        return;
    }
    for rule in &invocation.line.rules {
        let mut text = String::new();
        write::rule(&mut text, *counts, chain, rule);
        let again = entry(text.trim_end_matches('\n'), defaults, &NoNames).expect("what is written is read");
        let Entry::Command { counts: same, invocation: there } = again else { panic!("{text} is a command") };
        assert_eq!((same, there.command), (*counts, Some(Command::Append(chain.clone()))));
        assert_eq!(there.line.rules.as_slice(), std::slice::from_ref(rule));
    }
}
