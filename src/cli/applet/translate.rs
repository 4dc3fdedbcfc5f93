//! `iptables-translate`: a rule as a command of nft.

use super::Applet;
use super::complaint::Complaint;
use crate::firewall::HostNames;
use crate::rule::translate::{Translation, translate};
use crate::rule::{self, BuiltinTable, Command, Defaults};

/// Translates one command line.
///
/// # Errors
/// What is wrong with it, in iptables' words.
pub fn rule(applet: Applet, words: &[String]) -> Result<(), Complaint> {
    let names = HostNames::default();
    let defaults = Defaults { family: applet.family, table: BuiltinTable::Filter };
    let invocation = rule::parse_command(words, defaults, &names).map_err(|error| error.kind)?;
    match &invocation.command {
        None => return Err(Complaint::usage("no command specified")),
        Some(Command::Version) => {
            println!("{}", applet.version());
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
