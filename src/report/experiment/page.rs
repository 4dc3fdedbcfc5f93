//! nsfw-experiment(5), the man page of the files that `nsfw run` takes: made from the types that they are read into, so
//! that it says what is read and nothing else.

use clap_mangen::roff::{Inline, Roff, bold, italic, roman};
use serde_json::Value;

use crate::experiment::spec::Experiment;

/// The example, which is one of the shipped experiments.
const EXAMPLE: &str = include_str!("../../../rules/count.toml");

/// What a reference to a definition begins with (JSON Schema, 8.2.3).
const REFERENCE: &str = "#/$defs/";

/// The page, in roff.
#[must_use]
pub fn man_page() -> String {
    let schema = Value::from(schemars::schema_for!(Experiment));
    let page = Page { definitions: schema.get("$defs").cloned().unwrap_or_default() };
    let mut roff = Roff::new();
    let version = concat!("nsfw ", env!("CARGO_PKG_VERSION"));
    roff.control("TH", ["nsfw-experiment", "5", "", version]);
    roff.control("SH", ["NAME"]).text([roman("nsfw-experiment - files that nsfw run takes")]);
    roff.control("SH", ["DESCRIPTION"]).text([roman(sentence(&described(&schema)))]);
    paragraph(
        &mut roff,
        "One file of TOML. Of a step, what is changed comes first, then what is sent, then what must have come of it. \
         Unknown keys are refused, with line and column. In what follows, [link] is a table as in the section LINK, and (required) \
         stands where a key may not be left out.",
    );
    roff.control("SH", ["TOP OF THE FILE"]);
    page.table(&mut roff, &schema);
    for (name, definition) in page.sections(&schema) {
        roff.control("SH", [words(name).to_uppercase().as_str()]);
        roff.text([roman(sentence(&described(definition)))]);
        page.table(&mut roff, definition);
    }
    roff.control("SH", ["EXAMPLE"]).control("nf", []);
    roff.text([roman(EXAMPLE.trim_end())]).control("fi", []);
    roff.control("SH", ["SEE ALSO"]);
    roff.text([bold("nsfw-run"), roman("(1), "), bold("nsfw-probe"), roman("(1), "), bold("nsfw"), roman("(1)")]);
    roff.render()
}

fn paragraph(roff: &mut Roff, text: &str) {
    roff.control("PP", []).text([roman(text)]);
}

/// A description without a full stop, in characters that every troff knows.
fn described(schema: &Value) -> String {
    let text = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    text.trim_end_matches('.').replace('`', "\"").replace('\n', " ").replace('…', "...")
}

fn sentence(text: &str) -> String {
    if text.ends_with('.') { text.to_owned() } else { format!("{text}.") }
}

/// `TcpHeader` as `tcp header`.
fn words(name: &str) -> String {
    let mut found = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !found.is_empty() {
            found.push(' ');
        }
        found.extend(c.to_lowercase());
    }
    found
}

/// The schema's definitions by name.
struct Page {
    definitions: Value,
}

impl Page {
    fn definition(&self, schema: &Value) -> Option<(String, &Value)> {
        let name = schema.get("$ref")?.as_str()?.strip_prefix(REFERENCE)?;
        Some((name.to_owned(), self.definitions.get(name)?))
    }

