use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-user-space",
    title: "a user id with white space around it",
    verdicts: &[(Spec, Warning), (Device, Warning), (Hq, Warning)],
    message: "the user id `{user_id}` has white space around it",
    remedy: "write the id without white space",
    why: "Neither reader trims it, so that it names a user who does not exist, also as the owner of a case that is \
          opened without one.",
    statements: &[],
    sections: &["case-xml.md 1.2", "case-xml.md 1.4"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id=" u1">
  <!--                                                                                                               ^^^ case-user-space -->
    <update><weight>12</weight></update>
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
    let id = case.block.user_id.as_deref().unwrap_or_default();
    if trim(id) != id {
        found.push(Draft::at(Spot::attribute_value(case.span(), "user_id")).value("user_id", id));
    }
}
