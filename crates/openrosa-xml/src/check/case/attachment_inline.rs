use super::look::attachments;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-attachment-inline",
    title: "a file written into a case block",
    verdicts: &[(Device, Warning), (Hq, Warning)],
    message: "nobody takes the content of `{name}`",
    remedy: "send the file with the form, and write src and from=\"local\"",
    why: "The standard has it, and both readers pass it over without a word.",
    statements: &["C-052"],
    sections: &["case-xml.md 1.9", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <attachment>
      <photo from="inline" name="a.jpg">aGVsbG8=</photo>
      <!--   ^^^^^^^^^^^^^ case-attachment-inline -->
    </attachment>
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
    for file in attachments(case).filter(|file| file.from.as_deref() == Some("inline")) {
        found.push(Draft::at(Spot::attribute(span(file.mark), "from")).value("name", file.name.as_ref()));
    }
}
