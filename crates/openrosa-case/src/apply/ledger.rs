//! Ledgers: what is counted, and what is moved.

use openrosa_xml::{
    CaseId, Mark, Profile,
    ledger::{self, Balance, Instruction, Ledger, Sheet, Transfer},
    restore::{RestoreItem, Strict},
};

use crate::{
    change::{Applied, Change, Note},
    differences::Difference,
    error::{ApplyError, ApplyErrorKind},
    ledger::{LedgerKey, Quantity},
    rules::Rules,
    store::Staging,
};

/// What one quantity of a block does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Set(LedgerKey, Quantity),
    /// From, to.
    Move(Option<LedgerKey>, Option<LedgerKey>, Quantity),
}

/// What a block says to one reader, before anything is known of the state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entries {
    pub(crate) entries: Vec<Entry>,
    /// The cases that it names, with the place.
    pub(crate) entities: Vec<(CaseId, Mark)>,
    pub(crate) notes: Vec<Note>,
}

impl Entries {
    pub(crate) fn keys(&self) -> impl Iterator<Item = &LedgerKey> {
        self.entries
            .iter()
            .flat_map(|entry| match entry {
                Entry::Set(key, _) => [Some(key), None],
                Entry::Move(from, to, _) => [from.as_ref(), to.as_ref()],
            })
            .flatten()
    }

    /// What they do at this case alone.
    pub(crate) fn at(mut self, case_id: &CaseId) -> Self {
        let here = |key: Option<LedgerKey>| key.filter(|key| key.entity_id == *case_id);
        self.entries = self
            .entries
            .into_iter()
            .filter_map(|entry| match entry {
                Entry::Set(key, quantity) => here(Some(key)).map(|key| Entry::Set(key, quantity)),
                Entry::Move(from, to, quantity) => match [from, to].map(here) {
                    [None, None] => None,
                    [from, to] => Some(Entry::Move(from, to, quantity)),
                },
            })
            .collect();
        self
    }

    /// Each entry of a block whose section is empty, at each end.
    fn note_section(&mut self, sheet: &Sheet<'_>) {
        if sheet.section_id.as_deref() != Some("") {
            return;
        }
        let note = |entity: &CaseId, entry: &ledger::Entry<'_>| Note {
            rule: Difference::LedgerSection,
            case_id: Some(entity.clone()),
            name: entry.id.as_deref().map(str::to_owned),
            mark: entry.tag.mark,
        };
        let each = |(entity, _): &(CaseId, Mark)| {
            sheet.entries.iter().map(|entry| note(entity, entry)).collect::<Vec<_>>()
        };
        self.notes.extend(self.entities.iter().flat_map(each));
    }

    fn note(&mut self, rule: Difference, said: &Instruction<'_>) {
        let case_id = self.entities.first().map(|(entity, _)| entity.clone());
        let name = said.entry_id.map(str::to_owned);
        self.notes.push(Note { rule, case_id, name, mark: said.mark });
    }
}

/// What the block says.
pub(crate) fn entries(rules: Rules, ledger: &Ledger<'_>) -> Result<Entries, ApplyError> {
    if rules.profile == Profile::Device {
        // What it refuses, it refuses in forms and in restores alike.
        Strict::new().check(&RestoreItem::Ledger(ledger.clone()))?;
    }
    match ledger {
        Ledger::Balance(balance) => balance_entries(rules, balance),
        Ledger::Transfer(transfer) => transfer_entries(rules, transfer),
        _ => Ok(Entries::default()),
    }
}

fn balance_entries(rules: Rules, balance: &Balance<'_>) -> Result<Entries, ApplyError> {
    rules.check_ledger_date(&balance.sheet).map_err(|kind| kind.at(balance.tag.mark))?;
    let entity = CaseId::new(balance.entity_id.as_deref().unwrap_or_default());
    let mut found = Entries { entities: vec![(entity.clone(), balance.tag.mark)], ..Entries::default() };
    found.note_section(&balance.sheet);
    for said in balance.sheet.instructions(rules.profile) {
        if let Some((quantity, key)) = quantity(rules, &mut found, &said)? {
            found.entries.push(Entry::Set(key(&entity), quantity));
        }
    }
    Ok(found)
}

fn transfer_entries(rules: Rules, transfer: &Transfer<'_>) -> Result<Entries, ApplyError> {
    let mark = transfer.tag.mark;
    rules.check_ledger_date(&transfer.sheet).map_err(|kind| kind.at(mark))?;
    let [src, dest] = [&transfer.src, &transfer.dest].map(|end| end.as_deref().map(CaseId::new));
    rules.check_ends(src.as_ref(), dest.as_ref()).map_err(|kind| kind.at(mark))?;
    let entities = src.iter().chain(&dest).map(|entity| (entity.clone(), mark)).collect();
    let mut found = Entries { entities, ..Entries::default() };
    found.note_section(&transfer.sheet);
    for said in transfer.sheet.instructions(rules.profile) {
        if src == dest {
            found.note(Difference::LedgerSameEnds, &said);
        }
        if let Some((quantity, key)) = quantity(rules, &mut found, &said)? {
            found.entries.push(Entry::Move(src.as_ref().map(&key), dest.as_ref().map(&key), quantity));
        }
    }
    Ok(found)
}

