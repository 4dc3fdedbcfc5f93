//! `nsfw translate`: a rule, or a save file, as commands of nft. No kernel is asked, and no namespace.

use std::io::Write as _;

use clap::Args;

use super::Globals;
use super::rule_words::RuleWords;
use super::translate_file::FileWords;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::expr::Counts;
use crate::firewall::HostNames;
use crate::rule::translate::append;
use crate::rule::{LowerContext, identifier};

/// Arguments of `nsfw translate`.
#[derive(Debug, Args)]
pub struct Translate {
    /// The chain and the rule in iptables syntax, with -t, -4 and -6 anywhere; or -f FILE, - for standard input
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "CHAIN RULE")]
    words: Vec<String>,
}

impl Translate {
    /// Runs the command: one line a rule, as several addresses make several.
    ///
    /// # Errors
    /// A rule that is off, or has no form in nf_tables; a file that cannot be read.
    pub fn run(&self, _: &Globals) -> Result<ExitCode, Error> {
        if let Some(file) = FileWords::of(&self.words) {
            return file.translate();
        }
        let given = RuleWords::read(&self.words, false, "nsfw translate CHAIN RULE")?;
        identifier::check_chain_name(&given.chain).map_err(|kind| given.blame(kind.into()))?;
        let (family, table) = (given.site.family, given.site.table);
        let names = HostNames::default();
        let context = LowerContext { family, table, chain: &given.chain, counts: Counts::default() };
        let found = append(&given.rules, &context, &names).map_err(|error| given.blame(error.into()))?;
        let text: String = found.into_iter().map(|found| found.text + "\n").collect();
        std::io::stdout().write_all(text.as_bytes()).map_err(Error::Output)?;
        Ok(ExitCode::SUCCESS)
    }
}
