use super::look::outside_blocks;
use crate::check::rule_file::*;
use crate::{ns, xml::Element};

pub(super) static RULE: Rule = Rule {
    code: "blocks-stray-element",
    title: "an element of Case XML that stands in no block",
    verdicts: &[(Spec, Error), (Device, Warning), (Hq, Warning)],
    message: "`{name}` is in the namespace of case blocks and stands in none",
    remedy: "see whether it is a misspelling of `case`; put actions into a block, and answers into the namespace of the \
          form",
    why: "Both readers look for `case` alone: what the element says about a case is lost without a word.",
    statements: &["C-001", "C-022"],
    sections: &["case-xml.md 1.1", "case-xml.md 1.12"],
    triggers: Example::Form(
        r#"
  <cases xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
  <!-- <- blocks-stray-element -->
    <update><weight>12</weight></update>
  </cases>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight>12</weight></update>
  </case>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    let is_stray = |element: &Element<'_>| {
        element.name.namespace() == Some(ns::CASE) && !element.name.local_name().eq_ignore_ascii_case("case")
    };
    let is_looked_into =
        |parent: &&Element<'_>| !is_stray(parent) && !parent.name.local_name().eq_ignore_ascii_case("case");
    for parent in outside_blocks(form).filter(is_looked_into) {
        for child in parent.elements().filter(|child| is_stray(child) && child.child("case").is_none()) {
            found.push(Draft::at(Spot::name(span(child.mark))).value("name", child.name.local_name()));
        }
    }
}
