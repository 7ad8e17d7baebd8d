//! Rows of a sheet out of JSON.

use std::collections::HashMap;

use serde_json::value::RawValue;

/// The columns of a sheet of cases, where none were named.
pub(super) const CASE: [&str; 10] = [
    "case_id",
    "case_type",
    "case_name",
    "external_id",
    "owner_id",
    "date_opened",
    "last_modified",
    "server_last_modified",
    "indexed_on",
    "closed",
];
/// Those of a sheet of forms.
pub(super) const FORM: [&str; 8] = [
    "id",
    "received_on",
    "indexed_on",
    "form.@xmlns",
    "app_id",
    "metadata.username",
    "metadata.timeStart",
    "archived",
];

/// The cells of an item.
pub(super) fn row(item: &str, columns: &[String]) -> Vec<String> {
    columns.iter().map(|column| cell(item, column).unwrap_or_default()).collect()
}

/// What is at the end of a way through JSON, if anything is. A name may have dots in it: the longest one that is there is taken. A
/// number has the digits that are written there.
pub(super) fn cell(item: &str, way: &str) -> Option<String> {
    let (mut at, mut rest) = (item, way);
    while !rest.is_empty() {
        let members: HashMap<String, &RawValue> = serde_json::from_str(at).ok()?;
        let ends = rest.match_indices('.').map(|(end, _)| end).chain([rest.len()]);
        let (next, end) = ends.rev().find_map(|end| Some((members.get(&rest[..end])?.get(), end)))?;
        (at, rest) = (next, rest[end..].trim_start_matches('.'));
    }
    match at.as_bytes().first()? {
        b'n' => None,
        b'"' => serde_json::from_str(at).ok(),
        _ => Some(at.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_at_the_end_of_a_way() {
        let form = r#"{"id":"f1","form":{"@xmlns":"urn:f","visit":{"date":"2026-02-03","dose":1.10},"kid":[{"n":"A"}],"a.b":1},"x":null}"#;
        for (way, is) in [
            ("id", "f1"),
            ("form.visit.date", "2026-02-03"),
            ("form.visit.dose", "1.10"),
            ("form.@xmlns", "urn:f"),
            ("form.kid", r#"[{"n":"A"}]"#),
            ("form.a.b", "1"),
        ] {
            assert_eq!(cell(form, way).as_deref(), Some(is), "{way}");
        }
        for way in ["x", "form.absent", "id.absent"] {
            assert_eq!(cell(form, way), None, "{way}");
        }
    }
}
