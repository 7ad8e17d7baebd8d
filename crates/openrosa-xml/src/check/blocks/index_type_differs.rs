use super::look::{blocks, links, opened};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blocks-index-type-differs",
    title: "a link that names another type than its target has",
    verdicts: &[(Spec, Warning), (Device, Warning), (Hq, Warning)],
    message: "index `{index}` names type `{case_type}`, and case `{target}` is of type `{right}`",
    remedy: "write the type of the case it points at",
    why: "Both readers store the type as it stands in the link, and questions for parents of that type do not find the \
          target.",
    statements: &["C-010"],
    sections: &["case-xml.md 1.8"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c2" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <create><case_type>patient</case_type><case_name>Amina</case_name><owner_id>u1</owner_id></create>
  </case>
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index><parent case_type="household">c2</parent></index>
    <!--                      ^^^^^^^^^ blocks-index-type-differs -->
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c2" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <create><case_type>patient</case_type><case_name>Amina</case_name><owner_id>u1</owner_id></create>
  </case>
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index><parent case_type="patient">c2</parent></index>
  </case>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    let opened = opened(form);
    let known = |id: &str| form.options.known.and_then(|known| known.case_type(id));
    for (entry, target) in blocks(form).flat_map(links) {
        let right =
            opened.get(target.as_ref()).map(AsRef::as_ref).or_else(|| known(&target)).unwrap_or_default();
        let Some(case_type) = entry.case_type.as_deref().map(trim) else { continue };
        if ![case_type, right].contains(&"") && case_type != right {
            found.push(
                Draft::at(Spot::attribute_value(span(entry.mark), "case_type"))
                    .value("index", entry.name.as_ref())
                    .value("case_type", case_type)
                    .value("right", right)
                    .value("target", target),
            );
        }
    }
}
