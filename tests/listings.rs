//! Links, addresses and routes as the kernel tells them, against iproute2: of whatever kind, none is left out.

mod sandbox;

use serde_json::{Value, json};

/// Two links with addresses and routes of every kind that the main table takes. Addresses settle at once.
const SCENE: &str = "
    ip link set lo up
    ip link add name va type veth peer name vb
    for link in va vb; do ip link set $link addrgenmode none; ip link set $link up; done
    ip link set va mtu 1400
    ip addr add 10.0.0.1/24 dev va
    ip addr add 10.0.0.7/24 dev va
    ip addr add 10.5.0.1 peer 10.5.0.2/32 dev va
    ip addr add 2001:db8::1/64 dev va nodad
    ip addr add 2001:db8:1::1/64 dev vb nodad preferred_lft 0

    ip route add default via 10.0.0.254
    ip route add blackhole default metric 9
    for kind in throw blackhole unreachable prohibit; do ip route add $kind 10.1.0.0/16 metric $((n += 1)); done
    ip route add multicast 239.0.0.0/8 dev va
    ip route add local 10.3.0.8 dev va table main
    ip route add anycast 10.3.0.9 dev va table main
    ip route add broadcast 10.3.0.255 dev va table main
    ip route add 10.6.0.0/16 nexthop via 10.0.0.2 dev va weight 3 nexthop via inet6 2001:db8::5 dev va
    ip route add 10.7.0.0/16 via inet6 2001:db8::5 dev va
    ip nexthop add id 5 via 10.0.0.9 dev va
    ip nexthop add id 6 blackhole
    ip nexthop add id 7 via 10.0.0.8 dev va
    ip nexthop add id 9 group 5/7,3
    ip route add 10.8.0.0/16 nhid 5
    ip route add 10.8.1.0/24 nhid 6
    ip route add 10.8.2.0/24 nhid 9
    ip route add 10.9.0.0/16 via 10.0.0.2 mtu lock 1300 advmss 1200 hoplimit 3
    ip route add 10.10.0.0/16 via 10.99.0.2 dev va onlink proto static src 10.0.0.1
    ip route add 10.11.0.0/16 dev va scope host proto 77
    ip route add 10.13.0.0/16 via 10.0.0.2 proto bgp scope 201
    ip -6 route add 2001:db8:2::/48 via 2001:db8::2 dev va pref high expires 300
    ip -6 route add 2001:db8:3::/48 nexthop via 2001:db8::2 dev va nexthop via 2001:db8::3 dev va weight 4
    for kind in throw blackhole unreachable prohibit; do ip -6 route add $kind 2001:db8:4::/48 metric $((n += 1)); done
    ip -6 route add 2001:db8:6::/48 via 2001:db8::2 mtu 1300 proto ra
    ip -6 route add anycast 2001:db8:9::1 dev va table main
    ip -6 route add multicast ff05::/16 dev va table main
";

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn or(value: &Value, default: &str) -> Value {
    if value.is_null() { json!(default) } else { value.clone() }
}

/// A route of `ip -j route` in our words. ip leaves out what most routes have.
fn their_route(route: &Value) -> Value {
    let gateway =
        |from: &Value| if from["via"].is_null() { from["gateway"].clone() } else { from["via"]["host"].clone() };
    let destination = text(&route["dst"]);
    let alone = if destination.contains(':') { "/128" } else { "/32" };
    let whole = destination == "default" || destination.contains('/');
    let nexthops: Vec<_> = list(&route["nexthops"])
        .iter()
        .map(|hop| json!([gateway(hop), hop["dev"], hop["weight"], hop["flags"]]))
        .collect();
    let metric = |name: &str| route["metrics"][0][name].as_u64().map(|value| value.to_string());
    json!([
        or(&route["type"], "unicast"),
        format!("{destination}{}", if whole { "" } else { alone }),
        gateway(route),
        route["dev"],
        nexthops,
        route["nhid"],
        route["prefsrc"],
        route["metric"],
        or(&route["protocol"], "boot"),
        or(&route["scope"], "global"),
        route["flags"],
        route["pref"],
        route["expires"].is_u64(),
        [metric("mtu"), metric("advmss"), metric("hoplimit")],
    ])
}

fn our_route(route: &Value) -> Value {
    let nexthops: Vec<_> = list(&route["nexthops"])
        .iter()
        .map(|hop| json!([hop["gateway"], hop["link"], hop["weight"], hop["flags"]]))
        .collect();
    let metric = |name: &str| {
        let found = list(&route["metrics"]).iter().find(|metric| metric["name"] == name);
        found.map(|metric| text(&metric["value"]).to_owned())
    };
    assert_eq!(route["others"], json!([]), "{route}");
    json!([
        route["kind"],
        route["destination"],
        route["gateway"],
        route["link"],
        nexthops,
        route["nexthop_id"],
        route["source"],
        route["metric"],
        route["protocol"],
        route["scope"],
        route["flags"],
        route["preference"],
        route["expires"].is_i64(),
        [metric("mtu"), metric("advmss"), metric("hoplimit")],
    ])
}

