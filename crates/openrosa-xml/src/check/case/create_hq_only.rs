use super::look::creates;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-create-hq-only",
    title: "a child of create that CommCare HQ takes and the device does not",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Portability)],
    message: "`{name}` stands in `create`, where the device does not allow it",
    remedy: "write it in `update`",
    why: "The device allows `case_type`, `case_name` and `owner_id` there and refuses the form or restore for anything \
          else (InvalidStructureException). CommCare HQ honors it.",
    statements: &["C-006", "C-007", "C-041", "C-052", "C-054"],
    sections: &["case-xml.md 1.4", "case-xml.md 1.6", "case-xml.md 4.8"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <create>
      <case_type>patient</case_type>
      <case_name>Amina</case_name>
      <owner_id>u1</owner_id>
      <external_id>A-1</external_id>
      <!-- <- case-create-hq-only -->
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
    for property in properties.filter(|property| NAMES.contains(&property.name.as_ref())) {
        found.push(Draft::at(Spot::name(span(property.mark))).value("name", property.name.as_ref()));
    }
}

pub(super) const NAMES: [&str; 3] = ["external_id", "date_opened", "user_id"];
