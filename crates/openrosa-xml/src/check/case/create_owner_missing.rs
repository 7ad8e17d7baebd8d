use super::look::{creates, in_namespace, is_filled_on_device};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-create-owner-missing",
    title: "a create whose owner is the one who acted",
    verdicts: &[(Spec, Note), (Device, Note)],
    message: "`create` has no `owner_id`, so that `{user_id}` of the block becomes the owner",
    remedy: "write `owner_id`",
    why: "Both readers take `user_id` of the block. The device's parser for large restores does not find it there, and \
          refuses the restore (inferred from code).",
    statements: &["C-006", "C-035", "C-052"],
    sections: &["case-xml.md 1.4", "case-xml.md 3.6", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <create>
    <!-- <- case-create-owner-missing -->
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
    let user = case.block.user_id.as_deref().filter(|user| !user.is_empty());
    let Some(user) = user.or_else(|| in_namespace(&case.block.tag.attributes, "user_id")) else { return };
    for create in creates(case).filter(|create| !create.properties.is_empty()) {
        if create.property("owner_id").is_none()
            && is_filled_on_device(case.block, case.block.user_id.as_deref(), "user_id")
        {
            found.push(Draft::at(Spot::name(span(create.tag.mark))).value("user_id", user));
        }
    }
}
