use super::field_long::report;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-field-long-on-device",
    title: "a field that is too long for the device alone",
    verdicts: &[(Device, Error), (Hq, Portability)],
    message: "longer than 255 UTF-16 units: {fields}",
    remedy: "shorten what is entered; a long text is a property of its own",
    why: "The device counts UTF-16 units, of which some characters, such as emoji, take two, and refuses the form or \
          restore (InvalidCasePropertyLengthException). CommCare HQ counts characters. And `userid` is the owner to the \
          device alone (inferred from code).",
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
    report(case, [true, false], found);
}
