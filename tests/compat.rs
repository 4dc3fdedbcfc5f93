//! Rules that iptables-nft made with xtables' extensions: read into its own words, and left unharmed by whatever nsfw
//! does beside them.

mod sandbox;

/// Rules of the list: family, table, chain, words.
fn rules() -> Vec<[&'static str; 4]> {
    let lines = include_str!("compat/rules.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let rule = |line: &'static str| {
        let (place, words) = line.split_once(" | ").expect("a place and a rule");
        let mut place = place.split(' ');
        let mut next = || place.next().expect("family, table and chain");
        [next(), next(), next(), words]
    };
    lines.map(rule).collect()
}

/// Makes a rule in an empty ruleset, prints what iptables-nft-save and nsfw say about it, and deletes it by these words.
const BEGIN: &str = "try() {
    number=$1 family=$2 table=$3 chain=$4; shift 4; nft flush ruleset; echo \"@@ $number\"
    program=iptables-nft; [ $family = 6 ] && program=ip6tables-nft
    if $program -t $table -A $chain \"$@\" 2>/run/refusal; then
        $program-save -t $table | grep ^-A; echo '@='
        $NSFW --host save -$family -t $table 2>/run/warning | grep -e ^-A -e '^# nft'; echo '@='
        nft --debug=netlink list ruleset 2>/dev/null | grep -c -e '\\[ match ' -e '\\[ target ' || true; echo '@='
        called=iptables; [ $family = 6 ] && called=ip6tables
        $program-save -t $table | sed -n 's/^-A //p' >/run/rule; eval \"$NSFW $called -t $table -D $(cat /run/rule)\" 2>&1 || true
    else cat /run/refusal; fi
}
";

#[test]
fn xtables_extensions_are_read_into_their_words() {
    /// Where this kernel has them.
    const FEWEST: usize = 190;
    let rules = rules();
    let calls: String = rules
        .iter()
        .enumerate()
        .map(|(number, [family, table, chain, words])| format!("try {number} {family} {table} {chain} {words}\n"))
        .collect();
    let tools = ["nft", "iptables-nft", "ip6tables-nft", "iptables-nft-save"];
    let Some(out) = sandbox::run(&format!("{BEGIN}{calls}"), &tools) else { return };
    let (mut read, mut foreign, mut wrong) = (0, 0, String::new());
    for part in out.split("@@ ").skip(1) {
        let (number, answer) = part.split_once('\n').expect("a number");
        let [_, _, _, words] = rules[number.parse::<usize>().expect("a number")];
        let [theirs, ours, expressions, deleting] = answer.splitn(4, "@=\n").collect::<Vec<_>>()[..] else {
            eprintln!("this kernel refuses {words}: {answer}");
            continue;
        };
        read += 1;
        foreign += usize::from(expressions.trim() != "0");
        if theirs != ours {
            wrong.push_str(&format!("{words}\n  iptables: {theirs}  nsfw:     {ours}"));
        }
        if !deleting.is_empty() {
            wrong.push_str(&format!("{words}\n  cannot be deleted by its words: {deleting}"));
        }
    }
    assert!(wrong.is_empty(), "of {read} rules:\n{wrong}");
    assert!(read >= FEWEST && foreign >= FEWEST, "only {read} of {} rules loaded, {foreign} of xtables", rules.len());
}

