//! Rights: root's, or those of a user namespace of one's own, and the switches that forbid one.

use super::{Finding, Group, apart};
use crate::kernel::KernelError;
use crate::kernel::sys::process::{CAP_NET_ADMIN, CAP_SYS_ADMIN, has_capability};
use crate::kernel::userns::fresh;
use crate::kernel::userns::switches::Switches;

const RIGHTS: &str = "capabilities";

/// What this process may do where it stands, and what a user namespace would give it.
pub fn examine() -> Vec<Finding> {
    let held: Vec<_> = [("CAP_NET_ADMIN", CAP_NET_ADMIN), ("CAP_SYS_ADMIN", CAP_SYS_ADMIN)]
        .into_iter()
        .filter(|&(_, number)| has_capability(number))
        .map(|(name, _)| name)
        .collect();
    let user = user_namespace();
    let mut findings = vec![match (held.as_slice(), user.state) {
        ([_, _], _) => Finding::ok(Group::Rights, RIGHTS, "CAP_NET_ADMIN and CAP_SYS_ADMIN are held"),
        ([], super::State::Ok) => {
            Finding::ok(Group::Rights, RIGHTS, "none are held; commands get them in a user namespace of their own")
        }
        ([], _) => Finding::missing(Group::Rights, RIGHTS, "neither CAP_NET_ADMIN nor CAP_SYS_ADMIN is held")
            .required()
            .remedy("run nsfw as root, or let users have namespaces of their own (below)"),
        ([one, ..], _) => {
            Finding::warning(Group::Rights, RIGHTS, format!("of CAP_NET_ADMIN and CAP_SYS_ADMIN only {one}"))
                .remedy("give both or none: with --cap-add NET_ADMIN --cap-add SYS_ADMIN in a container")
        }
    }];
    findings.push(user);
    findings.extend(switches());
    findings
}

/// Whether one can be made, mapped, and given a /run of its own.
fn user_namespace() -> Finding {
    const NAME: &str = "user namespaces";
    let tried = apart::run(|tell| {
        tell(match fresh::make(true) {
            Ok(()) => Finding::ok(Group::Rights, NAME, "work without root (and --rootless) is possible"),
            Err((step, errno)) => refused(NAME, &step.refused(errno)),
        });
    });
    let silent = || Finding::missing(Group::Rights, NAME, "the trial did not end").remedy("try again");
    match tried {
        Ok(findings) => findings.into_iter().next().unwrap_or_else(silent),
        Err(error) => Finding::missing(Group::Rights, NAME, error.to_string())
            .remedy("see whether something limits the processes of this user (`ulimit -u`), and try again"),
    }
}

/// What the doctor says where namespaces are refused: the error itself sends its reader to the doctor.
pub fn refused(name: &str, error: &KernelError) -> Finding {
    let remedy = match Switches::read().obstacle(error.errno) {
        Some(obstacle) => obstacle.remedy,
        None => "run nsfw as root; the lines about namespaces here tell what is not to blame".to_owned(),
    };
    Finding::missing(Group::Rights, name, error.to_string()).remedy(remedy)
}

fn switches() -> Vec<Finding> {
    let set = Switches::read();
    let mut findings = Vec::new();
    for (name, limit) in [
        ("user.max_user_namespaces", set.max_user),
        ("user.max_mnt_namespaces", set.max_mount),
        ("user.max_net_namespaces", set.max_net),
    ] {
        findings.extend(limit.map(|limit| {
            match limit {
                0 => Finding::missing(Group::Rights, name, "0: none may be made")
                    .remedy(format!("as root: sysctl -w {name}=10000")),
                1..16 => Finding::warning(Group::Rights, name, format!("{limit}: a lab may need more"))
                    .remedy(format!("as root: sysctl -w {name}=10000")),
                _ => Finding::ok(Group::Rights, name, limit.to_string()),
            }
        }));
    }
    // Only ordinary users meet these two.
    for (name, value, open) in [
        ("kernel.unprivileged_userns_clone", set.clone, 1),
        ("kernel.apparmor_restrict_unprivileged_userns", set.apparmor, 0),
    ] {
        findings.extend(value.map(|value| {
            if (value == 0) == (open == 0) {
                Finding::ok(Group::Rights, name, format!("{value}: users may have namespaces"))
            } else {
                Finding::warning(Group::Rights, name, format!("{value}: ordinary users may not work without root"))
                    .remedy(format!("as root: sysctl -w {name}={open}"))
            }
        }));
    }
    if set.seccomp {
        let detail = "one is on this process, as containers have it; it may forbid namespaces";
        findings.push(Finding::ok(Group::Rights, "seccomp filter", detail));
    }
    findings
}
