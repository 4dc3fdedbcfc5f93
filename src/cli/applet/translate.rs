//! `iptables-translate`: a rule as a command of nft. `iptables-restore-translate`: a file as a script of nft.

use super::Applet;
use super::complaint::Complaint;
use super::getopt::{Found, Options, Spec, flag, value};
use super::restore::of_line;
use crate::cli::rules_file::read;
use crate::cli::translate_file::{framed, line_errors};
use crate::firewall::HostNames;
use crate::report::drop_in::help;
use crate::rule::save::SaveFile;
use crate::rule::translate::{Translation, translate, translate_file};
use crate::rule::{self, BuiltinTable, Command, Defaults, ErrorKind};

/// Translates one command line.
///
/// # Errors
/// What is wrong with it, in iptables' words.
pub fn rule(applet: Applet, words: &[String]) -> Result<(), Complaint> {
    let names = HostNames::default();
    let defaults = Defaults::new(applet.family, BuiltinTable::Filter);
    let invocation = rule::parse_command(words, defaults, &names).map_err(|error| error.kind)?;
    match &invocation.command {
        None => return Err(Complaint::usage("no command specified")),
        Some(Command::Version) => {
            println!("{}", applet.version());
            return Ok(());
        }
        Some(Command::Help(matches, target)) => {
            print!("{}", help(applet.name, &applet.version(), matches, *target));
            return Ok(());
        }
        Some(_) => {}
    }
    // What has no form is shown as a comment: the output stays a script that can be gone over by hand.
    match translate(&invocation, &names) {
        Ok(Some(found)) => found.iter().for_each(|found| println!("nft {}", quoted(found))),
        Ok(None) => return Err(Complaint::plain("Translation not implemented", 1)),
        Err(_) => println!("nft # {}", rule::quote_line(words)),
    }
    Ok(())
}

fn quoted(found: &Translation) -> String {
    if found.is_rule { format!("'{}'", found.text.replace('\'', "'\\''")) } else { found.text.clone() }
}

const SPECS: &[Spec] = &[flag('h', "help"), flag('V', "version"), value('f', "file")];

/// Translates a file.
///
/// # Errors
/// Options that the program does not have, a file that cannot be read, the first bad line, in iptables' words.
pub fn file(applet: Applet, words: &[String]) -> Result<(), Complaint> {
    let program = applet.version().trim_end_matches(" (nf_tables)").to_owned();
    let mut path = None;
    for found in Options::new(SPECS, words) {
        match found.map_err(|message| Complaint::plain(format!("{}: {message}\n{}", applet.name, usage(applet)), 1))? {
            Found::Option('f', value) => path = value,
            Found::Option('V', _) => {
                println!("{program}");
                return Ok(());
            }
            Found::Option(..) => {
                print!("{}", usage(applet));
                return Ok(());
            }
            Found::Operand(_) => {}
        }
    }
    let Some(path) = path else {
        return Err(Complaint::plain(format!("ERROR: missing file name\n{}", usage(applet)), 1));
    };
    let bytes = read(path).map_err(|_| Complaint::plain(format!("Cannot open file {path}"), 1))?;
    let mut found = translate_file(&SaveFile::new(&bytes, None), applet.family, &HostNames::default());
    // A command that nft does not have ends the script, as in iptables.
    found.faults.extend(found.unsaid.iter().filter(|fault| is_no_command(&fault.error.kind)).cloned());
    found.faults.sort_by_key(|fault| fault.line);
    match line_errors(&found.faults).into_iter().next() {
        Some(fault) => Err(of_line(applet, &bytes, fault)),
        None => {
            print!("{}", framed(&found, &program));
            Ok(())
        }
    }
}

const fn is_no_command(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::NoSingleCommand(_))
}

fn usage(applet: Applet) -> String {
    format!("Usage: {} [-h] [-f <FILE>] [-V]\n\t[ --help ]\n\t[ --file=<FILE> ]\n\t[ --version ]\n", applet.name)
}
