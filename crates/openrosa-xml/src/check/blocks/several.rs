use super::look::{How, several};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blocks-several",
    title: "several blocks for one case",
    verdicts: &[(Device, Note), (Hq, Note)],
    message: "a second block for case `{case_id}`",
    remedy: "write one block for each case where you can",
    why: "Both readers take them in the same order here. Where two blocks say different things, the last one counts.",
    statements: &["C-020", "C-052"],
    sections: &["case-xml.md 4.3"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight>12</weight></update>
  </case>
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
  <!-- <- blocks-several -->
    <update><height>80</height></update>
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight>12</weight><height>80</height></update>
  </case>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    for several in several(form).filter(|several| several.how == How::Several) {
        let draft = Draft::at(Spot::name(several.at)).value("case_id", several.case_id);
        found.push(draft.related(Spot::name(several.other), "the first block"));
    }
}
