use super::look::{nested, properties};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-property-nested",
    title: "an element inside a value",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Portability)],
    message: "`{inner}` stands inside `{name}`, where only text may",
    remedy: "write the inner element as a property of its own",
    why: "The device refuses the form or restore (XmlPullParserException). CommCare HQ makes a JSON object of it, \
          whose inner elements it does not write again.",
    statements: &["C-014", "C-038", "C-052", "C-054"],
    sections: &["case-xml.md 1.10", "case-xml.md 4.8"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update>
      <address>
        <village>Kibaha</village>
        <!-- <- case-property-nested -->
      </address>
    </update>
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><village>Kibaha</village></update>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    let links = case.indices().map(|entry| (&entry.name, &entry.target));
    let values = properties(case).map(|property| (&property.name, &property.value)).chain(links);
    for (name, value) in values {
        if let Some(inner) = nested(value) {
            let draft = Draft::at(Spot::name(span(inner.mark)));
            found.push(draft.value("inner", inner.name.local_name()).value("name", name.as_ref()));
        }
    }
}
