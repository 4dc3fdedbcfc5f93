//! What a rule's conditions so far tell about the packet, and which of them go without saying.
//!
//! The bytes of a header mean something only where it is known which header they belong to, so nft tests for that first.
//! Where the next condition names the header, it leaves out the test that only led there; so does this. A statement in
//! between keeps the tests before it: they decide whether it is reached.

use super::header::{ARP, ETHER, Header, HeaderField, ICMP, ICMPV6, IP, IP6, TH, VLAN, transport};
use crate::expr::{Family, PayloadBase};
use crate::rule::protocol;

/// A network protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// IPv4.
    Ip,
    /// IPv6.
    Ip6,
    /// ARP.
    Arp,
}

/// What a test that may be left out looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clue {
    /// The interface's type, or `meta` keys of protocols.
    Meta,
    /// The packet's own bytes.
    Header,
    /// The connection.
    Connection,
}

/// The place of a test among the parts of the text, and what it looked at.
type Test = Option<(usize, Clue)>;

/// What is known.
#[derive(Debug)]
pub struct Packet {
    family: Family,
    ethernet: bool,
    tags: u32,
    /// The network protocol.
    pub network: Option<Network>,
    transport: Option<u8>,
    message: Option<u32>,
    link_test: Test,
    tag_test: Test,
    network_test: Test,
    transport_test: Test,
    message_test: Test,
}

/// Bits of the Ethernet header without tags, and of each tag.
const ETHERNET_BITS: u32 = 112;
const TAG_BITS: u32 = 32;

impl Packet {
    /// What a table's family tells.
    #[must_use]
    pub const fn new(family: Family) -> Self {
        let network = match family {
            Family::Ip => Some(Network::Ip),
            Family::Ip6 => Some(Network::Ip6),
            Family::Arp => Some(Network::Arp),
            _ => None,
        };
        Self {
            family,
            ethernet: matches!(family, Family::Bridge),
            tags: 0,
            network,
            transport: None,
            message: None,
            link_test: None,
            tag_test: None,
            network_test: None,
            transport_test: None,
            message_test: None,
        }
    }

    /// The header that a bit belongs to, and its first bit.
    fn header(&self, base: PayloadBase, offset: u32) -> Option<(&'static Header, u32)> {
        match base {
            PayloadBase::Link if !self.ethernet => None,
            PayloadBase::Link => match offset.checked_sub(ETHERNET_BITS) {
                None => Some((&ETHER, 0)),
                Some(behind) if behind / TAG_BITS < self.tags => {
                    Some((&VLAN, ETHERNET_BITS + behind / TAG_BITS * TAG_BITS))
                }
                Some(_) => None,
            },
            PayloadBase::Network => Some(match self.network? {
                Network::Ip => (&IP, 0),
                Network::Ip6 => (&IP6, 0),
                Network::Arp => (&ARP, 0),
            }),
            PayloadBase::Transport => Some((self.transport.map_or(&TH, transport), 0)),
            PayloadBase::Inner => None,
        }
    }

    /// The field that fills these bits.
    #[must_use]
    pub fn find(&self, base: PayloadBase, offset: u32, bits: u32) -> Option<(&'static Header, &'static HeaderField)> {
        let (header, begin) = self.header(base, offset)?;
        header.find(offset - begin, bits, self.message).map(|field| (header, field))
    }

    /// Fields that fill these bits one behind the other; the last may be longer than what is left. They must be of one
    /// header.
    #[must_use]
    pub fn cover(
        &self,
        base: PayloadBase,
        offset: u32,
        bits: u32,
    ) -> Option<(&'static Header, Vec<&'static HeaderField>)> {
        let (header, begin) = self.header(base, offset)?;
        let fields = header.cover(offset - begin, bits, self.message)?;
        // Ports of any protocol are named one by one only.
        let whole = *header != TH || fields.iter().map(|field| field.bits).eq([bits]);
        whole.then_some((header, fields))
    }

    /// Forgets which tests may be left out: a statement came.
    pub const fn keep_tests(&mut self) {
        self.link_test = None;
        self.tag_test = None;
        self.network_test = None;
        self.transport_test = None;
        self.message_test = None;
    }

