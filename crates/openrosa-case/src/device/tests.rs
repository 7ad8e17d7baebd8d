//! What a device does, statement by statement.

use insta::assert_snapshot;
use openrosa_xml::CaseDb;

use super::SearchResults;
use crate::{
    apply,
    case::{Case, Relationship},
    change::{Applied, Change, Note},
    differences::Difference,
    error::ApplyError,
    scenario::{Phone, at, case, creation, declined, patient},
};

/// A phone that holds a patient `c`, modified on the tenth.
fn phone() -> Phone {
    let mut phone = Phone::default();
    phone.form(&patient("c", "2024-05-10T10:00:00Z"));
    phone
}

fn update(date: &str, properties: &str) -> String {
    case("c", date, &format!("<update>{properties}</update>"))
}

fn index(links: &str) -> String {
    case("c", "2024-05-11", &format!("<index>{links}</index>"))
}

/// C-062: actions apply in document order, so that a case must be created before it is updated or closed.
#[test]
fn actions_apply_as_they_stand() {
    let (create, update) = (creation("t", "n", "o"), "<update><a>1</a></update>");
    let mut phone = Phone::default();
    let error = phone.refuses(&case("c", "2024-05-01", &format!("{update}{create}")));
    assert_snapshot!(error, @"case `c` is not known, so `update` cannot be applied");
    phone.form(&case(
        "c",
        "2024-05-01",
        &format!("{create}{update}<update><a>2</a></update><update><b/></update>"),
    ));
    assert_eq!((&*phone.reads("c", "a"), &*phone.reads("c", "b")), ("2", ""));
}

/// C-065: update and close of an unknown case are errors, with the exception of the field.
/// S-027: so is an index, and none of them a crash.
#[test]
fn an_unknown_case_can_only_be_created() {
    let mut phone = phone();
    let mut refuses = |inside: &str| {
        let error = phone.refuses(&case("d", "2024-05-01", inside));
        assert!(error.mark.span().is_some());
        assert_eq!(error.case_id.as_ref().unwrap().as_str(), "d");
        format!("{}: {error}", error.kind.exception().unwrap())
    };
    assert_snapshot!(refuses("<update><a>1</a></update>"), @"InvalidStructureException: case `d` is not known, so `update` cannot be applied");
    assert_snapshot!(refuses("<update/>"), @"InvalidStructureException: case `d` is not known, so `update` cannot be applied");
    assert_snapshot!(refuses("<close/>"), @"InvalidStructureException: case `d` is not known, so `close` cannot be applied");
    assert_snapshot!(refuses("<index><p case_type='t'>c</p></index>"), @"NullPointerException: case `d` is not known, so `index` cannot be applied");
    assert_snapshot!(refuses("<attachment><p/></attachment>"), @"NullPointerException: case `d` is not known, so `attachment` cannot be applied");
    assert_eq!(phone.form(&case("d", "2024-05-01", "<index/>")), Applied::default());
}

/// C-066: a block without an action does nothing to a case that is not known.
/// C-067: nor to one that is; the date stays.
#[test]
fn a_block_without_an_action_touches_nothing() {
    let mut phone = phone();
    let before = phone.clone();
    for id in ["c", "d"] {
        assert_eq!(phone.form(&case(id, "2024-05-20", "")), Applied::default());
    }
    assert_eq!(phone, before);
}

/// C-068: create on a case that is there replaces type, name and owner, and nothing else.
/// S-026: what stays are properties, links, the day of opening and the closed flag.
#[test]
fn a_second_create_replaces_three_things() {
    let mut phone = phone();
    phone.form(&format!("{}{}", update("2024-05-11", "<a>1</a>"), index("<p case_type='t'>x</p>")));
    phone.form(&case("c", "2024-05-12", "<close/>"));
    let before = phone.case("c").clone();
    phone.form(&case("c", "2024-05-13T00:00:00Z", &creation("other", "Other", "bob")));
    let after = phone.case("c").clone();
    assert_eq!((&*after.case_type, &*after.name, after.owner_id.as_str()), ("other", "Other", "bob"));
    let mut expected = before;
    expected.case_type = "other".into();
    expected.name = "Other".into();
    expected.owner_id = "bob".into();
    expected.last_modified = at("2024-05-13T00:00:00Z");
    assert!(expected.closed && expected.date_opened == Some(at("2024-05-10T10:00:00Z")));
    assert_eq!(after, expected);
}

