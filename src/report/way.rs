//! Ways of packets: of a probe with those of the answers, of packets that are followed; for people and as JSON
//! (docs/run-json.md).

use serde::Serialize;

use super::path;
use super::terminal::{Palette, Style};
use crate::experiment::probe::Found;
use crate::experiment::result::PacketPath;

/// Tells the way of the packet, then those of what was said in answer.
#[must_use]
pub fn pretty(found: &Found, palette: Palette) -> String {
    let mut text = path::path(&found.path, 0, palette);
    if let Some(with) = &found.with {
        text += &format!("the sender was told: {with}\n");
    }
    for answer in &found.answers {
        text += &format!("\n{}\n", palette.paint(Style::Bold, "in answer"));
        text += &path::path(answer, 2, palette);
    }
    text
}

/// The way of one packet among many, as JSON on a line of its own.
///
/// # Errors
/// None in practice: it is text and numbers.
pub fn json_line(way: &PacketPath) -> Result<String, serde_json::Error> {
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

/// The same, with a line feed at the end.
///
/// # Errors
/// None in practice: it is text and numbers.
pub fn json(found: &Found) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string_pretty(&Document { schema: "nsfw.probe/1", found })? + "\n")
}
