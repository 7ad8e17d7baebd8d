use super::look::tag;
use crate::case::Action;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-action-attribute",
    title: "an attribute on an action",
    verdicts: &[(Spec, Warning), (Hq, Warning)],
    message: "attribute `{name}` means nothing on `{action}`",
    remedy: "leave the attribute out, or make a property of it",
    why: "The standard knows no attributes there. The device passes them over; CommCare HQ takes one on `update` for \
          a property with an @ in its name (inferred from code).",
    statements: &["C-014"],
    sections: &["case-xml.md 1.3", "case-xml.md 1.11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update by="u1"><weight>12</weight></update>
    <!--    ^^^^^^^ case-action-attribute -->
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
    for action in case.block.actions.iter().filter(|action| !matches!(action, Action::Index(_))) {
        let Some(tag) = tag(action) else { continue };
        for attribute in &tag.attributes {
            let name = attribute.name.local_name();
            let draft = Draft::at(Spot::attribute(span(tag.mark), name));
            found.push(draft.value("name", name).value("action", tag.name.local_name()));
        }
    }
}
