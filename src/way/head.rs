//! The headers of a packet as a visit tells them.

use crate::firewall::passage::Visit;
use crate::traffic::packet::Head;

/// Reads the headers of a visit, and hands them to `with`; `None` where they are of no version of IP.
pub fn head<T>(visit: &Visit, with: impl FnOnce(Head<'_>) -> T) -> Option<T> {
    Head::read(&visit.network, &visit.transport, with)
}
