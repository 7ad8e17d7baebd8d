use super::look::attachments;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-attachment-name-only",
    title: "a removal that looks like an attachment",
    verdicts: &[(Spec, Warning), (Device, Warning), (Hq, Warning)],
    message: "`{name}` has a `name` but no source, which removes the file",
    remedy: "write `src` and `from`, or to remove the file no attribute at all",
    why: "Without `src` and `from` both readers remove the file, whatever `name` says.",
    statements: &["C-047", "C-052"],
    sections: &["case-xml.md 1.9"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <attachment>
      <photo name="a.jpg"/>
      <!--   ^^^^^^^^^^^^ case-attachment-name-only -->
    </attachment>
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <attachment>
      <photo/>
    </attachment>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    for file in attachments(case).filter(|file| file.is_removal() && file.file_name.is_some()) {
        found.push(Draft::at(Spot::attribute(span(file.mark), "name")).value("name", file.name.as_ref()));
    }
}
