use super::look::{each_value, element, tag};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-property-namespace",
    title: "a property in another namespace than its action",
    verdicts: &[(Spec, Error), (Device, Portability), (Hq, Portability)],
    message: "`{name}` is in namespace `{namespace}`",
    remedy: "put every element of the block into the namespace of Case XML 2.0",
    why: "CommCare HQ makes a JSON object of such a property, which breaks consumers that expect a text. The device \
          does not look at namespaces.",
    statements: &["C-001", "C-052", "C-054"],
    sections: &["case-xml.md 1.11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update>
      <weight xmlns="http://example.org/x">12</weight>
      <!-- <- case-property-namespace -->
    </update>
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
    for action in &case.block.actions {
        let Some(around) = tag(action).map(|tag| tag.name.namespace()) else { continue };
        each_value(action, |name, value| {
            let element = element(value).filter(|element| element.name.namespace() != around);
            if let Some(element) = element {
                let namespace = element.name.namespace().unwrap_or("none");
                let draft = Draft::at(Spot::name(span(element.mark)));
                found.push(draft.value("name", name).value("namespace", namespace));
            }
        });
    }
}
