//! The columns of a sheet: what is known of everything, then what occurs.

use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;

use super::{Kind, What};

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

    /// All columns of a sheet, each with its head. No two heads are alike, and none is what another is called in full.
    pub(super) fn of(&self, what: What, kind: Kind) -> Vec<(String, Way)> {
        let ways: Vec<Way> = usual(what).chain(self.ways.iter().cloned()).collect();
        let mut heads = Heads::reserved(&ways, kind);
        ways.into_iter().enumerate().map(|(at, way)| (heads.head(at, &way), way)).collect()
    }
}

/// The ways to what is known of everything.
pub(super) fn usual(what: What) -> impl ExactSizeIterator<Item = Way> {
    let usual = match what {
        What::Forms => &FORM[..],
        What::Cases => &CASE[..],
    };
    usual.iter().map(|name| vec![(*name).to_owned()])
}

/// What columns are called, and must not be called any more.
struct Heads {
    kind: Kind,
    /// Whose a whole name is: that of the first who is called so.
    whole: HashMap<String, usize>,
    taken: HashSet<String>,
}

impl Heads {
    fn reserved(ways: &[Way], kind: Kind) -> Self {
        let mut heads = Self { kind, whole: HashMap::new(), taken: HashSet::from([WHOLE.to_owned()]) };
        for (at, way) in ways.iter().enumerate() {
            let whole = heads.folded(&way.join("."));
            heads.taken.insert(whole.clone());
            heads.whole.entry(whole).or_insert(at);
        }
        heads
    }

    /// SQLite takes `Age` and `age` for one name.
    fn folded(&self, head: &str) -> String {
        match self.kind {
            Kind::Table => head.to_ascii_lowercase(),
            Kind::Lines | Kind::Sheet => head.to_owned(),
        }
    }

    /// As short as it can be and nothing else is called. A number stands behind a blank, which no name in XML has: `age_2` would be
    /// another question.
    fn head(&mut self, at: usize, way: &Way) -> String {
        let (short, whole) = (title(way), way.join("."));
        let folded = self.folded(&short);
        if short != whole && self.taken.insert(folded) {
            return short;
        }
        if self.whole.get(&self.folded(&whole)) == Some(&at) {
            return whole;
        }
        let mut numbered = (2..).map(|number| format!("{whole} ({number})"));
        let is_free = |head: &String| {
            let folded = self.folded(head);
            self.taken.insert(folded)
        };
        numbered.find(is_free).unwrap_or(whole)
    }
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
        let all = columns.of(What::Forms, Kind::Sheet);
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
        let sheet = ["properties.status", "age", "Age", "AGE", "properties.json"];
        assert_eq!(heads(&columns, What::Cases, Kind::Sheet), sheet);
        // In SQL `properties.age` is the whole name of the first.
        let table =
            ["properties.status", "age", "properties.Age (2)", "properties.AGE (3)", "properties.json"];
        assert_eq!(heads(&columns, What::Cases, Kind::Table), table);
    }

    /// The heads behind those that are always there.
    fn heads(columns: &Columns, what: What, kind: Kind) -> Vec<String> {
        columns.of(what, kind).into_iter().skip(usual(what).len()).map(|(head, _)| head).collect()
    }

    /// Whatever was met first.
    #[test]
    fn no_column_is_called_as_another_question_is() {
        let form = json!({ "form": { "Age": "1", "age": "2", "age_2": "3", "g.a": "4", "g": { "a": "5" } } });
        let mut columns = Columns::default();
        columns.see(&form);
        let sheet = ["form.Age", "form.age", "form.age_2", "form.g.a", "form.g.a (2)"];
        assert_eq!(heads(&columns, What::Forms, Kind::Sheet), sheet);
        let table = ["form.Age", "form.age (2)", "form.age_2", "form.g.a", "form.g.a (2)"];
        assert_eq!(heads(&columns, What::Forms, Kind::Table), table);

        let mut columns = Columns::default();
        columns.see(&json!({ "properties": { "stock.s.p": "1", "x": "2" }, "stock": { "s": { "p": "3" } } }));
        columns.see(&json!({ "stock": { "s": { "p (2)": "4" } } }));
        let heads = heads(&columns, What::Cases, Kind::Table);
        assert_eq!(heads, ["properties.stock.s.p", "x", "stock.s.p", "stock.s.p (2)"]);
    }
}
