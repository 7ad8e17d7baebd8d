use super::look::attachments;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-attachment-local",
    title: "a file of the submission attached to a case",
    verdicts: &[(Device, Portability), (Hq, Portability)],
    message: "only CommCare HQ attaches `{name}`, and only where the submission holds the file",
    remedy: "send the file with the form under the name in `src`; do not expect it on the phone before the next restore",
    why: "CommCare HQ looks for a file of the submission and fails with an unexpected error when there is none \
          (AttachmentNotFound). The device passes the element over.",
    statements: &["C-052", "C-054"],
    sections: &["case-xml.md 1.9", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <attachment>
      <photo src="a.jpg" from="local"/>
      <!--               ^^^^^^^^^^^^ case-attachment-local -->
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
    for file in attachments(case).filter(|file| file.from.as_deref() == Some("local") && file.src.is_some()) {
        found.push(Draft::at(Spot::attribute(span(file.mark), "from")).value("name", file.name.as_ref()));
    }
}
