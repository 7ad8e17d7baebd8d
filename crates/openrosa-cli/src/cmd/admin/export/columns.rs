//! The columns of a sheet: what is known of everything, then what occurs.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::What;

/// What a column shows: the end of a way through the JSON.
pub(super) type Way = Vec<String>;

const FORM: [&str; 11] = [
    "received_on",
    "instance_id",
    "form_id",
    "version",
    "state",
    "reason",
    "replaces",
    "user",
    "device_id",
    "app_id",
    "files",
];
const CASE: [&str; 12] = [
    "case_id",
    "case_type",
    "case_name",
    "owner_id",
    "external_id",
    "status",
    "date_opened",
    "opened_by",
    "last_modified",
    "modified_by",
    "closed_on",
    "closed_by",
];

/// The column that has everything.
pub(super) const WHOLE: &str = "json";

/// What the programs that people open sheets in have at most is 16,384.
const MOST: usize = 16_000;

/// The ways to everything that occurs, in the order in which it was first met.
#[derive(Default)]
pub(super) struct Columns {
    ways: Vec<Way>,
    known: HashSet<Way>,
    is_cut: bool,
}

impl Columns {
    /// Takes in what occurs in a form or a case.
    pub(super) fn see(&mut self, record: &Json) {
        for part in ["form", "properties", "indices", "attachments", "stock"] {
            let Some(inside) = record.get(part) else { continue };
            for way in leaves(part, inside) {
                if self.known.contains(&way) {
                    continue;
                }
                if self.ways.len() == MOST {
                    self.is_cut = true;
                    break;
                }
                self.known.insert(way.clone());
                self.ways.push(way);
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ways.len()
    }

    /// Whether more occurred than there may be columns.
    pub(super) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// All columns of a sheet, each with its head. No two heads are alike, whatever the case of their letters: SQLite takes `Age` and
    /// `age` for one name.
    pub(super) fn of(&self, what: What) -> Vec<(String, Way)> {
        let usual = match what {
            What::Forms => &FORM[..],
            What::Cases => &CASE[..],
        };
        let usual = usual.iter().map(|name| vec![(*name).to_owned()]);
        let mut taken = HashSet::from([WHOLE.to_owned()]);
        let headed = |way: Way| (head(&way, &mut taken), way);
        usual.chain(self.ways.iter().cloned()).map(headed).collect()
    }
}

/// As short as it can be and nothing else is called.
fn head(way: &Way, taken: &mut HashSet<String>) -> String {
    let long = way.join(".");
    let numbered = (2..).map(|number| format!("{long}_{number}"));
    let heads = [title(way), long.clone()].into_iter().chain(numbered);
    heads.into_iter().find(|head| taken.insert(head.to_ascii_lowercase())).unwrap_or(long)
}

/// The ways to what is no object, in document order.
fn leaves(name: &str, json: &Json) -> Vec<Way> {
    let mut ahead = vec![(vec![name.to_owned()], json)];
    let mut leaves = Vec::new();
    while let Some((way, json)) = ahead.pop() {
        match json {
            Json::Object(fields) => {
                let inside =
                    fields.iter().map(|(name, json)| ([&way[..], std::slice::from_ref(name)].concat(), json));
                ahead.extend(inside.collect::<Vec<_>>().into_iter().rev());
            }
            _ => leaves.push(way),
        }
    }
    leaves
}

/// As the head of a column: `form.visit.date`. What a case is asked for is called as it is there.
fn title(way: &Way) -> String {
    match way.split_first() {
        Some((part, rest)) if part == "properties" => rest.join("."),
        _ => way.join("."),
    }
}

/// What is at the end of a way, if anything is.
pub(super) fn cell(record: &Json, way: &Way) -> Option<String> {
    let end = way.iter().try_fold(record, |at, name| at.get(name))?;
    match end {
        Json::Null => None,
        Json::Array(none) if none.is_empty() => None,
        Json::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_too_much_for_a_sheet_has_no_column() {
        let many: serde_json::Map<_, _> = (0..MOST + 2).map(|n| (format!("q{n}"), json!("1"))).collect();
        let mut columns = Columns::default();
        columns.see(&json!({ "form": { "q0": "1" } }));
        assert!(!columns.is_cut());
        columns.see(&json!({ "form": many }));
        assert_eq!((columns.len(), columns.is_cut()), (MOST, true));
    }

    #[test]
    fn every_question_that_occurs_has_a_column() {
        let first = json!({ "state": "normal", "form": { "a": "1", "g": { "b.c": "2" } } });
        let second = json!({ "form": { "a": "3", "kid": [{ "n": "A" }], "g": "" } });
        let mut columns = Columns::default();
        columns.see(&first);
        columns.see(&second);
        let all = columns.of(What::Forms);
        let heads: Vec<_> = all[FORM.len()..].iter().map(|(head, _)| head.as_str()).collect();
        assert_eq!(heads, ["form.a", "form.g.b.c", "form.kid", "form.g"]);
        let row = |record| all[FORM.len()..].iter().map(|(_, way)| cell(record, way)).collect::<Vec<_>>();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(row(&first), [some("1"), some("2"), None, some(r#"{"b.c":"2"}"#)]);
        assert_eq!(row(&second), [some("3"), None, some(r#"[{"n":"A"}]"#), some("")]);
    }

    /// A property may be called as a column is that every case has, or as the column of everything.
    #[test]
    fn no_two_columns_are_called_the_same() {
        let mut columns = Columns::default();
        columns.see(
            &json!({ "properties": { "status": "x", "age": "7", "Age": "8", "AGE": "9", "json": "y" } }),
        );
        let heads: Vec<_> =
            columns.of(What::Cases).into_iter().skip(CASE.len()).map(|(head, _)| head).collect();
        assert_eq!(
            heads,
            ["properties.status", "age", "properties.Age", "properties.AGE_2", "properties.json"]
        );
    }
}
