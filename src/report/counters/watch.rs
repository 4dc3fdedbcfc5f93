//! Frames of a watch: what counted since the last one, marked, with its rate.

use std::collections::HashMap;
use std::time::Duration;

use super::{Options, iptables, scale};
use crate::expr::{Counts, Family};
use crate::firewall::model::{Chain, References, RuleEntry, Table, Visitor};
use crate::report::terminal::{Palette, Style, escape};

/// What tells a counter from all others: namespace, family, table, chain handle, rule handle (0 for the policy).
type Key = (String, Family, String, u64, u64);

/// One line of a frame before it is cut to the screen.
#[derive(Debug)]
enum Line {
    Blank,
    Heading(String),
    Titles,
    Chain { key: Key, chain: Chain, references: u32 },
    Rule { key: Key, number: u32, counts: Option<Counts>, words: String },
}

/// Everything that was counted at one moment.
#[derive(Debug, Default)]
pub struct Frame {
    lines: Vec<Line>,
    counts: HashMap<Key, Counts>,
}

/// A walk over one namespace on its way into a [`Frame`].
#[derive(Debug)]
pub struct FrameSection {
    netns: String,
    table: Option<Table>,
    /// Handle of the last chain.
    chain: u64,
    lines: Vec<Line>,
}

impl FrameSection {
    /// An empty one for the namespace `netns`.
    #[must_use]
    pub fn new(netns: &str) -> Self {
        Self { netns: netns.to_owned(), table: None, chain: 0, lines: Vec::new() }
    }

    fn key(&self, rule: u64) -> Option<Key> {
        let table = self.table.as_ref()?;
        Some((self.netns.clone(), table.family, table.name.clone(), self.chain, rule))
    }
}

impl Visitor for FrameSection {
    fn table(&mut self, table: &Table) {
        if !self.lines.is_empty() {
            self.lines.push(Line::Blank);
        }
        self.lines.push(Line::Heading(format!("{}: {} {}", escape(&self.netns), table.family, escape(&table.name))));
        self.table = Some(table.clone());
    }

    fn chain(&mut self, chain: &Chain) {
        self.chain = chain.handle;
        if let Some(key) = self.key(0) {
            self.lines.push(Line::Chain { key, chain: chain.clone(), references: 0 });
            self.lines.push(Line::Titles);
        }
    }

    fn rule(&mut self, entry: &RuleEntry) {
        if let Some(key) = self.key(entry.handle) {
            let words = iptables::words(entry, key.1);
            self.lines.push(Line::Rule { key, number: entry.number, counts: entry.counts, words });
        }
    }

    fn end_table(&mut self, found: &References) {
        for line in &mut self.lines {
            if let Line::Chain { key, chain, references } = line
                && self.table.as_ref().is_some_and(|table| (key.1, &key.2) == (table.family, &table.name))
            {
                *references = found.get(&chain.name).copied().unwrap_or(0);
            }
        }
    }
}

/// What a frame is drawn on.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    /// Characters in a line; `None`: as many as there are.
    pub columns: Option<usize>,
    /// Lines; `None`: as many as there are.
    pub rows: Option<usize>,
    /// Lines of the frame that are scrolled off at the top.
    pub offset: usize,
}

impl Frame {
    /// Takes over a walk that ended well.
    pub fn add(&mut self, section: FrameSection) {
        if !self.lines.is_empty() {
            self.lines.push(Line::Blank);
        }
        for line in &section.lines {
            let (key, counts) = match line {
                Line::Chain { key, chain, .. } => (key, chain.base.as_ref().and_then(|base| base.counts)),
                Line::Rule { key, counts, .. } => (key, *counts),
                Line::Blank | Line::Heading(_) | Line::Titles => continue,
            };
            if let Some(counts) = counts {
                self.counts.insert(key.clone(), counts);
            }
        }
        self.lines.extend(section.lines);
    }

