//! `nsfw demo`: plays the whole story in private namespaces, and tells whether every figure is what it must be.
//!
//! The process moves into fresh user, mount and network namespaces with a /run of their own and starts itself there for
//! each command of the story. It sees no lab that exists, and when it ends or is killed, everything is gone with it.

mod story;

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Command, Output, Stdio};

use clap::Args;
use serde_json::Value;

use self::story::{Play, STORY, Scene};
use super::Globals;
use crate::error::{EXIT_CHECK_FAILED, Error};
use crate::exit::ExitCode;
use crate::expr::Counts;
use crate::kernel::KernelError;
use crate::kernel::userns::fresh;
use crate::report::demo::{Check, Screen};

/// The one table that the story makes, in the namespace whose counters it is about.
const COUNTERS: &str = "-n test-2 counters -4 -t filter --format json";

/// Arguments of `nsfw demo`.
#[derive(Debug, Args)]
pub struct Demo {}

impl Demo {
    /// Runs the command.
    ///
    /// # Errors
    /// What keeps this user from having namespaces; a command of the story that cannot be started.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        if globals.rootless {
            fresh::make(true).map_err(|(step, errno)| step.refused(errno))?;
        } else {
            fresh::enter()?;
        }
        let screen = Screen { palette: globals.palette() };
        let mut checks = Vec::new();
        for (index, scene) in STORY.iter().enumerate() {
            show(screen.title(index + 1, scene.title, scene.before))?;
            let played = scene.plays.iter().map(|command| play(command, screen, &mut checks));
            let goes_on = played.collect::<Result<Vec<_>, _>>()?.into_iter().all(|as_expected| as_expected);
            if !goes_on {
                break;
            }
            check_figures(index + 1, scene, &mut checks)?;
        }
        show(screen.verdict(&checks))?;
        let right = checks.iter().all(Check::is_right);
        Ok(if right { ExitCode::SUCCESS } else { ExitCode::from(EXIT_CHECK_FAILED) })
    }
}

/// Hands finished text to standard output, so that what is played next stands below it.
fn show(text: String) -> Result<(), Error> {
    std::io::stdout().write_all(text.as_bytes()).map_err(Error::Output)
}

/// Plays one command and shows it with what it printed; whether it ended as it must.
fn play(command: &Play, screen: Screen, checks: &mut Vec<Check>) -> Result<bool, Error> {
    show(screen.command(command.words))?;
    let colour = if screen.palette.is_coloured() { "always" } else { "never" };
    let output = start(&["--color", colour], command.words)?;
    show(screen.output(&output.stdout) + &screen.output(&output.stderr))?;
    let code = output.status.code();
    if code == Some(command.code) {
        return Ok(true);
    }
    checks.push(Check {
        what: format!("nsfw {}", command.words),
        expected: Some(format!("exit code {}", command.code)),
        found: Some(output.status.to_string()),
    });
    Ok(false)
}

/// Starts this very program with other arguments, and waits for its end.
fn start(options: &[&str], words: &str) -> Result<Output, Error> {
    let mut command = Command::new("/proc/self/exe");
    command.arg0("nsfw").args(options).args(words.split_whitespace()).stdin(Stdio::null());
    command.output().map_err(|error| KernelError::from_io("start", "/proc/self/exe", &error).into())
}

/// A chain's policy (number 0) or one of its rules.
type Place = (String, u64);

/// Compares every counter that is there with every counter that must be there.
fn check_figures(number: usize, scene: &Scene, checks: &mut Vec<Check>) -> Result<(), Error> {
    let Some(figures) = scene.figures else { return Ok(()) };
    let output = start(&[], COUNTERS)?;
    let mut found = counters(&output.stdout);
    for figure in figures {
        let place = (figure.chain.to_owned(), figure.rule);
        let counts = found.remove(&place);
        checks.push(check(number, &place, Some(figure.counts), counts));
    }
    checks.extend(found.into_iter().map(|(place, counts)| check(number, &place, None, Some(counts))));
    Ok(())
}

fn check(scene: usize, place: &Place, expected: Option<Counts>, found: Option<Counts>) -> Check {
    let (chain, rule) = place;
    let what = if *rule == 0 { format!("{scene}  {chain} policy") } else { format!("{scene}  {chain} rule {rule}") };
    let figures = |counts: Counts| format!("{} packets, {} bytes", counts.packets, counts.bytes);
    Check { what, expected: expected.map(figures), found: found.map(figures) }
}

/// Every counter of a document of the schema nsfw.counters/1; none where it is no such document.
fn counters(document: &[u8]) -> BTreeMap<Place, Counts> {
    let document: Value = serde_json::from_slice(document).unwrap_or_default();
    let items = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
    let counts = |value: &Value| {
        let (packets, bytes) = (value["packets"].as_u64()?, value["bytes"].as_u64()?);
        Some(Counts { packets, bytes })
    };
    let tables = items(&document, "netns").into_iter().flat_map(|netns| items(&netns, "tables"));
    let mut found = BTreeMap::new();
    for chain in tables.flat_map(|table| items(&table, "chains")) {
        let name = chain["name"].as_str().unwrap_or_default();
        found.extend(counts(&chain).map(|counts| ((name.to_owned(), 0), counts)));
        for rule in items(&chain, "rules") {
            let number = rule["number"].as_u64().unwrap_or_default();
            found.extend(counts(&rule).map(|counts| ((name.to_owned(), number), counts)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_counter_of_the_document_is_compared() {
        let document = br#"{"netns":[{"tables":[{"chains":[
            {"name":"INPUT","packets":3,"bytes":252,"rules":[{"number":1,"packets":2,"bytes":168}]},
            {"name":"COUNT","packets":null,"bytes":null,"rules":[]}]}]}]}"#;
        let found: Vec<_> = counters(document).into_iter().collect();
        let counts = |packets, bytes| Counts { packets, bytes };
        assert_eq!(found, [(("INPUT".to_owned(), 0), counts(3, 252)), (("INPUT".to_owned(), 1), counts(2, 168))]);
        assert!(counters(b"error: no such namespace").is_empty());
    }

    #[test]
    fn a_counter_too_many_or_too_few_is_wrong() {
        let place = ("INPUT".to_owned(), 0);
        let counts = Some(Counts { packets: 3, bytes: 252 });
        assert!(check(1, &place, counts, counts).is_right());
        assert!(!check(1, &place, counts, None).is_right());
        assert!(!check(1, &place, None, counts).is_right());
    }

    #[test]
    fn the_story_says_what_the_command_line_understands() {
        for play in STORY.iter().flat_map(|scene| scene.plays) {
            let words = std::iter::once("nsfw").chain(play.words.split_whitespace());
            assert!(super::super::Cli::try_parse_from(words).is_ok(), "{}", play.words);
        }
    }
}
