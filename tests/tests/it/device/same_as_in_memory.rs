//! Restores and forms, applied to a database and to records in memory.

use std::collections::{BTreeMap, BTreeSet};

use openrosa_case::{
    Case,
    apply::{self, Failure},
    device::{DeviceForm, Restore as Session},
    error::ApplyError,
    graph::{GraphBuilder, Relationship},
    hash::StateHash,
    ledger::{LedgerKey, Quantity},
    purge::{Owners, Purge, Spread},
    store::{Memory, Staging, Store, Writes},
};
use openrosa_http::client::restore::Restore;
use openrosa_store::device::{Database, Effect, Fault, outbox::NewForm};
use openrosa_tests::strategies::{self, history, restores};
use openrosa_xml::{
    CaseId, Instance,
    restore::{RestoreItem, RestoreReader},
};
use proptest::{collection::vec, prelude::*, sample::select};

use super::{cases, device, few, now, run};

/// What happens to a device.
#[derive(Clone, Debug)]
enum Step {
    /// A form is filled in.
    Form(String),
    /// A restore comes, perhaps in place of everything.
    Restore {
        source: String,
        starts_over: bool,
    },
    Purge,
}

/// More items than are applied together.
const FILLING: usize = 520;

fn step() -> impl Strategy<Value = Step> {
    let form = (0..40_u8, vec(history::block(), 0..4));
    let form = form.prop_map(|(id, blocks)| Step::Form(history::form(&format!("f{id}"), &blocks.concat())));
    let restore = (document(), prop::bool::weighted(0.3));
    let restore = restore.prop_map(|(source, starts_over)| Step::Restore { source, starts_over });
    prop_oneof![5 => form, 5 => restore, 1 => Just(Step::Purge)]
}

/// Items of which most are as they should be, among them now and then an odd one or very many that say nothing.
fn document() -> impl Strategy<Value = String> {
    let namespace = select(vec!["", " xmlns='http://openrosa.org/http/response'"]);
    let odd = prop_oneof![
        2 => odd(),
        1 => Just("<x/>".repeat(FILLING)),
        9 => Just(String::new()),
    ];
    (namespace, vec(item(), 0..6), odd, any::<prop::sample::Index>()).prop_map(
        |(namespace, mut items, odd, place)| {
            items.insert(place.index(items.len() + 1), odd);
            format!("<OpenRosaResponse{namespace}>{}</OpenRosaResponse>", items.concat())
        },
    )
}

fn odd() -> impl Strategy<Value = String> {
    let element = prop_oneof![restores::item_element(), strategies::case_element()];
    element.prop_map(|element| element.write().unwrap())
}

fn item() -> impl Strategy<Value = String> {
    let token = select(vec!["", "1", "2"]);
    let token = token.prop_map(|token| {
        format!("<Sync xmlns='http://commcarehq.org/sync'><restore_id>{token}</restore_id></Sync>")
    });
    prop_oneof![4 => creation(), 6 => history::block(), 1 => token, 1 => user(), 2 => fixture()]
}

/// A case block that is taken in any state.
fn creation() -> impl Strategy<Value = String> {
    let date = select(vec!["2024-05-01", "2024-05-02T10:00:00.123Z", "2024-05-03T00:00:00.000001+02"]);
    let links =
        vec!["", "<parent case_type='t'>b</parent>", "<host case_type='t' relationship='extension'>c</host>"];
    let (id, owner) = (select(vec!["a", "b", "c", "é \u{1f600}"]), select(vec!["amy", "bob", "team"]));
    (id, owner, date, select(links), strategies::text()).prop_map(|(id, owner, date, links, text)| {
        let text =
            text.replace('&', "&amp;").replace('<', "&lt;").replace(']', "&#93;").replace('\r', "&#13;");
        format!(
            "<case case_id='{id}' date_modified='{date}'>\
             <create><case_type>t</case_type><case_name>n</case_name><owner_id>{owner}</owner_id></create>\
             <update><x>{text}</x></update><index>{links}</index>\
             <attachment><photo src='http://a/{id}' from='remote'/></attachment></case>"
        )
    })
}

