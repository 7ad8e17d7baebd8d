//! What the check says of restores: real ones, broken ones, and any.

use openrosa_tests::{
    corpus::{self, Sample},
    strategies::{self, ledgers, restores},
};
use openrosa_xml::{
    check::{self, Audience, Finding, KnownCases, Options, RestoreCheck, Severity},
    position::Span,
    restore::{Next, RefusalKind, RestoreItem, RestoreParser, RestoreReader, Strict},
    xml::{Element, decode},
};
use proptest::prelude::*;

const RESPONSE: &str = "http://openrosa.org/http/response";

/// A restore of these items after message, token and user.
fn restore(items: &str) -> String {
    format!(
        "<OpenRosaResponse xmlns='{RESPONSE}'><message nature='ota_restore_success'>Hello</message>\
         <Sync xmlns='http://commcarehq.org/sync'><restore_id>0f3c</restore_id></Sync>\
         <Registration xmlns='http://openrosa.org/user/registration'><username>amina</username><password/>\
         <uuid>u1</uuid><date/></Registration>{items}</OpenRosaResponse>"
    )
}

fn case(id: &str, inside: &str) -> String {
    format!(
        "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='{id}' user_id='u1' \
         date_modified='2024-05-01T10:00:00.000000Z'>{inside}</case>"
    )
}

fn findings(source: &str, options: &Options<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    check::restore(source.as_bytes(), options, |finding| findings.push(finding))
        .expect("a text does not fail");
    findings
}

fn codes(source: &str) -> Vec<&'static str> {
    findings(source, &Options::default()).iter().map(Finding::code).collect()
}

/// The same, with every rule run on every block.
fn findings_without_shortcut(source: &str, options: &Options<'_>) -> Vec<Finding> {
    let mut reader = RestoreReader::new(source.as_bytes());
    let mut check = RestoreCheck::new(options).without_shortcut();
    let mut findings = Vec::new();
    while reader.next_with(|item| check.item(&item)).expect("the restore is well-formed").is_some() {
        findings.extend(check.findings(reader.parser()));
    }
    findings.extend(check.end(reader.parser()));
    findings
}

/// Every document of the corpus that is an answer of a server, as its text.
fn answers() -> Vec<(Sample, String)> {
    let Some(corpus) = corpus::folder("checking real restores and answers") else { return Vec::new() };
    let kinds = ["restore", "ledger", "registration", "openrosa-response"];
    let samples = kinds.into_iter().flat_map(|kind| corpus::samples(&corpus, kind));
    let answers = samples.filter(|sample| sample.facts.get("restore").is_some());
    answers
        .map(|sample| {
            (decode(&sample.bytes).expect("the encodings of the corpus are known").into_owned(), sample)
        })
        .map(|(a, b)| (b, a))
        .collect()
}

/// S-002: a `Sync` counts in its own namespace only, whatever the case of its letters; a ledger by its namespace alone.
#[test]
fn a_token_in_another_namespace_is_told_as_such() {
    let with = |sync: &str| restore("").replace("<Sync xmlns='http://commcarehq.org/sync'>", sync);
    let closed = |source: String| source.replace("</Sync>", "</SYNC>");
    assert_eq!(codes(&closed(with("<SYNC xmlns='http://commcarehq.org/sync'>"))), [""; 0]);
    assert_eq!(codes(&with("<Sync>")), ["restore-token-namespace"]);
    assert_eq!(codes(&restore("<x:count xmlns:x='http://commcarehq.org/ledger/v1'/>")), ["ledger-other"]);
}

/// S-005: a byte order mark does not keep the rest from being read, and is told.
#[test]
fn a_byte_order_mark_is_told_and_nothing_else() {
    let source = format!("\u{feff}{}", restore("<fixture/>"));
    assert_eq!(codes(&source), ["fixture-id-missing", "fixture-empty", "restore-byte-order-mark"]);
}

/// S-009: no token and an empty one are both told, and are not the same.
#[test]
fn a_missing_token_and_an_empty_one_are_told_apart() {
    let sync = "<Sync xmlns='http://commcarehq.org/sync'><restore_id>0f3c</restore_id></Sync>";
    assert_eq!(codes(&restore("").replace(sync, "")), ["restore-sync-missing"]);
    assert_eq!(codes(&restore("").replace("0f3c", "")), ["restore-token-blank"]);
    assert_eq!(codes(&restore("").replace("restore_id", "token")), ["restore-token-missing"]);
}

