//! The little language of `-m u32`: what it says, read and written.
//!
//! `LOCATION = VALUE && …`; a location is a number and what is done with the four bytes there, one after another.

use crate::rule::error::ErrorKind;
use crate::rule::values::number::parse_number;

/// Tests of a program, ranges of a test, numbers of a location: `XT_U32_MAXSIZE` of linux/netfilter/xt_u32.h less the one
/// that iptables keeps free.
const MOST: usize = 10;

/// What is done with the four bytes, as a number whose first byte is the highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `&`.
    And,
    /// `<<`: bits that leave the number are lost.
    Left,
    /// `>>`.
    Right,
    /// `@`: moves the beginning by what there is, and loads four bytes from there on.
    At,
}

/// Each with its sign.
const OPERATORS: [(Operator, &str); 4] =
    [(Operator::And, "&"), (Operator::Left, "<<"), (Operator::Right, ">>"), (Operator::At, "@")];

impl Operator {
    fn sign(self) -> &'static str {
        OPERATORS.iter().find(|row| row.0 == self).map_or("&", |row| row.1)
    }
}

/// One of the tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// Where the first four bytes are, counted from the network header on.
    pub place: u32,
    /// What is done with them, in order.
    pub steps: Vec<(Operator, u32)>,
    /// The inclusive ranges of which the result must be in one; one may end before it begins, and holds nothing.
    pub ranges: Vec<(u32, u32)>,
}

/// All tests; each must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Program(pub Vec<Test>);

impl Program {
    /// Reads a program.
    ///
    /// # Errors
    /// [`ErrorKind::BadValue`] with the rest of the text from the fault on.
    pub fn parse(text: &str) -> Result<Self, ErrorKind> {
        let mut reader = Reader { whole: text, rest: text };
        let mut tests = vec![reader.test()?];
        while !reader.is_at_end() {
            reader.expect("&&", "\",\" or \"&&\" and another test")?;
            if tests.len() == MOST {
                return Err(reader.fault("left out: there are at most 10 tests"));
            }
            tests.push(reader.test()?);
        }
        Ok(Self(tests))
    }

    /// The inverse of [`Program::parse`].
    #[must_use]
    pub fn render(&self) -> String {
        let range = |&(from, to): &(u32, u32)| {
            if from == to { format!("{from:#x}") } else { format!("{from:#x}:{to:#x}") }
        };
        let test = |test: &Test| {
            let steps: String =
                test.steps.iter().map(|(operator, number)| format!("{}{number:#x}", operator.sign())).collect();
            let ranges: Vec<String> = test.ranges.iter().map(range).collect();
            format!("{:#x}{steps}={}", test.place, ranges.join(","))
        };
        self.0.iter().map(test).collect::<Vec<_>>().join("&&")
    }
}

