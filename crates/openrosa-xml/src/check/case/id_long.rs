use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-id-long",
    title: "a case id of more than 255 characters",
    verdicts: &[(Hq, Error)],
    message: "the case id has {length} characters, of which CommCare HQ can store 255",
    remedy: "use a UUID",
    why: "The columns of CommCare HQ hold 255 characters, and saving the form fails (inferred from the columns). The \
          device has no limit there.",
    statements: &[],
    sections: &["case-xml.md 1.2", "case-xml.md 1.14"],
    triggers: Example::None("an example would be longer than a line"),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight>12</weight></update>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    let length = case.block.case_id.as_deref().map_or(0, |id| id.chars().count());
    if length > 255 {
        found.push(
            Draft::at(Spot::attribute_value(case.span(), "case_id")).value("length", length.to_string()),
        );
    }
}
