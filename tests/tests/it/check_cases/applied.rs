//! What the check says of a form is held against what becomes of it on a device and on CommCare HQ that know nothing yet.

use chrono::{DateTime, FixedOffset};
use openrosa_case::{
    apply::{self, Work},
    device::DeviceForm,
    hq::{Project, Submission},
    store::Memory,
};
use openrosa_xml::{
    Instance,
    check::{Audience, Audiences},
};

use super::*;

fn now() -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339("2024-06-01T12:00:00+02:00").expect("a moment is written right")
}

/// Whether the device and CommCare HQ refuse the form.
fn refusals(source: &str) -> [bool; 2] {
    let form = Instance::read(source).expect("the form is well-formed");
    let project = Project::new("p");
    let mut submission = Submission::new(&project, &form, source, "fresh", now().to_utc());
    [is_declined(&mut DeviceForm::new(&form, now())), is_declined(&mut submission)]
}

fn is_declined(work: &mut impl Work) -> bool {
    apply::apply(&mut Memory::new(), work).is_err()
}

/// Who, of the two, refuses the form by the check, and by which codes.
fn errors(source: &str) -> ([bool; 2], Vec<&'static str>) {
    let options = Options { audiences: Some(Audiences::COMMCARE), ..Options::default() };
    let report = check::document(source, &options);
    let by = [Audience::Device, Audience::Hq].map(|reader| report.refused_by(reader).is_some());
    let is_error = |finding: &&Finding| {
        [Audience::Device, Audience::Hq]
            .iter()
            .any(|reader| finding.verdict(*reader) == Some(check::Severity::Error))
    };
    (by, report.findings().iter().filter(is_error).map(Finding::code).collect())
}

#[track_caller]
fn told(inside: &str, refused: [bool; 2], codes: &[&str]) {
    let source = form(inside);
    assert_eq!(refusals(&source), refused, "applied: {source}");
    assert_eq!(errors(&source), (refused, codes.to_vec()), "checked: {source}");
}

/// C-017, C-053: a field is too long for whoever finds the field in it, under whichever name it stands (case-xml.md 1.6, 1.14).
#[test]
fn a_long_field_is_told_to_whom_it_stops() {
    let long = "x".repeat(256);
    let update = |inside: &str| block(&format!("{CREATE}<update>{inside}</update>"));
    let set = |name: &str| update(&format!("<{name}>{long}</{name}>"));
    for name in ["case_type", "owner_id", "case_name", "external_id"] {
        told(&set(name), [true, true], &["case-field-long"]);
    }
    for name in ["name", "hq_user_id"] {
        told(&set(name), [false, true], &["case-field-long-on-hq"]);
    }
    told(&set("userid"), [true, false], &["case-field-long-on-device"]);
    for name in ["village", "user_id"] {
        told(&set(name), [false, false], &[]);
    }
    told(&set("location_id"), [false, true], &["case-id-long"]);
    let padded = update(&format!("<case_name>{} </case_name>", "x".repeat(255)));
    told(&padded, [false, true], &["case-field-long-on-hq"]);
    let emoji = update(&format!("<case_name>{}</case_name>", "😀".repeat(128)));
    told(&emoji, [true, false], &["case-field-long-on-device"]);
    told(&update(&format!("<case_name u='1'>{long}</case_name>")), [true, true], &["case-field-long"]);
}

/// C-017: of two that set one field the one that counts is measured.
#[test]
fn a_long_field_that_another_replaces_stops_nobody() {
    let long = "x".repeat(256);
    let update = |inside: &str| block(&format!("{CREATE}<update>{inside}</update>"));
    told(&update(&format!("<case_name>{long}</case_name><case_name>n</case_name>")), [false, false], &[]);
    told(
        &update(&format!("<name>n</name><case_name>{long}</case_name>")),
        [true, false],
        &["case-field-long-on-device"],
    );
    told(
        &update(&format!("<external_id>{long}</external_id><hq_user_id>h</hq_user_id>")),
        [true, false],
        &["case-field-long-on-device"],
    );
    told(
        &update(&format!("<owner_id>{long}</owner_id><userid>u</userid>")),
        [false, true],
        &["case-field-long-on-hq"],
    );
}

