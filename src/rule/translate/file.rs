//! A save file as commands of nft, line by line: a script that `nft -f` reads.

use super::sets::{Lists, Meters};
use super::{Piece, Translation, commands, table_of};
use crate::expr::{Policy, hook_name};
use crate::rule::error::{Error, ErrorKind};
use crate::rule::save::{Entry, Fault, SaveFile, Section, TextLine, entry};
use crate::rule::table::{BuiltinTable, IpFamily};
use crate::rule::{Command, Defaults, Names, SharedSet, lexer};

/// A file's translation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileTranslation {
    /// One command a line, as far as the first fault.
    pub text: String,
    /// Lines that have no form in nft: they stand in the text as comments.
    pub unsaid: Vec<Fault>,
    /// Lines that are wrong, in the file's order.
    pub faults: Vec<Fault>,
}

/// Translates every table of a file.
#[must_use]
pub fn translate_file(file: &SaveFile<'_>, family: IpFamily, names: &dyn Names) -> FileTranslation {
    let mut all = FileTranslation { faults: file.faults.clone(), ..FileTranslation::default() };
    let (mut meters, mut lists) = (Meters::default(), Lists::default());
    // What all rules together need of a list is known when the last of them was read.
    let read: Vec<_> = file.sections.iter().map(|section| Read::section(section, family, &mut meters, names)).collect();
    for section in &read {
        section.shared().for_each(|shared| lists.foresee(&section.table, shared));
    }
    for section in read {
        all.section(section, &mut lists, names);
    }
    // What is wrong with a line comes before what is missing behind it.
    all.faults.sort_by_key(|fault| (fault.line, matches!(fault.error.kind, ErrorKind::NoCommit(_))));
    all
}

/// A section that was read: of each line what it becomes.
struct Read<'a> {
    section: &'a Section<'a>,
    /// `ip filter`.
    table: String,
    lines: Vec<Result<Vec<Piece>, Error>>,
}

impl<'a> Read<'a> {
    fn section(section: &'a Section<'a>, family: IpFamily, meters: &mut Meters, names: &dyn Names) -> Self {
        let table = table_of(family, section.table);
        let defaults = Defaults::new(family, section.table);
        let lines = section.lines.iter().map(|line| translated(line, defaults, &table, meters, names)).collect();
        Self { section, table, lines }
    }

    fn shared(&self) -> impl Iterator<Item = &SharedSet> {
        let pieces = self.lines.iter().flatten().flatten();
        pieces.filter_map(|piece| if let Piece::List(shared) = piece { Some(shared) } else { None })
    }
}

impl FileTranslation {
    fn section(&mut self, read: Read<'_>, lists: &mut Lists, names: &dyn Names) {
        let Read { section, table, lines } = read;
        self.put(section.head.number, &format!("add table {table}"));
        for (line, pieces) in section.lines.iter().zip(lines) {
            match pieces.and_then(|pieces| fitting(pieces, lists, &table)) {
                Ok(pieces) => pieces.into_iter().for_each(|piece| {
                    let command = match piece {
                        Piece::List(shared) => lists.make(&table, &shared, names),
                        Piece::Command(found) => Some(found.text),
                    };
                    command.into_iter().for_each(|command| self.put(line.number, &command));
                }),
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
            self.text.push_str(command);
            self.text.push('\n');
        }
    }
}

/// The pieces, if the lists are what they need.
fn fitting(pieces: Vec<Piece>, lists: &Lists, table: &str) -> Result<Vec<Piece>, Error> {
    let misses = |piece: &Piece| matches!(piece, Piece::List(shared) if !lists.meets(table, shared));
    if !pieces.iter().any(misses) {
        return Ok(pieces);
    }
    let (what, reason) = ("--seconds", "a list keeps its addresses for one time, and another rule asks for another");
    Err(ErrorKind::NoNativeForm { what, reason, instead: "give this rule a list of its own (--name)" }.everywhere())
}

fn translated(
    line: &TextLine<'_>,
    defaults: Defaults,
    table: &str,
    meters: &mut Meters,
    names: &dyn Names,
) -> Result<Vec<Piece>, Error> {
    let declared = |name: &str, policy| {
        vec![Piece::Command(Translation { text: declaration(defaults, table, name, policy), is_rule: true })]
    };
    match entry(line.text, defaults, names)? {
        Entry::Chain { name, policy, .. } => Ok(declared(&name, policy)),
        Entry::OtherFamily => Ok(Vec::new()),
        Entry::Command { invocation, .. } => match (&invocation.command, commands(&invocation, meters, names)?) {
            // No line before it need have declared the chain.
            (Some(Command::SetPolicy(chain, policy)), _) => Ok(declared(chain, Some(*policy))),
            (_, Some(found)) => Ok(found),
            (_, None) => {
                let word = line.text.split_whitespace().next().unwrap_or_default().to_owned();
                Err(ErrorKind::NoSingleCommand(word).everywhere())
            }
        },
    }
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
            add chain ip filter OUTPUT { type filter hook output priority 0; policy drop; }\n\
            rename chain ip filter WEB W\n\
            flush table ip filter\n";
        assert_eq!(found.text, expected);
    }

    #[test]
    fn sets_are_made_once_and_meters_have_names_of_their_own() {
        let file = "*filter\n-A INPUT -m recent --rcheck --seconds 1 --name a -j DROP\n-A INPUT -m recent --set --name a\n\
            -A INPUT -m recent --rcheck --seconds 9 --name a\n\
            -A INPUT -m hashlimit --hashlimit-above 5/sec --hashlimit-mode srcip --hashlimit-name h\n\
            -A INPUT -m hashlimit --hashlimit-above 5/sec --hashlimit-mode dstip --hashlimit-name h\nCOMMIT\n";
        let found = told(file, IpFamily::V4);
        assert_eq!(found.unsaid.iter().map(|fault| fault.line).collect::<Vec<_>>(), [4]);
        let expected = "add table ip filter\n\
            add set ip filter recent_a { type ipv4_addr; size 65535; flags dynamic,timeout; timeout 1s; }\n\
            add rule ip filter INPUT ip saddr @recent_a counter drop\n\
            add rule ip filter INPUT update @recent_a { ip saddr } counter\n\
            # -t filter -A INPUT -m recent --rcheck --seconds 9 --name a \n\
            add rule ip filter INPUT meter h { ip saddr limit rate over 5/second } counter\n\
            add rule ip filter INPUT meter h0 { ip daddr limit rate over 5/second } counter\n";
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
