//! What an experiment's file says: the types that it is read into, and that its schema is made from.
//!
//! Doc comments of these types are the descriptions in the schema (`docs/experiment.schema.json`).

mod at;
pub mod expect;
mod figure;
pub mod network;
mod span_of_time;
mod step;
mod text_or_list;
pub mod traffic;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

pub use at::At;
pub use figure::Figure;
pub use network::{Link, Node};
pub use span_of_time::SpanOfTime;
pub use step::Step;

/// An experiment: a network, the rules in it, the packets, and what must happen.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Experiment {
    /// What it is about, in a few words
    pub title: Option<String>,
    /// What it shows, for who reads it
    pub description: Option<String>,
    /// Why it is left out
    pub skip: Option<String>,
    /// Whether nodes may send packets by themselves: IPv6's search for double addresses, routers and groups, and for
    /// neighbours
    #[serde(default)]
    pub noisy: bool,
    /// The network namespaces, by name
    pub nodes: BTreeMap<String, At<Node>>,
    /// The wires between them
    #[serde(default)]
    pub links: Vec<At<Link>>,
    /// What is done, in order
    #[serde(default)]
    pub steps: Vec<At<Step>>,
}

/// The JSON Schema of the files (json-schema.org), with a line feed at the end.
///
/// # Errors
/// None in practice: it is text.
pub fn schema() -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string_pretty(&schemars::schema_for!(Experiment))? + "\n")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_schema_in_the_docs_is_current() {
        const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/experiment.schema.json");
        let schema = super::schema().expect("a schema");
        if std::env::var_os("NSFW_BLESS").is_some() {
            std::fs::write(FILE, &schema).expect("docs can be written");
        }
        assert_eq!(std::fs::read_to_string(FILE).expect("the schema"), schema, "NSFW_BLESS=1 writes it anew");
    }
}