/// C-017: a user who stands in for an owner is one, too.
#[test]
fn a_long_user_stops_whoever_makes_an_owner_of_it() {
    let by = |user: &str, actions: &str| {
        format!(
            "<case xmlns='{V2}' case_id='c1' date_modified='2024-05-01T10:00:00Z' user_id='{user}'>{actions}</case>"
        )
    };
    let long = "u".repeat(256);
    let create = "<create><case_type>t</case_type><case_name>n</case_name></create>";
    told(&by("u1", create), [false, false], &[]);
    told(&by(&long, create), [true, true], &["case-field-long"]);
    told(&by(&long, CREATE), [false, false], &[]);
    told(
        &by(&long, &format!("{create}<update><owner_id>o</owner_id></update>")),
        [true, false],
        &["case-field-long-on-device"],
    );
    told(
        &by(&long, &format!("{CREATE}<update><owner_id/></update>")),
        [false, true],
        &["case-field-long-on-hq"],
    );
}

/// C-035: where the block names nobody, the user of the form stands in on CommCare HQ, and there alone.
#[test]
fn a_long_user_of_the_form_stops_commcare_hq_alone() {
    let by = |attribute: &str, user: &str| {
        let actions = format!("{CREATE}<update><owner_id/></update>");
        let block = format!(
            "<case xmlns='{V2}' case_id='c1' date_modified='2024-05-01' {attribute}>{actions}</case>"
        );
        form(&block).replace("<userID>u1<", &format!("<userID>{user}<"))
    };
    let long = "u".repeat(256);
    let (taken, refused) = (([false, false], vec![]), ([false, true], vec!["case-field-long-on-hq"]));
    for attribute in ["", "user_id=''"] {
        for (user, told) in [("u1", &taken), (&"u".repeat(255), &taken), (&long, &refused)] {
            let source = by(attribute, user);
            assert_eq!((refusals(&source), errors(&source)), (told.0, told.clone()), "{source}");
        }
    }
    let source = by("user_id='u1'", &long);
    assert_eq!((refusals(&source), errors(&source)), ([false, false], taken));
}

/// Ids, and what links carry, go into columns of CommCare HQ that hold 255 characters, and there alone (case-xml.md 1.14).
#[test]
fn what_does_not_fit_a_column_is_told() {
    let household = block_of("h1", CREATE);
    let links = |index: &str| household.clone() + &block(&format!("{CREATE}<index>{index}</index>"));
    let all = |text: &str| {
        [
            (block_of(text, CREATE), "case-id-long"),
            (block(&format!("{CREATE}<update><location_id>{text}</location_id></update>")), "case-id-long"),
            (links(&format!("<{text} case_type='t'>h1</{text}>")), "case-index-long"),
            (links(&format!("<p case_type='{text}'>h1</p>")), "case-index-long"),
        ]
    };
    for (inside, code) in all(&"é".repeat(256)) {
        told(&inside, [false, true], &[code]);
    }
    for longest in ["é".repeat(255), "😀".repeat(255)] {
        all(&longest).iter().for_each(|(inside, _)| told(inside, [false, false], &[]));
    }
    let long = "x".repeat(256);
    told(&links(&format!("<{long} case_type='{long}'/>")), [false, false], &[]);
    let replaced = format!("<location_id>{long}</location_id><location_id>l</location_id>");
    told(&block(&format!("{CREATE}<update>{replaced}</update>")), [false, false], &[]);
    let linked = block_of(&long, CREATE) + &links(&format!("<p case_type='t'>{long}</p>"));
    told(&linked, [false, true], &["case-id-long", "case-index-long"]);
}

/// C-018: whatever the device stores has its limit in bytes; what it does not store has none (case-xml.md 1.14).
#[test]
fn a_text_that_the_device_cannot_store_is_told() {
    let (longest, long) = ("é".repeat(32_767), "é".repeat(32_768));
    let update = |inside: &str| block(&format!("{CREATE}<update>{inside}</update>"));
    for name in ["village", "category", "state", "case_id", "user_id"] {
        told(&update(&format!("<{name}>{longest}</{name}>")), [false, false], &[]);
        told(&update(&format!("<{name}>{long}</{name}>")), [true, false], &["case-text-large"]);
    }
    told(&update(&format!("<village u='1'>{long}</village>")), [true, false], &["case-text-large"]);
    told(&update(&format!("<village>{long}</village><village>v</village>")), [false, false], &[]);
    told(&update(&format!("<last_modified>{long}</last_modified>")), [false, false], &[]);
    let both = ["case-id-long", "case-text-large"];
    let (inside, source) = (block_of(&long, CREATE), form(&block_of(&long, CREATE)));
    assert_eq!(refusals(&source), [true, true], "{inside:.80}");
    assert_eq!(errors(&source), ([true, true], both.to_vec()));
}

