use super::look::attachments;
use crate::case::Attachment;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-attachment-from",
    title: "a file attached without a known source",
    verdicts: &[(Spec, Error), (Device, Warning), (Hq, Portability)],
    message: "`from` of `{name}` is neither local, remote nor inline",
    remedy: "write from=\"local\" for a file of the submission",
    why: "The device does not know where to look and passes the element over (inferred from code). CommCare HQ looks \
          for `src` among the files of the submission whatever `from` says.",
    statements: &["C-052", "C-054"],
    sections: &["case-xml.md 1.9"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <attachment>
      <photo src="a.jpg"/>
      <!-- <- case-attachment-from -->
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
    for file in attachments(case).filter(|file| has_odd_source(file)) {
        found.push(Draft::at(Spot::attribute(span(file.mark), "from")).value("name", file.name.as_ref()));
    }
}

fn has_odd_source(file: &Attachment<'_>) -> bool {
    !file.is_removal() && !matches!(file.from.as_deref(), Some("local" | "remote" | "inline"))
}
