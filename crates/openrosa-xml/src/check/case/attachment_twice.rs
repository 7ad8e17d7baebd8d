use crate::check::rule_file::*;
use std::collections::BTreeSet;

use crate::case::Action;

pub(super) static RULE: Rule = Rule {
    code: "case-attachment-twice",
    title: "a file name that stands twice",
    verdicts: &[(Spec, Error), (Device, Portability), (Hq, Warning)],
    message: "`{name}` stands twice in one `attachment`",
    remedy: "give each file a name of its own",
    why: "The device takes one after the other. CommCare HQ makes a list of the two, in which it finds no file \
          (inferred from code).",
    statements: &["C-015", "C-054"],
    sections: &["case-xml.md 1.9", "case-xml.md 1.11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <attachment>
      <photo/><photo/>
      <!--     ^^^^^ case-attachment-twice -->
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
    for action in &case.block.actions {
        let Action::Attachment(files) = action else { continue };
        let mut seen = BTreeSet::new();
        for file in files.entries.iter().filter(|file| !seen.insert(file.name.as_ref())) {
            found.push(Draft::at(Spot::name(span(file.mark))).value("name", file.name.as_ref()));
        }
    }
}
