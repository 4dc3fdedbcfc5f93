//! Counters as a drawn table: one frame a table, a row a chain, a row a rule.
//!
//! Columns are as wide as their widest cell, which is known only at the end. Until then the cells wait as plain text;
//! then prettytable draws them in blocks, so that a table of any length takes little more memory than its text.

use std::io::{self, Write};

use prettytable::{Cell, Row, format};
use unicode_width::UnicodeWidthStr as _;

use super::beside::{Counting, Kind, counting};
use super::{Options, Section, row, scale};
use crate::expr::Quota;
use crate::firewall::model::{Base, Chain, Declared, References, RuleEntry, Table, Visitor};
use crate::report::terminal::{Style, escape, escape_controls};
use crate::rule::Names;
use crate::rule::listing::Columns;

/// Rows that are drawn at once.
const BLOCK: usize = 128;

/// One namespace, drawn.
#[derive(Debug)]
pub struct TableSection {
    options: Options,
    frames: Vec<Frame>,
}

/// One table of the ruleset.
#[derive(Debug)]
struct Frame {
    heading: String,
    /// Cells of what counts beside chains and rules, ended as those of rules.
    beside: String,
    chains: Vec<ChainRows>,
    widths: Vec<usize>,
}

/// A chain with its rules' cells, each ended by a tab, each row by a line feed: neither can stand in escaped text.
#[derive(Debug)]
struct ChainRows {
    chain: Chain,
    references: u32,
    rules: String,
}

impl TableSection {
    /// An empty one.
    pub const fn new(options: Options) -> Self {
        Self { options, frames: Vec::new() }
    }

    fn titles(&self) -> Vec<String> {
        let number = if self.options.line_numbers { &["num"][..] } else { &[] };
        let titles = ["chain"].iter().chain(number).chain(&["packets", "bytes"]).chain(&Columns::TITLES);
        titles.map(|&name| name.to_owned()).collect()
    }

    fn chain_cells(&self, rows: &ChainRows) -> Vec<String> {
        let chain = &rows.chain;
        let [packets, bytes] = match &chain.base {
            Some(base) => scale::figures(base.counts, self.options.exact),
            None => [String::new(), String::new()],
        };
        let state = match &chain.base {
            Some(base) => format!("policy {}", base.policy.name()),
            None => format!("{} {}", rows.references, if rows.references == 1 { "reference" } else { "references" }),
        };
        let mut cells = vec![escape(&chain.name).into_owned()];
        cells.extend(self.options.line_numbers.then(String::new));
        cells.extend([packets, bytes, state]);
        cells.extend((0..6).map(|_| String::new()));
        cells.push(chain.base.as_ref().map(hook).unwrap_or_default());
        cells
    }

    /// As a chain's: the name first, what is told in words last.
    fn beside_cells(&self, found: &Counting) -> Vec<String> {
        let name = escape(&found.name);
        let details = match &found.kind {
            Kind::Counter(_) => String::new(),
            Kind::Quota(quota) => {
                let over = if quota.flags & Quota::INVERTED == 0 { "" } else { "over " };
                format!("{over}{} bytes", scale::number(quota.bytes, self.options.exact))
            }
            Kind::Element(_, _, key) => key.clone(),
        };
        let comment = found.comment.as_deref().map(|text| format!("/* {} */", escape(text)));
        let details: Vec<_> = [Some(details), comment].into_iter().flatten().filter(|part| !part.is_empty()).collect();
        let packets =
            found.packets().map_or_else(|| "-".to_owned(), |packets| scale::number(packets, self.options.exact));
        let set = if matches!(found.kind, Kind::Element(..)) { "@" } else { "" };
        let mut cells = vec![format!("{set}{name}")];
        cells.extend(self.options.line_numbers.then(String::new));
        cells.extend([packets, scale::number(found.bytes(), self.options.exact), found.word().to_owned()]);
        cells.extend((0..6).map(|_| String::new()));
        cells.push(escape_controls(&details.join(" ")).into_owned());
        cells
    }

    /// A row of prettytable's; figures, which stand behind the chain's name, to the right.
    fn row<'a>(&self, cells: impl Iterator<Item = &'a str>) -> Row {
        let figures = 1..=if self.options.line_numbers { 3 } else { 2 };
        let cell = |(index, text): (usize, &str)| match figures.contains(&index) {
            true => Cell::new_align(text, format::Alignment::RIGHT),
            false => Cell::new(text),
        };
        Row::new(cells.enumerate().map(cell).collect())
    }

    fn draw(&self, frame: &Frame, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.options.palette.paint(Style::Bold, &frame.heading))?;
        let mut canvas = Canvas { section: self, frame, block: prettytable::Table::new(), out };
        canvas.titles()?;
        frame.beside.lines().try_for_each(|cells| canvas.beside(cells))?;
        for rows in &frame.chains {
            canvas.chain(&self.chain_cells(rows))?;
            rows.rules.lines().try_for_each(|cells| canvas.rule(cells))?;
        }
        canvas.flush(None)
    }
}

/// What a frame is drawn on.
struct Canvas<'a> {
    section: &'a TableSection,
    frame: &'a Frame,
    block: prettytable::Table,
    out: &'a mut dyn Write,
}

