//! What has been loaded, and what is made of it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use openrosa_case::{
    Applied, ApplyError,
    apply::Work,
    case::Case,
    ledger::{LedgerKey, Quantity},
    store::{Needs, Staging, Written},
};
use openrosa_xml::{CaseId, Text};
use sqlx::{Sqlite, query_builder::Separated};

use super::{Loaded, Pending, pending::NewFixture};
use crate::device::{
    insert::{Insert, Texts, rows},
    perhaps::Perhaps,
    record,
};

/// What of the state is loaded, and what has been made of it.
pub(in crate::device) struct Draft {
    staging: Staging,
    /// The rows of the cases that are loaded.
    numbers: HashMap<CaseId, i64>,
    /// The row of the next new case.
    next: i64,
    /// What is to be indexed in the fixtures to come, by their ids.
    pub(in crate::device) schemas: BTreeMap<String, Vec<String>>,
    /// Where all cases and quantities are made anew: those that there may be by now. Who points at whom is then written at the
    /// end, for all cases at once.
    anew: Option<Perhaps>,
}

impl Draft {
    /// New cases get the rows after this one.
    pub(super) fn after(last: i64) -> Self {
        Self {
            staging: Staging::new(),
            numbers: HashMap::new(),
            next: last + 1,
            schemas: BTreeMap::new(),
            anew: None,
        }
    }

    /// Cases and quantities are gone, and [links](crate::device::anew) are made later.
    pub(in crate::device) fn begin_anew(&mut self) {
        self.anew = Some(Perhaps::default());
    }

    /// Links are there again.
    pub(in crate::device) fn end_anew(&mut self) {
        self.anew = None;
    }

    pub(super) const fn staging(&self) -> &Staging {
        &self.staging
    }

    /// What of this has to be loaded.
    pub(in crate::device) fn lacks(&mut self, needs: Needs) -> Needs {
        let mut needs = self.staging.lacks(needs);
        if let Some(there) = &self.anew {
            let (cases, ledgers) = (std::mem::take(&mut needs.cases), std::mem::take(&mut needs.ledgers));
            for id in cases {
                match there.has(&id) {
                    true => needs.cases.extend([id]),
                    false => self.staging.load_case(id, None),
                }
            }
            for key in ledgers {
                match there.has(&key) {
                    true => needs.ledgers.extend([key]),
                    false => self.staging.load_ledger(key, None),
                }
            }
        }
        needs
    }

    /// Takes in what was loaded.
    pub(in crate::device) fn hold(&mut self, loaded: Loaded) {
        for (id, case) in loaded.cases {
            if let Some((number, _)) = &case {
                self.numbers.insert(id.clone(), *number);
            }
            self.staging.load_case(id, case.map(|(_, case)| case.into()));
        }
        for (id, sources) in loaded.sources {
            self.staging.load_sources(id, sources);
        }
        for (key, quantity) in loaded.ledgers {
            self.staging.load_ledger(key, quantity.map(Into::into));
        }
        for (key, fixture) in loaded.fixtures {
            self.staging.load_fixture(key, fixture);
        }
        for (id, user) in loaded.users {
            self.staging.load_user(id, user.map(Into::into));
        }
        for id in loaded.forms {
            // A device keeps no log of forms from which to make its cases anew.
            self.staging.load_form(id, None);
        }
    }

    /// Does a piece of work for which everything is loaded. Nothing is written yet.
    pub(in crate::device) fn work(&mut self, work: &mut impl Work) -> Result<Applied, ApplyError> {
        work.apply(&mut self.staging)
    }

    /// What has changed, to be written. Nothing is loaded afterwards.
    pub(in crate::device) fn take(&mut self) -> Pending {
        let writes = self.staging.take_writes();
        let mut pending = Pending::default();
        self.take_cases(&mut pending, writes.cases);
        self.take_ledgers(&mut pending, writes.ledgers);
        pending.fixtures.extend(writes.fixtures.into_iter().map(|(key, fixture)| {
            let schema = self.schemas.get(&key.id).cloned();
            NewFixture { key, fixture, schema }
        }));
        pending.users = writes.users;
        pending
    }

