//! Documents that belong together: what was there before, and what their origin expects after.

use openrosa_case::{
    case::{Relationship, Value},
    form::FormState,
    graph::{self, GraphBuilder},
    purge::{Owners, Purge, Spread},
};
use openrosa_xml::restore::RestoreItem;

use super::*;

/// S-044: of the two cases of a real restore, the one whose owner is no group of the user goes.
#[test]
fn a_real_restore_is_purged() {
    let Some(folder) = corpus::folder("purging a real restore") else { return };
    let source = text(&folder, "restore/core-case_create_purge.xml");
    let token = RestoreReader::new(source.as_bytes()).find_map(|item| match item.unwrap().value {
        RestoreItem::SyncToken(token) => token.restore_id().map(|id| id.into_owned()),
        _ => None,
    });
    assert_eq!(token.as_deref(), Some("sync_token_a"));
    let mut phone = Memory::new();
    restored(&mut phone, &source).unwrap();
    let mut cases = GraphBuilder::default();
    for case in phone.cases() {
        let node = cases.case(case.case_id.as_str(), case.owner_id.as_str(), case.is_open());
        for (name, index) in case.indices.iter() {
            let relationship = graph::Relationship::named(index.relationship.as_str());
            cases.index(node, name, index.target.as_str(), relationship);
        }
    }
    let groups = phone.fixtures().find(|(key, _)| key.id == "user-groups").unwrap().1;
    let users = phone.users().map(|user| user.user_id.as_str());
    let graph = cases.build();
    let purge = Purge::of(&graph, &Owners::of_device(users, groups).unwrap(), Spread::TwoRounds).unwrap();
    assert_eq!(purge.removed().map(|case| graph.id(case)).collect::<Vec<_>>(), ["case_two"]);
}

#[test]
fn a_real_child_points_at_its_parent() {
    let names = ["restore/android-case_create.xml", "restore/android-case_create_and_index.xml"];
    let Some(phone) = phone(&names) else { return };
    let parents: Vec<_> = phone
        .cases()
        .flat_map(|case| case.indices.iter().map(move |(name, index)| (case.case_id.as_str(), name, index)))
        .map(|(id, name, index)| {
            (id, name, &*index.case_type, index.target.as_str(), index.relationship.clone())
        })
        .collect();
    let child = |id, parent| (id, "parent", "unit_test", parent, Relationship::Child);
    assert_eq!(
        parents,
        [child("test_case_id_child", "test_case_id"), child("test_case_id_child_2", "test_case_id_2")]
    );
}

/// A restore for the demo user begins with an emptied device.
#[test]
fn the_real_demo_user_holds_what_the_last_restore_brought() {
    let Some(first) = phone(&["restore/android-demo-user-restore.xml"]) else { return };
    let later = phone(&["restore/android-update_demo-user-restore.xml"]).unwrap();
    assert_eq!([first.cases().len(), later.cases().len()], [2, 1]);
}

#[test]
fn a_real_claim_adds_a_case() {
    let (before, after) = (
        "restore/formplayer-case_claim_parent_child.xml",
        "restore/formplayer-case_claim_parent_child_after_claim.xml",
    );
    let Some(claimed) = phone(&[before, after]) else { return };
    assert_eq!([phone(&[before]).unwrap().cases().len(), claimed.cases().len()], [3, 4]);
    assert!(claimed.get("not_in_case_db_case").is_some());
}

#[test]
fn a_real_empty_restore_brings_no_case() {
    let Some(phone) = phone(&["restore/core-empty_restore.xml"]) else { return };
    assert_eq!((phone.cases().len(), phone.fixtures().len()), (0, 0));
}