    /// The tests that go without saying where this field is named.
    pub fn implied_by(&mut self, header: &'static Header, field: &HeaderField) -> Vec<usize> {
        let gone = match header {
            header if *header == ETHER => [self.link_test.take(), None, None],
            header if *header == VLAN => {
                let named = field.name != "type";
                [self.link_test.take(), if named { self.tag_test.take() } else { None }, None]
            }
            header if [IP.name, IP6.name, ARP.name].contains(&header.name) => [self.take_network(), None, None],
            header => {
                let known = self.transport.is_some();
                let test = self.transport_test.filter(|test| known && self.may_drop_transport(*test));
                if test.is_some() {
                    self.transport_test = None;
                }
                let icmp = *header == ICMP || *header == ICMPV6;
                let network = if icmp { self.take_network() } else { None };
                let message = if field.messages.len() == 1 { self.message_test.take() } else { None };
                [test, network, message]
            }
        };
        gone.into_iter().flatten().map(|test| test.0).collect()
    }

    fn may_drop_transport(&self, test: (usize, Clue)) -> bool {
        test.1 == Clue::Meta || matches!(self.family, Family::Ip | Family::Ip6)
    }

    fn take_network(&mut self) -> Test {
        self.network_test.take_if(|test| test.1 != Clue::Connection)
    }

    /// The test for the network protocol that goes without saying where an extension header or an option is named.
    pub fn implied_by_network(&mut self, network: Network) -> Option<usize> {
        if self.network == Some(network) { self.take_network().map(|test| test.0) } else { None }
    }

    /// The same where a connection's addresses or protocol are named.
    pub const fn implied_by_connection(&mut self) -> Option<usize> {
        match self.network_test.take() {
            Some((index, _)) => Some(index),
            None => None,
        }
    }

    /// The test for TCP that goes without saying where an option of TCP is named.
    pub fn implied_by_tcp_option(&mut self) -> Option<usize> {
        let tcp = self.transport == Some(protocol::TCP);
        let test = self.transport_test.filter(|test| tcp && self.may_drop_transport(*test))?;
        self.transport_test = None;
        Some(test.0)
    }

    /// The test for TCP that goes without saying before a reset.
    pub fn implied_by_reset(&mut self) -> Option<usize> {
        let implied = matches!(self.family, Family::Ip | Family::Ip6);
        self.transport_test.take_if(|_| implied).map(|test| test.0)
    }

    /// The interface is an Ethernet one.
    pub const fn learn_ethernet(&mut self, part: usize) {
        if !matches!(self.family, Family::Bridge) {
            self.ethernet = true;
            self.link_test = Some((part, Clue::Meta));
        }
    }

    /// `ether type`, `meta protocol`, `vlan type`: which protocol comes next.
    pub const fn learn_ether_type(&mut self, number: u32, clue: Clue, part: usize) {
        const TAG: u32 = 0x8100;
        const SERVICE_TAG: u32 = 0x88a8;
        let network = match number {
            0x0800 => Network::Ip,
            0x86dd => Network::Ip6,
            0x0806 => Network::Arp,
            TAG | SERVICE_TAG if matches!(clue, Clue::Header) => {
                self.tag_test = if number == TAG && self.tags == 0 { Some((part, clue)) } else { None };
                self.tags += 1;
                return;
            }
            _ => return,
        };
        self.learn_network(network, clue, part);
    }

    /// Which network protocol it is.
    pub const fn learn_network(&mut self, network: Network, clue: Clue, part: usize) {
        if !matches!(clue, Clue::Connection) || self.network.is_none() {
            self.network = Some(network);
        }
        self.network_test = Some((part, clue));
    }

    /// Which transport protocol it is.
    pub const fn learn_transport(&mut self, number: u8, clue: Clue, part: usize) {
        self.transport = Some(number);
        self.transport_test = Some((part, clue));
    }

    /// Which ICMP message it is; `part` where the test for it may be left out.
    pub fn learn_message(&mut self, number: u32, part: Option<usize>) {
        self.message = Some(number);
        self.message_test = part.map(|part| (part, Clue::Header));
    }

    /// What a field of a header that equals this number tells.
    pub fn learn_field(&mut self, header: &'static Header, field: &HeaderField, number: u128, part: usize) {
        let Ok(number) = u32::try_from(number) else { return };
        match (header.name, field.name) {
            ("ether" | "vlan", "type") => self.learn_ether_type(number, Clue::Header, part),
            ("ip", "protocol") | ("ip6", "nexthdr") => {
                if let Ok(number) = u8::try_from(number) {
                    self.learn_transport(number, Clue::Header, part);
                }
            }
            ("ah" | "comp", "nexthdr") => self.transport_test = Some((part, Clue::Meta)),
            ("icmp" | "icmpv6", "type") => self.learn_message(number, Some(part)),
            _ => {}
        }
    }
}
