use crate::check::rule_file::*;
use std::collections::BTreeSet;

use super::look::properties_by_action;
use crate::case::{KNOWN_TO_HQ as KNOWN, Property};

pub(super) static RULE: Rule = Rule {
    code: "case-property-twice",
    title: "a property that stands twice",
    verdicts: &[(Spec, Error), (Device, Warning), (Hq, Warning)],
    message: "`{name}` stands twice in one action; the last one counts",
    remedy: "write the property once",
    why: "Both readers keep the last value alone, and do not say so.",
    statements: &["C-015", "C-052"],
    sections: &["case-xml.md 1.11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight>12</weight><weight>13</weight></update>
    <!--                        ^^^^^^ case-property-twice -->
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight>13</weight></update>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    for properties in properties_by_action(case) {
        for property in again(properties).filter(|property| !KNOWN.contains(&property.name.as_ref())) {
            found.push(Draft::at(Spot::name(span(property.mark))).value("name", property.name.as_ref()));
        }
    }
}

/// Those whose name an earlier one has.
pub(super) fn again<'p, 'a>(properties: &'p [Property<'a>]) -> impl Iterator<Item = &'p Property<'a>> {
    let mut seen = BTreeSet::new();
    properties.iter().filter(move |property| !seen.insert(property.name.as_ref()))
}
