//! `nsfw counters --watch`: frames in place on a terminal, one after another elsewhere.

use crate::exit::ExitCode;
use std::io::{Read, Write};
use std::ops::RangeInclusive;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::Counters;
use crate::cli::scope::Place;
use crate::cli::seconds;
use crate::error::Error;
use crate::firewall::HostNames;
use crate::firewall::unmade::Complete;
use crate::firewall::view;
use crate::firewall::with_chains::WithChains;
use crate::kernel::signals::Signals;
use crate::kernel::terminal;
use crate::report::counters::Options;
use crate::report::counters::watch::{Frame, FrameSection, Screen};
use crate::report::terminal::{Palette, Style, escape};

/// Seconds between two frames, at least and at most.
pub const INTERVALS: RangeInclusive<f64> = 0.1..=86_400.0;

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Quit,
    Up(usize),
    Down(usize),
    Top,
}

/// The keys among the bytes that a terminal sent. Bytes that are no such key are skipped.
fn keys(bytes: &[u8], page: usize) -> Vec<Key> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while let Some(&first) = rest.first() {
        let (key, length) = match rest {
            [0x1b, b'[', b'A', ..] => (Some(Key::Up(1)), 3),
            [0x1b, b'[', b'B', ..] => (Some(Key::Down(1)), 3),
            [0x1b, b'[', b'5', b'~', ..] => (Some(Key::Up(page)), 4),
            [0x1b, b'[', b'6', b'~', ..] => (Some(Key::Down(page)), 4),
            [0x1b, b'[', b'H', ..] => (Some(Key::Top), 3),
            _ => match first {
                // 3 is Ctrl-C, 4 Ctrl-D.
                b'q' | b'Q' | 3 | 4 => (Some(Key::Quit), 1),
                b'k' => (Some(Key::Up(1)), 1),
                b'j' => (Some(Key::Down(1)), 1),
                b'b' => (Some(Key::Up(page)), 1),
                b' ' => (Some(Key::Down(page)), 1),
                b'g' => (Some(Key::Top), 1),
                _ => (None, 1),
            },
        };
        found.extend(key);
        rest = &rest[length..];
    }
    found
}

/// Frames until q, Ctrl-C or a signal.
pub fn run(command: &Counters, places: &[Place], palette: Palette, every: Duration) -> Result<ExitCode, Error> {
    let options = Options { exact: command.exact, line_numbers: command.line_numbers, palette };
    let mut watch = Watch { command, places, options, every, names: HostNames::default(), offset: 0 };
    let first = watch.take()?;
    check_chain(command, &first)?;
    if terminal::is_interactive() {
        watch.in_place(first)?
    } else {
        watch.one_after_another(first)?
    }
    Ok(ExitCode::SUCCESS)
}

/// A chain that was asked for must be there when the watch begins; it may go and come later.
fn check_chain(command: &Counters, first: &Taken) -> Result<(), Error> {
    match &command.chain {
        Some(word) if first.chains == 0 && seconds::within(INTERVALS)(word).is_ok() => {
            let help = format!("seconds stand behind a `=`: `nsfw counters --watch={word}`");
            Err(Error::word(word, format!("there is no chain {word} here"), help))
        }
        _ => command.check_chain(first.chains),
    }
}

struct Watch<'a> {
    command: &'a Counters,
    places: &'a [Place],
    options: Options,
    every: Duration,
    names: HostNames,
    offset: usize,
}

/// A frame and when it was taken.
struct Taken {
    frame: Frame,
    /// How many chains are in it.
    chains: usize,
    at: Instant,
}