/// S-018: what comes after the first element of a fixture is told.
#[test]
fn a_second_element_of_a_fixture_is_told_at_its_place() {
    let source = restore("<fixture id='a'><rows/>\n <case case_id='1'/></fixture>");
    let findings = findings(&source, &Options::default());
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!((findings[0].code(), findings[0].place.start.line), ("fixture-second-root", 2));
    assert_eq!(slice(&source, findings[0].place.span()), "case");
}

/// S-020: a schema after its fixture is an error; either without the other is none.
#[test]
fn only_a_late_schema_is_an_error() {
    let schema = "<schema id='a'><indices><index>x</index></indices></schema>";
    let fixture = "<fixture id='a' indexed='true'><rows/></fixture>";
    let worst = |items: &str| findings(&restore(items), &Options::default()).iter().map(|f| f.severity).max();
    assert_eq!(worst(&[schema, fixture].concat()), None);
    assert_eq!(worst(fixture), None);
    assert_eq!(worst(schema), Some(Severity::Note));
    assert_eq!(worst(&[fixture, schema].concat()), Some(Severity::Error));
}

/// S-027: a block that works on an unknown case is an error, where it is known which cases there are.
#[test]
fn a_block_for_an_unknown_case_is_an_error() {
    let mut known = KnownCases::default();
    known.insert("held", "patient");
    let options = Options { known: Some(&known), ..Options::default() };
    let update = "<update><a>1</a></update>";
    let create = "<create><case_type>t</case_type><case_name>n</case_name><owner_id>o</owner_id></create>";
    let source = restore(&[case("held", update), case("new", create), case("gone", update)].concat());
    let found = findings(&source, &options);
    let unknown: Vec<_> = found.iter().filter(|finding| finding.code() == "restore-case-unknown").collect();
    assert_eq!(unknown.len(), 1, "{found:?}");
    assert_eq!(slice(&source, unknown[0].place.span()), "gone");
    assert!(!codes(&source).contains(&"restore-case-unknown"), "nothing is known, so nothing is unknown");
}

/// S-027: so is one that works on a case before it creates it; S-028: what is in an unknown action counts.
#[test]
fn a_case_is_worked_on_behind_its_create() {
    let options = Options { known: Some(&KnownCases::default()), ..Options::default() };
    let update = "<update><a>1</a></update>";
    let create = "<create><case_type>t</case_type><case_name>n</case_name><owner_id>o</owner_id></create>";
    let is_told = |inside: &str| {
        let found = findings(&restore(&case("c", inside)), &options);
        found.iter().any(|finding| finding.code() == "restore-case-unknown")
    };
    let inner = format!("<x>{update}</x>");
    for refused in
        [&[update, create].concat(), &inner, &[&*inner, create].concat(), "<attachment><p/></attachment>"]
    {
        assert!(is_told(refused), "{refused}");
    }
    for taken in
        [&[create, update].concat(), &[create, &*inner].concat(), &format!("<x>{create}</x>{update}"), "<x/>"]
    {
        assert!(!is_told(taken), "{taken}");
    }
}

/// S-033: whatever `items` says, the restore is read; a wrong number is worth a note.
#[test]
fn a_wrong_count_is_worth_a_note() {
    let with = |items: &str| restore("").replacen('>', &format!(" items='{items}'>"), 1);
    for right in ["3", "2"] {
        assert_eq!(codes(&with(right)), [""; 0], "{right}");
    }
    for wrong in ["0", "-1", "many", ""] {
        let found = findings(&with(wrong), &Options::default());
        assert_eq!(found.iter().map(Finding::code).collect::<Vec<_>>(), ["restore-items"], "{wrong}");
        assert_eq!(found[0].severity, Severity::Note);
    }
}

#[test]
fn a_root_of_another_name_is_told_by_who_reads_a_restore() {
    let source = restore("").replace("OpenRosaResponse", "restore");
    let found = findings(&source, &Options::default());
    assert_eq!(found.iter().map(Finding::code).collect::<Vec<_>>(), ["restore-root-name"]);
    assert_eq!(slice(&source, found[0].place.span()), "restore");
}