type KeyOf<'s> = Box<dyn Fn(&CaseId) -> LedgerKey + 's>;

/// The quantity, and how its key is made of a case; `None` for what is left out.
fn quantity<'s>(
    rules: Rules,
    found: &mut Entries,
    said: &Instruction<'s>,
) -> Result<Option<(Quantity, KeyOf<'s>)>, ApplyError> {
    rules.check_entry(said).and_then(|()| rules.check_quantity(said)).map_err(|kind| kind.at(said.mark))?;
    if said.units().is_none() {
        found.note(Difference::LedgerQuantity, said);
    }
    let (section, entry) = (said.section_id.unwrap_or_default(), said.entry_id.unwrap_or_default());
    let key = move |entity: &CaseId| LedgerKey {
        entity_id: entity.clone(),
        section_id: section.to_owned(),
        entry_id: entry.to_owned(),
    };
    Ok(rules.quantity(said).map(|quantity| (quantity, Box::new(key) as KeyOf<'s>)))
}

/// Does what the entries say. What is not known counts as 0, and may fall below (C-084).
pub(crate) fn apply_entries(
    rules: Rules,
    staging: &mut Staging,
    found: Entries,
) -> Result<Applied, ApplyError> {
    let mark = found.entities.first().map_or(Mark::none(), |(_, mark)| *mark);
    let mut applied = Applied { notes: found.notes, ..Applied::default() };
    for entry in found.entries {
        match entry {
            Entry::Set(key, quantity) => set(staging, &mut applied, key, quantity),
            Entry::Move(from, to, quantity) => {
                transfer(rules, staging, &mut applied, [from, to], quantity, mark)?;
            }
        }
    }
    Ok(applied)
}

fn transfer(
    rules: Rules,
    staging: &mut Staging,
    applied: &mut Applied,
    [from, to]: [Option<LedgerKey>; 2],
    quantity: Quantity,
    mark: Mark,
) -> Result<(), ApplyError> {
    let held = |staging: &Staging, key: &LedgerKey| staging.ledger(key).unwrap_or_default();
    let before = to.as_ref().map(|key| held(staging, key)).unwrap_or_default();
    if let Some(key) = from {
        let left = held(staging, &key).checked_sub(quantity);
        set_sum(rules, staging, applied, key, left, mark)?;
    }
    if let Some(key) = to {
        let grown = rules.grows_from(before, held(staging, &key)).checked_add(quantity);
        set_sum(rules, staging, applied, key, grown, mark)?;
    }
    Ok(())
}

fn set_sum(
    rules: Rules,
    staging: &mut Staging,
    applied: &mut Applied,
    key: LedgerKey,
    exact: Option<Quantity>,
    mark: Mark,
) -> Result<(), ApplyError> {
    let Some(sum) = rules.sum(exact) else {
        return Err(ApplyErrorKind::LedgerSumTooLarge { key }.at(mark));
    };
    if exact.is_some_and(|exact| !exact.is_on_device()) {
        let (case_id, name) = (Some(key.entity_id.clone()), Some(key.entry_id.clone()));
        applied.notes.push(Note { rule: Difference::LedgerWraps, case_id, name, mark });
    }
    set(staging, applied, key, sum);
    Ok(())
}

fn set(staging: &mut Staging, applied: &mut Applied, key: LedgerKey, quantity: Quantity) {
    let before = staging.ledger(&key);
    staging.set_ledger(key.clone(), Some(quantity));
    if before != Some(quantity) {
        applied.changes.push(Change::Ledger { key, before, after: Some(quantity) });
    }
}

impl Entries {
    /// Notes a rule for every quantity that the block speaks of.
    pub(crate) fn note_all(&mut self, rule: Difference, mark: Mark) {
        let note = |key: &LedgerKey| Note {
            rule,
            case_id: Some(key.entity_id.clone()),
            name: Some(key.entry_id.clone()),
            mark,
        };
        let notes: Vec<_> = self.keys().map(note).collect();
        self.notes.extend(notes);
    }

    /// The first case that it names and that is not one of the project's.
    pub(crate) fn check_entities(&self, is_known: impl Fn(&CaseId) -> bool) -> Result<(), ApplyError> {
        match self.entities.iter().find(|(entity, _)| !is_known(entity)) {
            Some((entity, mark)) => Err(ApplyErrorKind::LedgerCase { entity_id: entity.clone() }.at(*mark)),
            None => Ok(()),
        }
    }
}