/// C-069: to close what is closed changes nothing but the date, and no action opens a case.
#[test]
fn a_closed_case_stays_closed() {
    let mut phone = phone();
    assert!(phone.form(&case("c", "2024-05-11", "<close/>")).changes.contains(&Change::Closed("c".into())));
    let mut expected = phone.case("c").clone();
    phone.form(&case("c", "2024-05-11T12:00:00Z", "<close/>"));
    expected.last_modified = at("2024-05-11T12:00:00Z");
    assert_eq!(phone.case("c"), &expected);
    for inside in
        ["<close/>", "<update><closed>false</closed><status>open</status></update>", &creation("t", "n", "o")]
    {
        let applied = phone.form(&case("c", "2024-05-12", inside));
        assert!(
            !applied.changes.iter().any(|change| matches!(change, Change::Closed(_) | Change::Reopened(_)))
        );
        assert!(phone.case("c").closed, "{inside}");
    }
}

/// C-070: the date of the last block counts, also when it is older.
#[test]
fn the_last_block_dates_the_case() {
    let mut phone = phone();
    let applied = phone.form(&update("2024-05-01T10:00:00Z", ""));
    assert_eq!(phone.case("c").last_modified, at("2024-05-01T10:00:00Z"));
    let last_modified = [at("2024-05-10T10:00:00Z"), at("2024-05-01T10:00:00Z")];
    assert_eq!(applied.changes, [Change::Touched { case_id: "c".into(), last_modified }]);
}

/// C-073: an owner that an update empties stays empty, and a change of the owner disrupts.
#[test]
fn an_owner_can_be_emptied() {
    let mut phone = phone();
    assert!(!phone.form(&update("2024-05-11", "<owner_id>amy</owner_id>")).disrupted);
    let applied = phone.form(&update("2024-05-12", "<owner_id/>"));
    assert_eq!(phone.case("c").owner_id.as_str(), "");
    assert_eq!(
        applied.changes,
        [Change::OwnerChanged { case_id: "c".into(), owner_id: ["amy".into(), "".into()] }]
    );
    assert!(applied.disrupted);
}

/// C-076: category and state are fields; patient_type and current_status stand in where those have no value.
#[test]
fn category_and_state_are_fields_with_fallbacks() {
    let mut phone = phone();
    phone.form(&update(
        "2024-05-11",
        "<patient_type>infant</patient_type><current_status>well</current_status>",
    ));
    assert_eq!((&*phone.reads("c", "category"), &*phone.reads("c", "state")), ("infant", "well"));
    phone.form(&update("2024-05-12", "<category>child</category><state/>"));
    assert_eq!((&*phone.reads("c", "category"), &*phone.reads("c", "state")), ("child", ""));
    let case = phone.case("c");
    assert_eq!((case.category.as_deref(), case.state.as_deref()), (Some("child"), Some("")));
    assert!(!case.properties.contains_key("category"));
}

/// C-077: an empty leaf sets the empty text; nothing deletes a property.
#[test]
fn an_empty_value_is_a_value() {
    let mut phone = phone();
    phone.form(&update("2024-05-11", "<a>1</a><b>2</b>"));
    phone.form(&update("2024-05-12", "<a/>"));
    let texts: Vec<_> = phone.case("c").properties.iter().map(|(name, value)| (name, value.text())).collect();
    assert_eq!(texts, [("a", "".into()), ("b", "2".into())]);
}