impl Watch<'_> {
    fn take(&self) -> Result<Taken, Error> {
        let filter = self.command.filter();
        let (mut frame, mut chains) = (Frame::default(), 0);
        for place in self.places {
            place.enter()?;
            let section = || WithChains::new(FrameSection::new(place.name()), filter.chain.is_some());
            let read = view::read(&filter, &self.names, || Complete::as_it_is(section()))?.end();
            chains += read.chains;
            frame.add(read.inner.inner);
        }
        Ok(Taken { frame, chains, at: Instant::now() })
    }

    fn draw(&self, now: &Taken, before: Option<&Taken>, screen: Screen) -> Vec<String> {
        let before = before.map(|before| (&before.frame, now.at.duration_since(before.at)));
        now.frame.draw(before, self.options, screen)
    }

    fn title(&self) -> String {
        let names: Vec<_> = self.places.iter().map(|place| escape(place.name())).collect();
        format!("Every {}s: counters of {}   (q quits, arrows scroll)", self.every.as_secs_f64(), names.join(", "))
    }

    fn one_after_another(&self, first: Taken) -> Result<(), Error> {
        let signals = Signals::hold(&[Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP])?;
        let mut before: Option<Taken> = None;
        let mut now = first;
        loop {
            let mut text = self.draw(&now, before.as_ref(), Screen { columns: None, rows: None, offset: 0 }).join("\n");
            text.push_str("\n\n");
            let mut out = std::io::stdout().lock();
            out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Error::Output)?;
            let next = now.at + self.every;
            before = Some(now);
            if signals.sleep(next.saturating_duration_since(Instant::now()))?.is_some() {
                return Ok(());
            }
            now = self.take()?;
        }
    }

    fn in_place(&mut self, first: Taken) -> Result<(), Error> {
        let signals = Signals::hold(&[Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGWINCH])?;
        let _raw = terminal::Raw::enter()?;
        show("\x1b[2J")?;
        let mut before: Option<Taken> = None;
        let mut now = first;
        loop {
            self.paint(&now, before.as_ref())?;
            let left = (now.at + self.every).saturating_duration_since(Instant::now());
            if left.is_zero() {
                before = Some(std::mem::replace(&mut now, self.take()?));
                continue;
            }
            let wake = signals.wait(std::io::stdin().as_fd(), Some(left))?;
            let quit = match wake.signal {
                Some(Signal::SIGWINCH) => {
                    show("\x1b[2J")?;
                    false
                }
                Some(_) => true,
                None => wake.ready && self.scroll(now.frame.height())?,
            };
            if quit {
                return show("\n");
            }
        }
    }

    /// Reads keys; true where one of them ends the watch.
    fn scroll(&mut self, height: usize) -> Result<bool, Error> {
        let mut bytes = [0; 64];
        let count = std::io::stdin().read(&mut bytes).map_err(Error::Output)?;
        let (_, rows) = terminal::size();
        for key in keys(&bytes[..count], rows.saturating_sub(3).max(1)) {
            self.offset = match key {
                Key::Quit => return Ok(true),
                Key::Up(lines) => self.offset.saturating_sub(lines),
                Key::Down(lines) => self.offset + lines,
                Key::Top => 0,
            };
        }
        self.offset = self.offset.min(height.saturating_sub(1));
        // No bytes although there was something to read: the terminal is gone.
        Ok(count == 0)
    }

    fn paint(&self, now: &Taken, before: Option<&Taken>) -> Result<(), Error> {
        let (columns, rows) = terminal::size();
        let screen = Screen { columns: Some(columns), rows: Some(rows.saturating_sub(2)), offset: self.offset };
        let title: String = self.title().chars().take(columns).collect();
        // Home, then line by line over what stood there, then nothing below: no flicker, as nothing is blanked first.
        let mut text = format!("\x1b[H{}\x1b[K\r\n\x1b[K", self.options.palette.paint(Style::Dim, title));
        for line in self.draw(now, before, screen) {
            text.push_str("\r\n");
            text.push_str(&line);
            text.push_str("\x1b[K");
        }
        text.push_str("\x1b[J");
        show(&text)
    }
}

fn show(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Error::Output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_terminals() {
        let read = keys(b"\x1b[A\x1b[6~xj\x1b[Hq\x03\x1b", 20);
        assert_eq!(read, [Key::Up(1), Key::Down(20), Key::Down(1), Key::Top, Key::Quit, Key::Quit]);
    }
}
