use super::look::{creates, is_bare};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-create-blank",
    title: "a create with nothing but white space in it",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Warning)],
    message: "`create` holds nothing but white space",
    remedy: "give the case its type, name and owner, or leave `create` out",
    why: "The device misses type and name and refuses the form or restore (InvalidStructureException). CommCare HQ \
          counts it as a create that sets nothing (inferred from code).",
    statements: &["C-009", "C-052"],
    sections: &["case-xml.md 1.3", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <create> </create>
    <!-- <- case-create-blank -->
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
    for create in creates(case).filter(|create| create.properties.is_empty() && !is_bare(&create.tag)) {
        if trim(create.tag.text.as_deref().unwrap_or_default()).is_empty() {
            found.push(Draft::at(Spot::name(span(create.tag.mark))));
        }
    }
}
