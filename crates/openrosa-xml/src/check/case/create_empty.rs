use super::look::{creates, is_bare};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-create-empty",
    title: "an empty create",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Portability)],
    message: "`create` is empty",
    remedy: "give the case its type, name and owner, or leave `create` out",
    why: "The device misses type and name and refuses the form or restore (InvalidStructureException). CommCare HQ \
          takes an empty element for none.",
    statements: &["C-009", "C-040", "C-052", "C-054"],
    sections: &["case-xml.md 1.3", "case-xml.md 1.4"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <create/>
    <!-- <- case-create-empty -->
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

/// No fix: whether the case was to be opened, only the author knows.
fn check(case: &Case<'_>, found: &mut Drafts) {
    for create in creates(case).filter(|create| create.properties.is_empty() && is_bare(&create.tag)) {
        found.push(Draft::at(Spot::name(span(create.tag.mark))));
    }
}