/// A restore that cannot be read on gives what was found so far, and then that.
#[test]
fn what_stops_the_reading_is_the_last_finding() {
    let source = restore("<fixture/><schema/>");
    let cut = &source[..source.len() - 22];
    assert_eq!(codes(cut), ["fixture-id-missing", "fixture-empty", "xml-cut"]);
    let broken = restore("<schema/>\n<case a=1/>");
    let found = findings(&broken, &Options::default());
    assert_eq!(
        found.iter().map(Finding::code).collect::<Vec<_>>(),
        ["fixture-schema-id-missing", "xml-malformed"]
    );
    assert_eq!(found[1].place.start.line, 2);
}

/// More ids than are to be remembered are told once, and nothing wrong is said because of it.
#[test]
fn a_full_memory_is_told_once() {
    let update = "<update><a>1</a></update>";
    let source = restore(&["1", "2", "3", "4", "1", "4"].map(|id| case(id, update)).concat());
    let options = Options { remember: 3, ..Options::default() };
    let found: Vec<_> = findings(&source, &options).iter().map(Finding::code).collect();
    // One id is that of the user.
    assert_eq!(found, ["restore-too-many-ids", "restore-case-twice"]);
}

/// However the restore arrives, the findings are the same, and so are their lines and columns.
#[test]
fn pieces_of_any_size_give_the_same_findings() {
    let items = "<fixture id='é'><rows/>\n<x/></fixture>\n stray \n<schema>\n</schema>\n";
    let source = restore(&format!("{items}{}\n{items}", case("1", "<update><a>1</a></update>")));
    let whole = findings(&source, &Options::default());
    assert!(whole.len() > 5, "{whole:?}");
    for size in [1, 7, 64, 4096] {
        let mut parser = RestoreParser::new();
        let options = Options::default();
        let mut check = RestoreCheck::new(&options);
        let mut found = Vec::new();
        for piece in source.as_bytes().chunks(size) {
            parser.push(piece);
            while let Next::Item(()) = parser.next_with(|item| check.item(&item)).unwrap() {
                found.extend(check.findings(&parser));
            }
        }
        parser.end();
        assert_eq!(parser.next_with(|_| ()).unwrap(), Next::End);
        found.extend(check.end(&parser));
        assert_eq!(found, whole, "{size}");
    }
}

fn slice(source: &str, span: Span) -> &str {
    &source[span.start as usize..span.end as usize]
}

/// What is an error to the device although [`Strict`] takes the item, and why.
const MORE_THAN_REFUSALS: [(&str, &str); 2] = [
    (
        "registration-username-blank",
        "the restore is taken, and then the user is not found by the name that was typed",
    ),
    ("registration-text", "a crash inferred from code, which nobody has seen"),
];

/// What [`Strict`] refuses although the check has no error there: a restore that is still being prepared is not taken in.
fn is_waited_for(refusal: &RefusalKind, item: &RestoreItem<'_>) -> bool {
    let is_pending = matches!(item, RestoreItem::SyncToken(token) if token.progress().is_some());
    is_pending && *refusal == RefusalKind::Pending
}

/// Holds the check against what the device refuses, item by item. Case blocks have a test of their own, with their rules.
fn hold_against_refusals(source: &str) {
    let options = Options { audiences: Some(Audience::Device.into()), ..Options::default() };
    let (mut reader, mut check, mut strict) =
        (RestoreReader::new(source.as_bytes()), RestoreCheck::new(&options), Strict::new());
    loop {
        let look = |item: openrosa_xml::restore::Located<RestoreItem<'_>>| {
            check.item(&item);
            let refusal = strict.check(&item.value).err().map(|refusal| refusal.kind);
            let refusal = refusal.filter(|refusal| !is_waited_for(refusal, &item.value));
            (item.span, refusal)
        };
        let Some((span, refusal)) = reader.next_with(look).expect("the restore is well-formed") else {
            return;
        };
        let inside = |finding: &Finding| {
            span.start <= finding.place.start.offset && finding.place.end.offset <= span.end
        };
        let errors: Vec<_> = check
            .findings(reader.parser())
            .into_iter()
            .filter(|finding| finding.severity == Severity::Error && inside(finding))
            .map(|finding| finding.code())
            .filter(|code| MORE_THAN_REFUSALS.iter().all(|(more, _)| more != code))
            .collect();
        let agree = refusal.is_some() != errors.is_empty();
        assert!(agree, "{refusal:?} {errors:?}\n{}", slice(source, span));
    }
}

