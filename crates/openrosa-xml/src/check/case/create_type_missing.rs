use super::look::creates;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-create-type-missing",
    title: "a create without a type",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Warning)],
    message: "`create` has no `case_type`",
    remedy: "write `case_type`, with the type by which the app finds the case",
    why: "The device refuses the form or restore (InvalidStructureException). CommCare HQ opens the case without one, \
          and then no list of the app ever shows it.",
    statements: &["C-006", "C-042", "C-052"],
    sections: &["case-xml.md 1.4"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <create>
    <!-- <- case-create-type-missing -->
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
    for create in creates(case).filter(|create| !create.properties.is_empty()) {
        if create.property("case_type").is_none()
            && !create.properties.iter().any(|property| property.name == "case_type_id")
        {
            found.push(Draft::at(Spot::name(span(create.tag.mark))));
        }
    }
}
