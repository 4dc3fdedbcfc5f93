//! Files of experiments from any text: no panic; every fault lies in the text, between whole characters; and each can be
//! shown as lines that a terminal takes for text.

use nsfw::experiment::design::Design;
use nsfw::experiment::source::Source;
use nsfw::report::terminal::escape_controls;
use nsfw::rule::NoNames;
use nsfw::way::sending::Sending;

/// Designs an experiment that has no other file beside it.
pub fn holds(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let source = Source { path: "/nonexistent/experiments/any.toml".into(), text };
    let faults = match Design::new(&source, &NoNames) {
        Ok(design) => return design.steps.iter().filter_map(|step| step.sending.as_ref()).for_each(can_be_made),
        Err(faults) => faults,
    };
    assert!(!faults.is_empty(), "what is refused says why");
    for fault in faults {
        assert!(
            source.text.get(fault.span.clone()).is_some(),
            "{:?} is not in the text: {}",
            fault.span,
            fault.message
        );
        let shown = fault.show("any.toml", &source.text, |text| escape_controls(text).into_owned());
        assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
    }
}

/// What has passed the design fits into memory: it is made once, and so often it may be.
fn can_be_made(sending: &Sending) {
    const BYTES: usize = 64 << 20;
    let Sending::Crafted { packets, count, .. } = sending else { return };
    let once: usize = packets.iter().flat_map(|packet| packet.packets()).map(|packet| packet.len()).sum();
    assert!(once.saturating_mul(usize::try_from(*count).unwrap_or(usize::MAX)) <= BYTES, "{once} bytes {count} times");
}