    fn take_cases(&mut self, pending: &mut Pending, cases: Written<CaseId, Case>) {
        let numbers = std::mem::take(&mut self.numbers);
        let (mut known, mut new) = (Vec::new(), Vec::new());
        for (id, case) in cases {
            match (numbers.get(&id).copied(), case) {
                (Some(number), Some(case)) => known.push((number, case)),
                (Some(number), None) => pending.gone.push(number),
                (None, Some(case)) => {
                    new.push((self.next, case));
                    self.next += 1;
                }
                (None, None) => {}
            }
        }
        let texts = &mut pending.texts;
        pending.rows.extend(rows(&INTO_CASES, &new, |row, case| bind_case(row, case, texts)));
        pending.rows.extend(rows(&OVER_CASES, &known, |row, case| bind_case(row, case, texts)));
        if let Some(there) = &mut self.anew {
            new.iter().for_each(|(_, case)| there.note(&case.case_id));
            return;
        }
        pending.unlinked = known.iter().map(|(number, _)| *number).chain(pending.gone.clone()).collect();
        let all = new.iter().chain(&known);
        let links: Vec<_> = all.flat_map(|(number, case)| links(*number, case)).collect();
        pending.rows.extend(rows(&INTO_LINKS, &links, |row, (target, source)| {
            row.push_bind(*target).push_bind(source);
        }));
    }

    fn take_ledgers(&mut self, pending: &mut Pending, ledgers: Written<LedgerKey, Quantity>) {
        let mut set = Vec::new();
        for (key, quantity) in ledgers {
            match quantity {
                Some(quantity) => set.push((key, quantity)),
                None => pending.ledgers_gone.push(key),
            }
        }
        if let Some(there) = &mut self.anew {
            set.iter().for_each(|(key, _)| there.note(key));
        }
        pending.rows.extend(rows(&INTO_LEDGERS, &set, |row, (key, quantity)| {
            row.push_bind(key.entity_id.as_str()).push_bind(&key.section_id).push_bind(&key.entry_id);
            row.push_bind(quantity.hundred_thousandths());
        }));
    }
}

fn bind_case(
    row: &mut Separated<'_, Sqlite, &'static str>,
    (number, case): &(i64, Arc<Case>),
    texts: &mut Texts,
) {
    let [properties, indices, attachments] = record::json_columns(case, texts);
    let mut optional = |text: &Option<Text<'static>>| text.as_deref().map(|text| texts.once(text));
    let [external_id, category, state] = [&case.external_id, &case.category, &case.state].map(&mut optional);
    row.push_bind(number)
        .push_bind(texts.once(case.case_id.as_str()))
        .push_bind(texts.again(&case.case_type))
        .push_bind(texts.once(&case.name))
        .push_bind(texts.again(case.owner_id.as_str()))
        .push_bind(case.closed)
        .push_bind(case.last_modified.timestamp_micros())
        .push_bind(case.date_opened.map(|at| at.timestamp_micros()))
        .push_bind(external_id)
        .push_bind(category)
        .push_bind(state)
        .push_bind(properties)
        .push_bind(indices)
        .push_bind(attachments);
}

/// New cases. A failure ends the whole transaction anyway, so SQLite need not be able to take back this statement alone,
/// for which it would keep a copy of each page that the statement changes.
const INTO_CASES: Insert = Insert {
    into: "INSERT OR FAIL INTO cases (number, case_id, case_type, name, owner_id, closed, last_modified, date_opened, \
           external_id, category, state, properties, indices, attachments) ",
    otherwise: "",
};
const OVER_CASES: Insert = Insert {
    into: "INSERT INTO cases (number, case_id, case_type, name, owner_id, closed, last_modified, date_opened, \
           external_id, category, state, properties, indices, attachments) ",
    otherwise: " ON CONFLICT (number) DO UPDATE SET case_type = excluded.case_type, name = excluded.name, \
                owner_id = excluded.owner_id, closed = excluded.closed, last_modified = excluded.last_modified, \
                date_opened = excluded.date_opened, external_id = excluded.external_id, \
                category = excluded.category, state = excluded.state, properties = excluded.properties, \
                indices = excluded.indices, attachments = excluded.attachments",
};
const INTO_LINKS: Insert = Insert { into: "INSERT INTO links (target, source) ", otherwise: "" };
const INTO_LEDGERS: Insert = Insert {
    into: "INSERT INTO ledgers (entity_id, section_id, entry_id, quantity) ",
    otherwise: " ON CONFLICT DO UPDATE SET quantity = excluded.quantity",
};

/// The targets of a case, each once.
fn links(number: i64, case: &Case) -> impl Iterator<Item = (&str, i64)> {
    let targets: BTreeSet<_> = case.indices.values().map(|index| index.target.as_str()).collect();
    targets.into_iter().map(move |target| (target, number))
}
