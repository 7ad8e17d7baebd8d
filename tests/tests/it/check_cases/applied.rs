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
    for name in ["village", "user_id", "location_id"] {
        told(&set(name), [false, false], &[]);
    }
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
