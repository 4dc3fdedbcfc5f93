//! `nsfw echo`: switches answers to ICMP echo requests on or off, IPv4 and IPv6.

use crate::exit::ExitCode;
use std::io::Write;

use clap::{Args, ValueEnum};
use nix::errno::Errno;

use super::{Globals, scope};
use crate::error::Error;
use crate::kernel::KernelError;
use crate::kernel::sysctl::Key;
use crate::report::terminal::escape;

/// The settings of each family (Documentation/networking/ip-sysctl.rst); 1 means that requests are ignored.
const SETTINGS: [(&str, &str); 2] =
    [("IPv4", "net.ipv4.icmp_echo_ignore_all"), ("IPv6", "net.ipv6.icmp.echo_ignore_all")];

/// Whether a namespace answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Answer {
    /// Echo requests are answered
    On,
    /// Echo requests are ignored
    Off,
}

/// Arguments of `nsfw echo`.
#[derive(Debug, Args)]
pub struct Echo {
    /// What to switch to; without it the state is shown
    answer: Option<Answer>,
    /// Only IPv4
    #[arg(short = '4', long, conflicts_with = "ipv6")]
    ipv4: bool,
    /// Only IPv6
    #[arg(short = '6', long)]
    ipv6: bool,
}

impl Echo {
    /// Runs the command.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        let places = match self.answer {
            Some(_) => vec![scope::writing(globals)?],
            None => scope::reading(globals)?,
        };
        let mut text = String::new();
        for place in &places {
            place.enter()?;
            let mut states = Vec::new();
            for (family, name) in SETTINGS.into_iter().filter(|(family, _)| self.wants(family)) {
                if let Some(state) = self.switch(name)? {
                    states.push(format!("{family} {state}"));
                }
            }
            text += &format!("{}: echo replies {}\n", escape(place.name()), states.join(", "));
        }
        std::io::stdout().write_all(text.as_bytes()).map_err(Error::Output)?;
        Ok(ExitCode::SUCCESS)
    }

    fn wants(&self, family: &str) -> bool {
        !(self.ipv4 && family != "IPv4" || self.ipv6 && family != "IPv6")
    }

    /// The state afterwards; none where the kernel has no such protocol.
    fn switch(&self, name: &str) -> Result<Option<&'static str>, Error> {
        let key = Key::parse(name)
            .map_err(|bad| KernelError::new("read setting", name, Errno::EINVAL).with_help(bad.to_string()))?;
        let value = self.answer.map_or(Ok(()), |answer| key.write(if answer == Answer::Off { "1" } else { "0" }));
        match value.and_then(|()| key.read()) {
            Ok(value) => Ok(Some(if value == "0" { "on" } else { "off" })),
            Err(error) if error.errno == Errno::ENOENT && name.starts_with("net.ipv6.") => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
