//! Rules whose words mean something else to iptables' kernel are added with a warning, whoever adds them.

mod sandbox;

#[test]
fn a_rule_that_means_something_else_is_added_with_a_warning() {
    let script = "
        exec 2>&1
        ln -s $NSFW /run/ip6tables; ln -s $NSFW /run/ip6tables-restore
        $NSFW rule add -6 INPUT -m ah --ahres
        $NSFW rule insert -6 INPUT -p sctp -m sctp --chunk-types all DATA:Be
        $NSFW rule add -6 INPUT -m rt --rt-len 24
        /run/ip6tables -A INPUT -m rt --rt-len 22
        /run/ip6tables -D INPUT -m rt --rt-len 22
        printf '*filter\\n-A INPUT -m hbh --hbh-len 8\\n-A INPUT -m hbh --hbh-len 5\\nCOMMIT\\n' > /run/rules
        $NSFW restore -6 --noflush /run/rules
        /run/ip6tables-restore -n /run/rules
        $NSFW save -6 | grep -c -e '-A INPUT'
    ";
    let Some(out) = sandbox::run(script, &[]) else { return };
    let length = "no header is that long in bytes: the number is taken for its own length field (nft: hdrlength)";
    let expected = format!(
        "warning: match ah: --ahres asks that the reserved field is 1; iptables' kernel asks that it is 0\n\
         warning: match sctp: flags are those of the first chunk of the type; iptables' kernel looks at every one\n\
         warning: match rt: {length}\n\
         warning: /run/rules:3: match hbh: {length}\n\
         warning: /run/rules:3: match hbh: {length}\n7\n"
    );
    assert_eq!(out, expected);
}

/// A rule's own words that do not fit beside its comment are told when it is added; the rule is found all the same.
#[test]
fn a_rule_that_cannot_be_listed_in_its_words_is_added_with_a_warning_and_found() {
    let script = "
        exec 2>&1
        comment() { head -c $1 /dev/zero | tr '\\0' c; }
        RULE=\"-p sctp -m comment --comment $(comment 200) -m sctp --chunk-types all DATA,INIT,HEARTBEAT -j DROP\"
        $NSFW iptables -A INPUT $RULE; $NSFW rule check INPUT $RULE && echo found
        $NSFW rule list INPUT | grep -c '# nft'
        $NSFW iptables -D INPUT $RULE; $NSFW rule list INPUT
        RULE=\"-m comment --comment $(comment 200) -m hashlimit --hashlimit-above 3/min --hashlimit-mode srcip --hashlimit-name h\"
        $NSFW rule add INPUT $RULE; $NSFW rule list INPUT | grep -c 'hashlimit-name h -m comment'; $NSFW rule delete INPUT $RULE
        RULE=\"-m state --state NEW -m comment --comment $(comment 200)\"
        printf '*filter\\n-A INPUT %s -j DROP\\nCOMMIT\\n' \"$RULE\" | $NSFW restore --noflush -
        $NSFW rule check INPUT $RULE -j ACCEPT || echo another
        $NSFW rule check INPUT -m conntrack --ctstate ESTABLISHED -m comment --comment $(comment 200) -j DROP || echo another
        $NSFW rule delete INPUT $RULE -j DROP; $NSFW rule list INPUT";
    let Some(out) = sandbox::run(script, &["head", "tr", "grep"]) else { return };
    let kept = "the kernel keeps 256 bytes with a rule, its comment among them: by";
    let over = out.lines().filter(|line| line.contains(kept)).collect::<Vec<_>>();
    assert_eq!(over.len(), 3, "{out}");
    assert!(
        over[0].starts_with("warning: the kernel") && over[0].contains("lists in nft's syntax, and cannot be saved")
    );
    assert!(over[1].ends_with("lists in other words of the same meaning; a shorter comment or fewer options help"));
    assert!(
        over[2].starts_with("warning: -:2: the kernel") && over[2].contains("lists in other words of the same meaning")
    );
    let rest: Vec<_> = out.lines().filter(|line| !line.contains(kept)).collect();
    let empty = ["# -: ip filter", "-P INPUT ACCEPT"];
    let another = "another";
    assert_eq!(rest, ["found", "1", empty[0], empty[1], "1", another, another, empty[0], empty[1]]);
}
