use super::look::updated_as;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-update-owner-blank",
    title: "an update with an empty owner",
    verdicts: &[(Device, Portability), (Hq, Portability)],
    message: "`owner_id` of `update` is empty",
    remedy: "write the id of the owner; of a case that nobody owns, write `-`",
    why: "The device stores the empty owner, and the case is nobody's there until the next sync. CommCare HQ makes the \
          user the owner.",
    statements: &["C-052", "C-054"],
    sections: &["case-xml.md 1.6", "case-xml.md 4.8", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><owner_id/></update>
    <!--     ^^^^^^^^ case-update-owner-blank -->
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><owner_id>u1</owner_id></update>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    for owner in updated_as(case, &["owner_id"]) {
        if trim(&owner.value.text()).is_empty() {
            found.push(Draft::at(Spot::content(span(owner.mark))));
        }
    }
}
