use super::look::{How, several};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blocks-type-differs",
    title: "a case that gets two types in one form",
    verdicts: &[(Spec, Error), (Device, Warning), (Hq, Warning)],
    message: "case `{case_id}` gets another type here than in an earlier block",
    remedy: "give each case an id of its own",
    why: "Two cases under one id are one case: the last type and name count on the device, and on CommCare HQ those of \
          the block that it sorts last.",
    statements: &["C-020", "C-052"],
    sections: &["case-xml.md 4.1", "case-xml.md 4.2", "case-xml.md 4.3"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <create><case_type>patient</case_type><case_name>Amina</case_name><owner_id>u1</owner_id></create>
  </case>
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
  <!-- <- blocks-type-differs -->
    <create><case_type>household</case_type><case_name>Amina</case_name><owner_id>u1</owner_id></create>
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
    for several in several(form).filter(|several| several.how == How::Types) {
        let draft = Draft::at(Spot::name(several.at)).value("case_id", several.case_id);
        found.push(draft.related(Spot::name(several.other), "the earlier block"));
    }
}
