//! Settings of the host that change what is seen, and rules that live beside nf_tables. All of it is only read.

use std::io::ErrorKind;

use super::{Finding, Group};

/// Bytes that a rule as small as the first script's takes in a batch.
const SMALL_RULE: u64 = 212;

/// What `access` says of a file of /proc.
fn read(path: &str) -> Result<String, ErrorKind> {
    std::fs::read_to_string(path).map(|text| text.trim().to_owned()).map_err(|error| error.kind())
}

/// To be called where nsfw was started.
pub fn examine() -> Vec<Finding> {
    let mut findings = vec![kernel()];
    for (name, path, command) in [
        ("iptables-legacy", "/proc/net/ip_tables_names", "iptables-legacy"),
        ("ip6tables-legacy", "/proc/net/ip6_tables_names", "ip6tables-legacy"),
    ] {
        findings.push(legacy(name, command, read(path)));
    }
    findings.push(log_all(read("/proc/sys/net/netfilter/nf_log_all_netns")));
    findings.push(send_buffer(read("/proc/sys/net/core/wmem_max")));
    findings
}

fn kernel() -> Finding {
    let release = read("/proc/sys/kernel/osrelease").unwrap_or_else(|_| "of unknown release".to_owned());
    Finding::ok(Group::Host, "kernel", format!("Linux {release}"))
}

/// Tables of the older packet filter in this namespace; the file lists those that are loaded.
fn legacy(name: &str, command: &str, tables: Result<String, ErrorKind>) -> Finding {
    match tables {
        Err(ErrorKind::NotFound) => Finding::ok(Group::Host, name, "this kernel or namespace has no such tables"),
        Ok(tables) if tables.is_empty() => Finding::ok(Group::Host, name, "no such tables are loaded here"),
        Ok(tables) => {
            let tables = tables.split_whitespace().collect::<Vec<_>>().join(", ");
            let module = if command.starts_with("ip6") { "ip6table" } else { "iptable" };
            Finding::warning(
                Group::Host,
                name,
                format!("tables beside nf_tables here: {tables}; packets pass both, and either can drop them"),
            )
            .remedy(format!(
                "look: {command}-save; empty one: {command} -t TABLE -F; unload one: modprobe -r {module}_TABLE"
            ))
        }
        Err(_) => Finding::warning(Group::Host, name, "this user may not see whether such tables are loaded")
            .remedy("run `nsfw doctor` as root to know; in namespaces of a lab there are none"),
    }
}

fn log_all(value: Result<String, ErrorKind>) -> Finding {
    const NAME: &str = "net.netfilter.nf_log_all_netns";
    match value.as_deref() {
        Ok("0") => {
            Finding::warning(Group::Host, NAME, "0: -j LOG in a lab's namespace leaves nothing in the kernel log")
                .remedy(format!("as root of the host: sysctl -w {NAME}=1"))
        }
        Ok(value) => {
            Finding::ok(Group::Host, NAME, format!("{value}: -j LOG reaches the kernel log from every namespace"))
        }
        Err(_) => Finding::ok(Group::Host, NAME, "cannot be seen from this namespace"),
    }
}

fn send_buffer(value: Result<String, ErrorKind>) -> Finding {
    const NAME: &str = "net.core.wmem_max";
    match value.ok().and_then(|value| value.parse::<u64>().ok()) {
        // The kernel doubles what is asked for.
        Some(bytes) => {
            let rules = bytes.saturating_mul(2) / SMALL_RULE;
            let detail = format!("{bytes}: without root about {rules} small rules fit one change (no limit for root)");
            Finding::ok(Group::Host, NAME, detail)
        }
        None => Finding::ok(Group::Host, NAME, "cannot be seen from this namespace"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn legacy_tables_are_warned_of_by_name() {
        let found = legacy("iptables-legacy", "iptables-legacy", Ok("nat\nfilter".to_owned()));
        assert_eq!(found.state, State::Warning);
        assert!(found.detail.contains("nat, filter"), "{}", found.detail);
        for silent in [Ok(String::new()), Err(ErrorKind::NotFound)] {
            assert_eq!(legacy("x", "x", silent).state, State::Ok);
        }
        assert_eq!(legacy("x", "x", Err(ErrorKind::PermissionDenied)).state, State::Warning);
    }

    #[test]
    fn the_send_buffer_is_told_in_rules() {
        assert!(send_buffer(Ok("212992".to_owned())).detail.contains("about 2009 small rules"));
        assert_eq!(send_buffer(Ok("many".to_owned())).state, State::Ok);
    }
}