/// A link of `ip -d -j addr` in our words.
fn their_link(link: &Value) -> Value {
    const FLAGS: [&str; 5] = ["secondary", "temporary", "nodad", "deprecated", "tentative"];
    let address = |address: &Value| {
        let length = format!("/{}", address["prefixlen"]);
        let (local, peer) = (text(&address["local"]), address["address"].as_str());
        let flags: Vec<_> = FLAGS.into_iter().filter(|flag| address[*flag] == true).collect();
        json!([
            if peer.is_some() { local.to_owned() } else { local.to_owned() + &length },
            peer.map(|peer| peer.to_owned() + &length),
            address["scope"],
            flags
        ])
    };
    let flag = |flag: &str| list(&link["flags"]).iter().any(|known| known == flag);
    json!([
        link["ifname"],
        link["ifindex"],
        link["mtu"],
        if flag("LOOPBACK") { json!("loopback") } else { link["linkinfo"]["info_kind"].clone() },
        flag("UP"),
        flag("LOWER_UP"),
        link["address"],
        list(&link["addr_info"]).iter().map(address).collect::<Vec<_>>()
    ])
}

fn our_link(link: &Value) -> Value {
    let address = |address: &Value| json!([address["address"], address["peer"], address["scope"], address["flags"]]);
    json!([
        link["name"],
        link["index"],
        link["mtu"],
        link["kind"],
        link["up"],
        link["carrier"],
        link["hardware"],
        list(&link["addresses"]).iter().map(address).collect::<Vec<_>>()
    ])
}

fn values(documents: &[&str], each: fn(&Value) -> Value) -> Vec<Value> {
    let parsed = documents.iter().map(|text| serde_json::from_str::<Value>(text).expect("JSON"));
    parsed.flat_map(|document| list(&document).iter().map(each).collect::<Vec<_>>()).collect()
}

#[test]
fn lists_what_ip_lists() {
    let script = format!(
        "n=0; {SCENE}
        ip -d -j addr; echo ===; ip -j route; echo ===; ip -j -6 route; echo ===; $NSFW status --format json"
    );
    let Some(out) = sandbox::run(&script, &["ip"]) else { return };
    let [links, four, six, ours] = out.split("===\n").collect::<Vec<_>>()[..] else { panic!("{out}") };
    let ours: Value = serde_json::from_str(ours).expect("JSON");
    let node = &ours["netns"][0];
    let routes: Vec<_> = list(&node["routes"]).iter().map(our_route).collect();
    let expected = values(&[four, six], their_route);
    assert!(expected.len() > 30, "{expected:?}");
    for (ours, theirs) in routes.iter().zip(&expected) {
        assert_eq!(ours, theirs);
    }
    assert_eq!(routes.len(), expected.len());
    let mut links_of_ours: Vec<_> = list(&node["links"]).iter().map(our_link).collect();
    let mut links = values(&[links], their_link);
    for links in [&mut links_of_ours, &mut links] {
        links.sort_by_key(|link| link[1].as_u64());
    }
    assert_eq!(links_of_ours, links);
}

#[test]
fn a_table_shows_every_next_hop_and_finds_routes_by_them() {
    let script = format!("n=0; {SCENE} $NSFW route list dev va; echo ===; $NSFW route list; echo ===; $NSFW addr list");
    let Some(out) = sandbox::run(&script, &["ip"]) else { return };
    let squeezed: Vec<String> = out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let [by_va, all, addresses] = squeezed.split(|line| line == "===").collect::<Vec<_>>()[..] else { panic!("{out}") };
    let line = |lines: &[String], line: &str| lines.iter().any(|known| known == line);
    for expected in
        ["nexthop 10.0.0.2 va - - weight 3", "nexthop 2001:db8::5 va - - weight 1", "10.7.0.0/16 2001:db8::5 va - - -"]
    {
        assert!(line(by_va, expected) && line(all, expected), "{expected}: {out}");
    }
    assert!(!line(by_va, "throw 10.1.0.0/16 - - - 1 -") && line(all, "throw 10.1.0.0/16 - - - 1 -"), "{out}");
    assert!(line(all, "blackhole default - - - 9 -"), "{out}");
    assert!(line(addresses, "va 10.5.0.1 peer 10.5.0.2/32 scope global"), "{out}");
}

#[test]
fn a_throw_route_is_made_and_deleted() {
    let script = "
        $NSFW route add throw 10.1.0.0/16; $NSFW route add throw 2001:db8::/32
        ip route; ip -6 route | cut -d' ' -f1-2
        $NSFW route delete throw 10.1.0.0/16; $NSFW route delete throw 2001:db8::/32
        ip route; ip -6 route
    ";
    let Some(out) = sandbox::run(&format!("ip link set lo up{script}"), &["ip"]) else { return };
    assert_eq!(out, "throw 10.1.0.0/16 \nthrow 2001:db8::/32\n");
}

#[test]
fn what_is_set_is_there_whether_it_was_or_not() {
    let script = "
        for again in 1 2; do
            $NSFW addr set 10.0.0.1/24 dev lo; $NSFW addr set 2001:db8::1/64 dev lo
            $NSFW route set default via 10.0.0.$again dev lo; $NSFW route set -6 default dev lo
        done
        ip -o addr show dev lo | tr -s ' ' | cut -d' ' -f3-4 | grep -v '127\\|::1/128'
        ip route show default; ip -6 route show default | cut -d' ' -f1-3
    ";
    let Some(out) = sandbox::run(&format!("ip link set lo up{script}"), &["ip"]) else { return };
    assert_eq!(out, "inet 10.0.0.1/24\ninet6 2001:db8::1/64\ndefault via 10.0.0.2 dev lo \ndefault dev lo\n");
}
