//! What parts the two, by example.

use chrono::{DateTime, FixedOffset};
use insta::assert_snapshot;
use openrosa_xml::Instance;

use super::{Sent, diverge};
use crate::{
    hq::Project,
    scenario::{case, creation, form, patient},
};

/// What parts the two after these forms, a line each, with the statement behind it.
fn parted(forms: &[&str]) -> String {
    let sources: Vec<_> =
        forms.iter().enumerate().map(|(number, blocks)| form(&format!("f{number}"), blocks)).collect();
    let read: Vec<_> = sources.iter().map(|source| Instance::read(source).unwrap()).collect();
    let now: DateTime<FixedOffset> = DateTime::parse_from_rfc3339("2024-05-31T12:00:00Z").unwrap();
    let sent: Vec<_> = read.iter().zip(&sources).map(|(form, source)| Sent::new(form, source, now)).collect();
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

#[test]
fn what_is_portable_does_not_part() {
    assert_eq!(
        parted(&[&patient("c", "2024-05-10"), &case("c", "2024-05-11", "<update><a>1</a></update><close/>")]),
        ""
    );
}
