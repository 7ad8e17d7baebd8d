use super::look::{How, several};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blocks-create-late",
    title: "a case that is opened behind a block that changes it",
    verdicts: &[(Spec, Warning), (Device, Error), (Hq, Portability)],
    message: "case `{case_id}` is opened here, behind a block that changes it",
    remedy: "write the block that opens the case in front, or both in one",
    why: "The device takes block after block and refuses the form at the first one whose case is not there \
          (InvalidStructureException). CommCare HQ sorts the blocks of a case, openings first.",
    statements: &["C-021", "C-052", "C-054"],
    sections: &["case-xml.md 4.1", "case-xml.md 4.3", "case-xml.md 4.8"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight>12</weight></update>
  </case>
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
  <!-- <- blocks-create-late -->
    <create><case_type>patient</case_type><case_name>Amina</case_name><owner_id>u1</owner_id></create>
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <create><case_type>patient</case_type><case_name>Amina</case_name><owner_id>u1</owner_id></create>
    <update><weight>12</weight></update>
  </case>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    for several in several(form).filter(|several| several.how == How::CreatedLate) {
        let draft = Draft::at(Spot::name(several.at)).value("case_id", several.case_id);
        found.push(draft.related(Spot::name(several.other), "the earlier block"));
    }
}
