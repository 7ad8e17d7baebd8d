//! The rules have eyes of their own; here they are held against what the two readers make of a block.

use std::fmt::Write as _;

use openrosa_tests::{
    corpus::{self, samples},
    strategies::{case_element, config},
};
use openrosa_xml::{
    Instance, Profile, Span,
    case::understood::{Context, Refusal, WarningKind},
    check::{Audience, Audiences, Severity},
    instance::FoundCase,
    ns,
    xml::Name,
};
use proptest::{collection::vec, prelude::*, sample::select};

use super::*;

/// What is wrong with the check of a document, as far as its blocks are refused or partly passed over by one of the readers.
fn disagreement(source: &str) -> Option<String> {
    let instance = Instance::read(source).ok()?;
    let findings = findings(source, &Options { audiences: Some(Audiences::COMMCARE), ..Options::default() });
    let user = instance.meta().and_then(|meta| meta.text("userID"));
    let mut told = String::new();
    for profile in [Profile::Device, Profile::Hq] {
        for found in read_by(profile, &instance) {
            let mut context = Context::new(chrono::DateTime::UNIX_EPOCH.fixed_offset());
            context.user_id = user.clone().map(Into::into);
            context.parent_namespace = found.parent_namespace.clone();
            let understood = found.block.understood_by(profile, &context);
            let error = errors(&findings, found, profile).next();
            match (&understood, error) {
                (Err(refusal), None) => {
                    let _ = writeln!(told, "{profile} refuses: {}", describe(refusal));
                }
                (Ok(_), Some(finding)) => {
                    let _ = writeln!(told, "{profile} does not refuse: {}", finding.message());
                }
                _ => {}
            }
            for warning in understood.iter().flatten().flat_map(|understood| &understood.warnings) {
                if !is_warned(&findings, &warning.kind, warning.mark.span()) {
                    let _ = writeln!(told, "{profile} passes over {:?}", warning.kind);
                }
            }
        }
    }
    (!told.is_empty()).then_some(told)
}

/// The blocks that one reader finds: to the device what stands in a block is a part of it, and CommCare HQ looks neither into
/// a device log nor into a group called `case`.
fn read_by<'i>(profile: Profile, instance: &'i Instance<'i>) -> Vec<&'i FoundCase<'i>> {
    let around = |found: &FoundCase<'_>| {
        let around = instance.device_case_around(found.block.tag.mark);
        around.map(|around| around.block.tag.name.local_name().to_owned())
    };
    match profile {
        // No device reads the log of one as a form.
        Profile::Device if instance.root().name.namespace() == Some(ns::DEVICE_REPORT) => Vec::new(),
        Profile::Device => {
            let all = instance.cases().iter().chain(instance.device_cases());
            all.filter(|found| around(found).is_none()).collect()
        }
        _ => {
            let all = instance.cases().iter().filter(|found| !found.in_device_report);
            all.filter(|found| around(found).as_deref() != Some("case")).collect()
        }
    }
}

fn describe(refusal: &Refusal) -> String {
    format!("{refusal} ({})", refusal.kind.exception())
}

fn span(found: &FoundCase<'_>) -> Span {
    found.block.tag.mark.span().expect("what was read has a mark")
}

fn is_inside(finding: &Finding, span: Span) -> bool {
    let place = finding.place.span();
    span.start <= place.start && place.end <= span.end
}

/// What a reader refuses for another reason than that it does not understand the block: lengths, dates in properties, files, and
/// links that the device cannot store or CommCare HQ does not find.
const BEYOND: [(Profile, &str); 12] = [
    (Profile::Device, "case-field-long"),
    (Profile::Device, "case-field-long-on-device"),
    (Profile::Device, "case-index-untyped"),
    (Profile::Device, "case-text-large"),
    (Profile::Hq, "case-attachment-remote"),
    (Profile::Hq, "case-date-opened-blank"),
    (Profile::Hq, "case-date-opened-unreadable"),
    (Profile::Hq, "case-field-long"),
    (Profile::Hq, "case-field-long-on-hq"),
    (Profile::Hq, "case-id-long"),
    (Profile::Hq, "case-index-long"),
    (Profile::Hq, "case-index-space"),
];

