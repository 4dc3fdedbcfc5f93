//! Packets per time, as `-m limit` and `-m hashlimit` write them.

/// Packets per unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// At least 1.
    pub packets: u32,
    /// Seconds: a second, a minute, an hour or a day.
    pub seconds: u64,
}

/// Units, the longest first: seconds, as iptables writes it, as it may be written.
const UNITS: [(u64, &str, &str); 4] =
    [(86_400, "day", "day"), (3_600, "hour", "hour"), (60, "min", "minute"), (1, "sec", "second")];

impl Rate {
    /// Parses N, N/sec, N/minute, …; gives the seconds of the unit that was written too. iptables keeps the time that one
    /// packet takes, in parts of a second of which `scale` are one, and finds rate and unit again from that.
    pub fn parse(text: &str, scale: u64) -> Option<(Self, u64)> {
        let (packets, unit) = text.split_once('/').unwrap_or((text, "second"));
        let packets: u64 = packets.parse().ok().filter(|&packets| packets > 0)?;
        let unit = unit.to_ascii_lowercase();
        let row = UNITS.iter().find(|row| !unit.is_empty() && (row.2.starts_with(&unit) || row.1 == unit))?;
        let period = (row.0 * scale).checked_div(packets).filter(|&period| period > 0)?;
        Some((Self::of_period(period, scale)?, row.0))
    }

    /// The rate of a packet in so many parts of a second, in the shortest unit that says it well, as iptables finds it;
    /// `None` for no time at all.
    pub fn of_period(period: u64, scale: u64) -> Option<Self> {
        let mut chosen = UNITS[0].0 * scale;
        for row in &UNITS[1..] {
            let unit = row.0 * scale;
            if period == 0 || period > unit || unit / period < unit % period {
                break;
            }
            chosen = unit;
        }
        Some(Self { packets: u32::try_from(chosen.checked_div(period)?).ok()?, seconds: chosen / scale })
    }

    /// The inverse of [`Rate::parse`].
    pub fn render(self) -> String {
        let unit = UNITS.iter().find(|row| row.0 == self.seconds).map_or("sec", |row| row.1);
        format!("{}/{unit}", self.packets)
    }
}
