use super::{create_hq_only as hq_only, look::creates};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-create-child",
    title: "a child of create that belongs into update",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Warning)],
    message: "`{name}` stands in `create`, which takes `case_type`, `case_name` and `owner_id` only",
    remedy: "write it in `update`",
    why: "The device refuses the form or restore (InvalidStructureException). CommCare HQ drops it without a word.",
    statements: &["C-006", "C-041", "C-052"],
    sections: &["case-xml.md 1.4", "case-xml.md 1.6"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <create>
      <case_type>patient</case_type>
      <case_name>Amina</case_name>
      <owner_id>u1</owner_id>
      <village>Kibaha</village>
      <!-- <- case-create-child -->
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
    let is_told = |name: &str| hq_only::NAMES.contains(&name) || name == "case_type_id";
    let is_right = |name: &str| ["case_type", "case_name", "owner_id"].contains(&name);
    for property in creates(case).flat_map(|create| &create.properties) {
        let name = property.name.as_ref();
        if !is_right(name) && !is_told(name) {
            found.push(Draft::at(Spot::name(span(property.mark))).value("name", name));
        }
    }
}
