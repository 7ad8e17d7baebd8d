use super::field_long::report;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-field-long-on-hq",
    title: "a field that is too long for CommCare HQ alone",
    verdicts: &[(Device, Portability), (Hq, Error)],
    message: "longer than 255 characters to CommCare HQ: {fields}",
    remedy: "shorten what is entered; a long text is a property of its own",
    why: "CommCare HQ keeps the form as an error (CaseValueError). It takes `name` for the name of the case and copies \
          `hq_user_id` over its external id, which are properties like any other to the device; and it keeps the white \
          space around a text, which the device takes away before it counts.",
    statements: &["C-017", "C-052", "C-053", "C-054"],
    sections: &["case-xml.md 1.14"],
    triggers: Example::None("an example would be longer than a line"),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <create>
      <case_type>patient</case_type>
      <case_name>Amina</case_name>
      <owner_id>u1</owner_id>
    </create>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    report(case, [false, true], found);
}
