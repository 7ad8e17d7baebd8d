use super::look::blocks;
use crate::case::{Action, Attachment, CaseBlock};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blocks-attachment-missing",
    title: "an attached file that does not go with the form",
    verdicts: &[(Hq, Error)],
    message: "`{src}` is not among the files of the submission",
    remedy: "send the file with the form, under exactly this name",
    why: "CommCare HQ looks for the file by this name and fails with an unexpected error (AttachmentNotFound) where \
          the project attaches files to cases. Told only where the check knows which files there are.",
    statements: &["C-052"],
    sections: &["case-xml.md 1.9", "case-xml.md 4.6", "case-xml.md 11"],
    triggers: Example::None("which files go with a form is known to the caller and to no document"),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight>12</weight></update>
  </case>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    let Some(files) = form.options.files else { return };
    for file in blocks(form).flat_map(attachments) {
        if let Some(src) = file.src.as_deref().filter(|src| !src.is_empty() && !files.contains(*src)) {
            found.push(Draft::at(Spot::attribute_value(span(file.mark), "src")).value("src", src));
        }
    }
}

fn attachments<'b>(block: &'b CaseBlock<'_>) -> impl Iterator<Item = &'b Attachment<'b>> {
    block.actions.iter().flat_map(|action| match action {
        Action::Attachment(files) => files.entries.as_slice(),
        _ => &[],
    })
}
