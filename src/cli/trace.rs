//! `nsfw trace`: packets of a namespace as they come, each with every rule that it meets.
// Doc comments of arguments are help texts: brackets in them mean "may be left out".
#![allow(rustdoc::broken_intra_doc_links)]

use std::io::{ErrorKind, Write as _};
use std::time::Duration;

use clap::{Args, ValueEnum};
use nix::sys::signal::Signal;

use super::trace_filter::Filter;
use super::{Globals, scope};
use crate::error::{EXIT_REFUSED, Error};
use crate::exit::ExitCode;
use crate::kernel::signals::Signals;
use crate::report::terminal::{Palette, escape};
use crate::report::way::{json, tree};
use crate::way::WayError;
use crate::way::follow::Follower;
use crate::way::packet_path::PacketPath;

/// A packet of which nothing more is heard for so long is told as it is.
const SILENCE: Duration = Duration::from_millis(250);

/// Arguments of `nsfw trace`.
#[derive(Debug, Args)]
#[command(
    after_help = "FILTER is what a rule would match, in iptables' words; connection tracking cannot be asked for, as it has not seen the
packet yet. A packet that is handed on is one packet. Tracing costs time and slows every packet that it follows."
)]
pub struct Trace {
    /// Stop after N packets
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// For each rule that is passed over, the first condition that the packet does not meet
    #[arg(long)]
    explain: bool,
    /// How to report
    #[arg(long, value_name = "FORMAT", default_value = "pretty")]
    format: Format,
    /// Which packets: conditions of a rule, with -4 or -6 anywhere; all where it is left out
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "FILTER")]
    filter: Vec<String>,
}

/// How packets are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Pretty,
    /// JSON, one packet a line
    Json,
}

impl Trace {
    /// Runs the command until a signal comes.
    ///
    /// # Errors
    /// A filter that says nothing, what the kernel refused.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        let filter = Filter::read(&self.filter)?;
        let place = scope::writing(globals)?;
        let name = place.name().to_owned();
        // Held before anything is followed, so that whoever reads the first line may end it well.
        let signals = Signals::hold(&[Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP])?;
        let mut follower = Follower::place(&name, place.into_netns()?, &filter.conditions, self.explain)?;
        eprintln!("tracing in {}", escape(&name));
        match self.follow(&mut follower, &signals, globals.palette()) {
            Err(Error::Output(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
            result => result,
        }
    }

    fn follow(&self, follower: &mut Follower, signals: &Signals, palette: Palette) -> Result<ExitCode, Error> {
        let mut told = 0;
        let mut code = ExitCode::SUCCESS;
        loop {
            let Some(file) = follower.file() else { return Ok(code) };
            let wake = signals.wait(file, follower.waits().then_some(SILENCE))?;
            let ways = match follower.ways(!wake.ready) {
                Err(WayError::Lost) => {
                    eprintln!("warning: packets came faster than they could be told; some are left out");
                    code = ExitCode::from(EXIT_REFUSED);
                    continue;
                }
                ways => ways?,
            };
            for way in ways {
                self.show(&way, palette)?;
                told += 1;
                if self.count.is_some_and(|count| told >= count) {
                    return Ok(code);
                }
            }
            if wake.signal.is_some() {
                return Ok(code);
            }
        }
    }

    fn show(&self, way: &PacketPath, palette: Palette) -> Result<(), Error> {
        let text = match self.format {
            Format::Pretty => tree::path(way, 0, palette) + "\n",
            Format::Json => json::line(way).map_err(|error| Error::Output(error.into()))?,
        };
        std::io::stdout().write_all(text.as_bytes()).map_err(Error::Output)
    }
}
