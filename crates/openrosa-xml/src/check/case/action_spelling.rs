use super::look::tag;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-action-spelling",
    title: "an action with a capital letter",
    verdicts: &[(Spec, Error), (Device, Portability), (Hq, Warning)],
    message: "`{action}` is no action to CommCare HQ, which knows it in small letters only",
    remedy: "write it in small letters",
    why: "CommCare HQ passes the element over without a word. The device does not look at the case of letters there.",
    statements: &["C-120", "C-054"],
    sections: &["case-xml.md 1.1"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <Update><weight>12</weight></Update>
    <!-- <- case-action-spelling -->
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight>12</weight></update>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    for tag in case.block.actions.iter().filter_map(tag) {
        let name = tag.name.local_name();
        if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            found.push(Draft::at(Spot::name(span(tag.mark))).value("action", name));
        }
    }
}
