//! The lists of all matches and targets, and what is made from them: an enum over each kind, its table, its dispatchers.
//!
//! A new extension is its file and one line at the end of this one.

use super::extension::{Extension, MatchExtension, TargetExtension};
use super::one_option::One;
use super::spec::{Given, OptionSpec, Samples};
use crate::rule::ast::Rule;
use crate::rule::compat::Foreign;
use crate::rule::condition::Item;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::matches::{
    addrtype, ah, cgroup, cluster, comment, connbytes, connlabel, connlimit, connmark, conntrack, cpu, dccp, devgroup,
    dscp, ecn, esp, eui64, frag, hashlimit, helper, hops, icmp, icmp6, ipcomp, iprange, ipv6header, length, limit, mac,
    mark, mh, multiport, options_header, osf, owner, pkttype, policy, quota, realm, recent, rpfilter, rt, sctp, socket,
    srh, state, statistic, string, tcp, tcpmss, time, tos, u32, udp,
};
use crate::rule::table::Hook;
use crate::rule::targets::{
    audit, classify, connmark as set_connmark, connsecmark, ct, dnat, dscp as set_dscp, ecn as set_ecn,
    hops as set_hops, log, mark as set_mark, masquerade, netmap, nflog, nfqueue, notrack, redirect, reject, snat,
    synproxy, tcpmss as set_tcpmss, tcpoptstrip, tee, tos as set_tos, tproxy, trace, verdict,
};
use crate::rule::{IpFamily, Names};

/// What the tables say about an extension, beside how to make one.
#[derive(Debug, Clone, Copy)]
pub struct Row<T: 'static> {
    /// [`Extension::NAME`].
    pub name: &'static str,
    /// [`Extension::ALIASES`].
    pub aliases: &'static [&'static str],
    /// [`Extension::FAMILY`].
    pub family: Option<IpFamily>,
    /// [`Extension::HELP`].
    pub help: &'static str,
    /// [`Extension::OPTIONS`].
    pub options: &'static [OptionSpec],
    /// [`Extension::SAMPLES`].
    pub samples: Samples,
    /// [`MatchExtension::PROTOCOL`].
    pub protocol: Option<u8>,
    /// [`Extension::new`].
    pub make: fn(IpFamily) -> T,
}

/// Makes the enum over all extensions of a kind, its table, and the dispatchers that both kinds have.
macro_rules! extensions {
    ($(#[$doc:meta])* $kind:ident, $table:ident, $protocol:ident;
     $($(#[$variant_doc:meta])* $variant:ident($type:ty)),+ $(,)?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $kind {
            $($(#[$variant_doc])* $variant($type),)+
            /// One that is only read.
            Foreign(Foreign),
        }

        /// All of them, in the order in which lifting tries them.
        pub static $table: &[Row<$kind>] = &[$(Row {
            name: <$type as Extension>::NAME,
            aliases: <$type as Extension>::ALIASES,
            family: <$type as Extension>::FAMILY,
            help: <$type as Extension>::HELP,
            options: <$type as Extension>::OPTIONS,
            samples: <$type as Extension>::SAMPLES,
            protocol: $protocol!($type),
            make: |family| $kind::$variant(<$type as Extension>::new(family)),
        }),+];

        impl $kind {
            /// [`Extension::NAME`].
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => <$type as Extension>::NAME,)+
                    Self::Foreign(foreign) => foreign.name,
                }
            }

            /// Takes one option: [`Extension::set`].
            pub(in crate::rule) fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
                match self {
                    $(Self::$variant(extension) => extension.set(given),)+
                    Self::Foreign(foreign) => Err(foreign.refusal()),
                }
            }

            /// [`Extension::finish`].
            pub(in crate::rule) fn finish(&self) -> Result<(), ErrorKind> {
                match self {
                    $(Self::$variant(extension) => extension.finish(),)+
                    Self::Foreign(_) => Ok(()),
                }
            }

            /// [`Extension::render`].
            pub(in crate::rule) fn render(&self) -> Vec<String> {
                match self {
                    $(Self::$variant(extension) => extension.render(),)+
                    Self::Foreign(foreign) => foreign.words.clone(),
                }
            }

            /// [`Extension::gist`].
            pub(in crate::rule) fn gist(&self) -> String {
                match self {
                    $(Self::$variant(extension) => extension.gist(),)+
                    Self::Foreign(foreign) => foreign.name.to_owned(),
                }
            }

            /// [`Extension::OPTIONS`].
            pub(in crate::rule) fn options(&self) -> &'static [OptionSpec] {
                match self {
                    $(Self::$variant(_) => <$type as Extension>::OPTIONS,)+
                    Self::Foreign(_) => &[],
                }
            }

            /// [`Extension::list`].
            pub(in crate::rule) fn list(&self) -> String {
                match self {
                    $(Self::$variant(extension) => extension.list(),)+
                    Self::Foreign(foreign) => foreign.list(),
                }
            }

            /// [`Extension::list_named`].
            pub(in crate::rule) fn list_named(&self, names: &dyn Names, protocol: Option<u8>) -> String {
                match self {
                    $(Self::$variant(extension) => extension.list_named(names, protocol),)+
                    Self::Foreign(foreign) => foreign.list(),
                }
            }

            /// [`Extension::cautions`].
            pub(in crate::rule) fn cautions(&self) -> Vec<&'static str> {
                match self {
                    $(Self::$variant(extension) => extension.cautions(),)+
                    Self::Foreign(_) => Vec::new(),
                }
            }

            pub(in crate::rule) fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
                match self {
                    $(Self::$variant(extension) => extension.lower(lowering),)+
                    Self::Foreign(foreign) => Err(foreign.refusal()),
                }
            }
        }
    };
}