/// C-017, C-018: the device looks into what is no action, and finds what is too long for it (case-xml.md 1.11).
#[test]
fn what_is_too_long_inside_an_element_that_is_no_action_is_told() {
    let inside = |what: &str| block(&format!("{CREATE}<x>{what}</x>"));
    let name = |units: usize| format!("<update><case_name>{}</case_name></update>", "x".repeat(units));
    told(&inside(&name(255)), [false, false], &[]);
    told(&inside(&name(256)), [true, false], &["case-action-unknown-refused"]);
    let text = |bytes: usize| format!("<update><village>{}</village></update>", "x".repeat(bytes));
    told(&inside(&text(65_535)), [false, false], &[]);
    told(&inside(&text(65_536)), [true, false], &["case-action-unknown-refused"]);
    let create = CREATE.replace("Amina", &"x".repeat(256));
    told(&inside(&create), [true, false], &["case-action-unknown-refused"]);
    told(
        &block(&format!("{CREATE}<close>{}</close>", name(256))),
        [true, false],
        &["case-action-unknown-refused"],
    );
}

/// C-085: digits that are too many are a quantity, and refused; a word is none (case-xml.md 3.2).
#[test]
fn a_quantity_that_is_too_large_is_told() {
    let stock = |quantity: &str| {
        let balance = format!(
            "<balance xmlns='http://commcarehq.org/ledger/v1' entity-id='c1' date='2024-05-01' section-id='s'>\
             <entry id='e' quantity='{quantity}'/></balance>"
        );
        block(CREATE) + &balance
    };
    told(&stock("9"), [false, false], &[]);
    for large in ["92233720368548", "-92233720368548", "1e20", "1e400", "-1e400"] {
        told(&stock(large), [true, true], &["ledger-quantity-large"]);
    }
    told(&stock("92233720368547"), [true, false], &["ledger-quantity-fraction"]);
    for word in ["inf", "Infinity", "nan", "many"] {
        told(&stock(word), [true, false], &["ledger-quantity-unreadable"]);
    }
}

/// C-008, C-054: the device keeps no opening date of a shape that CommCare HQ alone reads.
#[test]
fn an_opening_date_that_the_device_loses_is_told() {
    let opened = |date: &str| {
        let source = form(&block(&format!("{CREATE}<update><date_opened>{date}</date_opened></update>")));
        assert_eq!(refusals(&source), [false, false], "{date}");
        let mut memory = Memory::new();
        let instance = Instance::read(&source).expect("the form is well-formed");
        apply::apply(&mut memory, &mut DeviceForm::new(&instance, now())).expect("the device takes it");
        (memory.get("c1").expect("the case is there").date_opened.is_some(), codes(&source))
    };
    for date in ["20240501", "2024", "2024-05", "2024-0501", "202405-01", "2024-112", "20240501T10"] {
        assert_eq!(opened(date), (false, vec!["case-date-opened-shape"]), "{date}");
    }
    assert_eq!(opened("2024-05-01T10:00:00Z"), (false, vec!["case-date-opened-time"]));
    for date in ["2024-05-01", "2024-5-1"] {
        assert_eq!(opened(date), (true, vec![]), "{date}");
    }
}

/// C-054: CommCare HQ rewrites what looks like a date-time in ids, too (case-xml.md 8.4).
#[test]
fn an_id_that_is_another_to_the_server_is_told() {
    let by = |attributes: &str, actions: &str| {
        format!("<case xmlns='{V2}' date_modified='2024-05-01T10:00:00Z' {attributes}>{actions}</case>")
    };
    let codes = |inside: &str| codes(&form(inside));
    let (time, close) = ("2024-05-01T10:00:00+02", "<close/>");
    for odd in [
        by(&format!("case_id='{time}' user_id='u1'"), close),
        by(&format!("case_id='c1' user_id='{time}'"), close),
        by("case_id='c1' user_id='u1'", &format!("<index><p case_type='t'>{time}</p></index>")),
        by("case_id='c1' user_id='u1'", &format!("<index><p case_type='{time}'>h1</p></index>")),
    ] {
        assert_eq!(codes(&odd), ["case-id-date-time"], "{odd}");
    }
    for kept in ["2024-05-01", "2024-05-01T08:00:00.000000Z", "c-2024-05-01T10:00:00"] {
        let block = by(
            &format!("case_id='{kept}' user_id='{kept}'"),
            &format!("<index><p case_type='{kept}'>h1</p></index>"),
        );
        assert_eq!(codes(&block), [""; 0], "{kept}");
    }
}
