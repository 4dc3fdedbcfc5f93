//! Files of experiments from any text: no panic; every fault lies in the text, between whole characters; and each can be
//! shown as lines that a terminal takes for text.

use nsfw::experiment::design::Design;
use nsfw::experiment::source::Source;
use nsfw::report::terminal::escape_controls;
use nsfw::rule::NoNames;

/// Designs an experiment that has no other file beside it.
pub fn holds(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let source = Source { path: "/nonexistent/experiments/any.toml".into(), text };
    let Err(faults) = Design::new(&source, &NoNames) else { return };
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
