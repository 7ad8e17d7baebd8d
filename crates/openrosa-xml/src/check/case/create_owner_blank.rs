use super::look::creates;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-create-owner-blank",
    title: "a create with an empty owner",
    verdicts: &[(Spec, Warning), (Device, Error), (Hq, Portability)],
    message: "`owner_id` of `create` is empty",
    remedy: "write the id of the owner; of a case that nobody owns, write `-`",
    why: "To the device that is an owner given, and none: it refuses the form or restore (InvalidStructureException), \
          `user_id` or not. CommCare HQ makes the user the owner.",
    statements: &["C-006", "C-043", "C-052", "C-054"],
    sections: &["case-xml.md 1.4", "case-xml.md 4.8", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <create>
      <case_type>patient</case_type>
      <case_name>Amina</case_name>
      <owner_id/>
      <!-- <- case-create-owner-blank -->
    </create>
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <create>
      <case_type>patient</case_type>
      <case_name>Amina</case_name>
      <owner_id>u1</owner_id>
    </create>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    for create in creates(case) {
        if let Some(owner) = create.property("owner_id").filter(|owner| trim(&owner.value.text()).is_empty())
        {
            found.push(Draft::at(Spot::content(span(owner.mark))));
        }
    }
}
