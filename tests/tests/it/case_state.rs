//! Real forms and restores, applied: the outcome is what the tests at their origin expect, as the notes in the corpus say.
#![expect(clippy::unwrap_used, reason = "helpers of tests state their expectations as tests do")]

mod pairs;

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use openrosa_case::{
    Case,
    apply::{self, Failure},
    device::Restore,
    error::ApplyError,
    hq::{Project, Submission},
    store::{Memory, Staging, Store},
};
use openrosa_tests::corpus;
use openrosa_xml::{Instance, InstanceId, restore::RestoreReader, xml};

fn now() -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339("2024-05-31T12:00:00+02:00").unwrap()
}

fn text(folder: &std::path::Path, name: &str) -> String {
    let bytes = std::fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    xml::decode(&bytes).unwrap().into_owned()
}

fn restored(phone: &mut Memory, restore: &str) -> Result<(), ApplyError> {
    let (mut session, mut staging) = (Restore::new(now()), Staging::new());
    for item in RestoreReader::new(restore.as_bytes()) {
        let item = item.unwrap().value;
        apply::stage(phone, &mut staging, &mut session.step(&item)).map_err(reason)?;
    }
    phone.commit(staging.take_writes()).unwrap();
    Ok(())
}

fn reason(failure: Failure<std::convert::Infallible>) -> ApplyError {
    match failure {
        Failure::Declined(error) => error,
    }
}

/// The restores of the corpus that need cases which are not in them, or are of the old kind, by the error.
const NOT_ALONE: [(&str, &str); 3] = [
    ("android-case_change_type.xml", "case `test_case_id` is not known, so `update` cannot be applied"),
    ("android-case_update.xml", "case `test_case_id` is not known, so `update` cannot be applied"),
    ("hq-user_restore_items4_legacy.xml", "attribute `case_id` is missing or empty"),
];

/// S-035: every real restore leaves the same when it comes twice, and holds each case that it names.
#[test]
fn real_restores_apply_and_apply_again() {
    let Some(folder) = corpus::folder("applying real restores") else { return };
    for sample in corpus::samples(&folder, "restore").iter().chain(&corpus::samples(&folder, "registration"))
    {
        let name = sample.name.rsplit('/').next().unwrap();
        let restore = xml::decode(&sample.bytes).unwrap();
        let mut phone = Memory::new();
        let done = restored(&mut phone, &restore);
        if let Some((_, error)) = NOT_ALONE.iter().find(|(known, _)| *known == name) {
            assert_eq!(done.unwrap_err().to_string(), *error, "{name}");
            assert_eq!(phone, Memory::new());
            continue;
        }
        done.unwrap_or_else(|error| panic!("{name}: {error}"));
        let once = phone.clone();
        restored(&mut phone, &restore).unwrap();
        assert_eq!(phone, once, "{name}");
        if sample.facts.get("restore").is_some() {
            let cases = sample.facts["cases"].as_array().into_iter().flatten();
            let named: std::collections::BTreeSet<_> =
                cases.map(|case| case["case_id"].as_str().unwrap()).collect();
            let held: std::collections::BTreeSet<_> =
                phone.cases().map(|case| case.case_id.as_str()).collect();
            assert_eq!(held, named, "{name}");
        }
    }
}

