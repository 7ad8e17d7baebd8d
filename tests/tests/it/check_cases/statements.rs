//! The statements about writing blocks, C-001 to C-024: each one broken alone is flagged under a code of its own.

use openrosa_xml::check::{Audience, Severity};

use super::*;

/// A statement, a form that breaks it, and the code.
fn broken() -> Vec<(&'static str, String, &'static str)> {
    let update = |inside: &str| form(&block(&format!("<update>{inside}</update>")));
    let index = |inside: &str| form(&block(&format!("<index>{inside}</index>")));
    let create = |inside: &str| form(&block(&format!("<create>{inside}</create>")));
    let long = "x".repeat(256);
    let dated = |date: &str| {
        form(&format!("<case xmlns='{V2}' case_id='c1' user_id='u1' date_modified='{date}'><close/></case>"))
    };
    let base = "<case_type>t</case_type><case_name>n</case_name>";
    vec![
        (
            "C-001",
            form("<case case_id='c1' user_id='u1' date_modified='2024-05-01T10:00:00Z'><close/></case>"),
            "case-namespace-missing",
        ),
        ("C-001", form(&block("<update xmlns='urn:x'><a>1</a></update>")), "case-action-namespace"),
        ("C-001", update("<a xmlns='urn:x'>1</a>"), "case-property-namespace"),
        (
            "C-002",
            form(&format!(
                "<g xmlns='{V2}'><case case_id='c1' user_id='u1' date_modified='2024-05-01T10:00:00Z'><close/></case></g>"
            )),
            "case-namespace-inherited",
        ),
        (
            "C-003",
            form(&format!(
                "<case xmlns='{V2}' date_modified='2024-05-01T10:00:00Z'><case_id>c1</case_id><close/></case>"
            )),
            "case-id-in-element",
        ),
        (
            "C-003",
            form(&format!(
                "<case xmlns='{V2}' case_id='c1'><date_modified>2024-05-01</date_modified><close/></case>"
            )),
            "case-attribute-in-element",
        ),
        (
            "C-003",
            form(&format!(
                "<case xmlns='{V2}' xmlns:x='urn:x' x:case_id='c1' date_modified='2024-05-01T10:00:00Z'><close/></case>"
            )),
            "case-attribute-namespaced",
        ),
        ("C-004", dated("2024-05-01T10:00:00+0530"), "case-date-offset-colon"),
        ("C-004", dated("2024-05-01 10:00:00Z"), "case-date-shape"),
        ("C-004", dated("2024-05-01T10:00Z"), "case-date-seconds-missing"),
        ("C-004", dated("2024-05-01T10:00:00"), "case-date-offset-missing"),
        ("C-004", dated("2024-05-01"), "case-date-offset-missing"),
        ("C-004", dated("2024-05-01T10:00:00z"), "case-date-letter-case"),
        ("C-005", form(&block("<close/><update><a>1</a></update>")), "case-action-order"),
        ("C-005", form(&block("<update><a>1</a></update><update><b>1</b></update>")), "case-action-twice"),
        ("C-006", create("<case_name>n</case_name><owner_id>u1</owner_id>"), "case-create-type-missing"),
        ("C-006", create("<case_type>t</case_type><owner_id>u1</owner_id>"), "case-create-name-missing"),
        ("C-006", create(base), "case-create-owner-missing"),
        ("C-006", create(&format!("{base}<owner_id/>")), "case-create-owner-blank"),
        ("C-006", create(&format!("{base}<owner_id>u1</owner_id><a>1</a>")), "case-create-child"),
        (
            "C-007",
            create(&format!("{base}<owner_id>u1</owner_id><external_id>x</external_id>")),
            "case-create-hq-only",
        ),
        ("C-008", update("<date_opened>2024-05-01T10:00:00Z</date_opened>"), "case-date-opened-time"),
        ("C-009", form(&block("<create/><update><a>1</a></update>")), "case-create-empty"),
        ("C-009", form(&block("<create> </create><update><a>1</a></update>")), "case-create-blank"),
        ("C-009", form(&block("<update/>")), "case-action-empty"),
        ("C-009", form(&block("<index> </index>")), "case-action-blank"),
        ("C-010", index("<p>P</p>"), "case-index-untyped"),
        ("C-010", index("<p/>"), "case-index-removal-untyped"),
        ("C-011", index("<p case_type='t' relationship=''>P</p>"), "case-index-relationship-blank"),
        ("C-011", index("<p case_type='t' relationship='x'>P</p>"), "case-index-relationship-unknown"),
        ("C-012", index("<p case_type='t'>P </p>"), "case-index-space"),
        ("C-013", index("<p case_type='t'>c1</p>"), "case-self-index"),
        ("C-014", update("<a><b>1</b></a>"), "case-property-nested"),
        ("C-014", update("<a b='1'>1</a>"), "case-property-attribute"),
        ("C-015", update("<a>1</a><a>2</a>"), "case-property-twice"),
        ("C-015", index("<p case_type='t'>P</p><p case_type='t'>Q</p>"), "case-index-twice"),
        ("C-016", update("<status>open</status>"), "case-property-reserved"),
        ("C-016", update("<userid>u2</userid>"), "case-property-userid"),
        ("C-017", update(&format!("<case_name>{long}</case_name>")), "case-field-long"),
        (
            "C-017",
            update(&format!("<case_name>{}</case_name>", "😀".repeat(128))),
            "case-field-long-on-device",
        ),
        ("C-018", update(&format!("<a>{}</a>", "x".repeat(65_536))), "case-text-large"),
        ("C-019", form("<a/><b/><a/>"), "blocks-interleaved"),
        (
            "C-020",
            form(&(block("<update><a>1</a></update>") + &block("<update><a>2</a></update>"))),
            "blocks-several",
        ),
        ("C-021", form(&(block("<update><a>1</a></update>") + &block(CREATE))), "blocks-create-late"),
        ("C-022", form("<case><weight>12</weight></case>"), "blocks-group-named-case"),
        (
            "C-023",
            format!("<data id='visit'><weight>12</weight>{}</data>", block("<close/>")),
            "form-namespace-missing",
        ),
        ("C-024", update("<a>2024-05-01T10:00:00Z</a>"), "case-property-date-time"),
    ]
}