    /// The tables below the top, in the order in which the page comes to them.
    fn sections<'a>(&'a self, top: &'a Value) -> Vec<(&'a str, &'a Value)> {
        let mut found: Vec<(&str, &Value)> = Vec::new();
        let mut waiting = vec![top];
        while let Some(schema) = waiting.pop() {
            for name in references(schema) {
                let Some((name, definition)) = self.definitions.as_object().and_then(|all| all.get_key_value(&name))
                else {
                    continue;
                };
                if found.iter().any(|row| row.0 == name) {
                    continue;
                }
                found.push((name, definition));
                waiting.insert(0, definition);
            }
        }
        found.retain(|row| row.1.get("properties").is_some());
        found
    }

    /// The keys of a table, each with what may stand there.
    fn table(&self, roff: &mut Roff, schema: &Value) {
        let required = |key: &str| {
            schema.get("required").and_then(Value::as_array).is_some_and(|keys| keys.iter().any(|one| one == key))
        };
        for (key, value) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let mut head: Vec<Inline> = vec![bold(key), roman(" = "), italic(self.kind(value))];
            if required(key) {
                head.push(roman(" (required)"));
            }
            roff.control("TP", []).text(head);
            let mut about = described(value);
            if let Some(default) = value.get("default").filter(|default| is_worth_telling(default)) {
                about += &format!("; {default} where it is not given");
            }
            let mut leads_to = references(value).into_iter().filter_map(|name| self.definitions.get(name));
            if let Some(definition) = leads_to.find(|one| one.get("oneOf").is_some()) {
                about += &variants(definition);
            }
            roff.text([roman(sentence(&about))]);
        }
    }

    /// What may stand there, in words.
    fn kind(&self, schema: &Value) -> String {
        if let Some((name, definition)) = self.definition(schema) {
            // "How many: a number, …" tells what may stand there better than its kinds do.
            let forms = described(definition).split_once(": ").map(|(_, forms)| forms.to_owned());
            return match definition.get("properties") {
                Some(_) => format!("[{}]", words(&name)),
                None if definition.get("oneOf").is_some() => "one word".to_owned(),
                None => forms.unwrap_or_else(|| self.kind(definition)),
            };
        }
        if let Some(any) = schema.get("anyOf").and_then(Value::as_array) {
            let mut kinds: Vec<String> =
                any.iter().filter(|one| one.get("type") != Some(&"null".into())).map(|one| self.kind(one)).collect();
            kinds.dedup();
            return kinds.join(", or ");
        }
        let kind = match schema.get("type") {
            Some(Value::Array(kinds)) => kinds.iter().find_map(Value::as_str).unwrap_or("any"),
            Some(Value::String(kind)) => kind,
            _ => "any",
        };
        let below = |key: &str| schema.get(key).map_or_else(|| "any".to_owned(), |below| self.kind(below));
        let bracketed = |kind: String| if kind.contains(", or ") { format!("({kind})") } else { kind };
        match kind {
            "array" => format!("list of {}", bracketed(below("items"))),
            "object" => format!("by name: {}", below("additionalProperties")),
            "integer" => "number".to_owned(),
            "boolean" => "true or false".to_owned(),
            other => other.to_owned(),
        }
    }
}

/// A default that says something: not one that is nothing.
fn is_worth_telling(default: &Value) -> bool {
    match default {
        Value::Null => false,
        Value::Bool(on) => *on,
        Value::Number(number) => number.as_i64() != Some(0),
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Object(values) => !values.is_empty(),
    }
}

/// The words that may stand there, each with what it means.
fn variants(definition: &Value) -> String {
    let all = definition.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    let told = all.filter_map(|one| Some(format!("{}: {}", one.get("const")?.as_str()?, described(one))));
    format!(". {}", told.collect::<Vec<_>>().join(". "))
}

/// Names of the definitions that a schema leads to, in order.
fn references(schema: &Value) -> Vec<String> {
    match schema {
        Value::Object(fields) => fields
            .iter()
            .filter(|(key, _)| *key != "$defs")
            .flat_map(|(key, value)| match value.as_str().and_then(|text| text.strip_prefix(REFERENCE)) {
                Some(name) if key == "$ref" => vec![name.to_owned()],
                _ => references(value),
            })
            .collect(),
        Value::Array(values) => values.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_key_of_every_table() {
        let schema = Value::from(schemars::schema_for!(Experiment));
        let page = man_page();
        let tables = schema["$defs"].as_object().expect("definitions").values().chain([&schema]);
        let keys: Vec<_> = tables.filter_map(|table| table.get("properties")?.as_object()).flatten().collect();
        assert!(keys.len() > 80, "{}", keys.len());
        for (key, _) in keys {
            let head = format!("\\fB{}\\fR = ", key.replace('-', "\\-"));
            assert!(page.contains(&head), "{key} is not in the page:\n{page}");
        }
        for nothing in ["= \\fIany", "of any", ", any", ".TP\n\\fB\\fR"] {
            assert!(!page.contains(nothing), "{nothing}: {page}");
        }
    }

    #[test]
    fn each_key_says_what_it_is() {
        let page = man_page();
        let lines: Vec<_> = page.lines().collect();
        for (place, _) in lines.iter().enumerate().filter(|(_, line)| **line == ".TP") {
            let about = lines.get(place + 2).expect("a line behind the key");
            assert!(about.len() > 3 && !about.starts_with(['.', ';']), "{}: {about}", lines[place + 1]);
        }
    }
}
