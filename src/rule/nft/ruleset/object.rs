//! Stateful objects as nft declares them.

use super::{Style, block, comment};
use crate::expr::object::{CtExpectation, CtHelper, CtTimeout, State, TunnelKey};
use crate::expr::{Connlimit, Family, Object, Synproxy, user_data};
use crate::rule::nft::datatype::quoted;
use crate::rule::nft::{duration, objects, rate, statement};
use crate::rule::protocol;

/// An object's lines.
#[must_use]
pub fn object(object: &Object, style: Style) -> String {
    let mut lines: Vec<String> = user_data::comment(&object.user_data).map(|text| comment(&text)).into_iter().collect();
    lines.extend(body(object, style));
    block(&objects::word(object.state.kind()), &object.name, object.handle, &lines, style)
}

/// What it is, in lines. What nft has no words for stands in them as a comment.
#[must_use]
pub fn body(object: &Object, style: Style) -> Vec<String> {
    match &object.state {
        State::Counter(_) if style.stateless => Vec::new(),
        State::Counter(counter) => vec![rate::counts(*counter)],
        State::Quota(quota) => vec![rate::quota(quota, style)],
        State::Limit(limit) => vec![rate::rate(limit)],
        State::CtHelper(helper) => ct_helper(helper),
        State::CtTimeout(timeout) => ct_timeout(timeout),
        State::CtExpectation(expectation) => ct_expectation(*expectation),
        State::Synproxy(synproxy) => self::synproxy(*synproxy),
        State::Secmark(secmark) => vec![quoted(&secmark.context)],
        State::Connlimit(Connlimit { count, flags }) => vec![format!("# connections: {count}, flags {flags:#x}")],
        State::TunnelKey(TunnelKey { id, .. }) => vec![format!("# tunnel {id}")],
        State::Unknown { data, .. } => {
            let bytes: String = data.iter().map(|byte| format!("{byte:02x}")).collect();
            vec![format!("# {bytes}")]
        }
    }
}

fn protocol_name(number: u8) -> String {
    protocol::name(number).map_or_else(|| number.to_string(), str::to_owned)
}

/// `l3proto ip`, from a number of `NFPROTO_*`.
fn network(number: u16) -> String {
    format!("l3proto {}", u8::try_from(number).map_or(Family::Other(u8::MAX), Family::from_number))
}

fn ct_helper(helper: &CtHelper) -> Vec<String> {
    let protocol = protocol_name(helper.transport);
    vec![format!("type {} protocol {protocol}", quoted(&helper.helper)), network(helper.network)]
}

/// The states of a protocol under the kernel's numbers (linux/netfilter/nfnetlink_cttimeout.h), with the seconds that nft
/// takes for the default and does not write.
type States = &'static [(u16, &'static str, u32)];

const TCP_STATES: States = &[
    (1, "syn_sent", 120),
    (2, "syn_recv", 60),
    (3, "established", 432_000),
    (4, "fin_wait", 120),
    (5, "close_wait", 60),
    (6, "last_ack", 30),
    (7, "time_wait", 120),
    (8, "close", 10),
    (9, "syn_sent2", 120),
    (10, "retrans", 300),
    (11, "unack", 300),
];
const UDP_STATES: States = &[(1, "unreplied", 30), (2, "replied", 120)];

fn ct_timeout(timeout: &CtTimeout) -> Vec<String> {
    let states = match timeout.transport {
        protocol::TCP => TCP_STATES,
        protocol::UDP => UDP_STATES,
        _ => &[],
    };
    let known = |number| states.iter().find(|row| row.0 == number);
    let policies = timeout.seconds.iter().filter_map(|&(number, seconds)| match known(number) {
        Some((_, _, default)) if *default == seconds => None,
        Some((_, name, _)) => Some(format!("{name} : {seconds}")),
        None => Some(format!("{number} : {seconds}")),
    });
    vec![
        format!("protocol {}", protocol_name(timeout.transport)),
        network(timeout.network),
        format!("policy = {{ {} }}", policies.collect::<Vec<_>>().join(", ")),
    ]
}

fn ct_expectation(expectation: CtExpectation) -> Vec<String> {
    let mut body = vec![
        format!("protocol {}", protocol_name(expectation.transport)),
        format!("dport {}", expectation.port),
        format!("timeout {}", duration::span(expectation.timeout.into())),
        format!("size {}", expectation.size),
    ];
    body.extend(expectation.network.map(network));
    body
}

fn synproxy(synproxy: Synproxy) -> Vec<String> {
    let mut body = vec![format!("mss {}", synproxy.mss), format!("wscale {}", synproxy.window_scale)];
    let options: Vec<_> = statement::synproxy_options(&synproxy).collect();
    if !options.is_empty() {
        body.push(options.join(" "));
    }
    body
}
