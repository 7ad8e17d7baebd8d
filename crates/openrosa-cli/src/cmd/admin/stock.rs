//! `openrosa admin stock`.

use clap::Subcommand;
use openrosa_case::ledger::{LedgerKey, Quantity};
use serde_json::{Map, Value as Json, json};

use super::case::{Named, find};
use super::{Office, failed};
use crate::exit::{Exit, Failure};
use crate::page::{counted, seen};
use crate::table::{self, Side};
use crate::terminal::{print, say};

#[derive(Subcommand)]
pub(super) enum Command {
    /// How much of what is at a case, by section and product
    List(Named),
}

pub(super) async fn run(command: &Command, office: &Office) -> Result<Exit, Failure> {
    let Command::List(named) = command;
    let domain = office.domain(&named.domain).await?;
    let case = find(named, &domain, office).await?;
    let stock = office.database.stock(&domain, [&case.case_id]).await.map_err(|error| failed(&error))?;
    if office.json {
        stock.iter().for_each(|entry| say(line(entry)));
        return Ok(Exit::Clean);
    }
    if !stock.is_empty() {
        let mut out = String::new();
        let headings = [("section", Side::Left), ("product", Side::Left), ("quantity", Side::Right)];
        table::write(&mut out, &headings, &stock.iter().map(cells).collect::<Vec<_>>());
        print(&out);
    }
    say(format_args!("{} at case {}", counted(stock.len(), "balance"), seen(case.case_id.as_str())));
    Ok(Exit::Clean)
}

fn cells((key, quantity): &(LedgerKey, Quantity)) -> Vec<String> {
    vec![seen(&key.section_id).into_owned(), seen(&key.entry_id).into_owned(), quantity.to_string()]
}

fn line((key, quantity): &(LedgerKey, Quantity)) -> Json {
    json!({
        "case_id": key.entity_id.as_str(), "section_id": key.section_id, "entry_id": key.entry_id,
        "quantity": quantity.to_string(),
    })
}

/// As `case show` names it.
pub(super) fn label(key: &LedgerKey) -> String {
    format!("{} {}", seen(&key.section_id), seen(&key.entry_id))
}

/// The quantities of one case, by section and product. They are texts: they have five places, which a number may not keep.
pub(super) fn json<'s>(stock: impl IntoIterator<Item = &'s (LedgerKey, Quantity)>) -> Json {
    let mut sections = Map::new();
    for (key, quantity) in stock {
        let section = sections.entry(key.section_id.clone()).or_insert_with(|| Json::Object(Map::new()));
        section[&key.entry_id] = quantity.to_string().into();
    }
    sections.into()
}