    /// How many lines the frame has.
    #[must_use]
    pub const fn height(&self) -> usize {
        self.lines.len()
    }

    /// The frame's lines that fit the screen, each without a line end. What changed since `previous`, which was taken
    /// `elapsed` earlier, is in reverse video and has a rate.
    #[must_use]
    pub fn draw(&self, previous: Option<(&Self, Duration)>, options: Options, screen: Screen) -> Vec<String> {
        let hidden_below = |rows: usize| self.lines.len().saturating_sub(screen.offset + rows);
        let (shown, note) = match screen.rows {
            Some(rows) if screen.offset > 0 || hidden_below(rows) > 0 => {
                let rows = rows.saturating_sub(1);
                let note = format!("-- {} lines above, {} below --", screen.offset, hidden_below(rows));
                (rows, Some(note))
            }
            Some(rows) => (rows, None),
            None => (usize::MAX, None),
        };
        let lines = self.lines.iter().skip(screen.offset).take(shown);
        let mut drawn: Vec<String> = lines
            .map(|line| {
                let mut brush = Brush { palette: options.palette, room: screen.columns, text: String::new() };
                self.draw_line(line, previous, options, &mut brush);
                brush.text
            })
            .collect();
        drawn.extend(note);
        drawn
    }

    fn draw_line(&self, line: &Line, previous: Option<(&Self, Duration)>, options: Options, brush: &mut Brush) {
        match line {
            Line::Blank => {}
            Line::Heading(text) => brush.put(Some(Style::Bold), text),
            Line::Titles => {
                brush.put(None, if options.line_numbers { "num  " } else { "" });
                brush.put(None, if options.exact { "    pkts      bytes " } else { " pkts bytes " });
                brush.put(None, &format!("{:>8} {:>8} ", "pkts/s", "bytes/s"));
                brush.put(None, "target     prot opt in     out     source               destination");
            }
            Line::Chain { key, chain, references } => {
                let change = self.change(key, previous);
                let style = if change.is_changed() { Style::Reverse } else { Style::Bold };
                let counts = scale::figures(chain.base.as_ref().and_then(|base| base.counts), options.exact);
                brush.put(Some(style), &iptables::heading_with(chain, *references, counts));
                if let Some([packets, bytes]) = change.rate() {
                    brush.put(None, &format!(" {} packets/s, {} bytes/s", rate(packets), rate(bytes)));
                }
            }
            Line::Rule { key, number, counts, words } => {
                let change = self.change(key, previous);
                if options.line_numbers {
                    brush.put(None, &format!("{number:<4} "));
                }
                let figures = scale::columns(scale::figures(*counts, options.exact), options.exact);
                brush.put(change.is_changed().then_some(Style::Reverse), figures.trim_end());
                let [packets, bytes] = change.rate().map_or([String::new(), String::new()], |rates| rates.map(rate));
                brush.put(None, &format!(" {packets:>8} {bytes:>8} "));
                brush.put(None, words.trim_end());
            }
        }
    }

    fn change(&self, key: &Key, previous: Option<(&Self, Duration)>) -> Change {
        let Some((frame, elapsed)) = previous else { return Change::Unknown };
        match (frame.counts.get(key), self.counts.get(key)) {
            (Some(before), Some(now)) if before == now => Change::None,
            (Some(before), Some(now)) => Change::Counted {
                packets: now.packets.saturating_sub(before.packets),
                bytes: now.bytes.saturating_sub(before.bytes),
                elapsed,
            },
            (None, Some(_)) => Change::New,
            (_, None) => Change::None,
        }
    }
}

/// What became of a counter since the last frame.
#[derive(Debug, Clone, Copy)]
enum Change {
    /// There is no last frame.
    Unknown,
    None,
    /// It was not there.
    New,
    Counted {
        packets: u64,
        bytes: u64,
        elapsed: Duration,
    },
}

