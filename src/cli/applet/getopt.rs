//! Words into options as getopt_long(3) takes them apart, with its messages: `-ct filter`, `--tab=filter`, `--`.

/// An option.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// Behind one dash.
    pub letter: char,
    /// Behind two dashes; empty where it has no such name.
    pub name: &'static str,
    value: Value,
}

/// Whether a value follows an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value {
    No,
    /// Behind the `=` of the long name only.
    Attached,
    Yes,
}

/// One without a value.
pub const fn flag(letter: char, name: &'static str) -> Spec {
    Spec { letter, name, value: Value::No }
}

/// One whose long name may have a value behind `=`.
pub const fn attached(letter: char, name: &'static str) -> Spec {
    Spec { letter, name, value: Value::Attached }
}

/// One with a value.
pub const fn value(letter: char, name: &'static str) -> Spec {
    Spec { letter, name, value: Value::Yes }
}

/// What was found next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<'a> {
    /// An option's letter, and its value.
    Option(char, Option<&'a str>),
    /// A word that is none.
    Operand(&'a str),
}

/// The words on their way.
#[derive(Debug)]
pub struct Options<'a> {
    specs: &'static [Spec],
    words: &'a [String],
    next: usize,
    /// What is still to be read of `-ct`.
    letters: &'a str,
    /// `--` was found.
    only_operands: bool,
}

impl<'a> Options<'a> {
    /// All of them are still to be read.
    pub const fn new(specs: &'static [Spec], words: &'a [String]) -> Self {
        Self { specs, words, next: 0, letters: "", only_operands: false }
    }

    /// The next word, where `fits` says that it belongs to what was found last.
    pub fn take_if(&mut self, fits: impl Fn(&str) -> bool) -> Option<&'a str> {
        let word = self.words.get(self.next).filter(|word| self.letters.is_empty() && fits(word))?;
        self.next += 1;
        Some(word)
    }

    fn take(&mut self) -> Option<&'a str> {
        let word = self.words.get(self.next)?;
        self.next += 1;
        Some(word)
    }

    fn short(&mut self) -> Result<Found<'a>, String> {
        let letter = self.letters.chars().next().unwrap_or('-');
        let rest = self.letters.strip_prefix(letter).unwrap_or_default();
        self.letters = "";
        let spec = self.specs.iter().find(|spec| spec.letter == letter);
        let spec = spec.ok_or_else(|| format!("invalid option -- '{letter}'"))?;
        if spec.value != Value::Yes {
            self.letters = rest;
            return Ok(Found::Option(letter, None));
        }
        let value = Some(rest).filter(|rest| !rest.is_empty()).or_else(|| self.take());
        let value = value.ok_or_else(|| format!("option requires an argument -- '{letter}'"))?;
        Ok(Found::Option(letter, Some(value)))
    }

    fn long(&mut self, word: &'a str) -> Result<Found<'a>, String> {
        let (name, attached) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        let meant: Vec<&Spec> =
            self.specs.iter().filter(|spec| !spec.name.is_empty() && spec.name.starts_with(name)).collect();
        let exact = meant.iter().find(|spec| spec.name == name);
        let spec = match (exact, meant.as_slice()) {
            (Some(spec), _) | (None, [spec]) => *spec,
            (None, []) => return Err(format!("unrecognized option '--{word}'")),
            (None, several) => {
                let names: String = several.iter().map(|spec| format!(" '--{}'", spec.name)).collect();
                return Err(format!("option '--{name}' is ambiguous; possibilities:{names}"));
            }
        };
        let value = match (spec.value, attached) {
            (Value::No, Some(_)) => return Err(format!("option '--{}' doesn't allow an argument", spec.name)),
            (Value::No, None) => None,
            (Value::Attached, attached) => attached,
            (Value::Yes, attached) => {
                let value = attached.or_else(|| self.take());
                Some(value.ok_or_else(|| format!("option '--{}' requires an argument", spec.name))?)
            }
        };
        Ok(Found::Option(spec.letter, value))
    }
}

impl<'a> Iterator for Options<'a> {
    /// Messages are without the program's name.
    type Item = Result<Found<'a>, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if !self.letters.is_empty() {
            return Some(self.short());
        }
        let word = self.take()?;
        Some(match word.strip_prefix('-') {
            Some("-") if !self.only_operands => {
                self.only_operands = true;
                return self.next();
            }
            Some(letters) if !letters.is_empty() && !self.only_operands => match letters.strip_prefix('-') {
                Some(long) => self.long(long),
                None => {
                    self.letters = letters;
                    self.short()
                }
            },
            _ => Ok(Found::Operand(word)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPECS: &[Spec] = &[flag('c', "counters"), flag('v', "verbose"), value('t', "table"), flag('V', "version")];

    fn read(line: &str) -> String {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let told = Options::new(SPECS, &words).map(|found| match found {
            Ok(Found::Option(letter, value)) => format!("{letter}{}", value.unwrap_or_default()),
            Ok(Found::Operand(word)) => format!("[{word}]"),
            Err(message) => message,
        });
        told.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_come_apart_as_getopt_takes_them() {
        for (line, expected) in [
            ("-c -v file", "c v [file]"),
            ("-cvt nat", "c v tnat"),
            ("-tnat -", "tnat [-]"),
            ("--counters --tab=nat --table raw", "c tnat traw"),
            ("-- -c", "[-c]"),
            ("-x", "invalid option -- 'x'"),
            ("-ct", "c option requires an argument -- 't'"),
            ("--no", "unrecognized option '--no'"),
            ("--table", "option '--table' requires an argument"),
            ("--counters=1", "option '--counters' doesn't allow an argument"),
            ("--ver", "option '--ver' is ambiguous; possibilities: '--verbose' '--version'"),
        ] {
            assert_eq!(read(line), expected, "{line}");
        }
    }
}
