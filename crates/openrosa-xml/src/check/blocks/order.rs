use super::look::{How, several};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blocks-order",
    title: "blocks of one case that CommCare HQ takes in another order",
    verdicts: &[(Device, Portability), (Hq, Portability)],
    message: "CommCare HQ takes this block of case `{case_id}` before an earlier one",
    remedy: "write one block for each case",
    why: "CommCare HQ sorts the blocks of a case: those that create, then update, index, close, attach. The device \
          takes them as they stand, so that the last value may differ.",
    statements: &["C-020", "C-052", "C-054"],
    sections: &["case-xml.md 4.3"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index><parent case_type="household">h1</parent></index>
  </case>
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
  <!-- <- blocks-order -->
    <update><weight>12</weight></update>
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight>12</weight></update>
    <index><parent case_type="household">h1</parent></index>
  </case>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    for several in several(form).filter(|several| several.how == How::Reordered) {
        let draft = Draft::at(Spot::name(several.at)).value("case_id", several.case_id);
        found.push(draft.related(Spot::name(several.other), "the block that comes later there"));
    }
}
