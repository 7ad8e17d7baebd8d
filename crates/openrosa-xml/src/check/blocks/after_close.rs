use super::look::{How, several};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blocks-after-close",
    title: "a case that is changed behind the block that closes it",
    verdicts: &[(Device, Warning), (Hq, Portability)],
    message: "case `{case_id}` is changed here, behind the block that closes it",
    remedy: "write the changes in front of the block that closes the case, or in it",
    why: "Nothing opens a closed case again: the change is stored in a case that no list shows. CommCare HQ sorts \
          the blocks of a case, and a block that only closes comes last.",
    statements: &["C-020", "C-052"],
    sections: &["case-xml.md 4.3", "case-xml.md 4.4"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <close/>
  </case>
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
  <!-- <- blocks-after-close -->
    <update><weight>12</weight></update>
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight>12</weight></update>
    <close/>
  </case>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    for several in several(form).filter(|several| several.how == How::AfterClose) {
        let draft = Draft::at(Spot::name(several.at)).value("case_id", several.case_id);
        found.push(draft.related(Spot::name(several.other), "closed here"));
    }
}
