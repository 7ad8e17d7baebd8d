use super::look::creates;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-create-type-id",
    title: "the type of Case XML 1.0 in a create of 2.0",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Warning)],
    message: "`case_type_id` is called `case_type` since Case XML 2.0",
    remedy: "write `case_type`",
    why: "The device refuses the form or restore (InvalidStructureException). CommCare HQ drops it without a word, and \
          the type stays empty.",
    statements: &["C-006", "C-041", "C-052"],
    sections: &["case-xml.md 1.4", "case-xml.md 2", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <create>
      <case_type_id>patient</case_type_id>
      <!-- <- case-create-type-id -->
      <case_name>Amina</case_name>
      <owner_id>u1</owner_id>
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
    let properties = creates(case).flat_map(|create| &create.properties);
    for property in properties.filter(|property| property.name == "case_type_id") {
        found.push(Draft::at(Spot::name(span(property.mark))));
    }
}
