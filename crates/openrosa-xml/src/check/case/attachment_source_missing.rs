use super::look::attachments;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-attachment-source-missing",
    title: "a file attached without its source",
    verdicts: &[(Spec, Error), (Device, Warning), (Hq, Warning)],
    message: "`{name}` says where from, and not what",
    remedy: "write `src`; to remove the file, write neither",
    why: "Neither reader attaches or removes anything.",
    statements: &["C-047", "C-052"],
    sections: &["case-xml.md 1.9"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <attachment>
      <photo from="local"/>
      <!-- <- case-attachment-source-missing -->
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
    for file in attachments(case).filter(|file| {
        file.src.as_deref().is_none_or(str::is_empty)
            && matches!(file.from.as_deref(), Some("local" | "remote"))
    }) {
        found.push(Draft::at(Spot::name(span(file.mark))).value("name", file.name.as_ref()));
    }
}
