//! What CommCare HQ does, statement by statement.

mod log;
mod order;
mod stock;

use insta::assert_snapshot;

use openrosa_xml::{Instance, case::understood::Step};

use super::{
    Project,
    blocks::{blocks, contexts},
};
use crate::{
    change::Change,
    differences::Difference,
    error::Class,
    form::Form,
    scenario::{Server, at, case, creation, form, patient},
};

/// A server that holds a patient `c`, modified on the tenth.
fn server() -> Server {
    let mut server = Server::default();
    server.form("create-c", &patient("c", "2024-05-10T10:00:00Z"));
    server
}

fn update(date: &str, properties: &str) -> String {
    case("c", date, &format!("<update>{properties}</update>"))
}

fn index(links: &str) -> String {
    case("c", "2024-05-11", &format!("<index>{links}</index>"))
}

/// C-063: actions apply create, update, close, index, attachment, wherever they stand.
#[test]
fn actions_apply_in_an_order_of_their_own() {
    let mut server = Server::default();
    server.form(
        "f",
        &case(
            "c",
            "2024-05-01",
            &format!("<close/><update><case_name>later</case_name></update>{}", creation("t", "n", "o")),
        ),
    );
    let case = server.case("c");
    assert_eq!((&*case.name, case.closed), ("later", true));
}