macro_rules! protocol_of_match {
    ($type:ty) => {
        <$type as MatchExtension>::PROTOCOL
    };
}

macro_rules! no_protocol {
    ($type:ty) => {
        None
    };
}

macro_rules! matches_table {
    ($($(#[$doc:meta])* $variant:ident($type:ty)),+ $(,)?) => {
        extensions! {
            /// `-m`.
            Match, MATCHES, protocol_of_match;
            $($(#[$doc])* $variant($type)),+
        }

        impl Match {
            pub(in crate::rule) fn brings_protocol(&self, family: IpFamily) -> bool {
                match self {
                    $(Self::$variant(extension) => extension.brings_protocol(family),)+
                    Self::Foreign(_) => false,
                }
            }

            /// [`MatchExtension::approximate`].
            pub(in crate::rule) fn approximate(&mut self) {
                match self {
                    $(Self::$variant(extension) => extension.approximate(),)+
                    Self::Foreign(_) => {}
                }
            }

            /// [`MatchExtension::finds_protocol`].
            pub(in crate::rule) fn finds_protocol(&self, family: IpFamily) -> Option<u8> {
                match self {
                    $(Self::$variant(extension) => extension.finds_protocol(family),)+
                    Self::Foreign(_) => None,
                }
            }

            pub(in crate::rule) fn check(&self, rule: &Rule, context: &LowerContext<'_>) -> Result<(), ErrorKind> {
                match self {
                    $(Self::$variant(extension) => extension.check(rule, context),)+
                    Self::Foreign(foreign) => Err(foreign.refusal()),
                }
            }
        }

        /// Lifts the match that stands at the front, if there is one.
        pub(in crate::rule) fn lift_match(lifting: &mut Lifting<'_>) -> Option<Match> {
            $(if let Some(found) = lifting.attempt(<$type as MatchExtension>::lift) {
                return Some(Match::$variant(found));
            })+
            None
        }
    };
}

macro_rules! targets_table {
    ($($(#[$doc:meta])* $variant:ident($type:ty)),+ $(,)?) => {
        extensions! {
            /// `-j` and `-g`.
            Target, TARGETS, no_protocol;
            $($(#[$doc])* $variant($type)),+
        }

        impl Target {
            /// [`TargetExtension::FATE`].
            pub(in crate::rule) fn fate(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => <$type as TargetExtension>::FATE,)+
                    Self::Foreign(_) => "",
                }
            }

            pub(in crate::rule) fn check(
                &self,
                rule: &Rule,
                context: &LowerContext<'_>,
                hook: Option<Hook>,
            ) -> Result<(), ErrorKind> {
                match self {
                    $(Self::$variant(extension) => extension.check(rule, context, hook),)+
                    Self::Foreign(foreign) => Err(foreign.refusal()),
                }
            }
        }

        /// Lifts what stands behind the counter.
        pub(in crate::rule) fn lift_target(items: &[Item], rule: &Rule, family: IpFamily) -> Option<Target> {
            None$(.or_else(|| <$type as TargetExtension>::lift(items, rule, family).map(Target::$variant)))+
        }
    };
}

matches_table! {
    /// Ports and flags of TCP.
    Tcp(tcp::Tcp),
    /// Ports of UDP.
    Udp(udp::Udp),
    /// Type and code of ICMP.
    Icmp(icmp::Icmp),
    /// Type and code of ICMPv6.
    Icmp6(icmp6::Icmp6),
    /// Ranges of addresses.
    Iprange(iprange::Iprange),
    /// The sender's Ethernet address.
    Mac(One<mac::Mac>),
    /// To whom the frame was addressed.
    Pkttype(One<pkttype::Pkttype>),
    /// Hops of IPv4.
    Ttl(hops::Ttl),
    /// Hops of IPv6.
    Hl(hops::Hl),
    /// The connection's mark.
    Connmark(One<connmark::Connmark>),
    /// The packet's length.
    Length(One<length::Length>),
    /// IPsec's authentication header.
    Ah(ah::Ah),
    /// IPsec's encrypted payload.
    Esp(esp::Esp),
    /// The largest segment asked for.
    Tcpmss(One<tcpmss::Tcpmss>),
    /// Kinds of addresses.
    Addrtype(addrtype::Addrtype),
    /// Several ports.
    Multiport(multiport::Multiport),
    /// Connections that are alive.
    Connlimit(connlimit::Connlimit),
    /// States of connections.
    Conntrack(conntrack::Conntrack),
    /// The older name for states of connections.
    State(One<state::State>),
    /// The packet's mark.
    Mark(One<mark::Mark>),
    /// The processor that handles the packet.
    Cpu(One<cpu::Cpu>),
    /// The net_cls class of the sending process.
    Cgroup(One<cgroup::Cgroup>),
    /// The helper of the packet's connection.
    Helper(One<helper::Helper>),
    /// The realm of the packet's route.
    Realm(One<realm::Realm>),
    /// The class of the DS field.
    Dscp(One<dscp::Dscp>),
    /// The octet that DS field and ECN share.
    Tos(One<tos::Tos>),
    /// IP payload compression.
    Ipcomp(ipcomp::Ipcomp),
    /// Bytes and packets of the connection.
    Connbytes(connbytes::Connbytes),
    /// Which system sent it.
    Osf(osf::Osf),
    /// Who sends.
    Owner(owner::Owner),
    /// Every n-th packet, or some by chance.
    Statistic(statistic::Statistic),
    /// Text at a fixed place.
    Text(string::Text),
    /// A program over bytes of the packet.
    U32(u32::U32),
    /// Ports and types of DCCP.
    Dccp(dccp::Dccp),
    /// Ports and chunks of SCTP.
    Sctp(sctp::Sctp),
    /// Explicit congestion notification.
    Ecn(ecn::Ecn),
    /// Groups of interfaces.
    Devgroup(devgroup::Devgroup),
    /// The way back to the sender.
    Rpfilter(rpfilter::Rpfilter),
    /// A token bucket for each host, network or port.
    Hashlimit(hashlimit::Hashlimit),
    /// Lists of addresses that packets fill.
    Recent(recent::Recent),
    /// A socket for the packet.
    Socket(socket::Socket),
    /// Fragments of IPv6.
    Frag(frag::Frag),
    /// An address that is made of the sender's.
    Eui64(eui64::Eui64),
    /// Which headers there are.
    Ipv6header(ipv6header::Ipv6header),
    /// Routing headers.
    Rt(rt::Rt),
    /// Options for every hop.
    Hbh(options_header::Hbh),
    /// Options for the destination.
    Dst(options_header::Dst),
    /// The type of a Mobility Header.
    Mh(One<mh::Mh>),
    /// Whether IPsec transformed the packet.
    Policy(policy::Policy),
    /// Segment routing headers.
    Srh(srh::Srh),
    /// The time of day, the day of the week, the date.
    Time(time::Time),
    /// The labels of the connection.
    Connlabel(connlabel::Connlabel),
    /// Shares connections out among hosts.
    Cluster(cluster::Cluster),
    /// A budget of bytes.
    Quota(One<quota::Quota>),
    /// A token bucket.
    Limit(limit::Limit),
    /// A comment.
    Comment(One<comment::Comment>),
}

targets_table! {
    /// A verdict, or another chain.
    Verdict(verdict::Verdict),
    /// Drops and tells the sender.
    Reject(reject::Reject),
    /// Gives another source.
    Snat(snat::Snat),
    /// Gives another destination.
    Dnat(dnat::Dnat),
    /// Gives the address of the interface as source.
    Masquerade(masquerade::Masquerade),
    /// Gives this host as destination.
    Redirect(redirect::Redirect),
    /// Logs.
    Log(log::Log),
    /// Changes the largest segment asked for.
    Tcpmss(set_tcpmss::Tcpmss),
    /// Hands the packet to readers.
    Nflog(nflog::Nflog),
    /// A program decides.
    Nfqueue(nfqueue::Nfqueue),
    /// Takes the packet out of connection tracking.
    Notrack(notrack::Notrack),
    /// Answers for the server until a connection stands.
    Synproxy(synproxy::Synproxy),
    /// How the connection is tracked.
    Ct(ct::Ct),
    /// Reports the packet's way.
    Trace(trace::Trace),
    /// The class of a queueing discipline.
    Classify(classify::Classify),
    /// Changes the connection's mark.
    Connmark(set_connmark::Connmark),
    /// Copies security markings.
    Connsecmark(connsecmark::Connsecmark),
    /// Changes the packet's mark.
    Mark(set_mark::Mark),
    /// Sets the class of service.
    Dscp(set_dscp::Dscp),
    /// Sets the type of service.
    Tos(set_tos::Tos),
    /// Tells the kernel's audit.
    Audit(audit::Audit),
    /// Takes the signs of congestion out.
    Ecn(set_ecn::Ecn),
    /// Sets IPv6's hops.
    Hl(set_hops::Hl),
    /// Sets IPv4's hops.
    Ttl(set_hops::Ttl),
    /// Maps a network onto another one.
    Netmap(netmap::Netmap),
    /// Takes options out of TCP's header.
    Tcpoptstrip(tcpoptstrip::Tcpoptstrip),
    /// Sends a copy to another host.
    Tee(tee::Tee),
    /// Gives the packet to a local socket.
    Tproxy(tproxy::Tproxy),
}
