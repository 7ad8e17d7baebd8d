//! What is in one fixture: a table where its rows are flat, else its XML.

use std::fmt::Write;

use openrosa_xml::{
    Position, ReadError,
    fixture::Fixture,
    restore::{Located, RestoreItem},
    xml::{Element, Writer},
};
use serde_json::{Map, Value as Json, json};

use super::{
    super::{Format, facts},
    Seen, Show, View,
    summary::size,
};
use crate::{
    excerpt,
    exit::Failure,
    input::title,
    page::{TITLE, counted, escaped, grouped, seen},
    table::{self, Side},
};

/// Wider tables are shown without their last columns.
const COLUMNS: usize = 12;
/// More ids than these are not told to whoever misspelt one.
const MOST: usize = 100;

pub(super) struct OneFixture<'a> {
    id: &'a str,
    show: &'a Show<'a>,
    found: u64,
    /// The ids of the others, for whoever misspelt one.
    others: Vec<String>,
    /// The fixture, and how many bytes it took up.
    last: Option<(Fixture<'static>, u64)>,
}

impl<'a> OneFixture<'a> {
    pub(super) const fn new(id: &'a str, show: &'a Show<'a>) -> Self {
        Self { id, show, found: 0, others: Vec::new(), last: None }
    }
}

impl View for OneFixture<'_> {
    fn item(&mut self, item: &Located<RestoreItem<'_>>) -> bool {
        let RestoreItem::Fixture(fixture) = &item.value else { return false };
        let id = fixture.id.as_deref().unwrap_or_default();
        if id != self.id {
            if self.others.len() < MOST {
                self.others.push(id.to_owned());
            }
            return false;
        }
        let bytes = item.span.end - item.span.start;
        self.last = Some((fixture.clone().into_owned(), bytes));
        true
    }

    fn placed(&mut self, at: Position, out: &mut String) {
        let Some((fixture, bytes)) = self.last.take() else { return };
        self.found += 1;
        let shown = match self.show.format {
            Format::Text => write(&fixture, at, bytes, out),
            Format::Json => json_facts(&fixture).map(|facts| out.push_str(&facts::line(&facts))),
        };
        if let Err(error) = shown {
            excerpt::stopped(out, title(self.show.name), &error, &self.show.page);
        }
    }

    fn end(&mut self, all: &Seen<'_>, out: &mut String) -> Result<(), Failure> {
        if let Some(error) = &all.stopped {
            excerpt::stopped(out, title(all.show.name), error, &all.show.page);
        }
        if self.found > 0 {
            return Ok(());
        }
        let there = match self.others.as_slice() {
            [] => "it has none".to_owned(),
            others => format!("it has {}", others.iter().map(|id| seen(id)).collect::<Vec<_>>().join(", ")),
        };
        Err(Failure::new(format!("`{}` has no fixture `{}`; {there}", title(self.show.name), self.id)))
    }
}

fn write(fixture: &Fixture<'_>, at: Position, bytes: u64, out: &mut String) -> Result<(), ReadError> {
    let columns = columns(fixture)?;
    let id = seen(fixture.id.as_deref().unwrap_or_default());
    let rows = match &columns {
        Some(_) => format!(" · {}", counted(fixture.rows().count(), "row")),
        None => String::new(),
    };
    let _ = writeln!(out, "{TITLE}Fixture {id}{TITLE:#} · line {}{rows} · {}", grouped(at.line), size(bytes));
    match columns {
        Some(columns) if !columns.is_empty() => write_table(fixture, &columns, out),
        _ => write_xml(fixture, out),
    }
}

/// The attributes (`@id`) and children of the rows, in the order in which they first come; `None` where a row holds more
/// than texts, such as locations inside each other.
fn columns(fixture: &Fixture<'_>) -> Result<Option<Vec<String>>, ReadError> {
    let mut columns: Vec<String> = Vec::new();
    for row in fixture.rows() {
        let row = row?;
        if row.elements().any(|child| child.elements().next().is_some()) {
            return Ok(None);
        }
        for (name, _) in cells(&row) {
            if columns.len() < COLUMNS && !columns.contains(&name) {
                columns.push(name);
            }
        }
    }
    Ok(Some(columns))
}

fn cells<'r>(row: &'r Element<'_>) -> impl Iterator<Item = (String, String)> + 'r {
    let attributes =
        row.attributes.iter().map(|a| (format!("@{}", a.name.local_name()), a.value.to_string()));
    let children =
        row.elements().map(|child| (child.name.local_name().to_owned(), child.text().into_owned()));
    attributes.chain(children)
}

fn write_table(fixture: &Fixture<'_>, columns: &[String], out: &mut String) -> Result<(), ReadError> {
    let mut rows = Vec::new();
    for row in fixture.rows() {
        let row = row?;
        let of = |column: &String| {
            let texts =
                cells(&row).filter(|(name, _)| name == column).map(|(_, text)| escaped(&text).into_owned());
            texts.collect::<Vec<_>>().join(" | ")
        };
        rows.push(columns.iter().map(of).collect());
    }
    let headings: Vec<_> = columns.iter().map(|column| (column.as_str(), Side::Left)).collect();
    table::write(out, &headings, &rows);
    Ok(())
}

fn write_xml(fixture: &Fixture<'_>, out: &mut String) -> Result<(), ReadError> {
    let Some(root) = fixture.root()? else {
        out.push_str("  (nothing inside: the device keeps what it has)\n");
        return Ok(());
    };
    let mut writer = Writer::new().indented();
    if root.write_to(&mut writer).is_ok() {
        for line in writer.finish().lines() {
            let _ = writeln!(out, "  {}", escaped(line));
        }
    }
    Ok(())
}

fn json_facts(fixture: &Fixture<'_>) -> Result<Json, ReadError> {
    let row = |row: Result<Element<'_>, ReadError>| {
        row.map(|row| cells(&row).map(|(name, text)| (name, Json::from(text))).collect::<Map<_, _>>())
    };
    let rows: Vec<_> = fixture.rows().map(row).collect::<Result<_, _>>()?;
    Ok(json!({
        "id": fixture.id,
        "user_id": fixture.user_id,
        "indexed": fixture.is_indexed(),
        "rows": rows,
    }))
}
