use super::look::refusal_inside;
use crate::case::Action;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-close-content",
    title: "something inside a close",
    verdicts: &[(Spec, Error), (Device, Portability), (Hq, Warning)],
    message: "`{name}` stands inside `close`",
    remedy: "write it in front of `close`",
    why: "CommCare HQ takes the element for what it is and passes over what is in it. The device looks into it and \
          acts on what it finds (inferred from code).",
    statements: &["C-005", "C-054"],
    sections: &["case-xml.md 1.3", "case-xml.md 1.7"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <close>
      <update><weight>12</weight></update>
      <!-- <- case-close-content -->
    </close>
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight>12</weight></update>
    <close/>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    let closes = case.block.actions.iter().flat_map(|action| match action {
        Action::Close(close) => close.contents.as_slice(),
        _ => &[],
    });
    for element in closes.filter(|element| refusal_inside(case, element).is_none()) {
        found.push(Draft::at(Spot::name(span(element.mark))).value("name", element.name.local_name()));
    }
}
