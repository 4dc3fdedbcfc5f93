//! How many of something are expected: exactly, at least, at most, or between.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};

/// A range of numbers, both ends in it: `5`, `">=5"`, `"<=5"`, `"3..5"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figure {
    /// Not fewer.
    pub least: u64,
    /// Not more.
    pub most: u64,
}

impl Figure {
    /// Exactly so many.
    #[must_use]
    pub const fn exactly(number: u64) -> Self {
        Self { least: number, most: number }
    }

    /// Whether a number is as expected.
    #[must_use]
    pub const fn fits(self, number: u64) -> bool {
        self.least <= number && number <= self.most
    }

    /// Reads what [`fmt::Display`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number = |text: &str| text.trim().parse::<u64>().ok();
        let text = text.trim();
        let figure = if let Some(least) = text.strip_prefix(">=") {
            Self { least: number(least)?, most: u64::MAX }
        } else if let Some(most) = text.strip_prefix("<=") {
            Self { least: 0, most: number(most)? }
        } else if let Some((least, most)) = text.split_once("..") {
            Self { least: number(least)?, most: number(most)? }
        } else {
            Self::exactly(number(text)?)
        };
        Some(figure).filter(|figure| figure.least <= figure.most)
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.least, self.most) {
            (least, most) if least == most => write!(f, "{least}"),
            (least, u64::MAX) => write!(f, ">={least}"),
            (0, most) => write!(f, "<={most}"),
            (least, most) => write!(f, "{least}..{most}"),
        }
    }
}

struct Reader;

impl Visitor<'_> for Reader {
    type Value = Figure;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or \">=N\", \"<=N\", \"N..M\"")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Figure, E> {
        let number = u64::try_from(number);
        number.map(Figure::exactly).map_err(|_| E::custom("a count is not less than 0"))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Figure, E> {
        Ok(Figure::exactly(number))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Figure, E> {
        Figure::parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

impl<'de> Deserialize<'de> for Figure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

impl JsonSchema for Figure {
    fn schema_name() -> Cow<'static, str> {
        "Figure".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "How many: a number, or \">=N\", \"<=N\", \"N..M\"",
            "anyOf": [
                { "type": "integer", "minimum": 0 },
                { "type": "string", "pattern": "^ *((>=|<=)? *[0-9]+|[0-9]+ *\\.\\. *[0-9]+) *$" },
            ],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_they_are_written() {
        for (text, least, most) in
            [("5", 5, 5), (">=5", 5, u64::MAX), ("<=5", 0, 5), ("3..5", 3, 5), ("0", 0, 0), ("<=0", 0, 0)]
        {
            let figure = Figure::parse(text).expect(text);
            assert_eq!((figure.least, figure.most), (least, most), "{text}");
            assert_eq!(Figure::parse(&figure.to_string()), Some(figure), "{text}");
        }
        for text in ["", "x", "-1", "5..3", ">=", "1..", "..2", "1 2"] {
            assert_eq!(Figure::parse(text), None, "{text}");
        }
    }
}