fn user() -> impl Strategy<Value = String> {
    (select(vec!["amy", "bob"]), select(vec!["k", "l"]), select(vec!["", "1", "2"])).prop_map(
        |(id, key, value)| {
            format!(
                "<Registration xmlns='http://openrosa.org/user/registration'><username>{id}{value}</username>\
                 <password>{value}</password><uuid>{id}</uuid><date>2024-05-01</date>\
                 <user_data><data key='{key}'>{value}</data></user_data></Registration>"
            )
        },
    )
}

fn fixture() -> impl Strategy<Value = String> {
    let around =
        select(vec!["", " user_id='amy'", " indexed='true'", " user_id='bob' indexed='true' xmlns='urn:f'"]);
    let inside = select(vec![
        "",
        "<groups/>",
        "<groups><group id='team'/><group id='ward'/></groups>",
        "<p:rows xmlns:p='urn:p' p:v='1'><row>  1 <b/></row><p:other/><row id='2'>&amp;</row></p:rows>",
    ]);
    (select(vec!["user-groups", "item-list:a", "a"]), around, inside)
        .prop_map(|(id, around, inside)| format!("<fixture id='{id}'{around}>{inside}</fixture>"))
}

/// A device in memory, with an outbox that nobody sends.
#[derive(Clone, Default)]
struct Model {
    memory: Memory,
    forms: Vec<String>,
    by_id: BTreeMap<String, String>,
    token: Option<Option<String>>,
}

/// Why something was not taken.
#[derive(Debug, PartialEq)]
enum Refused {
    /// Nothing in it belongs in a restore.
    NoRestore,
    Declined(ApplyError),
    /// Another form has this id.
    Taken,
}

impl From<Failure<std::convert::Infallible>> for Refused {
    fn from(failure: Failure<std::convert::Infallible>) -> Self {
        let Failure::Declined(error) = failure;
        Self::Declined(error)
    }
}

impl Model {
    fn submit(&mut self, source: &str) -> Result<(), Refused> {
        let form = Instance::read(source).unwrap();
        let id = form.instance_id().unwrap().to_id().as_str().to_owned();
        match self.by_id.get(&id) {
            Some(before) if before == source => return Ok(()),
            Some(_) => return Err(Refused::Taken),
            None => {}
        }
        apply::apply(&mut self.memory, &mut DeviceForm::new(&form, now()))?;
        self.by_id.insert(id, source.to_owned());
        self.forms.push(source.to_owned());
        Ok(())
    }

    fn restore(&mut self, source: &str, starts_over: bool) -> Result<(), Refused> {
        let mut memory = self.memory.clone();
        if starts_over {
            memory.commit(without_cases(&memory)).unwrap();
        }
        let (mut session, mut staging) = (Session::new(now()), Staging::new());
        let (mut token, mut is_restore) = (None, false);
        for item in RestoreReader::new(source.as_bytes()) {
            let item = item.unwrap().value;
            apply::stage(&memory, &mut staging, &mut session.step(&item))?;
            is_restore |= !matches!(item, RestoreItem::Message(_) | RestoreItem::Other(_));
            if let RestoreItem::SyncToken(sync) = &item {
                token = sync.restore_id().map(|id| id.to_string());
            }
        }
        if !is_restore {
            return Err(Refused::NoRestore);
        }
        for form in &self.forms {
            let form = Instance::read(form).unwrap();
            let again = DeviceForm::new(&form, now());
            let mut again = if starts_over { again } else { again.without_ledgers() };
            // What the server has undone meanwhile is not done again, and the next restore is to be a full one.
            if apply::stage(&memory, &mut staging, &mut again).is_err() {
                token = None;
            }
        }
        memory.commit(staging.take_writes()).unwrap();
        (self.memory, self.token) = (memory, Some(token));
        Ok(())
    }

