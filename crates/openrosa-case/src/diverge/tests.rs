//! What parts the two, by example.

use chrono::{DateTime, FixedOffset};
use insta::assert_snapshot;
use openrosa_xml::Instance;

use super::{Parted, Sent, diverge};
use crate::{
    hq::Project,
    scenario::{case, creation, form, patient},
};

/// What parts the two after these forms, a line each, with the statement behind it.
fn parted(forms: &[&str]) -> String {
    let form = |(number, blocks): (usize, &&str)| form(&format!("f{number}"), blocks);
    parted_documents(&forms.iter().enumerate().map(form).collect::<Vec<_>>())
}

fn balance(id: &str, quantity: u8) -> String {
    format!(
        "<balance xmlns='http://commcarehq.org/ledger/v1' date='2024-05-01' section-id='s' entity-id='{id}'><entry id='soap' quantity='{quantity}'/></balance>"
    )
}

fn parted_documents(sources: &[String]) -> String {
    let read: Vec<_> = sources.iter().map(|source| Instance::read(source).unwrap()).collect();
    let now: DateTime<FixedOffset> = DateTime::parse_from_rfc3339("2024-05-31T12:00:00Z").unwrap();
    let sent: Vec<_> = read.iter().zip(sources).map(|(form, source)| Sent::new(form, source, now)).collect();
    let line = |parted: &super::Divergence| {
        let side = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".into());
        let rule = parted.rule.and_then(crate::Difference::statement).unwrap_or("no statement");
        format!("{:?}: {} | {} ({rule})", parted.what, side(&parted.device), side(&parted.hq))
    };
    diverge(&Project::new("demo"), &sent).iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn values_part_by_their_rules() {
    let update = "<update><a> 1 </a><b>2024-05-01T12:00+02</b><owner_id/><name>N</name><category>x</category></update>";
    let blocks = format!("{}{}", patient("c", "2024-05-10"), case("c", "2024-05-09", update));
    assert_snapshot!(parted(&[&blocks]), @r#"
    Value(CaseId("c"), "a"): 1 |  1  (C-036)
    Value(CaseId("c"), "b"): 2024-05-01T12:00+02 | 2024-05-01T10:00:00.000000Z (C-114)
    Value(CaseId("c"), "case_name"): c | N (C-075)
    Value(CaseId("c"), "last_modified"): 2024-05-09T00:00:00Z | 2024-05-10T00:00:00Z (C-070)
    Value(CaseId("c"), "name"): N | nothing (C-075)
    Value(CaseId("c"), "owner_id"):  | amy (C-072)
    "#);
}

/// The device reads the seconds through a floating-point number and cuts it; an offset has no part in that (case-xml.md 1.13).
#[test]
fn a_moment_parts_by_its_fraction_or_by_its_zone() {
    use crate::Difference as D;
    let told = |date: &str| {
        let source = form("f", &patient("c", date));
        let read = Instance::read(&source).unwrap();
        let phone = DateTime::parse_from_rfc3339("2024-05-31T12:00:00+02:00").unwrap();
        let parted = diverge(&Project::new("demo"), &[Sent::new(&read, &source, phone)]);
        let rule = |parted: super::Divergence| parted.rule.unwrap();
        parted.into_iter().map(rule).collect::<Vec<_>>()
    };
    for (date, rule) in [
        ("2024-05-01T10:00:06.100Z", Some(D::SecondFraction)),
        ("2024-05-01T10:00:06.100+02", Some(D::SecondFraction)),
        ("2024-05-01T10:00:06.123456Z", Some(D::SecondFraction)),
        ("2024-05-01T10:00:06.500Z", None),
        ("2024-05-01T10:00:06.100", Some(D::DateZone)),
        ("2024-05-01T23:30:06.100Z", Some(D::DateZone)),
        ("2024-05-01", Some(D::DateZone)),
    ] {
        assert_eq!(told(date), rule.map_or(vec![], |rule| vec![rule; 2]), "{date}");
    }
}

#[test]
fn forms_part_by_the_error_of_one_side() {
    let missing = format!("{}<index><p case_type='t'>x</p></index>", creation("t", "n", "amy"));
    let forms = [case("c", "2024-05-10", "<update><a>1</a></update>"), case("d", "2024-05-10", &missing)];
    assert_snapshot!(parted(&[&forms[0], &forms[1]]), @r#"
    Form(0): case `c` is not known, so `update` cannot be applied | nothing (C-065)
    Form(1): nothing | index `p` of case `d` points at `x`, which is not known (C-056)
    Case(CaseId("c")): nothing |  (C-065)
    Case(CaseId("d")): n | nothing (C-056)
    "#);
}

/// C-030, C-031, C-037, C-041, C-042, C-043, C-045, C-046, C-053, C-055, C-056, C-059, C-065, C-074, C-086: what one side only
/// refuses is laid at the rule by which it does.
#[test]
fn a_form_that_one_side_refuses_is_told_by_its_rule() {
    use crate::Difference as D;
    #[derive(Debug, PartialEq)]
    enum Refuses {
        Device,
        Hq,
    }
    use Refuses::{Device, Hq};
    let c = patient("c", "2024-05-10");
    let on = |inside: &str| case("c", "2024-05-11", inside);
    let create = |inside: &str| case("d", "2024-05-11", &format!("<create>{inside}</create>"));
    let (kind, name) = ("<case_type>t</case_type>", "<case_name>n</case_name>");
    let owner = "<owner_id>o</owner_id>";
    let index = |attributes: &str, target: &str| on(&format!("<index><p {attributes}>{target}</p></index>"));
    let update = "<update><a>1</a></update>";
    let long = "x".repeat(70_000);
    let moved = |ends: &str| {
        format!(
            "<transfer xmlns='http://commcarehq.org/ledger/v1' date='2024-05-01' section-id='s' {ends}><entry id='soap' quantity='3'/></transfer>"
        )
    };
    for (blocks, side, rule) in [
        (create(&format!("{kind}{name}{owner}<village>x</village>")), Device, D::CreateExtras),
        (create(&format!("{kind}{owner}")), Device, D::CreateComplete),
        (create(&format!("{kind}{name}")).replace(" user_id='amy'", ""), Device, D::OwnerNeeded),
        (on(&format!("loose{update}")), Device, D::LooseText),
        (on("<update><date_opened>soon</date_opened></update>"), Hq, D::DateOpened),
        (on("<update><a><b>1</b></a></update>"), Device, D::StructuredProperty),
        (index("", ""), Hq, D::IndexUntyped),
        (
            index("case_type='t' relationship=''", "c2") + &patient("c2", "2024-05-10"),
            Device,
            D::Relationship,
        ),
        (
            index("case_type='t' relationship='friend'", "c2") + &patient("c2", "2024-05-10"),
            Hq,
            D::Relationship,
        ),
        (index("case_type='t'", "c"), Device, D::SelfIndex),
        (index("case_type='t'", "x"), Hq, D::MissingTarget),
        (on(update).replace(" date_modified='2024-05-11'", ""), Device, D::DateModified),
        (on(update).replace(" case_id='c'", ""), Device, D::CaseIdMissing),
        (case("x", "2024-05-11", update), Device, D::UnknownCase),
        (on(&format!("<update><a>{long}</a></update>")), Device, D::TextLength),
        (balance("x", 3), Hq, D::LedgerCase),
        (balance("c", 3).replace(" date='2024-05-01'", ""), Device, D::LedgerDate),
        (moved("src='' dest=''"), Hq, D::LedgerEnds),
    ] {
        let told = refused(&[&c, &blocks]);
        let sides = told.map(|(device, hq, told)| (if device { Device } else { Hq }, device != hq, told));
        assert_eq!(sides, Some((side, true, Some(rule))), "{}", &blocks[..blocks.len().min(400)]);
    }
    let nowhere = form("f", &c).replace(" xmlns='http://example.org/f'", "");
    assert_eq!(refused_documents(&[nowhere]), Some((false, true, Some(D::FormNamespace))));
}

/// Of the last form that only one side refused: whether the device did, whether CommCare HQ did, and the rule.
fn refused(forms: &[&str]) -> Option<(bool, bool, Option<crate::Difference>)> {
    let form = |(number, blocks): (usize, &&str)| form(&format!("f{number}"), blocks);
    refused_documents(&forms.iter().enumerate().map(form).collect::<Vec<_>>())
}

fn refused_documents(sources: &[String]) -> Option<(bool, bool, Option<crate::Difference>)> {
    let read: Vec<_> = sources.iter().map(|source| Instance::read(source).unwrap()).collect();
    let now: DateTime<FixedOffset> = DateTime::parse_from_rfc3339("2024-05-31T12:00:00Z").unwrap();
    let sent: Vec<_> = read.iter().zip(sources).map(|(form, source)| Sent::new(form, source, now)).collect();
    let last = Parted::Form(sources.len() - 1);
    let parted = diverge(&Project::new("demo"), &sent);
    let parted = parted.into_iter().find(|parted| parted.what == last)?;
    Some((parted.device.is_some(), parted.hq.is_some(), parted.rule))
}

/// C-030, C-033: the device misses the id, CommCare HQ cannot read the date; nothing of the form is anywhere.
#[test]
fn a_form_that_both_refuse_parts_nothing() {
    let both = case("", "nodate", "<update><a>1</a></update>");
    assert_snapshot!(parted(&[&both]), @"");
}

/// C-035: a block that names nobody.
#[test]
fn nobody_acts_on_the_device_where_the_form_names_the_user() {
    let update = "<update><owner_id/></update>";
    let nobody = case("c", "2024-05-11", update).replace(" user_id='amy'", "");
    let parted = |block: &str| parted(&[&patient("c", "2024-05-10"), block]);
    assert_snapshot!(parted(&nobody), @r#"Value(CaseId("c"), "owner_id"):  | amy (C-035)"#);
    assert_snapshot!(parted(&case("c", "2024-05-11", update)), @r#"Value(CaseId("c"), "owner_id"):  | amy (C-072)"#);
}

/// C-028: a device log counts on the device only, with its stock where all of the form is one.
#[test]
fn what_stands_in_a_device_log_counts_on_the_device() {
    let within = |blocks: &str| format!("<log xmlns='http://code.javarosa.org/devicereport'>{blocks}</log>");
    let (bad, good) = (case("c", "2024-05-10", "<update/>"), patient("d", "2024-05-10"));
    assert_snapshot!(parted(&[&within(&good)]), @r#"Case(CaseId("d")): d | nothing (C-028)"#);
    assert_snapshot!(parted(&[&within(&bad)]), @"Form(0): case `c` is not known, so `update` cannot be applied | nothing (C-065)");
    let log = within(&format!("{good}{}", balance("d", 3)));
    let log = log.replace("</log>", "<meta><instanceID>log</instanceID></meta></log>");
    assert_snapshot!(parted_documents(&[log]), @r#"
    Case(CaseId("d")): d | nothing (C-028)
    Ledger(LedgerKey { entity_id: CaseId("d"), section_id: "s", entry_id: "soap" }): 3 | nothing (C-028)
    "#);
}

/// C-054: a block by another spelling is the device's alone, with all that stands in it; inside it CommCare HQ finds others.
#[test]
fn a_block_with_a_capital_letter_counts_on_the_device() {
    let capital = |block: &str| block.replace("<case ", "<Case ").replace("</case>", "</Case>");
    let c = patient("c", "2024-05-10");
    assert_snapshot!(parted(&[&capital(&c)]), @r#"Case(CaseId("c")): c | nothing (C-054)"#);
    let around = format!(
        "<CASE case_id='d' date_modified='2024-05-10'><a>{c}</a>{}</CASE>",
        creation("t", "D", "amy")
    );
    assert_snapshot!(parted(&[&around]), @r#"
    Case(CaseId("c")): nothing | c (C-054)
    Case(CaseId("d")): c | nothing (C-054)
    "#);
}

/// C-051: to CommCare HQ a ledger block has exactly its name; the device reads any spelling, and in a case block neither does.
#[test]
fn a_ledger_block_with_a_capital_letter_counts_on_the_device() {
    let capital = |block: &str| block.replace("balance", "Balance").replace("transfer", "TRANSFER");
    let (c, counted) = (patient("c", "2024-05-10"), balance("c", 2));
    assert_snapshot!(parted(&[&c, &capital(&counted)]), @r#"Ledger(LedgerKey { entity_id: CaseId("c"), section_id: "s", entry_id: "soap" }): 2 | nothing (C-051)"#);
    let moved = "<transfer xmlns='http://commcarehq.org/ledger/v1' date='2024-05-01' section-id='s' dest='c'><entry id='soap' quantity='3'/></transfer>";
    assert_snapshot!(parted(&[&c, &counted, &capital(moved)]), @r#"Ledger(LedgerKey { entity_id: CaseId("c"), section_id: "s", entry_id: "soap" }): 5 | 2 (C-051)"#);
    let inside = case("c", "2024-05-11", &format!("<update><a>1</a></update>{}", capital(&counted)));
    assert_eq!(parted(&[&c, &inside]), "");
    // What CommCare HQ does not look at cannot be refused there.
    assert_snapshot!(parted(&[&capital(&balance("nobody", 2)), &capital(&counted).replace("date", "dated")]), @r#"
    Form(1): `balance` has no `date` | nothing (no statement)
    Ledger(LedgerKey { entity_id: CaseId("nobody"), section_id: "s", entry_id: "soap" }): 2 | nothing (C-051)
    "#);
}

/// C-029, C-030: a group called `case` is a block without an id. CommCare HQ does not look into it.
#[test]
fn a_group_called_case_is_refused_by_the_device() {
    for group in ["<case><p>1</p></case>", "<case/>", "<CASE/>"] {
        assert_eq!(
            parted(&[group]),
            "Form(0): attribute `case_id` is missing or empty | nothing (C-030)",
            "{group}"
        );
    }
    let hidden = format!("<case><x>{}</x></case>{}", patient("c", "2024-05-10"), patient("d", "2024-05-10"));
    assert_snapshot!(parted(&[&hidden]), @r#"
    Form(0): attribute `case_id` is missing or empty | nothing (C-030)
    Case(CaseId("d")): nothing | d (C-030)
    "#);
    // Whatever stands around the group.
    let around = format!("<Case case_id='o' date_modified='2024-05-10'>{hidden}</Case>");
    assert_snapshot!(parted(&[&around]), @r#"
    Case(CaseId("d")): nothing | d (C-054)
    Case(CaseId("o")): c | nothing (C-054)
    "#);
    assert_eq!(
        parted(&["<case xmlns='urn:x' x:case_id='c' date_modified='2024-05-10' xmlns:x='urn:x'/>"]),
        ""
    );
}

/// C-037: an attribute makes an object of a property on CommCare HQ, even of the same text.
#[test]
fn a_property_with_an_attribute_is_another_thing() {
    let update = case("c", "2024-05-11", "<update><p a='1'>x</p><q>y</q></update>");
    assert_snapshot!(parted(&[&patient("c", "2024-05-10"), &update]), @r#"Value(CaseId("c"), "p"): x | <p xmlns="http://commcarehq.org/case/transaction/v2" a="1">x</p> (C-037)"#);
}

/// C-037: an object or a list in a field of CommCare HQ's is nothing that is defined, until a text comes.
#[test]
fn an_object_in_a_field_is_not_defined() {
    let c = patient("c", "2024-05-10");
    let update = |inside: &str| case("c", "2024-05-11", &format!("<update>{inside}</update>"));
    let object = update("<external_id a='1'>e</external_id>");
    assert_snapshot!(parted(&[&c, &object]), @r#"Value(CaseId("c"), "external_id"): e | not defined (C-037)"#);
    let list = update("<case_name>A</case_name><case_name>B</case_name><p>1</p><p>2</p>");
    assert_snapshot!(parted(&[&c, &list]), @r#"Value(CaseId("c"), "case_name"): B | not defined (no statement)"#);
    assert_eq!(parted(&[&c, &object, &update("<external_id>f</external_id>")]), "");
    let created = c.replace("<case_type>", "<case_type a='1'>");
    assert_snapshot!(parted(&[&created]), @r#"Value(CaseId("c"), "case_type"): patient | not defined (C-037)"#);
}

/// C-114: CommCare HQ rewrites date-times in ids and links, too, and finds the case that is meant.
#[test]
fn a_date_time_for_an_id_is_rewritten() {
    let link = "<index><p case_type='2024-05-01T10:00'>20240501T100000</p></index>";
    let blocks = [
        patient("20240501T100000", "2024-05-10"),
        case("c", "2024-05-10", &format!("{}{link}", creation("t", "n", "amy"))),
        case("d", "2024-05-10", &creation("t", "n", "20240501 1000"))
            .replace("user_id='amy'", "user_id='20240501 1000'"),
    ];
    assert_snapshot!(parted(&[&blocks.concat()]), @r#"
    Case(CaseId("2024-05-01T10:00:00.000000Z")): nothing | 2024-05-01T10:00:00.000000Z (C-114)
    Case(CaseId("20240501T100000")): 20240501T100000 | nothing (C-114)
    Index(CaseId("c"), "p"): child 2024-05-01T10:00 20240501T100000 | child 2024-05-01T10:00:00.000000Z 2024-05-01T10:00:00.000000Z (C-114)
    Value(CaseId("d"), "owner_id"): 20240501 1000 | 2024-05-01T10:00:00.000000Z (C-114)
    "#);
}

/// C-074: a time of opening, which is none to the device.
#[test]
fn a_time_of_opening_is_none_on_the_device() {
    let opened = case("c", "2024-05-11", "<update><date_opened>2024-04-01T23:30:00Z</date_opened></update>");
    assert_snapshot!(parted(&[&patient("c", "2024-05-10"), &opened]), @r#"Value(CaseId("c"), "date_opened"): nothing | 2024-04-01T23:30:00Z (C-074)"#);
}

/// C-027: what stands inside a close counts on the device.
#[test]
fn what_stands_in_a_close_counts_on_the_device() {
    let closed = case("c", "2024-05-11", "<close><update><p>1</p></update></close>");
    assert_snapshot!(parted(&[&patient("c", "2024-05-10"), &closed]), @r#"Value(CaseId("c"), "p"): 1 | nothing (C-027)"#);
}

/// The empty section is one to the device, and none to CommCare HQ (case-xml.md 3.2).
#[test]
fn stock_in_the_empty_section_counts_on_the_device() {
    let counted = balance("c", 5).replace("section-id='s'", "section-id=''");
    assert_snapshot!(parted(&[&patient("c", "2024-05-10"), &counted]), @r#"Ledger(LedgerKey { entity_id: CaseId("c"), section_id: "", entry_id: "soap" }): 5 | nothing (no statement)"#);
}

/// C-051: a ledger block inside a case block.
#[test]
fn stock_inside_a_case_block_counts_on_the_server() {
    let inside = case("c", "2024-05-11", &format!("<update><a>1</a></update>{}", balance("c", 7)));
    assert_snapshot!(
        parted(&[&patient("c", "2024-05-10"), &inside]),
        @r#"Ledger(LedgerKey { entity_id: CaseId("c"), section_id: "s", entry_id: "soap" }): nothing | 7 (C-051)"#
    );
}

/// C-087: the one difference that no state can show. Wherever stock stands among case blocks, it comes to the same on both
/// sides, before the block that creates its case, too.
#[test]
fn the_order_of_stock_and_case_blocks_parts_nothing() {
    let cases = [patient("c", "2024-05-10"), case("c", "2024-05-11", "<update><a>1</a></update><close/>")];
    for place in 0..=cases.len() {
        let mut blocks = cases.to_vec();
        blocks.insert(place, balance("c", 7));
        assert_eq!(parted(&[&blocks.concat()]), "", "stock at place {place}");
    }
}

/// C-064: blocks of one case that stand in interleaved repeats: CommCare HQ's JSON gathers these (case-xml.md T-21).
#[test]
fn interleaved_repeats_are_visited_together() {
    let block = |x: u8| case("c", "2024-05-11", &format!("<update><x>{x}</x></update>"));
    let visits = format!("<a>{}</a><b>{}</b><a>{}</a>", block(1), block(2), block(3));
    let together = format!("<a>{}</a><a>{}</a><b>{}</b>", block(1), block(3), block(2));
    let create = patient("c", "2024-05-10");
    assert_snapshot!(parted(&[&create, &visits]), @r#"Value(CaseId("c"), "x"): 3 | 2 (C-064)"#);
    assert_eq!(parted(&[&create, &together]), "");
}

#[test]
fn what_is_portable_does_not_part() {
    assert_eq!(
        parted(&[&patient("c", "2024-05-10"), &case("c", "2024-05-11", "<update><a>1</a></update><close/>")]),
        ""
    );
}