struct Reader<'a> {
    whole: &'a str,
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn test(&mut self) -> Result<Test, ErrorKind> {
        let place = self.number()?;
        let mut steps = Vec::new();
        while let Some(operator) = self.operator() {
            if steps.len() + 1 == MOST {
                return Err(self.fault("left out: a location has at most 10 numbers"));
            }
            let number = self.number()?;
            if matches!(operator, Operator::Left | Operator::Right) && number > 31 {
                return Err(self.fault_at(number.to_string(), "a number of bits from 0 to 31"));
            }
            steps.push((operator, number));
        }
        self.expect("=", "an operator, or \"=\" and a value")?;
        let mut ranges = vec![self.range()?];
        while self.take(",") {
            if ranges.len() == MOST {
                return Err(self.fault("left out: a value has at most 10 ranges"));
            }
            ranges.push(self.range()?);
        }
        Ok(Test { place, steps, ranges })
    }

    fn range(&mut self) -> Result<(u32, u32), ErrorKind> {
        let from = self.number()?;
        Ok((from, if self.take(":") { self.number()? } else { from }))
    }

    fn operator(&mut self) -> Option<Operator> {
        self.skip_blanks();
        // "&&" is no operator of a location; what follows it is another test.
        let found = OPERATORS.iter().find(|row| self.rest.starts_with(row.1) && !self.rest.starts_with("&&"))?;
        self.take(found.1).then_some(found.0)
    }

    fn number(&mut self) -> Result<u32, ErrorKind> {
        self.skip_blanks();
        let end = self.rest.find(|next: char| !next.is_ascii_alphanumeric()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        let number = parse_number(digits).filter(|_| !digits.is_empty());
        let number = number.ok_or_else(|| self.fault("a number up to 0xffffffff"))?;
        self.rest = rest;
        Ok(number)
    }

    fn is_at_end(&mut self) -> bool {
        self.skip_blanks();
        self.rest.is_empty()
    }

    fn expect(&mut self, sign: &str, expected: &'static str) -> Result<(), ErrorKind> {
        if self.take(sign) { Ok(()) } else { Err(self.fault(expected)) }
    }

    fn take(&mut self, sign: &str) -> bool {
        self.skip_blanks();
        let Some(rest) = self.rest.strip_prefix(sign) else { return false };
        self.rest = rest;
        true
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
    }

    fn fault(&self, expected: &'static str) -> ErrorKind {
        if self.rest.is_empty() {
            return self.fault_at(self.whole.to_owned(), "complete: write tests such as 6&0xFF=1 && 0>>22&0x3C@0=5:9");
        }
        self.fault_at(self.rest.to_owned(), expected)
    }

    #[expect(clippy::unused_self, reason = "it reads like its sibling")]
    fn fault_at(&self, value: String, expected: &'static str) -> ErrorKind {
        ErrorKind::BadValue { value, expected }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn programs_are_written_as_iptables_writes_them() {
        for (text, written) in [
            ("6&0xFF=1", "0x6&0xff=0x1"),
            (" 4 & 0x3FFF = 0 &&0>>22&0x3C@\t0 >>24=0", "0x4&0x3fff=0x0&&0x0>>0x16&0x3c@0x0>>0x18=0x0"),
            ("010=1,5:5,7:9", "0x8=0x1,0x5,0x7:0x9"),
            ("6=5:3", "0x6=0x5:0x3"),
            ("0X10<<3=0xFFFFFFFF", "0x10<<0x3=0xffffffff"),
        ] {
            assert_eq!(Program::parse(text).map(|program| program.render()), Ok(written.to_owned()), "{text}");
        }
    }

    #[test]
    fn faults_show_the_rest_of_the_text() {
        for (text, rest) in [
            ("6=:5", ":5"),
            ("6=5:", "6=5:"),
            ("", ""),
            ("6", "6"),
            ("&&6=5", "&&6=5"),
            ("6=5 7=8", "7=8"),
            ("6=5&7=8", "&7=8"),
            ("6&&0xFF=1", "&&0xFF=1"),
            ("6 > > 3=1", "> > 3=1"),
            ("6<5=5", "<5=5"),
            ("6<<32=5", "32"),
            ("0x100000000=4", "0x100000000=4"),
            ("09=4", "09=4"),
            ("6=-1", "-1"),
            ("6==5", "=5"),
            ("6=5,,6", ",6"),
            ("6=5.", "."),
        ] {
            let fault = Program::parse(text).expect_err(text);
            assert!(matches!(&fault, ErrorKind::BadValue { value, .. } if value == rest), "{text}: {fault:?}");
        }
    }

    #[test]
    fn ten_of_each_fit() {
        let several = |count: usize, what: &str, between: &str| vec![what; count].join(between);
        for (fits, text) in [
            (true, several(10, "6=5", "&&")),
            (false, several(11, "6=5", "&&")),
            (true, format!("6={}", several(10, "1", ","))),
            (false, format!("6={}", several(11, "1", ","))),
            (true, format!("{}=1", several(10, "1", "&"))),
            (false, format!("{}=1", several(11, "1", "&"))),
        ] {
            assert_eq!(Program::parse(&text).is_ok(), fits, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_calmly(text in "[0-9a-fx&<>@=,: ]{0,40}|\\PC{0,20}") {
            if let Ok(program) = Program::parse(&text) {
                prop_assert_eq!(Program::parse(&program.render()), Ok(program));
            }
        }
    }
}
