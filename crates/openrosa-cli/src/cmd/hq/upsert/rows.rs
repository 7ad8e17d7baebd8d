//! The rows of a sheet, each a case that is to be so.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::exit::Failure;
use crate::page::seen;

/// What is said of a case in other ways than by a property, and what nobody can set.
const NO_PROPERTIES: [&str; 8] =
    ["case_id", "case_type", "external_id", "user_id", "closed", "date_opened", "date_modified", "domain"];

/// A case that is to be so.
pub(super) struct Row {
    pub(super) external_id: String,
    /// Names and values that are not blank.
    pub(super) cells: Vec<(String, String)>,
}

impl Row {
    pub(super) fn cell(&self, name: &str) -> Option<&str> {
        self.cells.iter().find(|(cell, _)| cell == name).map(|(_, value)| value.as_str())
    }
}

/// The rows of a sheet whose column `id` has the external ids.
pub(super) fn read(path: &Path, id: &str) -> Result<Vec<Row>, Failure> {
    let unread =
        |error: &dyn std::fmt::Display| Failure::new(format!("cannot read `{}`: {error}", path.display()));
    let mut reader = csv::Reader::from_path(path).map_err(|error| unread(&error))?;
    let headings = headings(&mut reader).map_err(|error| unread(&error))?;
    let wrong = |error: String| unread(&error);
    check(&headings, id).map_err(wrong)?;
    let Some(at) = headings.iter().position(|name| name == id) else {
        return Err(wrong(format!("it has no column `{}`", seen(id))).remedy("--id COLUMN"));
    };
    let mut rows = Vec::new();
    let mut known = HashMap::new();
    for record in reader.records() {
        let record = record.map_err(|error| unread(&error))?;
        let line = record.position().map_or(0, csv::Position::line);
        let external_id = record.get(at).unwrap_or_default().to_owned();
        if external_id.is_empty() {
            return Err(wrong(format!("line {line} has no `{}`", seen(id))));
        }
        if let Some(before) = known.insert(external_id.clone(), line) {
            return Err(wrong(format!("lines {before} and {line} have the same `{}`", seen(id))));
        }
        let cells = headings.iter().zip(record.iter()).filter(|(name, cell)| *name != id && !cell.is_empty());
        let cells = cells.map(|(name, cell)| (name.clone(), cell.to_owned())).collect();
        rows.push(Row { external_id, cells });
    }
    Ok(rows)
}

fn headings(reader: &mut csv::Reader<std::fs::File>) -> Result<Vec<String>, csv::Error> {
    let headings = reader.headers()?.iter();
    Ok(headings.map(|name| name.trim_start_matches('\u{feff}').trim().to_owned()).collect())
}

fn check(headings: &[String], id: &str) -> Result<(), String> {
    let mut known = HashSet::new();
    for name in headings {
        if !known.insert(name) {
            return Err(format!("it has two columns `{}`", seen(name)));
        }
        if name != id && NO_PROPERTIES.contains(&name.as_str()) {
            return Err(format!("its column `{name}` cannot be set from a sheet: take it out, or rename it"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Vec<Row>, Failure> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.csv");
        std::fs::write(&path, text).unwrap();
        read(&path, "number")
    }

    #[test]
    fn a_blank_cell_says_nothing() {
        let rows = of("\u{feff}number, age,note\nA,41,\n\"B\nb\",,x\n").unwrap();
        assert_eq!(rows[0].cells, [("age".to_owned(), "41".to_owned())]);
        assert_eq!((rows[1].external_id.as_str(), rows[1].cell("note")), ("B\nb", Some("x")));
    }

    #[test]
    fn what_a_sheet_cannot_say_is_refused() {
        for (sheet, why) in [
            ("age\n1\n", "it has no column `number`"),
            ("number,age\n,1\n", "line 2 has no `number`"),
            ("number,age\nA,1\nB,2\nA,3\n", "lines 2 and 4 have the same `number`"),
            ("number,age,age\nA,1,2\n", "two columns `age`"),
            ("number,case_type\nA,client\n", "`case_type` cannot be set from a sheet"),
            ("number,external_id\nA,B\n", "`external_id` cannot be set from a sheet"),
            ("number,age\nA\n", "line: 2"),
        ] {
            let error = of(sheet).map(|_| ()).unwrap_err();
            assert!(format!("{error:?}").contains(why), "{sheet}: {error:?}");
        }
    }
}