    fn owners(&self) -> Owners {
        if self.memory.users().len() == 0 {
            return Owners::everyone();
        }
        let users = self.memory.users().map(|user| user.user_id.as_str().to_owned());
        let groups = self.memory.fixtures().filter(|(key, _)| key.id == "user-groups");
        let groups =
            groups.flat_map(|(_, fixture)| fixture.row_ids().map(Result::unwrap).collect::<Vec<_>>());
        users.chain(groups).collect()
    }

    /// The cases that a purge takes away; `None` where cases point at each other in a circle.
    fn purged(&self) -> Option<Vec<CaseId>> {
        let mut graph = GraphBuilder::default();
        for case in self.memory.cases() {
            let node = graph.case(case.case_id.as_str(), case.owner_id.as_str(), !case.closed);
            for (name, index) in case.indices.iter() {
                let relationship = Relationship::named(index.relationship.as_str());
                graph.index(node, name, index.target.as_str(), relationship);
            }
        }
        let graph = graph.build();
        let purge = Purge::of(&graph, &self.owners(), Spread::Whole).ok()?;
        Some(purge.removed().map(|node| graph.id(node).into()).collect())
    }

    fn purge(&mut self) -> bool {
        let Some(gone) = self.purged() else { return false };
        let mut writes = Writes::default();
        let stays = |id: &CaseId| self.memory.get(id.as_str()).is_some() && !gone.contains(id);
        let ledgers = self.memory.ledgers().filter(|(key, _)| !stays(&key.entity_id));
        writes.ledgers = ledgers.map(|(key, _)| (key.clone(), None)).collect();
        writes.cases = gone.iter().map(|id| (id.clone(), None)).collect();
        self.memory.commit(writes).unwrap();
        true
    }
}

fn without_cases(memory: &Memory) -> Writes {
    let mut writes = Writes::default();
    writes.cases = memory.cases().map(|case| (case.case_id.clone(), None)).collect();
    writes.ledgers = memory.ledgers().map(|(key, _)| (key.clone(), None)).collect();
    writes
}

fn refused(error: openrosa_store::Error) -> Refused {
    match error.instance_taken() {
        Some(_) => Refused::Taken,
        None if error.is_no_restore() => Refused::NoRestore,
        None => Refused::Declined(error.declined().unwrap_or_else(|| panic!("{error}")).clone()),
    }
}

async fn submit(database: &Database, source: &str) -> Result<(), Refused> {
    let form = NewForm::new(source.to_owned()).unwrap();
    database.submit(&form, Effect::AtOnce).await.map(drop).map_err(refused)
}

async fn restore(database: &Database, source: &str, starts_over: bool) -> Result<(), Refused> {
    let restore = Restore::of(source.to_owned());
    let restore = if starts_over { restore.starting_over() } else { restore };
    database.apply_restore(restore).await.map(drop).map_err(refused)
}

