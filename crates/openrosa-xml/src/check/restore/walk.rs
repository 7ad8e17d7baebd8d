//! What is remembered of a restore from item to item.

use std::collections::{BTreeMap, BTreeSet};

use super::memory::{Memory, Sort};
use crate::{
    case::CaseBlock,
    check::{known::KnownCases, options::Options},
    fixture::{Fixture, Schema},
    registration::Registration,
    restore::RestoreItem,
};

/// The walk through a restore: how many items of each kind came by, and what is so of the one at hand in the light of those
/// before it.
#[derive(Clone, Debug)]
pub(in crate::check) struct Walk {
    memory: Memory,
    was_full: bool,
    /// Items of any kind, the one at hand counted.
    pub(in crate::check) items: u64,
    pub(in crate::check) messages: u64,
    pub(in crate::check) tokens: u64,
    pub(in crate::check) users: u64,
    /// Cases, ledgers, fixtures, schemas.
    data: u64,
    /// A `Sync` in a namespace in which nobody looks for it.
    pub(in crate::check) has_stray_token: bool,
    /// The restore is still being prepared.
    pub(in crate::check) is_pending: bool,
    /// The item at hand has the id of one that came before.
    pub(in crate::check) is_repeated: bool,
    /// The item at hand is of a kind that belongs before one that came.
    pub(in crate::check) is_late: bool,
    /// The case at hand is worked on, and is neither known nor was it created.
    pub(in crate::check) is_unknown: bool,
    /// The item at hand is the first whose id could not be remembered.
    pub(in crate::check) has_filled_memory: bool,
    /// The fixture that came before and shares the table of the one at hand.
    pub(in crate::check) shares_table_with: Option<String>,
    furthest: Rank,
    /// The fixtures by the tables in which their rows are kept.
    tables: BTreeMap<String, String>,
    /// The fixtures whose schemas came, and which did not come themselves.
    pub(in crate::check) awaited: BTreeSet<String>,
}

/// The order in which CommCare HQ writes (ota-restore.md 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Message,
    Token,
    User,
    Data,
}

impl Walk {
    pub(super) fn new(options: &Options<'_>) -> Self {
        Self {
            memory: Memory::with_room(options.remember),
            was_full: false,
            items: 0,
            messages: 0,
            tokens: 0,
            users: 0,
            data: 0,
            has_stray_token: false,
            is_pending: false,
            is_repeated: false,
            is_late: false,
            is_unknown: false,
            has_filled_memory: false,
            shares_table_with: None,
            furthest: Rank::Message,
            tables: BTreeMap::new(),
            awaited: BTreeSet::new(),
        }
    }

    /// Whether what came is a restore, and not an answer to something else.
    pub(in crate::check) const fn is_restore(&self) -> bool {
        self.tokens + self.users + self.data > 0
    }

    /// Whether anything about the item at hand can only be said in the light of the others.
    pub(super) const fn is_remarkable(&self) -> bool {
        self.is_repeated || self.is_unknown || self.has_filled_memory
    }

    /// Takes in the next item.
    pub(super) fn meet(&mut self, item: &RestoreItem<'_>, known: Option<&KnownCases>) {
        self.items += 1;
        (self.is_repeated, self.is_unknown, self.shares_table_with) = (false, false, None);
        let rank = match item {
            RestoreItem::Case(block) => self.meet_case(block, known),
            RestoreItem::Ledger(_) => Rank::Data,
            RestoreItem::Fixture(fixture) => self.meet_fixture(fixture),
            RestoreItem::Schema(schema) => self.meet_schema(schema),
            RestoreItem::Registration(user) => self.meet_user(user),
            RestoreItem::SyncToken(token) => {
                self.tokens += 1;
                self.is_pending |= token.progress().is_some();
                Rank::Token
            }
            RestoreItem::Message(message) => {
                self.messages += 1;
                self.is_pending |= message.nature.as_deref() == Some("ota_restore_pending");
                Rank::Message
            }
            RestoreItem::Other(element) => {
                let is_stray_token = element.name.local_name().eq_ignore_ascii_case("sync");
                self.has_stray_token |= is_stray_token;
                if is_stray_token { Rank::Token } else { Rank::Data }
            }
        };
        self.data += u64::from(rank == Rank::Data && !matches!(item, RestoreItem::Other(_)));
        self.is_late = rank < self.furthest;
        self.furthest = self.furthest.max(rank);
        self.has_filled_memory = self.memory.is_full() && !self.was_full;
        self.was_full = self.memory.is_full();
    }

    fn meet_case(&mut self, block: &CaseBlock<'_>, known: Option<&KnownCases>) -> Rank {
        if let Some(case_id) = block.case_id.as_deref().filter(|id| !id.is_empty()) {
            self.is_repeated = self.memory.meet(Sort::Case, case_id, "");
            if let Some(known) = known {
                self.meet_worked_on(block, case_id, known);
            }
        }
        Rank::Data
    }

    fn meet_worked_on(&mut self, block: &CaseBlock<'_>, case_id: &str, known: &KnownCases) {
        let work = block.work_on_device();
        let is_there = known.contains(case_id) || self.memory.knows(Sort::Created, case_id);
        self.is_unknown = work.needs_case.is_some() && !is_there;
        if work.opens {
            self.memory.meet(Sort::Created, case_id, "");
        }
    }

    fn meet_fixture(&mut self, fixture: &Fixture<'_>) -> Rank {
        if let (Some(id), user) = fixture.identity() {
            self.is_repeated = self.memory.meet(Sort::FixtureOf, id, user);
            self.memory.meet(Sort::Fixture, id, "");
            self.awaited.remove(id);
            if fixture.is_indexed() {
                self.meet_table(id);
            }
        }
        Rank::Data
    }

    fn meet_table(&mut self, id: &str) {
        let table = id.replace([':', '.', '-'], "_");
        match self.tables.get(&table) {
            Some(other) => self.shares_table_with = Some(other.clone()).filter(|other| other != id),
            None if !self.memory.is_full() => drop(self.tables.insert(table, id.to_owned())),
            None => {}
        }
    }

    /// A schema is repeated, so to speak, when its fixture was there before it.
    fn meet_schema(&mut self, schema: &Schema<'_>) -> Rank {
        if let Some(id) = schema.id() {
            self.is_repeated = self.memory.knows(Sort::Fixture, id);
            if !self.is_repeated && !self.memory.is_full() {
                self.awaited.insert(id.to_owned());
            }
        }
        Rank::Data
    }

    fn meet_user(&mut self, user: &Registration<'_>) -> Rank {
        self.users += 1;
        if let Some(id) = user.user_id() {
            self.is_repeated = self.memory.meet(Sort::User, &id, "");
        }
        Rank::User
    }
}
