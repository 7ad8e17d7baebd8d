use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-text-reference",
    title: "a label that refers to no text",
    verdicts: &[(Spec, Error), (Device, Error), (Odk, Error)],
    message: "`{reference}` does not refer to a text",
    remedy: "write `jr:itext('…')` with the id of a text, or the text itself",
    why: "JavaRosa and CommCare take nothing else in a label or hint, and stop (a RuntimeException, from their \
          code).",
    statements: &[],
    sections: &["ODK XForms Specification, Languages"],
    triggers: Example::Body(
        r#"
    <input ref="/data/age"><label ref="/data/name"/></input>
    <!--                               ^^^^^^^^^^ blank-form-text-reference -->"#,
    ),
    passes: Example::Body(
        r#"
    <input ref="/data/age"><label>Age</label></input>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for (element, parent) in super::elements(blank) {
        let is_text =
            matches!(element.name.local_name(), "label" | "hint") && parent.name.local_name() != "itemset";
        let Some(reference) = element.attribute("ref").filter(|_| is_text) else { continue };
        if !(reference.starts_with("jr:itext('") && reference.ends_with("')")) {
            found.push(
                Draft::at(Spot::attribute_value(span(element.mark), "ref")).value("reference", reference),
            );
        }
    }
}
