//! `nsfw sysctl`: reads and writes the kernel's network settings of a namespace.

use crate::exit::ExitCode;
use std::io::Write;

use clap::Args;

use super::{Globals, scope};
use crate::error::Error;
use crate::kernel::sysctl::{Key, list};
use crate::report::terminal::escape;

/// Arguments of `nsfw sysctl`.
#[derive(Debug, Args)]
pub struct Sysctl {
    /// Settings to show, or to change with `=VALUE`; none: all that can be read
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
        if let Some(value) = value {
            key.write(value).map_err(|error| match error.help {
                None => error.with_help(format!("`nsfw sysctl {key}` shows a value that it takes")),
                Some(_) => error,
            })?;
        }
        show(key, &key.read()?);
    }
    Ok(())
}
