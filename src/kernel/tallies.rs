//! What the IP layers of the namespace of this thread have counted of all packets (RFC 4293, RFC 2011, and Linux's own), as
//! the files of /proc/net tell it.
//!
//! Of a packet that is given up between two hooks no rule and no trace tells. Often a counter does.

use std::collections::HashMap;

use super::KernelError;

/// The folder of this thread's namespace: /proc/net is that of the process's first thread.
const FOLDER: &str = "/proc/thread-self/net";
/// Groups of names and, in the line behind, of numbers.
const IN_GROUPS: [&str; 2] = ["snmp", "netstat"];
/// A name and a number a line.
const IN_LINES: &str = "snmp6";

/// Numbers by names: `Ip.InHdrErrors`, `IpExt.InNoRoutes`, `Ip6InNoRoutes`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tallies(HashMap<String, u64>);

impl Tallies {
    /// Reads them.
    ///
    /// # Errors
    /// The errno of open(2) or read(2). A kernel without IPv6 has none of its file, and that is none.
    pub fn read() -> Result<Self, KernelError> {
        let mut found = Self::default();
        let read = |file: &str| std::fs::read_to_string(format!("{FOLDER}/{file}"));
        for file in IN_GROUPS {
            let text = read(file).map_err(|error| KernelError::from_io("read counters in", file, &error))?;
            found.add_groups(&text);
        }
        match read(IN_LINES) {
            Ok(text) => found.add_lines(&text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(KernelError::from_io("read counters in", IN_LINES, &error)),
        }
        Ok(found)
    }

    /// Those of a text of either form, for tests.
    #[cfg(test)]
    pub fn of(text: &str) -> Self {
        let mut found = Self::default();
        if text.contains(':') {
            found.add_groups(text)
        } else {
            found.add_lines(text)
        }
        found
    }

    /// By how much a number is higher than it was before; 0 for what this kernel does not count.
    #[must_use]
    pub fn rise(&self, before: &Self, name: &str) -> u64 {
        let number = |tallies: &Self| tallies.0.get(name).copied().unwrap_or_default();
        number(self).saturating_sub(number(before))
    }

    fn add_groups(&mut self, text: &str) {
        let mut lines = text.lines();
        while let (Some(names), Some(numbers)) = (lines.next(), lines.next()) {
            let Some((group, names)) = names.split_once(':') else { continue };
            let numbers = numbers.split_once(':').map_or("", |(_, numbers)| numbers);
            let both = names.split_whitespace().zip(numbers.split_whitespace());
            self.0.extend(both.filter_map(|(name, number)| Some((format!("{group}.{name}"), number.parse().ok()?))));
        }
    }

    fn add_lines(&mut self, text: &str) {
        let both = text.lines().filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?.to_owned(), words.next()?.parse().ok()?))
        });
        self.0.extend(both);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        let mut before = Tallies::default();
        before.add_groups("Ip: Forwarding InHdrErrors\nIp: 1 2\nTcp: MaxConn InSegs\nTcp: -1 7\n");
        before.add_lines("Ip6InReceives                   \t5\nIp6InNoRoutes\t1\n");
        assert_eq!(before.0.len(), 5, "{before:?}");
        let mut after = before.clone();
        after.add_groups("Ip: Forwarding InHdrErrors\nIp: 1 6\n");
        after.add_lines("Ip6InNoRoutes 2\n");
        let rises =
            ["Ip.InHdrErrors", "Ip6InNoRoutes", "Tcp.InSegs", "Ip.Nothing"].map(|name| after.rise(&before, name));
        assert_eq!(rises, [4, 1, 0, 0]);
    }

    #[test]
    fn this_host_has_them() {
        let found = Tallies::read().expect("files of /proc/net can be read");
        assert!(["Ip.InHdrErrors", "IpExt.InNoRoutes"].iter().all(|name| found.0.contains_key(*name)), "{found:?}");
    }

    #[test]
    fn torn_text_is_no_harm() {
        let mut found = Tallies::default();
        for text in ["", "Ip", "Ip:\nIp", "Ip: A B\nIp: x", "\n\n\n"] {
            found.add_groups(text);
            found.add_lines(text);
        }
        assert_eq!(found, Tallies::default());
    }
}