#[test]
fn real_restores_have_errors_where_the_device_refuses_them() {
    for (_, text) in answers() {
        hold_against_refusals(&text);
    }
}

/// The shortcut for blocks that are plainly in order leaves nothing out.
#[test]
fn real_restores_have_the_same_findings_without_the_shortcut() {
    for (sample, text) in answers() {
        let options = Options::default();
        assert_eq!(findings(&text, &options), findings_without_shortcut(&text, &options), "{}", sample.name);
    }
}

proptest! {
    #![proptest_config(strategies::config())]

    #[test]
    fn odd_items_have_errors_where_the_device_refuses_them(
        items in proptest::collection::vec(restores::item_element(), 1..6)
    ) {
        let items: String = items.iter().map(written).collect();
        hold_against_refusals(&restore(&items));
    }

    #[test]
    fn built_ledgers_have_errors_where_the_device_refuses_them(ledger in ledgers::ledger()) {
        hold_against_refusals(&restore(&ledger.write().unwrap()));
    }

    /// Blocks by the builder pass the shortcut often, odd ones hardly ever.
    #[test]
    fn any_block_has_the_same_findings_without_the_shortcut(case in strategies::new_case(), odd in strategies::case_element()) {
        let built = case.build().unwrap().write().unwrap();
        let source = restore(&[built, written(&odd)].concat());
        for audiences in Audience::ALL.map(|audience| Some(audience.into())).into_iter().chain([None]) {
            let options = Options { audiences, ..Options::default() };
            prop_assert_eq!(findings(&source, &options), findings_without_shortcut(&source, &options), "{}", &source);
        }
    }

    /// Nearly clean blocks are where the shortcut could go wrong: each of these has one thing about it, or nothing.
    #[test]
    fn a_nearly_clean_block_has_the_same_findings_without_the_shortcut(
        place in 0_usize..1000, with in proptest::sample::select(ODDITIES.to_vec())
    ) {
        let clean = CLEAN;
        let at = clean.char_indices().map(|(at, _)| at).nth(place % clean.len()).unwrap();
        let end = at + clean[at..].chars().next().unwrap().len_utf8();
        for block in [format!("{}{with}{}", &clean[..at], &clean[at..]), format!("{}{with}{}", &clean[..at], &clean[end..])] {
            let source = restore(&block);
            if RestoreReader::new(source.as_bytes()).any(|item| item.is_err()) {
                continue;
            }
            let options = Options::default();
            prop_assert_eq!(findings(&source, &options), findings_without_shortcut(&source, &options), "{}", &block);
        }
    }
}

/// A block as the reference server writes it.
const CLEAN: &str = "<case xmlns=\"http://commcarehq.org/case/transaction/v2\" case_id=\"c1\" user_id=\"u1\" \
    date_modified=\"2024-05-01T10:00:00.000000Z\"><create><case_type>patient</case_type><case_name>Amina</case_name>\
    <owner_id>u1</owner_id></create><update><external_id>x1</external_id><date_opened>2024-05-01</date_opened>\
    <village>Kibaha</village><weight>12</weight></update><index><parent case_type=\"household\">h1</parent>\
    <mother case_type=\"patient\" relationship=\"child\">c2</mother></index><close/></case>";

const ODDITIES: [&str; 16] =
    ["", " ", "x", "_", "-", "1", "A", "é", "c1", "&#10;", "<x/>", "<!-- -->", "<close/>", "text", "+", ":"];

/// What is put into the clean block must find it clean.
#[test]
fn the_clean_block_is_clean() {
    assert_eq!(codes(&restore(CLEAN)), [""; 0]);
}

fn written(element: &Element<'_>) -> String {
    let mut out = openrosa_xml::xml::Writer::new();
    element.write_to(&mut out).expect("a generated element can be written");
    out.finish()
}
