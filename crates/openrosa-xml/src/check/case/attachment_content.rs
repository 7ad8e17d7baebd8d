use super::look::{attachments, nested};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-attachment-content",
    title: "something inside an attached file that is not inline",
    verdicts: &[(Spec, Error), (Device, Warning), (Hq, Warning)],
    message: "nobody reads what is inside `{name}`",
    remedy: "write `src` and `from`; put each file right below `attachment`",
    why: "Both readers go by `src` and `from` alone, and by the name: an element around the file's is taken for a file \
          itself, and without `src` and `from` for one to be removed.",
    statements: &["C-047"],
    sections: &["case-xml.md 1.9"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <attachment>
      <wrapper><photo src="a.jpg" from="local"/></wrapper>
      <!-- <- case-attachment-content -->
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
    for file in attachments(case).filter(|file| file.from.as_deref() != Some("inline")) {
        if nested(&file.content).is_some() || !trim(&file.content.text()).is_empty() {
            found.push(Draft::at(Spot::name(span(file.mark))).value("name", file.name.as_ref()));
        }
    }
}
