use super::look::attachments;
use crate::check::rule_file::*;
use crate::check::subject::Within;

pub(super) static RULE: Rule = Rule {
    code: "case-attachment-remote",
    title: "a file from elsewhere attached to a case",
    verdicts: &[(Device, Portability), (Hq, Error)],
    message: "CommCare HQ looks for `{src}` of `{name}` among the files of the submission",
    remedy: "send the file with the form, and write from=\"local\"",
    why: "CommCare HQ downloads nothing: it fails with an unexpected error (AttachmentNotFound) where the project \
          attaches files to cases. The device downloads the file at once and goes on when it cannot.",
    statements: &["C-052", "C-054"],
    sections: &["case-xml.md 1.9", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <attachment>
      <photo src="https://example.org/a.jpg" from="remote"/>
      <!--   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ case-attachment-remote -->
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
    if matches!(case.within, Within::Restore) {
        return;
    }
    for file in attachments(case).filter(|file| file.from.as_deref() == Some("remote")) {
        if let Some(src) = file.src.as_deref() {
            let draft = Draft::at(Spot::attribute(span(file.mark), "src"));
            found.push(draft.value("name", file.name.as_ref()).value("src", src));
        }
    }
}
