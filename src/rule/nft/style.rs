//! How much nft text tells, and over how many lines.

/// What of a ruleset is written. The default is a rule's text on one line, with its figures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// Without what changes by itself: packets and bytes counted, quotas used, what is left of a timeout (`nft -s`).
    pub stateless: bool,
    /// With the kernel's numbers for things behind them (`nft -a`).
    pub handles: bool,
    /// As part of a ruleset: a chain that belongs to a rule stands on lines of its own, not behind it.
    pub listed: bool,
}

impl Style {
    /// ` # handle 5` where these are asked for.
    #[must_use]
    pub fn handle(self, handle: u64) -> String {
        if self.handles { format!(" # handle {handle}") } else { String::new() }
    }
}
