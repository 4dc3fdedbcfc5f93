//! Who has to do with a packet: the processor, the node of a cluster, groups of interfaces and of processes
//! (linux/netfilter/xt_cpu.h, xt_cluster.h, xt_devgroup.h, xt_cgroup.h).

use super::info::{Info, Options, masked};

/// `struct xt_cpu_info`.
pub fn cpu(info: &Info<'_>) -> Option<Vec<String>> {
    numbered(info, "--cpu")
}

/// `struct xt_cgroup_info_v0`.
pub fn cgroup0(info: &Info<'_>) -> Option<Vec<String>> {
    numbered(info, "--cgroup")
}

/// A number, and whether it is meant the other way round.
fn numbered(info: &Info<'_>, name: &str) -> Option<Vec<String>> {
    let mut options = Options::default();
    options.value(info.u32(4)? != 0, name, info.u32(0)?);
    Some(options.words())
}

/// `struct xt_cgroup_info_v1`: the class stands behind the path.
pub fn cgroup1(info: &Info<'_>) -> Option<Vec<String>> {
    cgroup(info, 4096, 4100)
}

/// `struct xt_cgroup_info_v2`: the class stands in the path's place.
pub fn cgroup2(info: &Info<'_>) -> Option<Vec<String>> {
    cgroup(info, 512, 4)
}

/// One of the two is asked for, as the kernel demands.
fn cgroup(info: &Info<'_>, path: usize, class: usize) -> Option<Vec<String>> {
    let mut options = Options::default();
    match (info.flag(0)?, info.flag(1)?) {
        (true, false) => options.value(info.flag(2)?, "--path", info.text(4, path)?),
        (false, true) => options.value(info.flag(3)?, "--cgroup", info.u32(class)?),
        _ => return None,
    }
    Some(options.words())
}

/// `struct xt_devgroup_info`.
pub fn devgroup(info: &Info<'_>) -> Option<Vec<String>> {
    let flags = info.u32(0)?;
    let mut options = Options::default();
    for (name, at, asked) in [("--src-group", 4, 1), ("--dst-group", 12, 4)] {
        let inverted = asked << 1;
        match (flags & asked != 0, flags & inverted != 0) {
            (true, negated) => options.value(negated, name, masked(info.u32(at)?, info.u32(at + 4)?)),
            (false, true) => return None,
            (false, false) => {}
        }
    }
    (flags & !0xf == 0).then(|| options.words())
}

/// `struct xt_cluster_match_info`.
pub fn cluster(info: &Info<'_>) -> Option<Vec<String>> {
    const INVERTED: u32 = 1;
    let flags = info.u32(12)?;
    let mut options = Options::default();
    options.value(flags & INVERTED != 0, "--cluster-local-nodemask", format!("{:#010x}", info.u32(4)?));
    options.value(false, "--cluster-total-nodes", info.u32(0)?);
    options.value(false, "--cluster-hash-seed", format!("{:#010x}", info.u32(8)?));
    (flags & !INVERTED == 0).then(|| options.words())
}