/// C-078: links merge by name, an empty target removes one, the others stay.
/// C-079: a link that is set anew has target, type and relationship from the new one alone.
#[test]
fn links_merge_by_name() {
    let mut phone = phone();
    phone.form(&index(
        "<p case_type='t'>x</p><q case_type='t' relationship='extension'>y</q><r case_type='t'>z</r>",
    ));
    let applied = phone.form(&index("<p/><nothing/><q case_type='u'>w</q>"));
    let links: Vec<_> = phone.case("c").indices.iter().collect();
    assert_eq!(links.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["q", "r"]);
    let q = links[0].1;
    assert_eq!((q.target.as_str(), &*q.case_type, &q.relationship), ("w", "u", &Relationship::Child));
    let names: Vec<_> = applied
        .changes
        .iter()
        .map(|change| match change {
            Change::IndexReplaced { name, .. } => format!("replaced {name}"),
            Change::IndexRemoved { name, index, .. } => format!("removed {name} to {}", index.target),
            change => panic!("{change:?}"),
        })
        .collect();
    assert_eq!(names, ["replaced q", "removed p to x"]);
}

#[test]
fn what_disrupts_the_graph_is_said() {
    let mut phone = phone();
    let disrupts = |phone: &mut Phone, block: &str| phone.form(block).disrupted;
    assert!(!disrupts(&mut phone, &patient("d", "2024-05-11")));
    assert!(!disrupts(&mut phone, &update("2024-05-11", "<a>1</a>")));
    assert!(!disrupts(&mut phone, &index("<p/>")), "there was no such link");
    assert!(disrupts(&mut phone, &index("<p case_type='t'>d</p>")));
    assert!(disrupts(&mut phone, &index("<p/>")));
    assert!(disrupts(&mut phone, &case("c", "2024-05-12", "<close/>")));
}

#[test]
fn names_that_mean_something_else_to_the_device() {
    let mut phone = phone();
    phone.form(&update(
        "2024-05-11T00:00:00Z",
        "<userid>bob</userid><user_id>u</user_id><name>n</name><last_modified>1999-01-01</last_modified><case_id>x</case_id>",
    ));
    let case = phone.case("c");
    assert_eq!(
        (case.owner_id.as_str(), &*case.name, case.last_modified),
        ("bob", "c", at("2024-05-11T00:00:00Z"))
    );
    assert_eq!(case.properties.keys().collect::<Vec<_>>(), ["case_id", "name", "user_id"]);
}

#[test]
fn a_date_of_opening_is_a_day_or_nothing() {
    let mut phone = phone();
    phone.form(&update("2024-05-11", "<date_opened>2024-01-31</date_opened>"));
    assert_eq!(phone.case("c").date_opened, Some(at("2024-01-30T22:00:00Z")), "midnight on the phone");
    assert_eq!(phone.reads("c", "date_opened"), "2024-01-31");
    phone.form(&update("2024-05-11", "<date_opened>2024-01-31T10:00:00Z</date_opened>"));
    assert_eq!(phone.case("c").date_opened, None);
    // C-068: a second create keeps the date of opening, and so it keeps that there is none.
    phone.form(&patient("c", "2024-05-12"));
    assert_eq!(phone.case("c").date_opened, None);
}

#[test]
fn texts_have_limits() {
    let mut phone = phone();
    let long = "é".repeat(256);
    let error = phone.refuses(&update("2024-05-11", &format!("<case_name>{long}</case_name>")));
    assert_snapshot!(error, @"`case_name` is 256 long, 255 at most is taken");
    assert_eq!(error.kind.exception(), Some("InvalidCasePropertyLengthException"));
    let error = phone.refuses(&update("2024-05-11", &format!("<a>{}</a>", "é".repeat(33_000))));
    assert_snapshot!(error, @"`a` takes up 66000 bytes, 65535 at most can be stored");
    phone.form(&update("2024-05-11", &format!("<a>{long}</a>")));
    let longest = "x".repeat(65_535);
    for name in ["category", "state", "a"] {
        let error = phone.refuses(&update("2024-05-11", &format!("<{name}>{longest}x</{name}>")));
        assert_eq!(error.to_string(), format!("`{name}` takes up 65536 bytes, 65535 at most can be stored"));
        assert_eq!(error.kind.exception(), Some("InvalidStructureException"));
        phone.form(&update("2024-05-11", &format!("<{name}>{longest}</{name}>")));
    }
    let create = "<create><case_type>t</case_type><case_name>n</case_name><owner_id>o</owner_id></create>";
    let error = phone.refuses(&case(&format!("{longest}x"), "2024-05-11", create));
    assert_snapshot!(error, @"`case_id` takes up 65536 bytes, 65535 at most can be stored");
}

