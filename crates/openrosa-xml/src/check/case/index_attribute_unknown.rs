use super::look::element;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-index-attribute-unknown",
    title: "an attribute that means nothing on an index",
    verdicts: &[(Spec, Warning), (Device, Warning), (Hq, Warning)],
    message: "attribute `{name}` means nothing on index `{index}`",
    remedy: "see whether it is a misspelling of case_type or relationship; else leave it out",
    why: "Both readers pass it over, and a link whose relationship is misspelt is one to a parent.",
    statements: &["C-011"],
    sections: &["case-xml.md 1.8"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index>
      <host case_type="patient" relation="extension">p1</host>
      <!--                      ^^^^^^^^^^^^^^^^^^^^ case-index-attribute-unknown -->
    </index>
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index>
      <host case_type="patient" relationship="extension">p1</host>
    </index>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    for entry in case.indices() {
        for attribute in element(&entry.target).map_or(&[][..], |element| &element.attributes) {
            let is_known = ["case_type", "relationship"].iter().any(|known| attribute.name.is(None, known));
            if !is_known {
                let name = attribute.name.local_name();
                let draft = Draft::at(Spot::attribute(span(entry.mark), name));
                found.push(draft.value("name", name).value("index", entry.name.as_ref()));
            }
        }
    }
}
