use super::expressions::written;
use crate::check::rule_file::*;
use crate::check::xpath::Expression;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-expression-malformed",
    title: "an expression that cannot be read",
    verdicts: &[(Spec, Error), (Device, Error), (Odk, Error)],
    message: "`{attribute}` is no expression: {why}",
    remedy: "look at its parentheses, quotes and operators, and at what stands on either side of these, or take the attribute out",
    why: "JavaRosa and CommCare refuse the form (XPathSyntaxException, from their code).",
    statements: &[],
    sections: &["ODK XForms Specification, Bindings"],
    triggers: Example::Model(
        r#"
      <bind nodeset="/data/water" relevant="(/data/age &gt; 5"/>
      <!--                                  ^^^^^^^^^^^^^^^^^ blank-form-expression-malformed -->
      <bind nodeset="/data/pets" relevant="/data/age = "/>
      <!--                                 ^^^^^^^^^^^^ blank-form-expression-malformed -->"#,
    ),
    passes: Example::Model(
        r#"
      <bind nodeset="/data/water" relevant="(/data/age &gt; 5)"/>
      <bind nodeset="/data/pets" relevant="/data/age = 5"/>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for written in written(blank).filter(|written| !written.is_needed || !trim(written.text).is_empty()) {
        let is_blank = trim(written.text).is_empty();
        if is_blank || Expression::read(written.text, "").is_none() {
            let why = if is_blank {
                "there is nothing in it"
            } else {
                "something in it is open, or lacks an operand or an operator beside it"
            };
            found.push(Draft::at(written.spot()).value("attribute", written.attribute).value("why", why));
        }
    }
}
