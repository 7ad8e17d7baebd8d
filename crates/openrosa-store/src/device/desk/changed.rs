//! What has changed, and the rows that it makes.

use std::{collections::BTreeSet, sync::Arc};

use openrosa_case::{
    case::Case,
    ledger::{LedgerKey, Quantity},
    store::Written,
    user::User,
};
use openrosa_xml::{Text, UserId};

use super::{Pending, pending::NewFixture};
use crate::device::{
    insert::{Insert, Row, Texts, rows, rows_of},
    record::Json,
};

/// What has changed. To make rows of it is work of its own, which needs nothing else and can be done elsewhere.
#[derive(Default)]
pub(in crate::device) struct Changed {
    pub(super) new: Vec<Numbered>,
    pub(super) known: Vec<Numbered>,
    /// The rows of cases that are no more.
    pub(super) gone: Vec<i64>,
    pub(super) ledgers: Vec<(LedgerKey, Arc<Quantity>)>,
    pub(super) ledgers_gone: Vec<LedgerKey>,
    pub(super) fixtures: Vec<NewFixture>,
    pub(super) users: Written<UserId, User>,
}

/// A case with the number of its row.
pub(in crate::device) type Numbered = (i64, Arc<Case>);

impl Changed {
    /// The rows that it makes.
    pub(in crate::device) fn into_pending(self) -> Pending {
        let mut pending = Pending::default();
        insert_cases(&mut pending, &self.new, &INTO_CASES, &INTO_CONTENTS);
        insert_cases(&mut pending, &self.known, &OVER_CASES, &OVER_CONTENTS);
        let all = self.new.iter().chain(&self.known);
        let links: Vec<_> = all.flat_map(|(number, case)| links(*number, case)).collect();
        pending.rows.extend(rows(&INTO_LINKS, &links, |row, (target, source)| {
            row.push(*target).push(source);
        }));
        pending.rows.extend(rows(&INTO_LEDGERS, &self.ledgers, |row, (key, quantity)| {
            row.push(key.entity_id.as_str()).push(&key.section_id).push(&key.entry_id);
            row.push(quantity.hundred_thousandths());
        }));
        pending.unlinked = self.known.iter().map(|(number, _)| *number).chain(self.gone.clone()).collect();
        let mut cases = self.new;
        cases.extend(self.known);
        Pending {
            cases,
            gone: self.gone,
            ledgers_gone: self.ledgers_gone,
            fixtures: self.fixtures,
            users: self.users,
            ..pending
        }
    }
}

fn insert_cases(pending: &mut Pending, cases: &[Numbered], into_cases: &Insert, into_contents: &Insert) {
    let Pending { rows: all, texts, .. } = pending;
    let json: Vec<Json> = cases.iter().map(|(_, case)| Json::of(case, texts)).collect();
    let cases: Vec<_> = cases.iter().zip(&json).collect();
    let mut case = |row: &mut Row<'_>, (case, json): &(&Numbered, &Json)| bind_case(row, case, json, texts);
    let mut content = |row: &mut Row<'_>, ((number, _), json): &(&Numbered, &Json)| {
        row.push(*number).push(Arc::clone(&json.properties)).push(Arc::clone(&json.attachments));
    };
    all.extend(rows_of(&mut [(into_cases, &mut case), (into_contents, &mut content)], &cases));
}

fn bind_case(row: &mut Row<'_>, (number, case): &Numbered, json: &Json, texts: &mut Texts) {
    let mut optional = |text: &Option<Text<'static>>| text.as_deref().map(|text| texts.once(text));
    let [external_id, category, state] = [&case.external_id, &case.category, &case.state].map(&mut optional);
    row.push(number)
        .push(texts.once(case.case_id.as_str()))
        .push(texts.again(&case.case_type))
        .push(texts.once(&case.name))
        .push(texts.again(case.owner_id.as_str()))
        .push(case.closed)
        .push(case.last_modified.timestamp_micros())
        .push(case.date_opened.map(|at| at.timestamp_micros()))
        .push(external_id)
        .push(category)
        .push(state)
        .push(Arc::clone(&json.indices));
}

/// New cases. A failure ends the whole transaction anyway, so SQLite need not be able to take back this statement alone,
/// for which it would keep a copy of each page that the statement changes.
const INTO_CASES: Insert = Insert {
    into: "INSERT OR FAIL INTO cases (number, case_id, case_type, name, owner_id, closed, last_modified, date_opened, \
           external_id, category, state, indices) ",
    otherwise: "",
};
const INTO_CONTENTS: Insert =
    Insert { into: "INSERT OR FAIL INTO contents (number, properties, attachments) ", otherwise: "" };
const OVER_CASES: Insert = Insert {
    into: "INSERT INTO cases (number, case_id, case_type, name, owner_id, closed, last_modified, date_opened, \
           external_id, category, state, indices) ",
    otherwise: " ON CONFLICT (number) DO UPDATE SET case_type = excluded.case_type, name = excluded.name, \
                owner_id = excluded.owner_id, closed = excluded.closed, last_modified = excluded.last_modified, \
                date_opened = excluded.date_opened, external_id = excluded.external_id, \
                category = excluded.category, state = excluded.state, indices = excluded.indices",
};
const OVER_CONTENTS: Insert = Insert {
    into: "INSERT INTO contents (number, properties, attachments) ",
    otherwise: " ON CONFLICT (number) DO UPDATE SET properties = excluded.properties, \
                attachments = excluded.attachments",
};
const INTO_LINKS: Insert = Insert { into: "INSERT OR FAIL INTO links (target, source) ", otherwise: "" };
const INTO_LEDGERS: Insert = Insert {
    into: "INSERT INTO ledgers (entity_id, section_id, entry_id, quantity) ",
    otherwise: " ON CONFLICT DO UPDATE SET quantity = excluded.quantity",
};

/// The targets of a case, each once.
fn links(number: i64, case: &Case) -> impl Iterator<Item = (&str, i64)> {
    let targets: BTreeSet<_> = case.indices.values().map(|index| index.target.as_str()).collect();
    targets.into_iter().map(move |target| (target, number))
}