/// The errors for this reader inside the block.
fn errors<'f>(
    findings: &'f [Finding],
    found: &FoundCase<'_>,
    profile: Profile,
) -> impl Iterator<Item = &'f Finding> {
    let span = span(found);
    findings.iter().filter(move |finding| {
        finding.verdict(Audience::from(profile)) == Some(Severity::Error)
            && finding.code().starts_with("case-") | (finding.code() == "blocks-group-named-case")
            && !BEYOND.contains(&(profile, finding.code()))
            && is_inside(finding, span)
    })
}

/// Whether something is said about what CommCare HQ passes over. Ledger blocks are somebody else's.
fn is_warned(findings: &[Finding], kind: &WarningKind<'_>, at: Option<Span>) -> bool {
    let is_ledger = matches!(kind, WarningKind::UnknownAction("balance" | "transfer"));
    let is_minded = |finding: &Finding| finding.verdict(Audience::Hq).is_some();
    let at = at.expect("what was read has a mark");
    // Of two properties of one name the first is passed over, and the second is pointed at.
    let is_near = |finding: &Finding| matches!(kind, WarningKind::KnownTwice(_)) || is_inside(finding, at);
    is_ledger || findings.iter().any(|finding| is_minded(finding) && is_near(finding))
}

/// Pieces of blocks, right and wrong ones, so that each kind of refusal is met.
const ACTIONS: [&str; 47] = [
    "<create><case_type>t</case_type><case_name>n</case_name><owner_id>o</owner_id></create>",
    "<create><case_type>t</case_type><case_name>n</case_name></create>",
    "<create><case_type/><case_name/><owner_id> </owner_id></create>",
    "<create><case_type>t</case_type><owner_id>o</owner_id></create>",
    "<create><case_name>n</case_name><owner_id>o</owner_id></create>",
    "<create><case_type_id>t</case_type_id><case_name>n</case_name><owner_id>o</owner_id></create>",
    "<create><case_type>t</case_type><case_name>n</case_name><external_id>x</external_id></create>",
    "<create><case_type>t</case_type><case_name>n</case_name><owner_id>o</owner_id><owner_id/></create>",
    "<create><case_type>t</case_type><case_name><b>n</b></case_name><owner_id>o</owner_id></create>",
    "<create/>",
    "<create> </create>",
    "<create>x</create>",
    "<Create><case_type>t</case_type><case_name>n</case_name><owner_id>o</owner_id></Create>",
    "<update><a>1</a></update>",
    "<update/>",
    "<update> </update>",
    "<update>x<a>1</a></update>",
    "<update><a> 1</a><a u='1'>2</a></update>",
    "<update><a><b/></a></update>",
    "<update><owner_id/><owner_id>x</owner_id></update>",
    "<update><case_id>1</case_id><date_modified/></update>",
    "<UPDATE><a><b/></a></UPDATE>",
    "<update xmlns='urn:x'><a/></update>",
    "<index><p case_type='t'>P</p></index>",
    "<index><p>P</p></index>",
    "<index><p/></index>",
    "<index><p case_type='t' relationship=''>P</p></index>",
    "<index><p case_type='t' relationship='x'>P</p><q case_type='t' relationship='x'/></index>",
    "<index><p case_type='t'> c1 </p></index>",
    "<index><p case_type='t'>P</p><p case_type='t'/></index>",
    "<index><p case_type='t'><b>P</b></p></index>",
    "<index x='1'><p case_type='t'>P</p></index>",
    "<index xmlns='urn:x'><p case_type='t'>P</p></index>",
    "<index xmlns=''><p xmlns:y='urn:y' case_type='t' y:relationship=''>P</p></index>",
    "<attachment><p src='a' from='local'/><q><r>1</r></q></attachment>",
    "<close/>",
    "<close>x</close>",
    "<close><update><a><b/></a></update></close>",
    "<x><y><update><a><b/></a></update></y></x>",
    "<x>text</x>",
    "<referral><referral_id>r</referral_id></referral>",
    "<referral/>",
    "<referral> </referral>",
    "<case/>",
    "<x><Case/></x>",
    "<case case_id='c2'><index><p case_type='t'>c1</p></index></case>",
    "<case_id>c1</case_id>",
];

