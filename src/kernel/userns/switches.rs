//! The kernel's switches that forbid user namespaces: which one it was, and the command that changes it.

use nix::errno::Errno;

use crate::kernel::KernelError;

/// What the switches are set to; `None` where the kernel has no such switch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Switches {
    /// `user.max_user_namespaces`: how many one user may have (namespaces(7)).
    pub max_user: Option<u64>,
    /// `user.max_mnt_namespaces`.
    pub max_mount: Option<u64>,
    /// `user.max_net_namespaces`.
    pub max_net: Option<u64>,
    /// `kernel.unprivileged_userns_clone` of Debian's and Arch's kernels: 0 forbids.
    pub clone: Option<u64>,
    /// `kernel.apparmor_restrict_unprivileged_userns` of Ubuntu's kernels: 1 takes the capabilities away.
    pub apparmor: Option<u64>,
    /// Whether a seccomp filter is on this process: containers forbid unshare(2) by one.
    pub seccomp: bool,
}

/// One reason why user namespaces cannot be had, and the remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// The switch and its setting: `user.max_user_namespaces is 0`.
    pub switch: String,
    /// The command that changes it.
    pub remedy: String,
}

/// Debian's default is in the ten thousands; any figure that a lab cannot reach does.
const ENOUGH: u32 = 10_000;

impl Switches {
    /// Reads them.
    #[must_use]
    pub fn read() -> Self {
        let number = |path: &str| std::fs::read_to_string(path).ok()?.trim().parse().ok();
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let seccomp = status.lines().find_map(|line| line.strip_prefix("Seccomp:")).map(str::trim);
        Self {
            max_user: number("/proc/sys/user/max_user_namespaces"),
            max_mount: number("/proc/sys/user/max_mnt_namespaces"),
            max_net: number("/proc/sys/user/max_net_namespaces"),
            clone: number("/proc/sys/kernel/unprivileged_userns_clone"),
            apparmor: number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
            seccomp: seccomp.is_some_and(|mode| mode != "0"),
        }
    }

    /// The switch that makes the kernel answer with `errno` when namespaces are asked for.
    #[must_use]
    pub fn obstacle(&self, errno: Errno) -> Option<Obstacle> {
        let set = |name: &str, is: u64, value: u32| {
            Some(Obstacle { switch: format!("{name} is {is}"), remedy: format!("as root: sysctl -w {name}={value}") })
        };
        match errno {
            Errno::ENOSPC => [
                ("user.max_user_namespaces", self.max_user),
                ("user.max_mnt_namespaces", self.max_mount),
                ("user.max_net_namespaces", self.max_net),
            ]
            .into_iter()
            .filter_map(|(name, limit)| Some((name, limit?)))
            .min_by_key(|&(_, limit)| limit)
            .and_then(|(name, limit)| set(name, limit, ENOUGH)),
            Errno::EPERM | Errno::EACCES => match self {
                Self { clone: Some(0), .. } => set("kernel.unprivileged_userns_clone", 0, 1),
                Self { apparmor: Some(is @ 1..), .. } => set("kernel.apparmor_restrict_unprivileged_userns", *is, 0),
                Self { seccomp: true, .. } => Some(Obstacle {
                    switch: "a seccomp filter is on this process".to_owned(),
                    remedy: "in a container: start it with --security-opt seccomp=unconfined, or as root with \
                             --cap-add NET_ADMIN --cap-add SYS_ADMIN"
                        .to_owned(),
                }),
                _ => None,
            },
            Errno::EUSERS => Some(Obstacle {
                switch: "user namespaces are nested 32 deep, which is the kernel's limit".to_owned(),
                remedy: "leave some of them".to_owned(),
            }),
            Errno::EINVAL | Errno::ENOSYS => Some(Obstacle {
                switch: "the kernel was built without user namespaces (CONFIG_USER_NS)".to_owned(),
                remedy: "run nsfw as root".to_owned(),
            }),
            _ => None,
        }
    }
}

/// Adds the switch and the remedy to an error of unshare(2), of the maps or of the mounts that follow.
pub fn explain(mut error: KernelError) -> KernelError {
    match Switches::read().obstacle(error.errno) {
        Some(Obstacle { switch, remedy }) => {
            error.object = format!("({switch})");
            error.with_help(format!("{remedy}; `nsfw doctor` shows what else is missing"))
        }
        None => error.with_help("run nsfw as root, or see `nsfw doctor` for what this host allows"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_that_forbids_is_named() {
        let open = Switches { max_user: Some(9), max_mount: Some(9), max_net: Some(9), ..Switches::default() };
        let cases = [
            (Switches { max_user: Some(0), ..open }, Errno::ENOSPC, "user.max_user_namespaces is 0"),
            (Switches { max_net: Some(3), ..open }, Errno::ENOSPC, "user.max_net_namespaces is 3"),
            (Switches { clone: Some(0), ..open }, Errno::EPERM, "kernel.unprivileged_userns_clone is 0"),
            (
                Switches { apparmor: Some(1), ..open },
                Errno::EACCES,
                "kernel.apparmor_restrict_unprivileged_userns is 1",
            ),
            (Switches { seccomp: true, ..open }, Errno::EPERM, "a seccomp filter is on this process"),
        ];
        for (switches, errno, expected) in cases {
            assert_eq!(switches.obstacle(errno).map(|obstacle| obstacle.switch).as_deref(), Some(expected));
        }
        assert_eq!(open.obstacle(Errno::EPERM), None);
        let allowed = Switches { clone: Some(1), apparmor: Some(0), ..open };
        assert_eq!(allowed.obstacle(Errno::EPERM), None);
    }
}