#[test]
fn files_come_from_addresses_only() {
    let mut phone = phone();
    let attach = |inside: &str| case("c", "2024-05-11", &format!("<attachment>{inside}</attachment>"));
    phone.form(&attach("<a src='http://example.org/a.jpg' from='remote'/><b src='b.jpg' from='local'/><c from='inline'>x</c>"));
    assert_eq!(phone.case("c").attachments.keys().collect::<Vec<_>>(), ["a"]);
    let applied = phone.form(&attach("<a name='left'/>"));
    assert!(phone.case("c").attachments.is_empty());
    assert!(matches!(&applied.changes[..], [Change::Attachment { after: None, .. }]), "{applied:?}");
}

#[test]
fn a_failing_block_takes_the_whole_form_back() {
    let mut phone = phone();
    let blocks = [update("2024-05-11", "<a>1</a>"), patient("d", "2024-05-11"), index("<p>c</p>")].concat();
    let error = phone.refuses(&blocks);
    assert_snapshot!(error, @"case `c` names itself in index `p`");
    let error = phone.refuses(&[patient("d", "2024-05-11"), index("<p>d</p>")].concat());
    assert_snapshot!(error, @"index `p` has no `case_type`");
    let error = phone.refuses("<case><case_id>c</case_id><date_modified>2024-05-11</date_modified></case>");
    assert_snapshot!(error, @"attribute `case_id` is missing or empty");
}

fn balance(attributes: &str, inside: &str) -> String {
    format!(
        "<l:balance xmlns:l='http://commcarehq.org/ledger/v1' date='2024-05-11' {attributes}>{inside}</l:balance>"
    )
}

fn transfer(attributes: &str, quantity: &str) -> String {
    format!(
        "<l:transfer xmlns:l='http://commcarehq.org/ledger/v1' date='2024-05-11' section-id='s' {attributes}>\
         <l:entry id='soap' quantity='{quantity}'/></l:transfer>"
    )
}

fn stock(phone: &Phone) -> Vec<String> {
    phone
        .0
        .ledgers()
        .map(|(key, quantity)| format!("{} {} {} {quantity}", key.entity_id, key.section_id, key.entry_id))
        .collect()
}

/// C-084: a balance sets, a transfer subtracts and adds; what is absent is 0, and may fall below.
#[test]
fn stock_is_counted_and_moved() {
    let mut phone = Phone::default();
    phone.form(&balance("entity-id='a' section-id='s'", "<l:entry id='soap' quantity='9'/>"));
    let applied = phone.form(&transfer("src='a' dest='b'", "11"));
    assert_eq!(stock(&phone), ["a s soap -2", "b s soap 11"]);
    assert!(matches!(&applied.changes[1], Change::Ledger { before: None, .. }));
    phone.form(&[transfer("dest='b'", "1"), transfer("src='a'", "-2")].concat());
    assert_eq!(stock(&phone), ["a s soap 0", "b s soap 12"]);
}

/// C-085: to a device a quantity is a whole number, anything else an error.
/// S-032: both layouts; what is not listed stays.
#[test]
fn a_quantity_is_a_whole_number() {
    let mut phone = Phone::default();
    phone.form(&balance(
        "entity-id='a' section-id='s'",
        "<l:entry id='soap' quantity='9'/><l:entry id='rice' quantity='1'/>",
    ));
    phone.form(&balance("entity-id='a'", "<l:entry id='rice'><l:value section-id='s' quantity='5'/><l:value section-id='t' quantity='6'/></l:entry>"));
    assert_eq!(stock(&phone), ["a s rice 5", "a s soap 9", "a t rice 6"]);
    let error =
        phone.refuses(&balance("entity-id='a' section-id='s'", "<l:entry id='soap' quantity='9.5'/>"));
    assert_snapshot!(error, @"`9.5` is no whole number, which a quantity is to the device");
}

