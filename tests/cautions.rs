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
