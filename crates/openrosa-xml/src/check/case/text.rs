use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-text",
    title: "text directly in a case block",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Warning)],
    message: "text `{text}` stands directly in the block",
    remedy: "put the text into a property of `update`, or leave it out",
    why: "The device expects an element there and refuses the form or restore (NullPointerException, inferred from \
          code). CommCare HQ passes it over.",
    statements: &["C-014", "C-052"],
    sections: &["case-xml.md 1.10"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">seen
  <!-- <- case-text -->
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
    let text = trim(case.block.tag.text.as_deref().unwrap_or_default());
    if !text.is_empty() {
        found.push(Draft::at(Spot::name(case.span())).value("text", text));
    }
}
