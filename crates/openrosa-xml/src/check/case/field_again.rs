use super::look::{creates, updates};
use crate::case::Property;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-field-again",
    title: "a field that is created and updated in one block",
    verdicts: &[(Spec, Warning), (Device, Warning), (Hq, Warning)],
    message: "`{name}` stands in `create` and in `update`; what `update` says counts",
    remedy: "write the field once, in `create`",
    why: "Both readers take `create` first, where it stands first, and then replace the value without a word: of two that \
          differ one is a mistake. CommCare HQ's own writer refuses to write the two.",
    statements: &["C-015", "C-052"],
    sections: &["case-xml.md 1.3", "case-xml.md 1.16"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <create>
      <case_type>patient</case_type>
      <case_name>Amina</case_name>
      <owner_id>u1</owner_id>
    </create>
    <update><case_name>Amina J.</case_name></update>
    <!--     ^^^^^^^^^ case-field-again -->
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <create>
      <case_type>patient</case_type>
      <case_name>Amina J.</case_name>
      <owner_id>u1</owner_id>
    </create>
    <update><weight>12</weight></update>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    let created: Vec<&Property<'_>> = creates(case).flat_map(|create| &create.properties).collect();
    for property in updates(case).flat_map(|update| &update.properties) {
        let name = property.name.as_ref();
        let is_base = ["case_type", "case_name", "owner_id"].contains(&name);
        if is_base && created.iter().any(|before| before.name == name) {
            found.push(Draft::at(Spot::name(span(property.mark))).value("name", name));
        }
    }
}
