use super::look::{blocks, type_of};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blocks-id-taken",
    title: "a new case under the id of another",
    verdicts: &[(Spec, Error), (Device, Warning), (Hq, Warning)],
    message: "case `{case_id}` exists already, as a `{case_type}`",
    remedy: "give the new case an id of its own",
    why: "To both readers a `create` of a case that exists replaces its type, name and owner and keeps all else: the \
          two become one. Told only where the check knows which cases exist.",
    statements: &["C-052"],
    sections: &["case-xml.md 4.1", "case-xml.md 4.2"],
    triggers: Example::Known(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="h1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
  <!--                                                             ^^ blocks-id-taken -->
    <create><case_type>patient</case_type><case_name>Amina</case_name><owner_id>u1</owner_id></create>
  </case>"#,
    ),
    passes: Example::Known(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <create><case_type>patient</case_type><case_name>Amina</case_name><owner_id>u1</owner_id></create>
  </case>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    let Some(known) = form.options.known else { return };
    for block in blocks(form) {
        let case_id = block.case_id.as_deref().unwrap_or_default();
        let (Some(case_type), Some(new)) = (known.case_type(case_id), type_of(block)) else { continue };
        if !case_type.is_empty() && case_type != trim(&new) {
            let draft = Draft::at(Spot::attribute_value(span(block.tag.mark), "case_id"));
            found.push(draft.value("case_id", case_id).value("case_type", case_type));
        }
    }
}