/// S-017: each fixture takes the place of the one before, rows and all.
#[test]
fn real_rows_are_those_of_the_last_fixture() {
    let names =
        ["core-indexed-fixture.xml", "core-indexed-fixture-delete.xml", "core-indexed-fixture-empty.xml"];
    let names = names.map(|name| format!("restore/{name}"));
    let rows = |names: &[&str]| {
        let phone = phone(names)?;
        let (_, fixture) = phone.fixtures().find(|(key, _)| key.id == "commtrack:products").unwrap();
        Some(fixture.rows().count())
    };
    let [first, second, third] = [&*names[0], &names[1], &names[2]];
    let Some(four) = rows(&[first]) else { return };
    let (three, none) = (rows(&[first, second]).unwrap(), rows(&[first, second, third]).unwrap());
    assert_eq!([four, three, none], [4, 3, 0]);
}

/// C-078: two links, and the block by which a restore is to send the case makes the same of it on a device.
#[test]
fn a_real_case_is_linked_and_restored() {
    let Some(folder) = corpus::folder("a real case and its block in a restore") else { return };
    let mut server = server(demo(), &["hq-basic_create.xml"]).unwrap();
    for id in ["some_referenced_id", "some_other_referenced_id"] {
        server.receive(&place(id)).unwrap();
    }
    server.receive(&text(&folder, "submission/hq-index_update.xml")).unwrap();
    let mut phone = Memory::new();
    let block = text(&folder, "submission/hq-caseblock_restore_expected.xml");
    restored(&mut phone, &format!("<OpenRosaResponse>{block}</OpenRosaResponse>")).unwrap();
    let links = |case: &Case| -> Vec<String> {
        case.indices
            .iter()
            .map(|(name, index)| format!("{name}->{}/{}", index.case_type, index.target))
            .collect()
    };
    let (held, sent) = (server.case("foo-case-id"), phone.get("foo-case-id").unwrap());
    assert_eq!(links(held), ["baz_ref->bop/some_other_referenced_id", "foo_ref->bar/some_referenced_id"]);
    assert_eq!(links(sent), links(held));
    let fields =
        |case: &Case| (case.case_type.clone(), case.name.clone(), case.owner_id.clone(), case.last_modified);
    assert_eq!(fields(sent), fields(held));
    assert_eq!(read(&phone, "foo-case-id", "date_opened"), "2011-12-06");
}

#[test]
fn real_files_come_and_go() {
    let Some(folder) = corpus::folder("real files of a case") else { return };
    let mut server = Server::of(demo().with_case_attachments());
    let forms: [(&str, &[&str], &[&str]); 2] = [
        ("casexml-multimedia_create.xml", &["fruity.jpg"], &["fruity_file"]),
        (
            "casexml-multimedia_update.xml",
            &["commcare-logo.png", "dimagi_logo.jpg"],
            &["commcare_logo_file", "dimagi_logo_file"],
        ),
    ];
    for (number, (name, files, held)) in forms.into_iter().enumerate() {
        // Both have one instance id, which their origin fills in.
        let source = text(&folder, &format!("submission/{name}")).replace("6RGAZTETE3Z2QC0PE2DKM88MO", name);
        let form = Instance::read(&source).unwrap();
        let submission =
            Submission::new(&server.project, &form, &source, format!("fresh-{number}"), server.clock);
        apply::apply(&mut server.memory, &mut submission.with_files(files.iter().copied())).unwrap();
        assert_eq!(server.case("EOL9FIAKIQWOFXFOH0QAMWU64").attachments.keys().collect::<Vec<_>>(), held);
    }
    assert_eq!(server.property("EOL9FIAKIQWOFXFOH0QAMWU64", "foo"), "bar");
}

/// What does not belong into a `create` never becomes a property of the case.
#[test]
fn a_real_secret_is_not_kept() {
    let Some(server) = server(demo(), &["hq-new-form_with_vault_item.xml"]) else { return };
    let case = server.case("ad38211be256653bceac8e2156475667");
    assert_eq!((&*case.name, case.external_id.as_deref()), ("test case name", Some("someexternal")));
    assert!(case.properties.is_empty(), "{:?}", case.properties);
}

