//! Counters as a drawn table: one frame a table, a row a chain, a row a rule.

use prettytable::{Cell, Row, format};

use super::{Options, Section, row, scale};
use crate::expr::Counts;
use crate::firewall::model::{Base, Chain, References, RuleEntry, Table, Visitor};
use crate::report::terminal::{Style, escape, escape_controls};

/// One namespace, drawn.
#[derive(Debug)]
pub struct TableSection {
    options: Options,
    table: Option<Table>,
    chains: Vec<(Chain, Vec<Vec<String>>)>,
    text: String,
}

impl TableSection {
    /// An empty one.
    pub const fn new(options: Options) -> Self {
        Self { options, table: None, chains: Vec::new(), text: String::new() }
    }

    fn figures(&self, counts: Option<Counts>) -> [String; 2] {
        counts.map_or_else(
            || [String::from("-"), String::from("-")],
            |counts| [counts.packets, counts.bytes].map(|value| scale::number(value, self.options.exact)),
        )
    }

    fn titles(&self) -> Row {
        let number = if self.options.line_numbers { &["num"][..] } else { &[] };
        let names = ["packets", "bytes", "target", "prot", "opt", "in", "out", "source", "destination", "details"];
        let cells = ["chain"].iter().chain(number).chain(&names);
        Row::new(cells.map(|name| Cell::new(name)).collect())
    }

    fn chain_row(&self, chain: &Chain, references: u32) -> Row {
        let [packets, bytes] = match &chain.base {
            Some(base) => self.figures(base.counts),
            None => [String::new(), String::new()],
        };
        let state = match &chain.base {
            Some(base) => format!("policy {}", base.policy.name()),
            None => format!("{references} {}", if references == 1 { "reference" } else { "references" }),
        };
        let details = chain.base.as_ref().map(hook).unwrap_or_default();
        let mut cells = vec![Cell::new(&escape(&chain.name))];
        if self.options.line_numbers {
            cells.push(Cell::new(""));
        }
        cells.extend([right(&packets), right(&bytes), Cell::new(&state)]);
        cells.extend((0..6).map(|_| Cell::new("")));
        cells.push(Cell::new(&details));
        Row::new(cells)
    }

    fn rule_row(&self, texts: &[String]) -> Row {
        let figures = if self.options.line_numbers { 0..3 } else { 0..2 };
        let mut cells = vec![Cell::new("")];
        for (index, text) in texts.iter().enumerate() {
            cells.push(if figures.contains(&index) { right(text) } else { Cell::new(text) });
        }
        Row::new(cells)
    }
}

/// `hook input, priority 0`, for people who look for nft's chains.
fn hook(base: &Base) -> String {
    let devices: String = base.devices.iter().map(|device| format!(" device {}", escape(device))).collect();
    format!("hook {}{devices}, priority {}", escape(&base.hook), base.priority)
}

fn right(text: &str) -> Cell {
    Cell::new_align(text, format::Alignment::RIGHT)
}

impl Visitor for TableSection {
    fn table(&mut self, table: &Table) {
        self.table = Some(table.clone());
    }

    fn chain(&mut self, chain: &Chain) {
        self.chains.push((chain.clone(), Vec::new()));
    }

    fn rule(&mut self, entry: &RuleEntry) {
        let Some(table) = &self.table else { return };
        let columns = row::of(entry, table.family);
        let [packets, bytes] = self.figures(entry.counts);
        let mut texts = if self.options.line_numbers { vec![entry.number.to_string()] } else { Vec::new() };
        texts.extend([packets, bytes]);
        texts.extend(
            [
                columns.target,
                columns.protocol,
                columns.options,
                columns.input,
                columns.output,
                columns.source,
                columns.destination,
                columns.details,
            ]
            .map(|text| escape_controls(text.trim()).into_owned()),
        );
        if let Some((_, rows)) = self.chains.last_mut() {
            rows.push(texts);
        }
    }

    fn end_table(&mut self, references: &References) {
        let Some(table) = self.table.take() else { return };
        let mut drawn = prettytable::Table::new();
        drawn.set_format(frame());
        drawn.set_titles(self.titles());
        // Titles and the line under them come first.
        let mut styles = vec![Some(Style::Bold), None];
        for (chain, rows) in std::mem::take(&mut self.chains) {
            drawn.add_row(self.chain_row(&chain, references.get(&chain.name).copied().unwrap_or(0)));
            styles.push(Some(Style::Cyan));
            for texts in rows {
                drawn.add_row(self.rule_row(&texts));
                styles.push(None);
            }
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        let palette = self.options.palette;
        let heading = format!("{} {}", table.family, escape(&table.name));
        self.text.push_str(&format!("{}\n", palette.paint(Style::Bold, heading)));
        // Painted line by line: prettytable counts escape sequences as characters.
        for (line, style) in drawn.to_string().lines().map(str::trim_end).zip(styles) {
            match style {
                Some(style) => self.text.push_str(&palette.paint(style, line).to_string()),
                None => self.text.push_str(line),
            }
            self.text.push('\n');
        }
    }
}

impl Section for TableSection {
    fn finish(&mut self) -> String {
        std::mem::take(&mut self.text)
    }
}

/// Columns two blanks apart, a line under the titles, no border: what can still be read and cut in a narrow terminal.
fn frame() -> format::TableFormat {
    format::FormatBuilder::new()
        .separator(format::LinePosition::Title, format::LineSeparator::new('-', '-', '-', '-'))
        .padding(0, 2)
        .build()
}
