use super::look::{creates, is_filled_on_device};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-create-owner-none",
    title: "a create that gives the case no owner",
    verdicts: &[(Spec, Warning), (Device, Error), (Hq, Portability)],
    message: "`create` has no `owner_id`, and the block no `user_id`",
    remedy: "write `owner_id`",
    why: "The standard leaves the owner open. The device refuses the form or restore (InvalidStructureException). \
          CommCare HQ makes the user of the form the owner.",
    statements: &["C-006", "C-043", "C-052"],
    sections: &["case-xml.md 1.4"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z">
    <create>
    <!-- <- case-create-owner-none -->
      <case_type>patient</case_type>
      <case_name>Amina</case_name>
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
    if is_filled_on_device(case.block, case.block.user_id.as_deref(), "user_id") {
        return;
    }
    for create in creates(case).filter(|create| !create.properties.is_empty()) {
        if create.property("owner_id").is_none() {
            found.push(Draft::at(Spot::name(span(create.tag.mark))));
        }
    }
}
