//! `nsfw echo`: switches answers to ICMP echo requests on or off, IPv4 and IPv6.

use crate::exit::ExitCode;
use std::io::Write;

use clap::{Args, ValueEnum};
use nix::errno::Errno;

use super::family::FamilyArgs;
use super::{Globals, scope};
use crate::error::Error;
use crate::kernel::KernelError;
use crate::kernel::sysctl::Key;
use crate::report::terminal::escape;
use crate::rule::IpFamily;

/// The settings of each family (Documentation/networking/ip-sysctl.rst); 1 means that requests are ignored.
const SETTINGS: [(IpFamily, &str, &str); 2] =
    [(IpFamily::V4, "IPv4", "net.ipv4.icmp_echo_ignore_all"), (IpFamily::V6, "IPv6", "net.ipv6.icmp.echo_ignore_all")];

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
    #[command(flatten)]
    family: FamilyArgs,
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
            let wanted = |of: IpFamily| self.family.one().is_none_or(|one| one == of);
            for (_, called, name) in SETTINGS.into_iter().filter(|row| wanted(row.0)) {
                if let Some(state) = self.switch(name)? {
                    states.push(format!("{called} {state}"));
                }
            }
            text += &format!("{}: echo replies {}\n", escape(place.name()), states.join(", "));
        }
        std::io::stdout().write_all(text.as_bytes()).map_err(Error::Output)?;
        Ok(ExitCode::SUCCESS)
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
