//! Flowtables as nft declares them.

use super::{Style, block, priority};
use crate::expr::{Family, Flowtable, hook_name};
use crate::rule::lexer;

/// A flowtable's lines.
#[must_use]
pub fn flowtable(flowtable: &Flowtable, style: Style) -> String {
    // Whatever table it is in, it hangs where those of netdev do.
    let family = Family::Netdev;
    let hook = hook_name(family, flowtable.hook);
    let mut body = vec![format!("hook {hook} priority {}", priority(family, &hook, flowtable.priority))];
    if !flowtable.devices.is_empty() {
        let mut devices: Vec<_> = flowtable.devices.iter().map(|name| lexer::printable(name)).collect();
        devices.sort();
        body.push(format!("devices = {{ {} }}", devices.join(", ")));
    }
    for (bit, line) in [(Flowtable::OFFLOAD, "flags offload"), (Flowtable::COUNTER, "counter")] {
        if flowtable.flags & bit != 0 {
            body.push(line.to_owned());
        }
    }
    block("flowtable", &flowtable.name, flowtable.handle, &body, style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flowtable_has_its_hook_and_its_devices() {
        let found = Flowtable {
            name: "fast".to_owned(),
            handle: 7,
            flags: Flowtable::OFFLOAD | Flowtable::COUNTER,
            priority: -1,
            devices: vec!["lan".to_owned(), "eth0".to_owned()],
            ..Flowtable::default()
        };
        let text = "\tflowtable fast { # handle 7\n\t\thook ingress priority filter - 1\n\t\tdevices = { eth0, lan }\n\
            \t\tflags offload\n\t\tcounter\n\t}\n";
        assert_eq!(flowtable(&found, Style { handles: true, ..Style::default() }), text);
    }
}