impl Change {
    const fn is_changed(self) -> bool {
        matches!(self, Self::New | Self::Counted { .. })
    }

    /// Packets and bytes a second, where anything was counted.
    #[expect(clippy::cast_precision_loss, reason = "a rate is rounded to a few digits anyway")]
    fn rate(self) -> Option<[f64; 2]> {
        match self {
            Self::Counted { packets, bytes, elapsed } if !elapsed.is_zero() => {
                Some([packets, bytes].map(|count| count as f64 / elapsed.as_secs_f64()))
            }
            _ => None,
        }
    }
}

/// A rate in at most eight characters: one decimal below 100, then whole numbers, rounded as counters are.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rates are positive and far below 2^64")]
fn rate(value: f64) -> String {
    if value < 100.0 { format!("{value:.1}") } else { scale::number(value.round() as u64, false) }
}

/// Paints text until the line is full.
struct Brush {
    palette: Palette,
    room: Option<usize>,
    text: String,
}

impl Brush {
    fn put(&mut self, style: Option<Style>, text: &str) {
        let count = text.chars().count();
        let fits = self.room.map_or(count, |room| room.min(count));
        let end = text.char_indices().nth(fits).map_or(text.len(), |(at, _)| at);
        let part = &text[..end];
        self.room = self.room.map(|room| room - fits);
        match style {
            Some(style) if !part.is_empty() => self.text.push_str(&self.palette.paint(style, part).to_string()),
            _ => self.text.push_str(part),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::firewall::model::{Base, Policy};

    fn frame(packets: u64) -> Frame {
        frame_of(Some(Counts { packets, bytes: packets * 84 }))
    }

    fn frame_of(counts: Option<Counts>) -> Frame {
        let mut section = FrameSection::new("test-2");
        section.table(&Table::named(Family::Ip, "filter"));
        section.chain(&Chain {
            name: "INPUT".to_owned(),
            handle: 1,
            base: Some(Base {
                hook: "input".to_owned(),
                priority: 0,
                kind: "filter".to_owned(),
                policy: Policy::Accept,
                counts,
                devices: Vec::new(),
            }),
            flags: 1,
            comment: None,
        });
        section.end_table(&References::new());
        let mut frame = Frame::default();
        frame.add(section);
        frame
    }

    const WHOLE: Screen = Screen { columns: None, rows: None, offset: 0 };

    #[test]
    fn what_counted_is_marked_and_has_a_rate() {
        let options = Options { palette: Palette::new(Some(true), false), ..Options::default() };
        let (before, now) = (frame(3), frame(5));
        let lines = now.draw(Some((&before, Duration::from_secs(2))), options, WHOLE);
        assert_eq!(lines[0], "\x1b[1mtest-2: ip filter\x1b[0m");
        assert_eq!(
            lines[1],
            "\x1b[7mChain INPUT (policy ACCEPT 5 packets, 420 bytes)\x1b[0m 1.0 packets/s, 84.0 bytes/s"
        );
        let bare = frame_of(None).draw(Some((&now, Duration::from_secs(2))), Options::default(), WHOLE);
        assert_eq!(bare[1], "Chain INPUT (policy ACCEPT - packets, - bytes)");
        let still = now.draw(Some((&now, Duration::from_secs(2))), options, WHOLE);
        assert_eq!(still[1], "\x1b[1mChain INPUT (policy ACCEPT 5 packets, 420 bytes)\x1b[0m");
    }

    #[test]
    fn a_frame_is_cut_to_the_screen() {
        let screen = Screen { columns: Some(11), rows: Some(2), offset: 1 };
        let lines = frame(3).draw(None, Options::default(), screen);
        assert_eq!(lines, ["Chain INPUT", "-- 1 lines above, 1 below --"]);
        let tiny = Screen { columns: Some(0), rows: Some(0), offset: 9 };
        assert!(frame(3).draw(None, Options::default(), tiny).len() <= 1);
    }
}