/// C-087: to a device ledger blocks stand where they stand; one that fails takes the blocks before it along.
#[test]
fn stock_and_cases_keep_their_order() {
    let mut phone = Phone::default();
    let (one, bad) = (
        balance("entity-id='a' section-id='s'", "<l:entry id='soap' quantity='1'/>"),
        case("x", "2024-05-11", "<close/>"),
    );
    let error = phone.refuses(&[&*one, &bad, &transfer("", "1")].concat());
    assert_snapshot!(error, @"case `x` is not known, so `close` cannot be applied");
    let error = phone.refuses(&[&*one, &transfer("", "1"), &bad].concat());
    assert_snapshot!(error, @"`transfer` has neither `src` nor `dest`");
    phone.form(&[transfer("dest='a'", "5"), one, transfer("dest='a'", "2")].concat());
    assert_eq!(stock(&phone), ["a s soap 3"]);
}

/// C-088: on a device a transfer from a case to itself adds the quantity.
#[test]
fn a_transfer_to_oneself_adds() {
    let mut phone = Phone::default();
    phone.form(&[transfer("dest='a'", "5"), transfer("src='a' dest='a'", "2")].concat());
    assert_eq!(stock(&phone), ["a s soap 7"]);
}

/// C-084: a sum of whole numbers of 32 bits wraps around on a device, which says nothing of it; here it is noted.
#[test]
fn stock_beyond_a_whole_number_wraps_around() {
    let mut phone = Phone::default();
    let wraps = |applied: &Applied| {
        let of_rule = |note: &&Note| note.rule == Difference::LedgerWraps && note.mark.span().is_some();
        applied.notes.iter().filter(of_rule).map(|note| note.name.clone().unwrap()).collect::<Vec<_>>()
    };
    phone.form(&balance("entity-id='a' section-id='s'", "<l:entry id='soap' quantity='2147483646'/>"));
    assert_eq!(wraps(&phone.form(&transfer("dest='a'", "1"))), [""; 0]);
    assert_eq!(stock(&phone), ["a s soap 2147483647"]);
    assert_eq!(wraps(&phone.form(&transfer("dest='a'", "1"))), ["soap"]);
    assert_eq!(stock(&phone), ["a s soap -2147483648"]);
    assert_eq!(wraps(&phone.form(&transfer("src='a'", "1"))), ["soap"]);
    assert_eq!(stock(&phone), ["a s soap 2147483647"]);
}

fn user(inside: &str) -> String {
    format!("<Registration xmlns='http://openrosa.org/user/registration'>{inside}</Registration>")
}

/// S-015: a user that is known gets the password and the data that is mentioned, and keeps the rest.
#[test]
fn a_known_user_keeps_what_is_not_mentioned() {
    let mut phone = Phone::default();
    let first = user(
        "<username>amy</username><password>1</password><uuid>u</uuid><date/><user_data><data key='a'>1</data><data key='b'>2</data></user_data>",
    );
    let applied = phone.restore(&first).unwrap();
    assert_eq!(applied.changes, [Change::User { user_id: "u".into(), created: true }]);
    assert_eq!(phone.restore(&first).unwrap().changes, []);
    let second = user(
        "<username>bob</username><password>2</password><uuid>u</uuid><date/><user_data><data key='b'/><data key='c'>3</data></user_data>",
    );
    let applied = phone.restore(&second).unwrap();
    assert_eq!(applied.changes, [Change::User { user_id: "u".into(), created: false }]);
    let amy = phone.0.users().next().unwrap();
    assert_eq!((&*amy.username, &*amy.password), ("amy", "2"));
    let data: Vec<_> = amy.properties.iter().map(|(key, value)| (&**key, &**value)).collect();
    assert_eq!(data, [("a", "1"), ("b", ""), ("c", "3")]);
    assert!(!format!("{amy:?}").contains("password: \"2\""));
}

