//! Round trip times: what a ping's last line is made of.

use std::time::Duration;

/// Sums over round trip times, in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RoundTrips {
    count: u64,
    shortest: u64,
    longest: u64,
    sum: u128,
    squares: u128,
    /// Eight times the moving average.
    moving: u64,
}

/// Figures of all round trips, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// The shortest.
    pub shortest: u64,
    /// The mean.
    pub average: u64,
    /// The longest.
    pub longest: u64,
    /// The standard deviation.
    pub deviation: u64,
    /// The moving average, each new one with a weight of 1/8.
    pub moving: u64,
}

impl RoundTrips {
    /// Takes one in.
    pub fn add(&mut self, time: Duration) {
        let time = u64::try_from(time.as_micros()).unwrap_or(u64::MAX / 16);
        self.shortest = if self.count == 0 { time } else { self.shortest.min(time) };
        self.longest = self.longest.max(time);
        self.moving = if self.count == 0 { time * 8 } else { self.moving - self.moving / 8 + time };
        self.count += 1;
        self.sum += u128::from(time);
        self.squares += u128::from(time) * u128::from(time);
    }

    /// The longest so far.
    #[must_use]
    pub const fn longest(&self) -> Duration {
        Duration::from_micros(self.longest)
    }

    /// The figures; `None` where there was no round trip.
    #[must_use]
    pub fn summary(&self) -> Option<Summary> {
        let count = u128::from(self.count);
        let average = self.sum.checked_div(count)?;
        let variance = (self.squares.saturating_sub(self.sum * self.sum / count)) / count;
        let narrow = |wide: u128| u64::try_from(wide).unwrap_or(u64::MAX);
        Some(Summary {
            shortest: self.shortest,
            average: narrow(average),
            longest: self.longest,
            deviation: narrow(variance.isqrt()),
            moving: self.moving / 8,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn computes_mean_and_deviation() {
        let mut trips = RoundTrips::default();
        assert_eq!(trips.summary(), None);
        for micros in [73, 266] {
            trips.add(Duration::from_micros(micros));
        }
        let summary = Summary { shortest: 73, average: 169, longest: 266, deviation: 96, moving: 97 };
        assert_eq!(trips.summary(), Some(summary));
    }
}
