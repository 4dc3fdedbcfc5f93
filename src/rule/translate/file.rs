//! A save file as commands of nft, line by line: a script that `nft -f` reads.

use super::{commands, numbered};
use crate::expr::{Family, Policy, hook_name};
use crate::rule::error::{Error, ErrorKind};
use crate::rule::save::{Entry, Fault, SaveFile, Section, TextLine, entry};
use crate::rule::table::{BuiltinTable, IpFamily};
use crate::rule::{Defaults, Names, lexer};

/// A file's translation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileTranslation {
    /// One command a line, as far as the first fault.
    pub text: String,
    /// Lines that have no form in nft: they stand in the text as comments.
    pub unsaid: Vec<Fault>,
    /// Lines that are wrong, in the file's order.
    pub faults: Vec<Fault>,
    /// How many meters it has.
    meters: u32,
}

/// Translates every table of a file.
#[must_use]
pub fn translate_file(file: &SaveFile<'_>, family: IpFamily, names: &dyn Names) -> FileTranslation {
    let mut all = FileTranslation { faults: file.faults.clone(), ..FileTranslation::default() };
    for section in &file.sections {
        all.section(section, family, names);
    }
    // What is wrong with a line comes before what is missing behind it.
    all.faults.sort_by_key(|fault| (fault.line, matches!(fault.error.kind, ErrorKind::NoCommit(_))));
    all
}

impl FileTranslation {
    fn section(&mut self, section: &Section<'_>, family: IpFamily, names: &dyn Names) {
        let place = format!("{} {}", Family::from(family), section.table.name());
        self.put(section.head.number, &format!("add table {place}"));
        let defaults = Defaults::new(family, section.table);
        for line in &section.lines {
            match translated(line, defaults, &place, names) {
                Ok(commands) => commands.iter().for_each(|command| self.put(line.number, command)),
                Err(error) if error.kind.is_unsupported() => {
                    // Each word with a blank behind it, as iptables-restore-translate writes them.
                    let words = lexer::split_line(line.text).unwrap_or_default();
                    self.put(line.number, &format!("# -t {} {} ", section.table.name(), lexer::quote_line(&words)));
                    self.unsaid.push(Fault { line: line.number, error });
                }
                Err(error) => self.faults.push(Fault { line: line.number, error }),
            }
        }
    }

    /// What stands behind a fault is not told: it would read as if all of the file were there.
    fn put(&mut self, line: usize, command: &str) {
        if self.faults.iter().all(|fault| fault.line > line) {
            self.text.push_str(&numbered(command, &mut self.meters));
            self.text.push('\n');
        }
    }
}

fn translated(line: &TextLine<'_>, defaults: Defaults, place: &str, names: &dyn Names) -> Result<Vec<String>, Error> {
    Ok(match entry(line.text, defaults, names)? {
        Entry::Chain { name, policy, .. } => vec![declaration(defaults, place, &name, policy)],
        Entry::OtherFamily => Vec::new(),
        Entry::Command { invocation, .. } => match commands(&invocation, names)? {
            Some(found) => found.into_iter().map(|found| found.text).collect(),
            None => {
                let word = line.text.split_whitespace().next().unwrap_or_default().to_owned();
                return Err(ErrorKind::NoSingleCommand(word).everywhere());
            }
        },
    })
}

/// `:CHAIN POLICY`.
fn declaration(defaults: Defaults, place: &str, name: &str, policy: Option<Policy>) -> String {
    let Some(base) = BuiltinTable::chain(defaults.table, name) else { return format!("add chain {place} {name}") };
    let hook = hook_name(defaults.family.into(), base.hook as u32);
    let policy = policy.map_or_else(String::new, |policy| format!(" policy {};", policy.name().to_lowercase()));
    format!("add chain {place} {name} {{ type {} hook {hook} priority {};{policy} }}", base.kind, base.priority)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::NoNames;

    fn told(text: &str, family: IpFamily) -> FileTranslation {
        translate_file(&SaveFile::new(text.as_bytes(), None), family, &NoNames)
    }

    #[test]
    fn a_file_becomes_a_script_of_nft() {
        let file = "# c\n*mangle\n:OUTPUT ACCEPT [1:2]\nCOMMIT\n*filter\n:INPUT DROP\n:FORWARD -\n:WEB - [0:0]\n\
            [5:6] -A INPUT -s 1.1.1.1,2.2.2.2 -j WEB\n-6 -A INPUT -s ::1\n-P OUTPUT DROP\n-E WEB W\n-F\nCOMMIT\n";
        let found = told(file, IpFamily::V4);
        assert_eq!((found.unsaid, found.faults), (Vec::new(), Vec::new()));
        let expected = "add table ip mangle\n\
            add chain ip mangle OUTPUT { type route hook output priority -150; policy accept; }\n\
            add table ip filter\n\
            add chain ip filter INPUT { type filter hook input priority 0; policy drop; }\n\
            add chain ip filter FORWARD { type filter hook forward priority 0; }\n\
            add chain ip filter WEB\n\
            add rule ip filter INPUT ip saddr 1.1.1.1 counter jump WEB\n\
            add rule ip filter INPUT ip saddr 2.2.2.2 counter jump WEB\n\
            add chain ip filter OUTPUT { policy drop; }\n\
            rename chain ip filter WEB W\n\
            flush table ip filter\n";
        assert_eq!(found.text, expected);
    }

    #[test]
    fn what_has_no_form_is_a_comment_and_what_is_wrong_ends_the_text() {
        let found =
            told("*filter\n-A INPUT -j CHECKSUM\n-D INPUT 1\n-A INPUT\n-A INPUT --bad\n-F\nCOMMIT\n", IpFamily::V6);
        let lines = |faults: &[Fault]| faults.iter().map(|fault| fault.line).collect::<Vec<_>>();
        assert_eq!((lines(&found.unsaid), lines(&found.faults)), (vec![2, 3], vec![5]));
        let expected = "add table ip6 filter\n# -t filter -A INPUT -j CHECKSUM \n# -t filter -D INPUT 1 \n\
            add rule ip6 filter INPUT counter\n";
        assert_eq!(found.text, expected);
    }
}
