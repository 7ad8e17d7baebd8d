use crate::case::Action;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-close-twice",
    title: "a close that stands twice",
    verdicts: &[(Spec, Warning)],
    message: "`close` stands twice in one block",
    remedy: "write it once",
    why: "The standard has it once. Both readers close the case all the same.",
    statements: &["C-005", "C-052"],
    sections: &["case-xml.md 1.3"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <close/>
    <close/>
    <!-- <- case-close-twice -->
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <close/>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    let closes = case.block.actions.iter().filter_map(|action| match action {
        Action::Close(close) => Some(close),
        _ => None,
    });
    for close in closes.skip(1) {
        found.push(Draft::at(Spot::name(span(close.tag.mark))));
    }
}
