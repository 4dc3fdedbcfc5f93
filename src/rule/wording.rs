//! A rule as words alone, for rules that the language here cannot make.
//!
//! What other programs made of xtables' extensions is listed in iptables' words, some of which have no form in nf_tables
//! and are refused where a rule is added. Whoever looks for such a rule, or deletes it, gives its words: they are compared
//! option by option, in whatever order they stand.

use super::ast::Rule;

/// Options that have another name, and the one that rules are listed with.
const SHORT: [(&str, &str); 10] = [
    ("--source", "-s"),
    ("--src", "-s"),
    ("--destination", "-d"),
    ("--dst", "-d"),
    ("--in-interface", "-i"),
    ("--out-interface", "-o"),
    ("--protocol", "-p"),
    ("--match", "-m"),
    ("--jump", "-j"),
    ("--goto", "-g"),
];
/// What `-m recent` is listed with where nothing else was said.
const FILLED_IN: [&[&str]; 3] = [&["--mask", "255.255.255.255"], &["--rsource"], &["--name", "DEFAULT"]];

/// The options of a rule, each with its values and its `!`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording(Vec<Vec<String>>);

impl Wording {
    /// The words of a rule, without command, chain and table.
    #[must_use]
    pub fn of(words: &[String]) -> Self {
        let mut options: Vec<Vec<String>> = Vec::new();
        for word in words {
            let negates = options.last().is_some_and(|option| matches!(option.as_slice(), [sign] if sign == "!"));
            let begins = word == "!" || (word.starts_with('-') && word.len() > 1 && !negates);
            match options.last_mut() {
                Some(option) if !begins => option.push(word.clone()),
                _ => options.push(vec![word.clone()]),
            }
        }
        options.iter_mut().for_each(|option| plain(option));
        let protocol = options.iter().find(|option| option[0] == "-p").and_then(|option| option.get(1)).cloned();
        let says = |option: &Vec<String>| {
            let loads_its_protocol = option[0] == "-m" && option.get(1) == protocol.as_ref();
            !loads_its_protocol && !FILLED_IN.iter().any(|filled| option == filled)
        };
        options.retain(says);
        options.sort();
        Self(options)
    }

    /// Whether the rule is listed with these words.
    #[must_use]
    pub fn is_of(&self, rule: &Rule) -> bool {
        *self == Self::of(&rule.words())
    }
}

/// An option as rules are listed with it: its short name, and a host with the length of its address.
fn plain(option: &mut [String]) {
    let at = usize::from(option[0] == "!");
    let [name, values @ ..] = &mut option[at..] else { return };
    if let Some((_, short)) = SHORT.iter().find(|row| row.0 == name) {
        (*short).clone_into(name);
    }
    if let ("-s" | "-d", [address]) = (name.as_str(), values)
        && !address.contains('/')
    {
        address.push_str(if address.contains(':') { "/128" } else { "/32" });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::lexer;

    fn wording(line: &str) -> Wording {
        Wording::of(&lexer::split_line(line).expect("closed quotes"))
    }

    #[test]
    fn options_may_stand_in_any_order_and_by_any_name() {
        for (given, listed) in [
            ("-j DROP -m physdev --physdev-in eth0", "-m physdev --physdev-in eth0 -j DROP"),
            ("-p tcp --dport 5 --source 1.2.3.4", "-s 1.2.3.4/32 -p tcp -m tcp --dport 5"),
            ("-m x ! --a 1 --b", "-m x --b ! --a 1"),
            (
                "-m recent --rcheck --seconds 60 --hitcount 3 --name k",
                "-m recent --rcheck --seconds 60 --hitcount 3 --name k --mask 255.255.255.255 --rsource",
            ),
        ] {
            assert_eq!(wording(given), wording(listed), "{given}");
        }
    }

    #[test]
    fn other_words_are_another_rule() {
        for (given, listed) in [
            ("-m x ! --a 1 --b", "-m x --a 1 ! --b"),
            ("-m x --a 1", "-m x --a 2"),
            ("-m x --a 1", "-m x --a 1 -j DROP"),
            ("-m recent --rcheck --name k --rdest", "-m recent --rcheck --name k --mask 255.255.255.255 --rsource"),
            ("-m x --a", "-m y --a"),
        ] {
            assert_ne!(wording(given), wording(listed), "{given}");
        }
        assert_eq!(wording("!"), wording("!"));
    }
}