/// S-035: a restore that comes twice leaves the state of once.
#[test]
fn a_restore_can_come_twice() {
    let items = [
        user("<username>amy</username><password>1</password><uuid>u</uuid><date/>"),
        "<fixture id='f' user_id='u'><rows><row/></rows></fixture>".to_owned(),
        balance("entity-id='c' section-id='s'", "<l:entry id='soap' quantity='9'/>"),
        patient("c", "2024-05-10"),
        case(
            "d",
            "2024-05-11",
            &format!(
                "{}<update><a>1</a></update><index><p case_type='t'>c</p></index><close/>",
                creation("t", "n", "o")
            ),
        ),
    ]
    .concat();
    let mut phone = Phone::default();
    let changes = phone.restore(&items).unwrap().changes;
    assert_eq!(changes.len(), 6, "a user, a fixture, a quantity, two cases, one of them closed: {changes:?}");
    let once = phone.clone();
    assert_eq!(phone.restore(&items).unwrap().changes, []);
    assert_eq!(phone, once);
}

#[test]
fn a_restore_is_taken_whole_or_not_at_all() {
    let mut phone = phone();
    let before = phone.clone();
    let error = phone
        .restore(&[patient("d", "2024-05-11"), case("e", "2024-05-11", "<update/>")].concat())
        .unwrap_err();
    assert_snapshot!(error, @"case `e` is not known, so `update` cannot be applied");
    assert_eq!(phone, before);
    let error = phone.restore("<fixture><a/></fixture>").unwrap_err();
    assert_snapshot!(error, @"a fixture has no `id`");
}

/// S-017: a fixture replaces the one of its id and user, an absent user being the empty one.
#[test]
fn a_fixture_replaces_another_of_its_id_and_user() {
    let mut phone = Phone::default();
    let mut restore = |items: &str| phone.restore(items).unwrap().changes;
    let replaced = |changes: Vec<Change>| match &changes[..] {
        [Change::Fixture { replaced, .. }] => Some(*replaced),
        _ => None,
    };
    assert_eq!(replaced(restore("<fixture id='f'><a/></fixture>")), Some(false));
    assert_eq!(replaced(restore("<fixture id='f' user_id='u'><a/></fixture>")), Some(false));
    assert_eq!(replaced(restore("<fixture id='f' user_id=''><b/></fixture>")), Some(true));
    assert_eq!(restore("<fixture id='f'/><fixture id='f'> </fixture>"), []);
    let roots: Vec<_> = phone
        .0
        .fixtures()
        .map(|(_, fixture)| fixture.root().unwrap().unwrap().name.local_name().to_owned())
        .collect();
    assert_eq!(roots, ["b", "a"]);
}

fn search(phone: &mut Phone, results: &str) -> Result<Applied, ApplyError> {
    let found = CaseDb::read(results).unwrap();
    let before = phone.clone();
    match apply::apply(&mut phone.0, &mut SearchResults::new(&found, Phone::now())) {
        Ok(applied) => Ok(applied),
        failure => {
            assert_eq!(*phone, before);
            Err(declined(failure))
        }
    }
}

fn found(attributes: &str, inside: &str) -> String {
    format!(
        "<results id='case'><case case_id='c' case_type='t' owner_id='o' {attributes}><case_name>n</case_name>{inside}</case></results>"
    )
}

/// C-108: a search result opens a closed case, whatever its status is, unless it is the word `closed`.
#[test]
fn a_search_result_opens_a_case() {
    let mut phone = phone();
    phone.form(&update("2024-05-11", "<a>1</a>"));
    phone.form(&case("c", "2024-05-11", "<close/>"));
    search(&mut phone, &found("status='closed'", "")).unwrap();
    assert!(phone.case("c").closed);
    let applied = search(
        &mut phone,
        &found("status='CLOSED'", "<b> 2 </b><last_modified>2024-05-20T10:00:00Z</last_modified>"),
    )
    .unwrap();
    assert!(applied.changes.contains(&Change::Reopened("c".into())));
    let case = phone.case("c");
    assert_eq!((case.closed, &*case.case_type, case.owner_id.as_str()), (false, "t", "o"));
    assert_eq!((&*phone.reads("c", "a"), &*phone.reads("c", "b")), ("1", "2"));
    assert_eq!(phone.case("c").last_modified, at("2024-05-20T10:00:00Z"));
}

