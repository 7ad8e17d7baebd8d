use super::look::others;
use crate::check::rule_file::*;
use crate::xml::Element;

pub(super) static RULE: Rule = Rule {
    code: "case-attribute-in-element",
    title: "an element in a block where an attribute belongs",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Warning)],
    message: "`{name}` stands in an element, where it must be an attribute of the block",
    remedy: "write it as an attribute of the block",
    why: "The device does not expect text there and refuses the form or restore (inferred from code). CommCare HQ \
          looks at the attribute alone and passes the element over.",
    statements: &["C-003", "C-052"],
    sections: &["case-xml.md 1.2", "case-xml.md 1.10", "case-xml.md 2"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z">
    <user_id>u1</user_id>
    <!-- <- case-attribute-in-element -->
    <update><weight>12</weight></update>
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
    for element in others(case).filter(|element| is_attribute(element)) {
        let name = element.name.local_name();
        if name != "case_id" || case.block.case_id.is_some() {
            found.push(Draft::at(Spot::name(span(element.mark))).value("name", name));
        }
    }
}

/// Whether it is an attribute of a block, written as Case XML 1.0 wrote it.
pub(super) fn is_attribute(element: &Element<'_>) -> bool {
    let is_leaf = element.elements().next().is_none() && !trim(&element.text()).is_empty();
    is_leaf && ["case_id", "date_modified", "user_id"].contains(&element.name.local_name())
}
