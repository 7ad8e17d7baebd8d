use super::look::{element, nested, properties};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-property-attribute",
    title: "an attribute on a property",
    verdicts: &[(Spec, Error), (Device, Portability), (Hq, Portability)],
    message: "`{name}` has an attribute `{attribute}`",
    remedy: "write what the attribute says as a property of its own",
    why: "CommCare HQ makes a JSON object of such a property, which breaks consumers that expect a text. The device \
          passes attributes over.",
    statements: &["C-014", "C-037", "C-052", "C-054"],
    sections: &["case-xml.md 1.10", "case-xml.md 4.8", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight unit="kg">12</weight></update>
    <!--            ^^^^^^^^^ case-property-attribute -->
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
    for property in properties(case).filter(|property| nested(&property.value).is_none()) {
        for attribute in element(&property.value).map_or(&[][..], |element| &element.attributes) {
            let local = attribute.name.local_name();
            let draft = Draft::at(Spot::attribute(span(property.mark), local));
            found.push(draft.value("name", property.name.as_ref()).value("attribute", local));
        }
    }
}
