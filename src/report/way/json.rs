//! Ways of packets as JSON (docs/run-json.md).

use serde::Serialize;

use crate::way::packet_path::PacketPath;
use crate::way::probe::Found;

/// The way of one packet among many, as JSON on a line of its own.
///
/// # Errors
/// None in practice: it is text and numbers.
pub fn line(way: &PacketPath) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    struct Line<'a> {
        schema: &'static str,
        #[serde(flatten)]
        way: &'a PacketPath,
    }
    Ok(serde_json::to_string(&Line { schema: "nsfw.trace/1", way })? + "\n")
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    #[serde(flatten)]
    found: &'a Found,
}

/// The way of a probe with those of the answers, with a line feed at the end.
///
/// # Errors
/// None in practice: it is text and numbers.
pub fn probe(found: &Found) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string_pretty(&Document { schema: "nsfw.probe/1", found })? + "\n")
}