fn all_codes(source: &str) -> Vec<&'static str> {
    // Blocks that are absent or in no namespace do not show that a form is CommCare's.
    let commcare = openrosa_xml::check::Audiences::COMMCARE;
    let options = Options { audiences: Some(commcare), ..Options::default() };
    check::document(source, &options).findings().iter().map(Finding::code).collect()
}

/// C-052: each of C-001..C-024 is flagged separately with a stable code.
#[test]
fn every_statement_about_writing_is_flagged_under_a_code_of_its_own() {
    let broken = broken();
    for number in 1..=24 {
        let statement = format!("C-{number:03}");
        assert!(broken.iter().any(|(broken, ..)| *broken == statement), "{statement} is not here");
    }
    for (statement, document, code) in &broken {
        let found = all_codes(document);
        assert!(found.contains(code), "{statement}: {code} expected, found {found:?}");
        let alike = found.iter().filter(|found| !found.starts_with("form-")).collect::<Vec<_>>();
        // One cause, one finding.
        assert!(alike.len() <= 1 || alike.iter().all(|found| *found == code), "{statement}: also {alike:?}");
    }
    let of =
        |statement: &str| broken.iter().filter(|row| row.0 == statement).map(|row| row.2).collect::<Vec<_>>();
    assert_eq!(of("C-002"), ["case-namespace-inherited"]);
}

/// A rule that names a statement of the writers is shown here to find it, so that none names one idly.
#[test]
fn rules_name_the_statements_that_they_are_shown_to_hold() {
    for (statement, _, code) in broken() {
        let rule = check::rule(code).expect("the code is a rule's");
        assert!(rule.statements.contains(&statement), "{code} does not name {statement}");
    }
}

