//! `nsfw doctor`: tells what this host can and cannot do.

use crate::exit::ExitCode;

use clap::{Args, ValueEnum};

use super::Globals;
use crate::error::{EXIT_REFUSED, Error};
use crate::kernel::probe::{self, Finding, Group, State};
use crate::report::doctor::{self as report, Check, Outcome};

/// Arguments of `nsfw doctor`.
///
/// Everything is tried in private namespaces; the host's own are only read. It exits with 0 when nsfw can work here,
/// with 3 when something that it cannot do without is missing.
#[derive(Debug, Args)]
pub struct Doctor {
    /// How
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line a check, with the remedy below
    Text,
    /// nsfw.doctor/1
    Json,
}

/// Groups in the order in which they are shown.
const GROUPS: [(Group, &str); 5] = [
    (Group::Host, "host"),
    (Group::Rights, "rights"),
    (Group::Network, "network"),
    (Group::Tables, "nf_tables"),
    (Group::Expressions, "expressions"),
];

impl Doctor {
    /// Runs the command.
    ///
    /// # Errors
    /// Output that cannot be written.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        let findings = probe::run();
        let mut checks = Vec::with_capacity(findings.len());
        for (group, heading) in GROUPS {
            let of_group = findings.iter().filter(|finding| finding.group == group);
            checks.extend(of_group.map(|finding| check(heading, finding)));
        }
        let mut out = std::io::stdout().lock();
        match self.format {
            Format::Text => report::text(&checks, globals.palette(), &mut out),
            Format::Json => report::json(&checks, &mut out),
        }
        .map_err(Error::Output)?;
        Ok(if report::works(&checks) { ExitCode::SUCCESS } else { ExitCode::from(EXIT_REFUSED) })
    }
}

fn check(group: &'static str, finding: &Finding) -> Check {
    Check {
        group,
        name: finding.name.clone(),
        outcome: match finding.state {
            State::Ok => Outcome::Ok,
            State::Warning => Outcome::Warning,
            State::Missing => Outcome::Missing,
        },
        required: finding.required,
        detail: finding.detail.clone(),
        remedy: finding.remedy.clone(),
    }
}