impl Canvas<'_> {
    fn titles(&mut self) -> io::Result<()> {
        self.block.set_titles(self.section.row(self.section.titles().iter().map(String::as_str)));
        self.flush(Some(Style::Bold))
    }

    fn chain(&mut self, cells: &[String]) -> io::Result<()> {
        self.flush(None)?;
        self.block.add_row(self.section.row(cells.iter().map(String::as_str)));
        self.flush(Some(Style::Cyan))
    }

    fn beside(&mut self, cells: &str) -> io::Result<()> {
        self.add(cells.split_terminator('\t'))
    }

    fn rule(&mut self, cells: &str) -> io::Result<()> {
        self.add(std::iter::once("").chain(cells.split_terminator('\t')))
    }

    fn add<'a>(&mut self, cells: impl Iterator<Item = &'a str>) -> io::Result<()> {
        self.block.add_row(self.section.row(cells));
        if self.block.len() < BLOCK { Ok(()) } else { self.flush(None) }
    }

    /// Draws what has gathered, each block with a last row as wide as the widest, which is then left out. Its first line
    /// is painted, line by line, as prettytable counts escape sequences as characters.
    fn flush(&mut self, style: Option<Style>) -> io::Result<()> {
        let mut block = std::mem::replace(&mut self.block, prettytable::Table::new());
        block.set_format(layout());
        block.add_row(Row::new(self.frame.widths.iter().map(|&width| Cell::new(&" ".repeat(width))).collect()));
        let text = block.to_string();
        let lines = text.lines().count().saturating_sub(1);
        for (index, line) in text.lines().take(lines).map(str::trim_end).enumerate() {
            match style.filter(|_| index == 0) {
                Some(style) => writeln!(self.out, "{}", self.section.options.palette.paint(style, line))?,
                None => writeln!(self.out, "{line}")?,
            }
        }
        Ok(())
    }
}

/// `hook input, priority 0`, for people who look for nft's chains.
fn hook(base: &Base) -> String {
    let devices: String = base.devices.iter().map(|device| format!(" device {}", escape(device))).collect();
    format!("hook {}{devices}, priority {}", escape(&base.hook), base.priority)
}

/// Makes the columns at least as wide as these cells, the first of them in column `from`.
fn widen<'a>(widths: &mut [usize], from: usize, cells: impl Iterator<Item = &'a str>) {
    for (width, text) in widths.iter_mut().skip(from).zip(cells) {
        *width = (*width).max(text.width());
    }
}

impl Visitor for TableSection {
    fn table(&mut self, table: &Table) {
        let heading = format!("{} {}", table.family, escape(&table.name));
        let titles = self.titles();
        let mut frame = Frame { heading, beside: String::new(), chains: Vec::new(), widths: vec![0; titles.len()] };
        widen(&mut frame.widths, 0, titles.iter().map(String::as_str));
        self.frames.push(frame);
    }

    fn declared(&mut self, declared: Declared<'_>, names: &dyn Names) {
        for found in counting(declared, names) {
            let cells = self.beside_cells(&found);
            let Some(frame) = self.frames.last_mut() else { return };
            widen(&mut frame.widths, 0, cells.iter().map(String::as_str));
            for cell in cells {
                frame.beside.push_str(&cell);
                frame.beside.push('\t');
            }
            frame.beside.push('\n');
        }
    }

    fn chain(&mut self, chain: &Chain) {
        if let Some(frame) = self.frames.last_mut() {
            frame.chains.push(ChainRows { chain: chain.clone(), references: 0, rules: String::new() });
        }
    }

    fn rule(&mut self, entry: &RuleEntry) {
        let columns = row::of(entry, entry.family, false);
        let number = self.options.line_numbers.then(|| entry.number.to_string());
        let figures = scale::figures(entry.counts, self.options.exact);
        let texts = columns.fields();
        let Some(frame) = self.frames.last_mut() else { return };
        let Some(ChainRows { rules, .. }) = frame.chains.last_mut() else { return };
        let begin = rules.len();
        for text in number.iter().chain(&figures).chain(&texts) {
            let cell = escape_controls(text.trim());
            // A comment may hold the tab that ends a cell.
            if cell.contains('\t') {
                rules.push_str(&cell.replace('\t', "\\x09"))
            } else {
                rules.push_str(&cell)
            }
            rules.push('\t');
        }
        widen(&mut frame.widths, 1, rules[begin..].split_terminator('\t'));
        rules.push('\n');
    }

    fn end_table(&mut self, references: &References) {
        let Some(mut frame) = self.frames.pop() else { return };
        for rows in &mut frame.chains {
            rows.references = references.get(&rows.chain.name).copied().unwrap_or(0);
            widen(&mut frame.widths, 0, self.chain_cells(rows).iter().map(String::as_str));
        }
        self.frames.push(frame);
    }
}

impl Section for TableSection {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        for (index, frame) in self.frames.iter().enumerate() {
            out.write_all(if index == 0 { b"" } else { b"\n" })?;
            self.draw(frame, out)?;
        }
        Ok(())
    }
}

/// Columns two blanks apart, a line under the titles, no border: what can still be read and cut in a narrow terminal.
fn layout() -> format::TableFormat {
    format::FormatBuilder::new()
        .separator(format::LinePosition::Title, format::LineSeparator::new('-', '-', '-', '-'))
        .padding(0, 2)
        .build()
}
