//! How much a step may send: all of it is made before its first packet leaves, and must have room.

use std::ops::Range;

use super::around::Faults;

/// More is refused: a step with so many packets shows nothing that fewer do not. A capture may hold as many.
const PACKETS: u64 = 100_000;
/// Of all packets of a step together.
const BYTES: u64 = 64 << 20;
/// What IP's length can tell, less any headers.
const PAYLOAD: usize = 65_000;
/// Headers of one packet, and more.
const HEADERS: u64 = 100;

/// What a step sends, before it is made.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Amount {
    packets: u64,
    bytes: u64,
}

impl Amount {
    /// So many bytes of data in one packet, or in fragments with at most so many bytes each.
    pub fn of(payload: usize, fragment: Option<u16>) -> Self {
        let length = u64::try_from(payload).unwrap_or(u64::MAX);
        let size = fragment.filter(|size| *size > 0).map_or(u64::MAX, u64::from);
        let packets = length.saturating_add(HEADERS).div_ceil(size);
        Self { packets, bytes: length.saturating_add(packets.saturating_mul(HEADERS)) }
    }

    /// Both together.
    pub const fn and(self, other: Self) -> Self {
        let Self { packets, bytes } = self;
        Self { packets: packets.saturating_add(other.packets), bytes: bytes.saturating_add(other.bytes) }
    }

    /// Tells if `count` times that is too much.
    pub fn check(self, count: u32, span: &Range<usize>, faults: &mut Faults) {
        let times = |number: u64| number.saturating_mul(count.into());
        if times(self.packets) > PACKETS || times(self.bytes) > BYTES {
            let most = format!("a step sends at most {PACKETS} packets with {} MiB in all", BYTES >> 20);
            faults.add_with_help(span.clone(), most, "several steps send more");
        }
    }
}

/// Tells if one packet cannot hold so many bytes of data.
pub(super) fn check_payload(payload: usize, span: &Range<usize>, faults: &mut Faults) {
    if payload > PAYLOAD {
        faults.add(span.clone(), format!("a packet holds at most {PAYLOAD} bytes of data, not {payload}"));
    }
}