/// A table with rules of all kinds: native ones, xtables' ones that nf_tables could say, and those that it could not.
const TABLE: &str = "
    ipt() { iptables-nft \"$@\"; }
    ipt -N KEPT
    ipt -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
    ipt -A INPUT -m physdev --physdev-in eth0 -m comment --comment 'a b' -j KEPT
    ipt -A INPUT -m recent --name x --rcheck --seconds 5 --hitcount 3 -j DROP
    ipt -A INPUT -p tcp -m multiport --dports 22,80 -j LOG --log-prefix 'x: '
    ipt -A INPUT -m statistic --mode nth --every 5 --packet 2
    ipt -A KEPT -m u32 --u32 '0=1' -j REJECT
    ipt -t mangle -A POSTROUTING -j CHECKSUM --checksum-fill
    saved() { iptables-nft-save -c | grep -v '^#'; }
";

#[test]
fn what_stands_beside_them_can_be_edited_without_harm() {
    let script = format!(
        "{TABLE}
        saved >/run/before
        $NSFW --host rule add INPUT -s 10.0.0.1 -j ACCEPT
        $NSFW --host rule insert INPUT 3 -s 10.0.0.2 -j ACCEPT
        $NSFW --host rule replace INPUT 3 -s 10.0.0.3 -j ACCEPT
        $NSFW --host chain add MINE; $NSFW --host rule add MINE -j KEPT; $NSFW --host chain rename MINE OWN
        printf '*filter\\n-A OWN -s 10.0.0.9 -j DROP\\nCOMMIT\\n' >/run/file; $NSFW --host restore --noflush /run/file
        $NSFW --host rule list >/run/listing; $NSFW --host save >/run/file; $NSFW --host counters --format json >/run/json
        $NSFW --host rule delete INPUT 3; $NSFW --host rule delete INPUT -s 10.0.0.1 -j ACCEPT
        $NSFW --host flush OWN; $NSFW --host chain delete OWN
        saved >/run/after
        diff /run/before /run/after && echo unharmed; echo '@='
        $NSFW --host rule check INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT && echo found
        $NSFW --host rule delete INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
        $NSFW --host rule delete INPUT 4
        $NSFW --host save -t filter 2>/dev/null | grep ^-A; echo '@='
        iptables-nft-save -t filter | grep ^-A"
    );
    let tools = ["iptables-nft", "iptables-nft-save"];
    let Some(out) = sandbox::run(&script, &tools) else { return };
    let [same, ours, theirs] = out.splitn(3, "@=\n").collect::<Vec<_>>()[..] else { panic!("{out}") };
    assert_eq!(same, "unharmed\n");
    let ours = ours.strip_prefix("found\n").expect("the rule is found by its words");
    assert_eq!((ours, ours.lines().count()), (theirs, 4));
    assert!(ours.contains("-m physdev --physdev-in eth0 -m comment --comment \"a b\" -j KEPT\n"), "{ours}");
}

#[test]
fn nft_text_says_them_as_nft_does_and_hides_none() {
    let script = format!("{TABLE}\n$NSFW --host ruleset --format nft; echo '@='; $NSFW --host counters --format json");
    let Some(out) = sandbox::run(&script, &["iptables-nft"]) else { return };
    let (text, json) = out.split_once("@=\n").expect("both");
    for rule in [
        "\t\tct state established counter packets 0 bytes 0 accept\n",
        "\t\tmeta l4proto tcp tcp dport { 22, 80 } counter packets 0 bytes 0 log prefix \"x: \"\n",
        "\t\tcounter packets 0 bytes 0 xt target CHECKSUM revision 0 0100000000000000\n",
    ] {
        assert!(text.contains(rule), "{rule} is not in\n{text}");
    }
    assert!(text.contains("\t\txt match physdev revision 0 65746830") && text.contains(" comment \"a b\"\n"), "{text}");
    let found: serde_json::Value = serde_json::from_str(json).expect("JSON");
    let tables = found["netns"][0]["tables"].as_array().expect("tables");
    let filter = tables.iter().find(|table| table["name"] == "filter").expect("the table");
    let rules = filter["chains"][0]["rules"].as_array().expect("rules");
    let recent = "-m recent --rcheck --seconds 5 --hitcount 3 --name x --mask 255.255.255.255 --rsource -j DROP";
    assert!(rules.iter().any(|rule| rule["spec"] == recent), "{rules:#?}");
    assert!(rules.iter().all(|rule| rule["packets"] == 0 && !rule["spec"].is_null()), "{rules:#?}");
}

/// Rules of iptables-nft that have no form here are found and deleted by the words that they are listed with.
#[test]
fn rules_without_a_form_are_found_by_their_words() {
    let script = r#"
        I="$NSFW iptables"
        while read -r words; do
            iptables-nft -A INPUT $words
            $I -S INPUT | tail -1 | sed 's/"//g' > /run/listed; listed=$(sed 's/-A INPUT //' /run/listed)
            iptables-nft -S INPUT | tail -1 | sed 's/"//g' | diff - /run/listed
            $I -C INPUT $words; $I -C INPUT $listed; $NSFW rule check INPUT $listed; $NSFW rule delete INPUT $words
            $I -C INPUT $words 2>/dev/null && echo "$words is still there"
            iptables-nft -A INPUT $words; $I -w 5 -t filter -D INPUT $listed
        done <<'END'
-m physdev --physdev-in eth0 -j ACCEPT
-m string --string abc --algo bm -j ACCEPT
-m recent --rcheck --seconds 60 --hitcount 3 --name k
-m time --monthdays 1,2 --datestop 2038-01-19T03:14:07
-m policy --dir in --pol ipsec --mode tunnel --tunnel-src 1.2.3.4
-m policy --dir in --pol ipsec --strict --reqid 5 --spi 0x10 --proto esp --mode tunnel --tunnel-dst 1.2.0.0/16 --next ! --reqid 7
-m policy --dir in --pol none
-m hashlimit --hashlimit-upto 5/sec --hashlimit-burst 5 --hashlimit-name n --hashlimit-rate-match
-p dccp -m dccp --dccp-option 5
-p sctp -m sctp --chunk-types only SACK
-p tcp -m osf ! --genre Linux
-m quota --quota 50
-m quota --quota 0
-m quota ! --quota 7
END
        $I -S INPUT
        $I -D INPUT -m physdev --physdev-in eth0 -j ACCEPT 2>&1 || true"#;
    let Some(out) = sandbox::run(script, &["iptables-nft", "sed", "diff", "tail"]) else { return };
    let none = "iptables: Bad rule (does a matching rule exist in that chain?).\n\
                help: physdev has no exact nf_tables form: a table of this family does not see the ports of a bridge\n";
    assert_eq!(out, format!("-P INPUT ACCEPT\n{none}"));
}
