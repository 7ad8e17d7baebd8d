use super::look::creates;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-create-type-blank",
    title: "a create with an empty type",
    verdicts: &[(Spec, Warning), (Device, Note), (Hq, Note)],
    message: "`case_type` is empty",
    remedy: "give the case the type by which the app finds it",
    why: "Both readers take it, and then no list of the app ever shows the case.",
    statements: &["C-006", "C-052"],
    sections: &["case-xml.md 1.4"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <create>
      <case_type/>
      <!-- <- case-create-type-blank -->
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
    for create in creates(case) {
        if let Some(property) =
            create.property("case_type").filter(|property| trim(&property.value.text()).is_empty())
        {
            found.push(Draft::at(Spot::content(span(property.mark))));
        }
    }
}