const DATES: [&str; 14] = [
    "2024-05-01T10:00:00Z",
    "2024-05-01T10:00:00Z",
    "2024-05-01T10:00:00Z",
    "2024-05-01",
    "",
    "yesterday",
    "2024-05-01 10:00:00Z",
    "2024-05-01T10:00:00+0530",
    "2024-05-01T10:00:00z",
    "2024-05-01t10:00:00Z",
    "2024-05-01T10:00:00 UTC",
    "2024-05-01T10:00:00.077 05:30",
    " 2024-05-01T10:00:00Z",
    "2024-05-01T10:00:00+20:00",
];

fn attribute(name: &'static str, values: Vec<&'static str>) -> impl Strategy<Value = String> {
    let written = select(values).prop_map(move |value| format!(" {name}='{value}'"));
    prop_oneof![8 => written.clone(), 1 => written.prop_map(|text| format!(" xmlns:z='urn:z' z:{}", &text[1..])), 1 => Just(String::new())]
}

fn attributes() -> impl Strategy<Value = String> {
    let (ids, users) = (vec!["c1", "c1", "c1", "", " c1"], vec!["u1", "u1", ""]);
    (attribute("case_id", ids), attribute("date_modified", DATES.to_vec()), attribute("user_id", users))
        .prop_map(|(id, date, user)| {
            // The prefix is declared once.
            let all = [id, date, user].concat();
            let declared = all.replace(" xmlns:z='urn:z'", "");
            if declared == all { all } else { format!(" xmlns:z='urn:z'{declared}") }
        })
}

fn made_block() -> impl Strategy<Value = String> {
    let own = format!(" xmlns='{V2}'");
    let namespaces = vec![
        own.clone(),
        own.clone(),
        own,
        " xmlns='urn:x'".to_owned(),
        String::new(),
        " xmlns=''".to_owned(),
    ];
    let around = vec!["<g>", "<g>", "<g xmlns='http://commcarehq.org/case/transaction/v2'>", "<g xmlns=''>"];
    let log = "<g xmlns='http://code.javarosa.org/devicereport'>";
    let around = around.into_iter().chain([log]).collect::<Vec<_>>();
    let names = vec!["case", "case", "case", "Case"];
    let actions = vec(select(ACTIONS.to_vec()), 0..4);
    (select(around), select(names), select(namespaces), attributes(), actions).prop_map(
        |(around, name, namespace, attributes, actions)| {
            format!("{around}<{name}{namespace}{attributes}>{}</{name}></g>", actions.concat())
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..config() })]

    #[test]
    fn a_block_has_an_error_for_a_reader_if_that_refuses_it(block in made_block()) {
        let source = form(&block);
        prop_assert_eq!(disagreement(&source), None, "{}", &source);
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn so_has_one_of_any_shape(case in case_element()) {
        let mut case = case;
        // A block needs an id to be found for one where it is in no namespace of blocks.
        case.attributes.retain(|attribute| attribute.name != Name::local("case_id"));
        let written = case.clone().with_attribute("case_id", "c1").write().unwrap();
        let source = form(&written);
        prop_assert_eq!(disagreement(&source), None, "{}", &source);
    }
}

#[test]
fn each_piece_alone_is_told_of_as_its_readers_take_it() {
    for action in ACTIONS {
        let source = form(&block(action));
        assert_eq!(disagreement(&source), None, "{source}");
    }
}

#[test]
fn real_blocks_that_a_reader_refuses_have_an_error_for_it() {
    let Some(corpus) = corpus::folder("real blocks and their readers") else { return };
    for kind in ["submission", "submission-legacy", "restore", "malformed"] {
        for sample in samples(&corpus, kind) {
            let Ok(text) = std::str::from_utf8(&sample.bytes) else { continue };
            // A restore is read by the device alone, and its blocks stand in no form.
            if !text.contains("<OpenRosaResponse") {
                assert_eq!(disagreement(text), None, "{}", sample.name);
            }
        }
    }
}
