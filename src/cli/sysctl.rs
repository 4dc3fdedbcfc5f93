//! `nsfw sysctl`: reads and writes the kernel's network settings of a namespace.

use crate::exit::ExitCode;
use std::io::Write;

use clap::Args;
use nix::errno::Errno;

use super::{Globals, scope};
use crate::error::Error;
use crate::kernel::KernelError;
use crate::kernel::sysctl::{Key, list};
use crate::report::terminal::escape;

/// Arguments of `nsfw sysctl`.
#[derive(Debug, Args)]
pub struct Sysctl {
    /// Needs not be said: a setting with `=VALUE` is changed
    #[arg(short = 'w', long = "write")]
    _write: bool,
    /// Settings to show, or to change with `=VALUE`; of a group such as net.ipv4, all below it; none: all that can be read
    #[arg(value_name = "KEY[=VALUE]")]
    settings: Vec<String>,
}

impl Sysctl {
    /// Runs the command.
    ///
    /// # Errors
    /// A key that is none, what the kernel refused.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        let settings = self.settings.iter().map(|word| parse(word)).collect::<Result<Vec<_>, _>>()?;
        let mut text = String::new();
        if settings.iter().any(|(_, value)| value.is_some()) {
            scope::writing(globals)?.enter()?;
            apply(&settings, &mut text)?;
        } else {
            let places = scope::reading(globals)?;
            for place in &places {
                place.enter()?;
                if places.len() > 1 {
                    text += &format!("# {}\n", escape(place.name()));
                }
                apply(&settings, &mut text)?;
            }
        }
        std::io::stdout().write_all(text.as_bytes()).map_err(Error::Output)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn parse(word: &str) -> Result<(Key, Option<&str>), Error> {
    let (key, value) = word.split_once('=').map_or((word, None), |(key, value)| (key, Some(value.trim())));
    if key.trim().is_empty() && value.is_some() {
        let help = "write key and value as one word, such as `net.ipv4.ip_forward=1`";
        return Err(Error::word(word, "a key is missing in front of the `=`", help));
    }
    let key = Key::parse(key.trim()).map_err(|bad| {
        let help = "write it as `net.ipv4.ip_forward` or `net/ipv4/ip_forward`";
        Error::word(word, format!("{}: {bad}", escape(key)), help)
    })?;
    Ok((key, value))
}

fn apply(settings: &[(Key, Option<&str>)], text: &mut String) -> Result<(), Error> {
    let mut show = |key: &Key, value: &str| {
        for line in value.lines() {
            // Tabs separate columns in many settings; they are shown as blanks.
            *text += &format!("{} = {}\n", escape(&key.to_string()), escape(&line.replace('\t', " ")));
        }
    };
    if settings.is_empty() {
        for (key, value) in list()? {
            show(&key, &value);
        }
    }
    for (key, value) in settings {
        match value {
            Some(value) => key.write(value).map_err(|error| explain(key, error))?,
            None if key.is_group() => {
                for (key, value) in key.below()? {
                    show(&key, &value);
                }
                continue;
            }
            None => {}
        }
        show(key, &key.read()?);
    }
    Ok(())
}

/// What to do about a setting that could not be written; where the right is missing, the errno says it.
fn explain(key: &Key, error: KernelError) -> KernelError {
    let help = match error.errno {
        Errno::EISDIR => format!("it is a group: `nsfw sysctl {key}` shows its settings"),
        Errno::EINVAL | Errno::ERANGE => format!("`nsfw sysctl {key}` shows a value that it takes"),
        _ => return error,
    };
    error.with_help(help)
}
