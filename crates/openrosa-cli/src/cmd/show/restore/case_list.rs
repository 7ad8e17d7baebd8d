//! The case blocks of a restore, each on a line of its own, as they come.

use std::fmt::Write;

use openrosa_xml::{
    Position,
    case::CaseBlock,
    restore::{Located, RestoreItem},
};
use serde_json::{Value as Json, json};

use super::{
    super::{Format, facts},
    Seen, View,
};
use crate::{
    excerpt,
    exit::Failure,
    input::title,
    page::{LABEL, seen},
};

/// Columns have fixed widths, since what is still to come is not known; longer values push the rest of their line.
const HEADINGS: [(&str, usize); 6] =
    [("line", 8), ("case", 36), ("type", 16), ("name", 24), ("owner", 32), ("modified", 0)];

pub(super) struct CaseList {
    format: Format,
    begun: bool,
    last: Option<Listed>,
}

/// What a line says of a block.
struct Listed {
    case_id: Option<String>,
    case_type: Option<String>,
    case_name: Option<String>,
    owner_id: Option<String>,
    date_modified: Option<String>,
    closing: bool,
}

impl CaseList {
    pub(super) const fn new(format: Format) -> Self {
        Self { format, begun: false, last: None }
    }

    fn begin(&mut self, out: &mut String) {
        if !std::mem::replace(&mut self.begun, true) && self.format == Format::Text {
            let _ =
                writeln!(out, "{LABEL}{}{LABEL:#}", line(&HEADINGS.map(|(heading, _)| heading.to_owned())));
        }
    }
}

impl View for CaseList {
    fn item(&mut self, item: &Located<RestoreItem<'_>>) -> bool {
        self.last = if let RestoreItem::Case(block) = &item.value { Some(Listed::of(block)) } else { None };
        self.last.is_some()
    }

    fn placed(&mut self, at: Position, out: &mut String) {
        let Some(listed) = self.last.take() else { return };
        self.begin(out);
        match self.format {
            Format::Text => {
                let _ = writeln!(out, "{}", line(&listed.cells(at)));
            }
            Format::Json => out.push_str(&facts::line(&listed.facts(at))),
        }
    }

    fn end(&mut self, all: &Seen<'_>, out: &mut String) -> Result<(), Failure> {
        match &all.stopped {
            Some(error) => excerpt::stopped(out, title(all.show.name), error, &all.show.page),
            None if !self.begun && self.format == Format::Text => out.push_str("no case blocks\n"),
            None => {}
        }
        Ok(())
    }
}

/// What a block tells of its case: what it creates it with, else what it updates it to.
fn told(block: &CaseBlock<'_>, name: &str) -> Option<String> {
    let created = block.create().and_then(|create| create.property(name));
    let updated = || block.update().and_then(|update| update.property(name));
    created.or_else(updated).map(|property| property.value.text().into_owned())
}

impl Listed {
    fn of(block: &CaseBlock<'_>) -> Self {
        Self {
            case_id: block.case_id.as_deref().map(str::to_owned),
            case_type: told(block, "case_type"),
            case_name: told(block, "case_name"),
            owner_id: told(block, "owner_id"),
            date_modified: block.date_modified.as_ref().map(|date| date.as_str().to_owned()),
            closing: block.close().is_some(),
        }
    }

    fn cells(&self, at: Position) -> [String; 6] {
        let shown =
            |text: &Option<String>| text.as_deref().map_or("-".to_owned(), |text| seen(text).into_owned());
        let closing = if self.closing { " (closing)" } else { "" };
        [
            at.line.to_string(),
            shown(&self.case_id),
            shown(&self.case_type),
            shown(&self.case_name),
            shown(&self.owner_id),
            format!("{}{closing}", shown(&self.date_modified)),
        ]
    }

    fn facts(&self, at: Position) -> Json {
        json!({
            "line": at.line,
            "case_id": self.case_id,
            "case_type": self.case_type,
            "case_name": self.case_name,
            "owner_id": self.owner_id,
            "date_modified": self.date_modified,
            "closing": self.closing,
        })
    }
}

fn line(cells: &[String; 6]) -> String {
    let padded = cells.iter().zip(HEADINGS).map(|(cell, (_, width))| format!("{cell:width$}"));
    let mut line = padded.collect::<Vec<_>>().join("  ");
    line.truncate(line.trim_end().len());
    line
}
