//! `nsfw chain`: adds, deletes, renames and lists chains, sets policies.

use crate::exit::ExitCode;

use clap::{Args, Subcommand, ValueEnum};

use super::site::SiteArgs;
use super::{Globals, rule_list, scope};
use crate::error::Error;
use crate::firewall::edit;
use crate::firewall::model;
use crate::report::terminal::escape;

/// Arguments of `nsfw chain`.
#[derive(Debug, Args)]
pub struct Chain {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Makes a user chain
    Add {
        /// Its name
        chain: String,
        #[command(flatten)]
        site: SiteArgs,
    },
    /// Deletes an empty user chain that nothing jumps to
    Delete {
        /// Its name; without, all user chains of the table
        chain: Option<String>,
        #[command(flatten)]
        site: SiteArgs,
    },
    /// Gives a user chain another name
    Rename {
        /// The name it has
        chain: String,
        /// The name it is to have
        new: String,
        #[command(flatten)]
        site: SiteArgs,
    },
    /// Shows the chains, base chains with their policies
    List {
        /// Only this one
        chain: Option<String>,
        #[command(flatten)]
        site: SiteArgs,
    },
    /// Sets what becomes of packets that no rule of a base chain decided on
    Policy {
        /// The base chain
        chain: String,
        /// ACCEPT or DROP
        #[arg(ignore_case = true)]
        policy: Policy,
        #[command(flatten)]
        site: SiteArgs,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "UPPER")]
enum Policy {
    /// Packets go on
    Accept,
    /// Packets are dropped
    Drop,
}

impl Chain {
    /// Runs the command.
    ///
    /// # Errors
    /// A chain that is not there or not of the right kind, what the kernel refused.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        if let Action::List { chain, site } = &self.action {
            rule_list::show(globals, site, chain.as_deref(), rule_list::What::Chains)?;
            return Ok(ExitCode::SUCCESS);
        }
        scope::writing(globals)?.enter()?;
        match &self.action {
            Action::Add { chain, site } => edit::new_chain(site.writing(), chain)?,
            Action::Delete { chain: Some(chain), site } => edit::delete_chain(site.writing(), chain)?,
            Action::Delete { chain: None, site } => {
                edit::delete_user_chains(site.writing())?;
            }
            Action::Rename { chain, new, site } => edit::rename_chain(site.writing(), chain, new)?,
            Action::Policy { chain, policy, site } => set_policy(site, chain, *policy)?,
            Action::List { .. } => {}
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn set_policy(site: &SiteArgs, chain: &str, policy: Policy) -> Result<(), Error> {
    let policy = match policy {
        Policy::Accept => model::Policy::Accept,
        Policy::Drop => model::Policy::Drop,
    };
    if edit::set_policy(site.writing(), chain, policy, None)?.counters_added {
        println!("{} had no counters and has them from now on", escape(chain));
    }
    Ok(())
}
