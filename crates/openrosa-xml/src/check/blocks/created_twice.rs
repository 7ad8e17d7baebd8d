use super::look::{How, several};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blocks-created-twice",
    title: "a case that is opened twice in one form",
    verdicts: &[(Spec, Warning), (Device, Warning), (Hq, Warning)],
    message: "case `{case_id}` is opened a second time",
    remedy: "give each case an id of its own, or write an update",
    why: "To both readers the second opening replaces type, name and owner of the first and opens nothing.",
    statements: &["C-020", "C-052"],
    sections: &["case-xml.md 4.1", "case-xml.md 4.2"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <create><case_type>patient</case_type><case_name>Amina</case_name><owner_id>u1</owner_id></create>
  </case>
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
  <!-- <- blocks-created-twice -->
    <create><case_type>patient</case_type><case_name>Amina</case_name><owner_id>u1</owner_id></create>
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <create><case_type>patient</case_type><case_name>Amina</case_name><owner_id>u1</owner_id></create>
  </case>
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c2" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <create><case_type>patient</case_type><case_name>Amina</case_name><owner_id>u1</owner_id></create>
  </case>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    for several in several(form).filter(|several| several.how == How::CreatedTwice) {
        let draft = Draft::at(Spot::name(several.at)).value("case_id", several.case_id);
        found.push(draft.related(Spot::name(several.other), "the first opening"));
    }
}