#[test]
fn a_search_result_has_what_a_case_must_have() {
    let mut phone = Phone::default();
    let error = search(&mut phone, &found("status=''", "")).unwrap_err();
    assert_snapshot!(error, @"a case that was found has no `status`");
    let error = search(&mut phone, &found("status='open'", "<last_modified/>")).unwrap_err();
    assert_snapshot!(error, @"`` in `last_modified` is no date to the device");
    let error =
        search(&mut phone, &found("status='open'", "<index><p case_type='t'>c</p></index>")).unwrap_err();
    assert_snapshot!(error, @"case `c` names itself in index `p`");
    search(
        &mut phone,
        &found("status='open'", "<index><p case_type='t' relationship='extension'> d </p></index>"),
    )
    .unwrap();
    let case = phone.case("c");
    assert_eq!(case.last_modified, Phone::now().to_utc(), "nothing said when");
    assert_eq!(
        (case.indices["p"].target.as_str(), &case.indices["p"].relationship),
        ("d", &Relationship::Extension)
    );
    assert!(
        !search(&mut phone, &found("status='open'", "<index><q case_type='t'>d</q></index>"))
            .unwrap()
            .disrupted
    );
    assert!(search(&mut phone, &found("status='open'", "<index><q/></index>")).unwrap().disrupted);
}

/// 1.6, T-14: `userid` is the owner in a search result as it is in a block; what a result says in attributes it does not say in
/// children (3.4).
#[test]
fn the_names_of_a_search_result_mean_what_they_do_in_a_block() {
    let mut phone = Phone::default();
    let inside = "<userid>nurse</userid><external_id>x</external_id><category>k</category><state>s</state>\
                  <date_opened>2024-05-01</date_opened><name>m</name>";
    search(&mut phone, &found("status='open'", inside)).unwrap();
    let of_result = phone.case("c");
    assert_eq!(of_result.owner_id.as_str(), "nurse");
    assert_eq!(of_result.properties.len(), 1, "`name` is a property to the device");
    let create = "<create><case_type>t</case_type><case_name>n</case_name><owner_id>o</owner_id></create>";
    let mut other = Phone::default();
    other.form(&case("c", "2024-05-11", &format!("{create}<update>{inside}</update>")));
    let of_block = other.case("c");
    let fields = |case: &Case| {
        let texts = (case.external_id.clone(), case.category.clone(), case.state.clone());
        (case.owner_id.clone(), texts, case.date_opened, case.properties.clone())
    };
    assert_eq!(fields(of_result), fields(of_block));

    search(&mut phone, &found("status='open'", "<owner_id>p</owner_id><case_type>q</case_type>")).unwrap();
    let case = phone.case("c");
    assert_eq!((case.owner_id.as_str(), &*case.case_type), ("o", "t"));
    assert_eq!((&*case.properties["owner_id"].text(), &*case.properties["case_type"].text()), ("p", "q"));
}

/// 1.10, column B: of the texts between elements the bulk parser keeps the last, in a property and in a link.
#[test]
fn of_several_texts_in_a_search_result_the_last_counts() {
    let mut phone = Phone::default();
    let inside = "<a>x<b>y</b>z</a><index><p case_type='t'>c<q/> d </p></index>";
    search(&mut phone, &found("status='open'", inside)).unwrap();
    assert_eq!(phone.reads("c", "a"), "z");
    assert_eq!(phone.case("c").indices["p"].target.as_str(), "d");
}

/// The clock of a phone is in its own zone, and it reads the date of a search result as it reads that of a block (case-xml.md 1.13).
#[test]
fn the_date_of_a_search_result_is_read_as_that_of_a_block() {
    let mut phone = Phone::default();
    for written in ["2024-05-01", "2024-05-01T10:00:00", "2024-05-01T23:30:00-08", "2024-05-01T10:00:00+0530"]
    {
        search(&mut phone, &found("status='open'", &format!("<last_modified>{written}</last_modified>")))
            .unwrap();
        let of_result = phone.case("c").last_modified;
        phone.form(&case("c", written, "<update/>"));
        assert_eq!(of_result, phone.case("c").last_modified, "{written}");
    }
    let error =
        search(&mut phone, &found("status='open'", "<last_modified>2024-05-01 10:00:00</last_modified>"));
    assert_snapshot!(error.unwrap_err(), @"`2024-05-01 10:00:00` in `last_modified` is no date to the device");
}
