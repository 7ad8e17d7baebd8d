use crate::check::rule_file::*;
use crate::{case::Field, profile::Profile};

pub(super) static RULE: Rule = Rule {
    code: "case-index-long",
    title: "an index that does not fit into CommCare HQ's columns",
    verdicts: &[(Hq, Error)],
    message: "{what} of index `{index}` has {length} characters, of which CommCare HQ can store 255",
    remedy: "use short names and UUIDs",
    why: "The columns of CommCare HQ hold 255 characters, and saving the form fails (inferred from the columns). The \
          device has no limit there.",
    statements: &[],
    sections: &["case-xml.md 1.8", "case-xml.md 1.14"],
    triggers: Example::None("an example would be longer than a line"),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index>
      <parent case_type="household">h1</parent>
    </index>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    for entry in case.indices() {
        let (target, element) = (entry.target.text(), span(entry.mark));
        // A link that is taken away is nowhere stored.
        if target.is_empty() {
            continue;
        }
        let parts = [
            ("the name", entry.name.as_ref(), Spot::name(element)),
            (
                "`case_type`",
                entry.case_type.as_deref().unwrap_or_default(),
                Spot::attribute_value(element, "case_type"),
            ),
            ("the target", target.as_ref(), Spot::content(element)),
        ];
        for (what, text, spot) in parts {
            if let Some(length) = Field::too_long(text, Profile::Hq) {
                let draft = Draft::at(spot).value("what", what).value("index", entry.name.as_ref());
                found.push(draft.value("length", length.to_string()));
            }
        }
    }
}