fn name(step: &Step<'_>) -> &'static str {
    match step {
        Step::Create(_) => "create",
        Step::Update(_) => "update",
        Step::Close => "close",
        Step::Index(_) => "index",
        Step::Attachment(_) => "attachment",
        step => panic!("{step:?}"),
    }
}

/// C-063: index and attachment, whose place no case shows, come after the others within a block.
/// C-064: of blocks, those with an index come before those that close, and those with files last.
#[test]
fn index_and_attachment_have_their_places_too() {
    let create = creation("t", "n", "o");
    let update = "<update><a>1</a></update>";
    let index = "<index><p case_type='t'>x</p></index>";
    let attachment = "<attachment><a src='a.jpg' from='local'/></attachment>";
    let alone = [attachment, "<close/>", index, update, &create];
    let whole = alone.concat();
    let source = form("f", &alone.map(|actions| case("c", "2024-05-01", actions)).concat());
    let source = source.replace("<meta>", &(case("d", "2024-05-01", &whole) + "<meta>"));
    let instance = Instance::read(&source).unwrap();
    let contexts = contexts(&instance, &Form::new("f", "demo", source.clone(), at("2024-05-01T10:00:00Z")));
    let found = blocks(&instance, &source, &contexts).unwrap();
    let shown =
        found.iter().map(|found| found.understood.steps.iter().map(name).collect::<Vec<_>>().join(" "));
    assert_eq!(
        shown.collect::<Vec<_>>(),
        ["create", "update", "index", "close", "attachment", "create update close index attachment"]
    );
}

/// C-064: blocks go by case id, then by the smallest rank of their actions, and else as they stand.
#[test]
fn blocks_are_sorted() {
    let mut server = Server::default();
    let applied = server.form(
        "f",
        &[
            case("b", "2024-05-01", &creation("t", "b", "o")),
            case("a", "2024-05-01", "<close/>"),
            case("a", "2024-05-01", "<update><x>1</x></update>"),
            case("a", "2024-05-01", ""),
            case("a", "2024-05-01", "<update><x>2</x></update>"),
            case("a", "2024-05-01", &creation("t", "a", "o")),
        ]
        .concat(),
    );
    let kinds: Vec<_> = applied
        .changes
        .iter()
        .map(|change| match change {
            Change::Created(case) => format!("create {}", case.case_id),
            Change::Closed(id) => format!("close {id}"),
            Change::Updated { case_id, values } => {
                let name = |change: &crate::change::ValueChange| change.name.clone();
                format!("set {case_id} {}", values.iter().map(name).collect::<Vec<_>>().join(" "))
            }
            Change::Form { form_id, .. } => format!("keep {form_id}"),
            change => panic!("{change:?}"),
        })
        .collect();
    assert_eq!(kinds, ["create a", "set a x", "set a x", "close a", "create b", "keep f"]);
    assert_eq!(server.property("a", "x").as_deref(), Some("2"));
}

/// C-065: CommCare HQ creates a case that it is told to update or close.
/// C-066: and also one that a block without an action names.
#[test]
fn an_unknown_case_is_created() {
    for (inside, rule) in [
        ("<update><a>1</a></update>", Difference::UnknownCase),
        ("<close/>", Difference::UnknownCase),
        ("", Difference::EmptyBlock),
    ] {
        let mut server = Server::default();
        let applied = server.form("f", &case("c", "2024-05-01", inside));
        assert!(matches!(&applied.changes[0], Change::Created(case) if case.case_id.as_str() == "c"));
        assert!(
            applied.notes.iter().any(|note| note.rule == rule && note.name.is_none()),
            "{:?}",
            applied.notes
        );
        let case = server.case("c");
        assert_eq!(
            (&*case.case_type, case.owner_id.as_str(), case.closed),
            ("", "amy", inside == "<close/>")
        );
    }
}

/// C-120: an action with a capital letter is passed over for its name; C-027: an element that is no action, for what it is.
#[test]
fn what_is_passed_over_is_told_by_its_reason() {
    for (inside, rule) in [
        ("<Index><p case_type='t'>x</p></Index>", Difference::ActionName),
        ("<CLOSE/>", Difference::ActionName),
        ("<x><close/></x>", Difference::InnerBlock),
        ("<case><close/></case>", Difference::InnerBlock),
    ] {
        let applied =
            server().form("g", &case("c", "2024-05-11", &format!("<update><a>1</a></update>{inside}")));
        let rules: Vec<_> = applied.notes.iter().map(|note| note.rule).collect();
        assert_eq!(rules, [rule], "{inside}");
        assert!(!server().case("c").closed);
    }
}

/// C-120, C-063: an action with a capital letter is none to CommCare HQ, and has no place among its actions; to the device it is
/// one, and the block not without any.
#[test]
fn an_action_passed_over_is_told_of_by_nothing_but_its_name() {
    for inside in [
        "<Index><p case_type='t'>x</p></Index><update><a>1</a></update>",
        "<update><a>1</a></update><Create><case_name>n</case_name></Create>",
        "<Index><p case_type='t'>x</p></Index>",
        "<CLOSE/>",
    ] {
        let applied = server().form("g", &case("c", "2024-05-11", inside));
        let rules: Vec<_> = applied.notes.iter().map(|note| note.rule).collect();
        assert_eq!(rules, [Difference::ActionName], "{inside}");
    }
    let applied = Server::default().form("g", &case("c", "2024-05-11", "<CLOSE/>"));
    let rules: Vec<_> = applied.notes.iter().map(|note| note.rule).collect();
    assert_eq!(rules, [Difference::UnknownCase, Difference::OwnerRefilled, Difference::ActionName]);
}

/// C-067: a block without an action raises the date, and the form is one of the case's.
#[test]
fn a_block_without_an_action_touches_the_case() {
    let mut server = server();
    let last_modified = [at("2024-05-10T10:00:00Z"), at("2024-05-20T00:00:00Z")];
    let applied = server.form("f", &case("c", "2024-05-20", ""));
    assert_eq!(applied.changes[0], Change::Touched { case_id: "c".into(), last_modified });
    assert_eq!(
        applied.notes_on(&applied.changes[0]).map(|note| note.rule).collect::<Vec<_>>(),
        [Difference::EmptyBlock]
    );
    assert_eq!(server.case("c").xform_ids(), [&"create-c".into(), &"f".into()]);
}

/// C-068: create on a case that is there sets what it holds, the empty text too, and opens nothing.
#[test]
fn a_second_create_sets_what_it_holds() {
    let mut server = server();
    server.form("f", &case("c", "2024-05-11", "<update><a>1</a></update><close/>"));
    server.form("g", &case("c", "2024-05-12", "<create><case_name/><external_id>x</external_id></create>"));
    let case = server.case("c");
    assert_eq!((&*case.case_type, &*case.name, case.owner_id.as_str()), ("patient", "", "amy"));
    assert_eq!((case.external_id.as_deref(), case.closed), (Some("x"), true));
    assert_eq!(case.date_opened, Some(at("2024-05-10T10:00:00Z")));
    assert_eq!(server.property("c", "a").as_deref(), Some("1"));
}

/// C-068: create on a case that is there keeps its links.
/// C-069: no property opens a case again.
#[test]
fn neither_create_nor_update_undoes_a_link_or_a_close() {
    let mut server = server();
    server.form("x", &patient("x", "2024-05-10"));
    server.form("f", &index("<p case_type='patient'>x</p>"));
    server.form("g", &case("c", "2024-05-12", "<close/>"));
    server.form("h", &case("c", "2024-05-13", &creation("t", "n", "o")));
    server.form("i", &update("2024-05-14", "<closed>false</closed><status>open</status>"));
    let case = server.case("c");
    assert_eq!((case.closed, &*case.name, case.indices.len()), (true, "n", 1));
}

/// C-069: closing a closed case moves the date of closing and who did it, nothing else.
#[test]
fn a_second_close_moves_the_date() {
    let mut server = server();
    let close = |date: &str| case("c", date, "<close/>");
    server.form("f", &close("2024-05-11T00:00:00Z"));
    let mut expected = server.case("c").clone();
    let applied = server.form("g", &close("2024-05-12T00:00:00Z").replace("'amy'", "'bob'"));
    assert!(!applied.changes.contains(&Change::Closed("c".into())));
    let case = server.case("c");
    assert_eq!(case.hq.closed_on, Some(at("2024-05-12T00:00:00Z")));
    assert_eq!((case.hq.closed_by.as_ref().unwrap().as_str(), case.closed), ("bob", true));
    // Like every block, it dates the case and is a part of its history.
    expected.last_modified = case.last_modified;
    expected.hq = case.hq.clone();
    assert_eq!(case, &expected);
}

/// C-070: modified_on is the latest date of all.
/// C-071: modified_by is who acted in the last block applied, whatever its date.
#[test]
fn the_latest_date_counts_and_the_last_user() {
    let mut server = server();
    let applied = server.form("f", &update("2024-05-01T10:00:00Z", "").replace("'amy'", "'bob'"));
    let case = server.case("c");
    assert_eq!(case.last_modified, at("2024-05-10T10:00:00Z"));
    assert_eq!(case.hq.modified_by.as_ref().unwrap().as_str(), "bob");
    assert_eq!(case.hq.opened_by.as_ref().unwrap().as_str(), "amy");
    assert!(applied.notes.iter().any(|note| note.rule == Difference::LastModified));
    server.form("g", &update("2024-05-11", "<user_id>eve</user_id>"));
    assert_eq!(
        server.case("c").hq.modified_by.as_ref().unwrap().as_str(),
        "amy",
        "the block's user comes last"
    );
}

/// C-072: an owner that is empty after a block is the user, whether it was never given or taken away.
#[test]
fn an_empty_owner_is_the_user() {
    let mut server = server();
    server.form("f", &update("2024-05-11", "<owner_id>bob</owner_id>"));
    assert_eq!(server.case("c").owner_id.as_str(), "bob");
    server.form("g", &update("2024-05-12", "<owner_id/>"));
    assert_eq!(server.case("c").owner_id.as_str(), "amy");
    server.form("h", &update("2024-05-12", "<owner_id>-</owner_id>"));
    assert_eq!(server.case("c").owner_id.as_str(), "-");
}

/// C-053, C-072: the user who would become the owner has to be as short as an owner that is written.
#[test]
fn a_user_whose_id_is_too_long_becomes_no_owner() {
    let mut server = server();
    let of_user = |length: usize, inside: &str| {
        case("d", "2024-05-11", inside).replace("user_id='amy'", &format!("user_id='{}'", "u".repeat(length)))
    };
    let create = "<create><case_type>t</case_type><case_name>n</case_name></create>";
    let error = server.refuses(&of_user(256, create));
    assert_snapshot!(error, @"`owner_id` is 256 long, 255 at most is taken");
    assert_eq!(error.kind.exception(), Some("CaseValueError"));
    server.form("f", &of_user(255, create));
    assert_eq!(server.case("d").owner_id.as_str().len(), 255);
    let error = server.refuses(&of_user(256, "<update><owner_id/></update>"));
    assert_snapshot!(error, @"`owner_id` is 256 long, 255 at most is taken");
    // Who has an owner needs none, whoever acts.
    server.form("g", &of_user(256, "<update><owner_id>bob</owner_id></update>"));
    assert_eq!(server.case("d").owner_id.as_str(), "bob");
}

/// C-074: a case was opened on date_opened if that was given, else on the date of its first block.
#[test]
fn a_case_is_opened_by_its_first_block() {
    let mut server = server();
    assert_eq!(server.case("c").date_opened, Some(at("2024-05-10T10:00:00Z")));
    server.form("f", &update("2024-05-11", "<date_opened>2024-01-31</date_opened>"));
    assert_eq!(server.case("c").date_opened, Some(at("2024-01-31T00:00:00Z")));
    let opened = "<create><date_opened>2024-02-01T02:00:00+02:00</date_opened></create>";
    server.form("g", &case("d", "2024-05-11", opened));
    assert_eq!(server.case("d").date_opened, Some(at("2024-02-01T00:00:00Z")));
    for bad in ["", "soon"] {
        let error = server.refuses(&update("2024-05-11", &format!("<date_opened>{bad}</date_opened>")));
        assert_eq!(
            (error.kind.exception(), error.kind.class()),
            (Some("CaseValueError"), Some(Class::Known))
        );
    }
}

/// C-075: name in an update is the case's name, hq_user_id its external id as well, location_id no entry of the map.
#[test]
fn three_names_mean_something_to_hq() {
    let mut server = server();
    server.form(
        "f",
        &update(
            "2024-05-11",
            "<name>N</name><case_name>M</case_name><hq_user_id>u</hq_user_id><location_id>l</location_id>",
        ),
    );
    let case = server.case("c");
    assert_eq!((&*case.name, case.external_id.as_deref()), ("N", Some("u")));
    assert_eq!(case.hq.location_id.as_deref(), Some("l"));
    assert_eq!(case.properties.keys().collect::<Vec<_>>(), ["hq_user_id"]);
}

/// C-076: to CommCare HQ category and state are properties like others.
#[test]
fn category_and_state_are_properties() {
    let mut server = server();
    server.form("f", &update("2024-05-11", "<category>1</category><state>2</state>"));
    assert_eq!(
        (server.case("c").category.as_deref(), server.property("c", "category").as_deref()),
        (None, Some("1"))
    );
}

/// C-077: an empty leaf sets the empty text.
#[test]
fn an_empty_value_is_a_value() {
    let mut server = server();
    server.form("f", &update("2024-05-11", "<a>1</a>"));
    server.form("g", &update("2024-05-11", "<a/>"));
    assert_eq!(server.property("c", "a").as_deref(), Some(""));
}

/// C-078: links merge by name; an empty target removes one.
/// C-079: one that is set anew has nothing of the one before.
#[test]
fn links_merge_by_name() {
    let mut server = server();
    server.form("x", &patient("x", "2024-05-01"));
    server.form("f", &index("<p case_type='t'>x</p><q case_type='t' relationship='extension'>x</q>"));
    server.form("g", &index("<p case_type='t'/><q case_type='u'>c</q>"));
    let links: Vec<_> = server
        .case("c")
        .indices
        .iter()
        .map(|(name, index)| {
            format!("{name} {} {} {}", index.case_type, index.relationship.as_str(), index.target)
        })
        .collect();
    assert_eq!(links, ["q u child c"], "a case may even name itself");
}

/// C-080: server_modified_on is when the form was received.
/// C-081: a form is one of the case's once, whatever number of blocks.
#[test]
fn a_form_touches_a_case_once() {
    let mut server = server();
    server.form(
        "f",
        &[update("2024-05-11", "<a>1</a>"), index("<p case_type='t'/>"), case("c", "2024-05-12", "<close/>")]
            .concat(),
    );
    let case = server.case("c");
    assert_eq!(case.hq.server_modified_on, Some(server.clock));
    assert_eq!(case.xform_ids(), [&"create-c".into(), &"f".into()]);
    let did = case.hq.transactions[1].did;
    assert!(did.close && did.index && !did.create && !did.ledger && !did.attachment, "{did:?}");
    assert_eq!(case.hq.transactions[1].client_date, at("2024-05-12T00:00:00Z"));
    assert_eq!(case.hq.transactions[1].sync_token.as_deref(), Some("token"));
}

#[test]
fn a_link_points_at_what_is_known() {
    let mut server = server();
    let error = server.refuses(&[index("<p case_type='t'>x</p>"), update("2024-05-11", "<a>1</a>")].concat());
    assert_snapshot!(error, @"index `p` of case `c` points at `x`, which is not known");
    assert_eq!((error.kind.exception(), error.kind.class()), (Some("InvalidCaseIndex"), Some(Class::Known)));
    assert!(error.mark.span().is_some());
    server.form("later", &[index("<p case_type='t'>x</p>"), patient("x", "2024-05-11")].concat());
    // All links are looked at as soon as one is set, and only then.
    server.memory = {
        use crate::store::{Staging, Store};
        let mut staging = Staging::new();
        staging.remove_case("x".into());
        let mut memory = server.memory.clone();
        memory.commit(staging.take_writes()).unwrap();
        memory
    };
    server.form("g", &update("2024-05-11", "<a>2</a>"));
    let error = server.refuses(&index("<q case_type='t'>c</q>"));
    assert_snapshot!(error, @"index `p` of case `c` points at `x`, which is not known");
}

#[test]
fn a_case_belongs_to_one_project() {
    let mut server = server();
    server.project = Project::new("other");
    let error = server.refuses(&update("2024-05-11", "<a>1</a>"));
    assert_snapshot!(error, @"case `c` belongs to another project");
    let error = server.refuses(&case("d", "2024-05-11", "<index><p case_type='t'>c</p></index>"));
    assert_snapshot!(error, @"index `p` of case `d` points at `c`, which is not known");
    // A form id that another project has is given up for the fresh one.
    server.form("create-c", &patient("d", "2024-05-11"));
    let form = server.memory.forms().find(|form| form.domain == "other").unwrap();
    assert_eq!((form.form_id.as_str(), form.orig_id.as_ref().unwrap().as_str()), ("fresh-1", "create-c"));
    assert_eq!(server.case("d").xform_ids(), [&"fresh-1".into()]);
}

#[test]
fn values_are_as_the_json_of_the_form_has_them() {
    let mut server = server();
    server.form("f", &update("2024-05-11", "<a> 1 </a><b>2024-05-01T12:00:00.000+02</b><c unit='kg'>7</c>"));
    assert_eq!(server.property("c", "a").as_deref(), Some(" 1 "));
    assert_eq!(server.property("c", "b").as_deref(), Some("2024-05-01T10:00:00.000000Z"));
    let crate::case::Value::Object(element) = &server.case("c").properties["c"] else { panic!("no object") };
    assert_eq!((element.attribute("unit"), &*element.text()), (Some("kg"), "7"));
    // Of an element that is more than a text only what precedes the first child counts (8.1), and it is rewritten as any (8.4).
    let objects = "<d u='1'>a<z>1</z>b</d><e u='1'>2024-05-01T12:00:00.000+02</e><f u='1'> </f>";
    server.form("g", &update("2024-05-11", objects));
    let texts = ["d", "e", "f"].map(|name| server.property("c", name).unwrap());
    assert_eq!(texts, ["a", "2024-05-01T10:00:00.000000Z", ""]);
    let error = server.refuses(&update("2024-05-11", &format!("<case_type>{}</case_type>", "é".repeat(256))));
    assert_snapshot!(error, @"`case_type` is 256 long, 255 at most is taken");
    assert_eq!(error.kind.exception(), Some("CaseValueError"));
}

#[test]
fn files_come_with_the_form_where_the_project_has_them() {
    let attach = |inside: &str| case("c", "2024-05-11", &format!("<attachment>{inside}</attachment>"));
    let mut server = server();
    server.form("f", &attach("<a src='b.jpg' from='local'/>"));
    assert!(server.case("c").attachments.is_empty(), "the project has no such feature");
    server.project = server.project.with_case_attachments();
    server.form("g", &attach("<a src='a.jpg' from='remote'/><c from='inline'>x</c>"));
    assert_eq!(server.case("c").attachments["a"].src, "a.jpg");
    let error = server.refuses(&attach("<a src='b.jpg' from='local'/>"));
    assert_snapshot!(error, @"attachment `a` is to be `b.jpg`, which did not come with the form");
    assert_eq!(
        (error.kind.exception(), error.kind.class()),
        (Some("AttachmentNotFound"), Some(Class::Unexpected))
    );
    server.form("h", &attach("<a/>"));
    assert!(server.case("c").attachments.is_empty());
}

#[test]
fn faults_are_met_in_an_order() {
    let mut server = server();
    let untyped = index("<p>c</p>");
    let error = server.refuses(&[&*untyped, &update("never", "")].concat());
    assert_eq!(error.kind.exception(), Some("PhoneDateValueError"));
    assert_eq!(server.refuses(&untyped).kind.exception(), Some("CaseGenerationException"));
    let legacy = "<case><case_id>c</case_id><date_modified>2024-05-11</date_modified></case>";
    assert_eq!(server.refuses(legacy).kind.exception(), Some("VersionNotSupported"));
    let referral = legacy.replace("</case>", "<referral><referral_id>r</referral_id></referral></case>");
    assert_eq!(server.refuses(&referral).kind.exception(), Some("UsesReferrals"));
    let log = format!("<log xmlns='http://code.javarosa.org/devicereport'>{untyped}</log>");
    assert_eq!(server.form("log", &log).changes.len(), 1, "the form itself");
    let clock = server.tick();
    let error = server.receive("<data><meta><instanceID>x</instanceID></meta></data>", clock).unwrap_err();
    assert_eq!(
        (error.to_string(), error.kind.class()),
        ("the form has no namespace".into(), Some(Class::SubmissionError))
    );
}