/// A phone after these restores, one after another.
fn phone(names: &[&str]) -> Option<Memory> {
    let folder = corpus::folder("real restores one after another")?;
    let mut phone = Memory::new();
    for name in names {
        restored(&mut phone, &text(&folder, name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    Some(phone)
}

fn read(memory: &Memory, id: &str, name: &str) -> String {
    memory.get(id).unwrap_or_else(|| panic!("no case {id}")).read(name, *now().offset())
}

#[test]
fn a_real_restore_gives_the_cases_of_its_origin() {
    let Some(basic) = phone(&["restore/core-case_create_basic.xml"]) else { return };
    let case = basic.get("case_one").unwrap();
    assert_eq!(
        (&*case.name, &*case.case_type, case.owner_id.as_str()),
        ("case", "retain_test", "test_group")
    );
    assert_eq!(case.external_id, None, "to have no external id is not to have an empty one");
    assert_eq!((basic.users().len(), basic.fixtures().len()), (1, 1));
    let external = phone(&["restore/core-case_create_external_id.xml"]).unwrap();
    let found: Vec<_> = external.cases().filter(|case| case.external_id.as_deref() == Some("123")).collect();
    assert_eq!(found.iter().map(|case| &*case.name).collect::<Vec<_>>(), ["Two"]);
}

/// S-026: what a later restore does not mention stays.
#[test]
fn restores_build_on_each_other() {
    let (create, update) = ("restore/android-case_create.xml", "restore/android-case_update.xml");
    let Some(after) = phone(&[create, update, "restore/android-case_change_type.xml"]) else { return };
    assert_eq!(read(&after, "test_case_id", "test_value"), "changed");
    assert_eq!(after.get("test_case_id").unwrap().case_type, "changed_unit_test");
    assert_eq!(read(&after, "test_case_id", "state"), "state1");
    assert_eq!(read(&after, "test_case_id_2", "test_value"), "initial 2");
    let again = phone(&[create, update, create]).unwrap();
    assert_eq!(read(&again, "test_case_id", "test_value"), "initial");
}

/// S-032: balances by section, as their origin finds them.
#[test]
fn real_stock_is_found_by_case_section_and_product() {
    let names = ["restore/core-create_case_for_ledger.xml", "ledger/core-ledger_create_basic.xml"];
    let Some(phone) = phone(&names) else { return };
    let stock: Vec<_> = phone
        .ledgers()
        .map(|(key, quantity)| format!("{}/{}/{} {quantity}", key.entity_id, key.section_id, key.entry_id))
        .collect();
    assert_eq!(
        stock,
        [
            "market_basket/cleaning_stock/dish_soap 100",
            "market_basket/edible_stock/beans 8",
            "market_basket/edible_stock/rice 10",
            "ocean_state_job_lot/cleaning_stock/bleach 2",
            "ocean_state_job_lot/cleaning_stock/soap 9",
        ]
    );
}

/// S-015: the location of a user, as the last registration has it.
#[test]
fn a_real_user_is_registered_again() {
    let names = ["registration/formplayer-location_update2.xml", "restore/formplayer-location_update3.xml"];
    let Some(phone) = phone(&names) else { return };
    let users: Vec<_> = phone.users().collect();
    let [user] = &users[..] else { panic!("{users:?}") };
    assert_eq!(user.username, "restore-dude");
    assert!(user.properties.contains_key("commcare_location_id"));
}

/// A server, and what it says of each form.
struct Server {
    memory: Memory,
    project: Project,
    clock: DateTime<Utc>,
}

impl Server {
    fn of(project: Project) -> Self {
        Self { memory: Memory::new(), project, clock: now().to_utc() }
    }

    /// Takes a form; the placeholders that the origin fills are filled with the number of the form.
    fn receive(&mut self, source: &str) -> Result<(), ApplyError> {
        let number = self.memory.forms().len();
        let source = source.replace("REPLACE_UID", &format!("uid-{number}"));
        let form = Instance::read(&source).unwrap();
        self.clock += TimeDelta::minutes(1);
        let mut submission =
            Submission::new(&self.project, &form, &source, format!("fresh-{number}"), self.clock);
        apply::apply(&mut self.memory, &mut submission).map(|_| ()).map_err(reason)
    }

    fn case(&self, id: &str) -> &Case {
        self.memory.get(id).unwrap_or_else(|| panic!("no case {id}"))
    }

    fn property(&self, id: &str, name: &str) -> String {
        self.case(id).properties[name].text().into_owned()
    }
}

/// A server after these submissions of the corpus.
fn server(project: Project, names: &[&str]) -> Option<Server> {
    let folder = corpus::folder("real submissions one after another")?;
    let mut server = Server::of(project);
    for name in names {
        let source = text(&folder, &format!("submission/{name}"));
        server.receive(&source).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    Some(server)
}

/// A form that creates a case to be pointed at, or to hold stock.
fn place(id: &str) -> String {
    format!(
        "<data xmlns='urn:f'><case xmlns='http://commcarehq.org/case/transaction/v2' case_id='{id}' date_modified='2013-01-01'><create><case_name>n</case_name></create></case></data>"
    )
}

fn demo() -> Project {
    Project::new("demo")
}

#[test]
fn a_case_is_created_updated_and_closed() {
    let Some(create) = server(demo(), &["hq-create.xml"]) else { return };
    let case = create.case("REPLACE_CASEID");
    assert_eq!((&*case.case_type, case.external_id.as_deref()), ("test_case_type", Some("someexternal")));
    let close = server(demo(), &["hq-create_update.xml", "hq-update.xml", "hq-close.xml"]).unwrap();
    let case = close.case("REPLACE_CASEID");
    assert_eq!((&*case.case_type, &*case.name, case.closed), ("a_new_type", "a new name", true));
    assert_eq!(case.date_opened.unwrap().to_string(), "2010-05-12 13:42:50 UTC");
    let read = |name| close.property("REPLACE_CASEID", name);
    assert_eq!(
        [read("someprop"), read("someotherprop"), read("somenewprop"), read("someclosedprop")],
        ["abcde", "123", "efgh", "case closed"]
    );
    assert_eq!(case.xform_ids().len(), 3);
}

/// C-067: the form without an action counts, and dates the case.
#[test]
fn the_small_forms_of_the_second_version() {
    let Some(noop) = server(demo(), &["hq-basic_create.xml", "hq-basic_noop.xml"]) else { return };
    let case = noop.case("foo-case-id");
    assert_eq!((&*case.case_type, &*case.name, case.closed), ("v2_case_type", "test case name", false));
    assert_eq!(case.last_modified.to_string(), "2011-12-07 13:44:50 UTC");
    assert_eq!(
        (case.owner_id.as_str(), case.hq.opened_by.as_ref().unwrap().as_str()),
        ("bar-user-id", "bar-user-id")
    );
    assert_eq!(case.xform_ids().len(), 2);
    let close =
        server(demo(), &["hq-basic_create.xml", "hq-basic_update.xml", "hq-basic_close.xml"]).unwrap();
    let case = close.case("foo-case-id");
    assert_eq!((&*case.case_type, &*case.name), ("updated_v2_case_type", "updated case name"));
    assert_eq!(close.property("foo-case-id", "dynamic"), "something dynamic");
    assert_eq!((case.closed, case.hq.closed_by.as_ref().unwrap().as_str()), (true, "bar-user-id"));
    assert_eq!(case.last_modified.to_string(), "2011-12-07 13:42:50 UTC", "the latest date of all");
}

#[test]
fn real_forms_out_of_order() {
    let Some(sorting) = server(demo().sorting_out_of_order(), &["hq-update_oo.xml", "hq-create_oo.xml"])
    else {
        return;
    };
    let id = "30bc51f6-3247-4966-b4ae-994f572e85fe";
    let read = |name| sorting.property(id, name);
    assert_eq!(
        [read("pcreate"), read("pupdate"), read("pboth")],
        ["from the create form", "from the update form", "overridden by the update form"]
    );
    let plain = server(demo(), &["hq-update_oo.xml", "hq-create_oo.xml"]).unwrap();
    assert_eq!(plain.property(id, "pboth"), "this should get overridden");
}

#[test]
fn a_real_case_of_another_project_is_refused() {
    let Some(mut server) = server(demo(), &["hq-domain_alice_create.xml", "hq-domain_alice_update.xml"])
    else {
        return;
    };
    assert_eq!(server.property("ddb8e2b3-7ce0-43e4-ad45-domain-test", "plan_to_buy_gun"), "no");
    let folder = corpus::folder("a submission to another project").unwrap();
    server.project = Project::new("eve");
    let error = server.receive(&text(&folder, "submission/hq-domain_eve_update.xml")).unwrap_err();
    assert_eq!(error.kind.exception(), Some("IllegalCaseId"));
}

#[test]
fn a_real_family_of_forms() {
    let names = ["hq-dcc_reg1.xml", "hq-dcc_reg2.xml", "hq-dcc_cf.xml", "hq-dcc_close.xml"];
    let Some(server) = server(demo(), &names) else { return };
    assert!(server.memory.cases().filter(|case| case.closed).count() == 3);
    assert!(server.memory.forms().all(|form| form.state == openrosa_case::form::FormState::Normal));
}

/// C-084: what the origin of each ledger form expects, starting from 100 of each product.
#[test]
fn real_stock_on_the_server() {
    let Some(folder) = corpus::folder("applying real stock") else { return };
    let after = |name: &str| -> Vec<String> {
        let mut server = Server::of(demo());
        for id in ["sp-one", "sp-two"] {
            server.receive(&place(id)).unwrap();
        }
        server
            .receive(&text(&folder, &format!("ledger/{name}")))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        server
            .memory
            .ledgers()
            .map(|(key, quantity)| format!("{} {} {quantity}", key.entity_id, key.entry_id))
            .collect()
    };
    let all = |of: [&str; 3]| {
        ["a", "b", "c"].iter().zip(of).map(|(p, q)| format!("sp-one product-{p} {q}")).collect::<Vec<_>>()
    };
    assert_eq!(after("hq-balance.xml"), all(["0", "10", "20"]));
    assert_eq!(after("hq-balance-date-only.xml"), after("hq-balance.xml"));
    assert_eq!(after("hq-balance-enumerated.xml").len(), 3);
    assert_eq!(after("hq-balance-first.xml"), all(["150", "140", "130"]));
    assert_eq!(after("hq-transfer-first.xml"), all(["50", "50", "50"]));
    assert_eq!(after("hq-balance-blank-quantity.xml"), [] as [&str; 0]);
}
