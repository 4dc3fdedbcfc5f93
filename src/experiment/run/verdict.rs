//! What was expected, what was found, and whether they agree.

use std::ops::Range;

/// One expectation, answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What it is about.
    pub what: String,
    /// What was expected.
    pub expected: String,
    /// What was found: as expected, or not.
    pub found: Result<String, String>,
    /// Where the expectation is written.
    pub span: Range<usize>,
    /// The packet that shows why, by its place among those of the step.
    pub packet: Option<usize>,
    /// The packet that came of those and shows why instead, by its place among [`crate::way::outcome::Outcomes::others`].
    pub answer: Option<usize>,
    /// Whether it is met by answers alone, which somebody has to give.
    pub is_about_answers: bool,
    /// What to do, where it is not met and that is known.
    pub help: Option<String>,
}

impl Verdict {
    /// An expectation that is met if `fits`.
    pub fn new(
        what: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
        fits: bool,
        span: &Range<usize>,
    ) -> Self {
        let found = found.into();
        let found = if fits { Ok(found) } else { Err(found) };
        Self {
            what: what.into(),
            expected: expected.into(),
            found,
            span: span.clone(),
            packet: None,
            answer: None,
            is_about_answers: false,
            help: None,
        }
    }

    /// The same, shown by a packet.
    #[must_use]
    pub const fn shown_by(mut self, packet: Option<usize>) -> Self {
        self.packet = packet;
        self
    }

    /// The same, shown by a packet that came of those that were sent.
    #[must_use]
    pub const fn shown_by_answer(mut self, answer: Option<usize>) -> Self {
        self.answer = answer;
        self
    }

    /// The same, met by answers alone.
    #[must_use]
    pub const fn about_answers(mut self) -> Self {
        self.is_about_answers = true;
        self
    }

    /// Whether it is met.
    #[must_use]
    pub const fn is_met(&self) -> bool {
        self.found.is_ok()
    }
}
