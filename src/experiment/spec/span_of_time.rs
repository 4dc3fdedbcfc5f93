//! Spans of time as files write them: `"500ms"`, `"1m 30s"` (the units of the humantime crate).

use std::borrow::Cow;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

/// A span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanOfTime(pub Duration);

impl<'de> Deserialize<'de> for SpanOfTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        humantime::parse_duration(&text).map(Self).map_err(|error| {
            de::Error::custom(format!("{text:?} is no span of time ({error}): write \"500ms\", \"2s\" or \"1m 30s\""))
        })
    }
}

impl JsonSchema for SpanOfTime {
    fn schema_name() -> Cow<'static, str> {
        "SpanOfTime".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "A span of time: \"500ms\", \"2s\", \"1m 30s\"", "type": "string" })
    }
}
