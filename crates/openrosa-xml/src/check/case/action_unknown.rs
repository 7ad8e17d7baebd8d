use super::{
    attribute_in_element,
    look::{others, refusal_inside},
    referral,
};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-action-unknown",
    title: "an element in a block that is no action",
    verdicts: &[(Spec, Error), (Device, Portability), (Hq, Warning)],
    message: "`{name}` is no action",
    remedy: "see whether it is a misspelling of create, update, index, attachment or close; put properties into `update`",
    why: "CommCare HQ passes it over without a word. The device looks into it, and acts on an `update` or `close` in \
          there as if it stood in the block (inferred from code).",
    statements: &["C-052", "C-054"],
    sections: &["case-xml.md 1.3", "case-xml.md 1.11", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <updates></updates>
    <!-- <- case-action-unknown -->
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight>12</weight></update>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    for element in others(case) {
        let name = element.name.local_name();
        let is_known = name.eq_ignore_ascii_case("case")
            || referral::is_found(case, element)
            || attribute_in_element::is_attribute(element);
        if !is_known && refusal_inside(case, element).is_none() {
            found.push(Draft::at(Spot::name(span(element.mark))).value("name", name));
        }
    }
}