#[test]
fn a_real_external_id_is_set_by_an_update() {
    let Some(server) = server(demo(), &["hq-form_with_case.xml"]) else { return };
    let case = server.case("ad38211be256653bceac8e2156475667");
    assert_eq!((&*case.case_type, case.external_id.as_deref()), ("test_case_type", Some("someexternal")));
}

/// C-082: a form that comes twice is kept as a duplicate, which names the first.
#[test]
fn a_real_form_comes_twice() {
    for (name, id) in
        [("hq-simple_form.xml", "ad38211be256653bceac8e2156475664"), ("hq-duplicate.xml", "7H46J37FGH3")]
    {
        let Some(server) = server(demo(), &[name, name]) else { return };
        let kept: Vec<_> = server
            .memory
            .forms()
            .map(|form| (form.form_id.as_str(), form.state, form.orig_id.as_ref().map(InstanceId::as_str)))
            .collect();
        assert_eq!(kept.len(), 2, "{name}");
        assert!(kept.contains(&(id, FormState::Normal, None)), "{name}: {kept:?}");
        assert!(kept.contains(&("fresh-1", FormState::Duplicate, Some(id))), "{name}: {kept:?}");
        assert_eq!(server.memory.cases().len(), 0);
    }
}

/// C-028: a device log is taken, whatever it calls its parts.
#[test]
fn a_real_device_log_is_taken() {
    let Some(server) = server(demo(), &["hq-device_log.xml", "hq-devicelog.xml"]) else { return };
    assert_eq!((server.memory.forms().len(), server.memory.cases().len()), (2, 0));
}

/// C-084: the transfers of the origin, after its balance and receipt of 150, 140 and 130.
#[test]
fn real_stock_is_moved() {
    let Some(folder) = corpus::folder("moving real stock") else { return };
    let after = |name: &str| -> Vec<String> {
        let mut server = Server::of(demo());
        for id in ["sp-one", "sp-two"] {
            server.receive(&place(id)).unwrap();
        }
        for name in ["hq-balance-first.xml", name] {
            server
                .receive(&text(&folder, &format!("ledger/{name}")))
                .unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        server.memory.ledgers().map(|(key, quantity)| format!("{} {quantity}", key.entity_id)).collect()
    };
    let stock = |id: &str, of: [u8; 3]| of.map(|quantity| format!("{id} {quantity}"));
    let both = [stock("sp-one", [100, 100, 100]), stock("sp-two", [50, 40, 30])].concat();
    assert_eq!(after("hq-transfer-both.xml"), both);
    assert_eq!(after("hq-transfer-source-only.xml"), stock("sp-one", [100, 100, 100]));
    assert_eq!(after("hq-transfer-dest-only.xml"), stock("sp-one", [150, 150, 150]));
    assert_eq!(after("hq-receipts-enumerated.xml"), stock("sp-one", [200, 180, 160]));
}

/// The case of a real form, as the origin's JSON has it; times and owners of that one are of an older server.
#[test]
fn a_real_case_is_that_of_its_json() {
    let Some(folder) = corpus::folder("a real form and its case as JSON") else { return };
    let expected: serde_json::Value = serde_json::from_str(&text(&folder, "json/hq-case.json")).unwrap();
    let server = server(demo(), &["hq-tz_visit_form.xml"]).unwrap();
    let case = server.case("{case_id}");
    assert_eq!((&*case.case_type, &*case.name), (expected["type"].as_str().unwrap(), ""));
    assert_eq!(case.closed, expected["closed"].as_bool().unwrap());
    let user = case.hq.opened_by.as_ref().map(|user| user.as_str());
    assert_eq!(user, expected["opened_by"].as_str());
    let properties = expected["actions"][1]["updated_unknown_properties"].as_object().unwrap();
    assert_eq!(case.properties.keys().collect::<Vec<_>>(), properties.keys().collect::<Vec<_>>());
    for (name, value) in properties {
        assert_eq!(case.properties[name], Value::from(value.as_str().unwrap()), "{name}");
    }
    assert_eq!(case.xform_ids().len(), expected["xform_ids"].as_array().unwrap().len());
}