/// Everything that both hold is the same, and the database finds no fault with itself.
async fn same(database: &Database, model: &Model) -> Result<(), TestCaseError> {
    let memory = &model.memory;
    let held: Vec<Case> = memory.cases().cloned().collect();
    prop_assert_eq!(&cases(database).await, &held);
    let users: Vec<_> = memory.users().cloned().collect();
    prop_assert_eq!(database.users().await.unwrap(), users);
    prop_assert_eq!(database.owners().await.unwrap(), model.owners());
    let keys: Vec<_> = memory.fixtures().map(|(key, _)| key.clone()).collect();
    prop_assert_eq!(database.fixtures().await.unwrap(), keys);
    for (key, fixture) in memory.fixtures() {
        prop_assert_eq!(&*database.fixture(key).await.unwrap().unwrap(), fixture);
    }
    let hash = StateHash::of(held.iter().map(|case| &case.case_id));
    prop_assert_eq!(database.state_hash().await.unwrap(), hash);
    prop_assert_eq!(database.sync_state().await.unwrap().map(|sync| sync.token), model.token.clone());
    let checked = database.check().await.unwrap();
    prop_assert_eq!((checked.cases, checked.hash), (held.len() as u64, hash));
    prop_assert_eq!(checked.forms, model.forms.len() as u64);
    let (mut stock, mut circles) = (BTreeSet::new(), 0);
    for fault in checked.faults {
        match fault {
            Fault::Stock { case_id } => _ = stock.insert(CaseId::from(case_id)),
            Fault::Cycle(_) => circles += 1,
            fault => prop_assert!(false, "{}", fault),
        }
    }
    let homeless = memory.ledgers().map(|(key, _)| key.entity_id.clone());
    let homeless: BTreeSet<_> = homeless.filter(|id| memory.get(id.as_str()).is_none()).collect();
    prop_assert_eq!(&stock, &homeless);
    // A circle that falls with a missing target hinders no purge, and is a fault all the same.
    prop_assert!(circles > 0 || model.purged().is_some());
    let quantities: Vec<(LedgerKey, Quantity)> =
        memory.ledgers().map(|(key, quantity)| (key.clone(), quantity)).collect();
    let mut found = Vec::new();
    for entity in stock.into_iter().chain(held.iter().map(|case| case.case_id.clone())) {
        found.extend(database.ledgers_of(&entity).await.unwrap());
    }
    found.sort();
    prop_assert_eq!(found, quantities);
    for case in &held {
        let expected: Vec<_> = memory.sources(&case.case_id).unwrap();
        let expected: BTreeSet<_> = expected.into_iter().collect();
        let found = database.sources(&case.case_id).await.unwrap();
        let found: BTreeSet<_> = found.into_iter().map(|case| case.case_id).collect();
        prop_assert_eq!(found, expected);
    }
    Ok(())
}

async fn lives(steps: &[Step]) -> Result<(), TestCaseError> {
    let (_folder, database) = device().await;
    let mut model = Model::default();
    for step in steps {
        match step {
            Step::Form(source) => {
                prop_assert_eq!(submit(&database, source).await, model.submit(source));
            }
            Step::Restore { source, starts_over } => {
                let done = restore(&database, source, *starts_over).await;
                prop_assert_eq!(&done, &model.restore(source, *starts_over));
                let is_set = *starts_over || model.forms.is_empty();
                if done.is_ok() && is_set && !source.contains("<transfer") {
                    same(&database, &model).await?;
                    prop_assert_eq!(restore(&database, source, *starts_over).await, Ok(()));
                }
            }
            Step::Purge => {
                let purged = database.purge().await;
                prop_assert_eq!(purged.is_ok(), model.purge(), "{:?}", purged);
            }
        }
        same(&database, &model).await?;
    }
    Ok(())
}

/// A form that waits has moved stock once, however often a restore comes that knows nothing of it.
#[test]
fn a_restore_does_not_move_stock_once_more() {
    run(async {
        let (_folder, database) = device().await;
        let create = "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='a' date_modified='2024-05-01'>\
            <create><case_type>t</case_type><case_name>n</case_name><owner_id>amy</owner_id></create></case>";
        let receive = "<transfer xmlns='http://commcarehq.org/ledger/v1' date='2024-05-01' section-id='s' dest='a'>\
            <entry id='soap' quantity='5'/></transfer>";
        submit(&database, &history::form("f1", &[create, receive].concat())).await.unwrap();
        let nothing = "<r><Sync xmlns='http://commcarehq.org/sync'><restore_id>1</restore_id></Sync></r>";
        for starts_over in [false, true, false] {
            restore(&database, nothing, starts_over).await.unwrap();
            let stock = database.ledgers_of(&"a".into()).await.unwrap();
            assert_eq!(stock.into_iter().map(|(_, five)| five).collect::<Vec<_>>(), [Quantity::from(5)]);
        }
    });
}

proptest! {
    #![proptest_config(few(64))]

    /// Whatever comes, in whatever order: the database holds what the rules make of it, and refuses what they refuse.
    /// S-035: a restore that comes twice leaves the same, in the database too.
    #[test]
    fn a_database_is_the_same_as_records_in_memory(steps in vec(step(), 1..8)) {
        run(lives(&steps))?;
    }
}