/// C-053: length errors name the fields in the order type, owner, name, external id.
#[test]
fn fields_that_are_too_long_are_named_in_the_order_of_the_device() {
    let long = "x".repeat(300);
    let fields = ["external_id", "case_name", "owner_id", "case_type"];
    let properties: String = fields.iter().map(|field| format!("<{field}>{long}</{field}>")).collect();
    let document = form(&block(&format!("<update>{properties}</update>")));
    let [finding] = &findings(&document, &Options::default())[..] else { panic!() };
    assert_eq!(
        finding.message().to_string(),
        "longer than 255 characters: case_type, owner_id, case_name, external_id"
    );
    let at = &document[..usize::try_from(finding.place.start.offset).unwrap()];
    assert!(at.ends_with("<case_type>"), "it stands at the first of them");
    assert_eq!(finding.related.len(), 3);
}

/// C-055: self index is an error in device mode, and a milder thing in HQ mode, which takes it.
#[test]
fn one_finding_weighs_differently_for_different_readers() {
    let document = form(&block("<index><p case_type='t'>c1</p></index>"));
    let severity = |audience: Audience| {
        let options = Options { audiences: Some(audience.into()), ..Options::default() };
        findings(&document, &options).iter().map(|finding| finding.severity).collect::<Vec<_>>()
    };
    assert_eq!(severity(Audience::Device), [Severity::Error]);
    assert_eq!(severity(Audience::Hq), [Severity::Portability]);
    assert_eq!(severity(Audience::Odk), []);
}

/// C-059: a referral with something in it is `UsesReferrals`, in a block of either version; an empty one is not.
#[test]
fn a_referral_is_told_where_there_is_something_in_it() {
    let old = |referral: &str| {
        form(&format!("<case><case_id>c</case_id><date_modified>2011-01-01</date_modified>{referral}</case>"))
    };
    let referral = "<referral><referral_id>r</referral_id></referral>";
    assert!(codes(&old(referral)).contains(&"legacy-referral"));
    assert!(!codes(&old("<referral/>")).contains(&"legacy-referral"));
    assert!(codes(&form(&block(referral))).contains(&"case-referral"));
    assert!(!codes(&form(&block("<referral/>"))).contains(&"case-referral"));
    for code in ["legacy-referral", "case-referral"] {
        assert_eq!(check::rule(code).unwrap().hq_exception(), Some("UsesReferrals"));
    }
}

/// C-061: one failing block rejects the whole form.
#[test]
fn one_block_that_fails_fails_the_form() {
    let good = block_of("c2", "<update><a>1</a></update>");
    let bad = block("<index><p/></index>");
    let report = |inside: &str| check::document(&form(inside), &Options::default());
    assert!(report(&good).refused_by(Audience::Hq).is_none());
    let report = report(&[good.as_str(), &bad, &good].concat());
    assert_eq!(report.refused_by(Audience::Hq).map(Finding::code), Some("case-index-removal-untyped"));
    assert!(report.refused_by(Audience::Device).is_none());
}

/// C-119: every rule that is an error to CommCare HQ says which, but for those that its database or a reader of XML raises,
/// and the classes answer as the table of 4.6 does.
#[test]
fn errors_of_hq_have_their_class_and_answer() {
    let by_database = ["case-id-long", "case-index-long"];
    let mine = check::rules()
        .filter(|rule| ["case-", "blocks-", "legacy-"].iter().any(|folder| rule.code.starts_with(folder)));
    for rule in mine {
        let is_error = rule.verdict(Audience::Hq) == Some(Severity::Error);
        let is_told = rule.hq_class().is_some();
        assert_eq!(is_error && !by_database.contains(&rule.code), is_told, "{rule:?}");
    }
    let answers = |code: &str| {
        let class = check::rule(code).unwrap().hq_class().unwrap();
        [(class.status(3), class.nature(3)), (class.status(2), class.nature(2))]
    };
    assert_eq!(answers("case-referral"), [(422, Some("processing_failure")), (201, Some("submit_error"))]);
    assert_eq!(answers("case-index-untyped"), [(500, None), (500, None)]);
    assert_eq!(answers("xml-malformed"), [(422, Some("processing_failure")); 2]);
    assert_eq!(check::HqClass::PostSave.nature(3), Some("post_processing_failure"));
    assert!(check::HqClass::Unexpected.is_sent_again(3) && !check::HqClass::Known.is_sent_again(3));
}
