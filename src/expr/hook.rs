//! Hooks: where in a packet's way a base chain hangs. Their numbers begin anew in each group of families.

use super::{Attribute, Attributes, Family};

/// `enum nf_inet_hooks` (with `NF_INET_INGRESS`) of linux/netfilter.h, which `ip`, `ip6`, `inet` and, but for the last
/// ones, `bridge` share.
const INET: [&str; 6] = ["prerouting", "input", "forward", "output", "postrouting", "ingress"];
/// linux/netfilter_arp.h.
const ARP: [&str; 3] = ["input", "output", "forward"];
/// `enum nf_dev_hooks` of linux/netfilter.h.
const NETDEV: [&str; 2] = ["ingress", "egress"];

/// nft's name of a hook; `hook-N` for a number without one.
#[must_use]
pub fn hook_name(family: Family, number: u32) -> String {
    let names: &[&str] = match family {
        Family::Inet => &INET,
        Family::Ip | Family::Ip6 | Family::Bridge => &INET[..5],
        Family::Arp => &ARP,
        Family::Netdev => &NETDEV,
        Family::Other(_) => &[],
    };
    let name = usize::try_from(number).ok().and_then(|at| names.get(at));
    name.map_or_else(|| format!("hook-{number}"), |name| (*name).to_owned())
}

/// `NFTA_DEVICE_*`, in a list of devices.
const DEVICE_NAME: u16 = 1;
const DEVICE_PREFIX: u16 = 2;

/// A list of devices that a hook is on (`NFTA_HOOK_DEVS`); those whose names begin so, with a `*` at the end. `None` where
/// there is anything else in it.
#[must_use]
pub fn devices(list: Attribute<'_>) -> Option<Vec<String>> {
    Attributes::whole(list.payload)?
        .map(|entry| match entry.kind {
            DEVICE_NAME => Some(device(entry)),
            DEVICE_PREFIX => Some(device(entry) + "*"),
            _ => None,
        })
        .collect()
}

/// A device's name may be of any bytes; those that are not UTF-8 are told as `\xNN`.
#[must_use]
pub fn device(name: Attribute<'_>) -> String {
    let bytes = name.payload.strip_suffix(&[0]).unwrap_or(name.payload);
    name.str().map_or_else(|| bytes.escape_ascii().to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_is_another_hook_in_another_family() {
        assert_eq!(hook_name(Family::Ip, 1), "input");
        assert_eq!(hook_name(Family::Arp, 1), "output");
        assert_eq!(hook_name(Family::Netdev, 1), "egress");
        assert_eq!(hook_name(Family::Ip6, 5), "hook-5");
    }
}
