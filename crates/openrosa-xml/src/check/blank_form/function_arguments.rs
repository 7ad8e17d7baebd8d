use crate::check::rule_file::*;
use crate::check::{blank_form::functions::expected, xpath::Expression};

pub(super) static RULE: Rule = Rule {
    code: "blank-form-function-arguments",
    title: "a function with too many or too few arguments",
    verdicts: &[(Spec, Error), (Device, Error), (Odk, Error)],
    message: "`{function}` takes {expected}, not {given}",
    remedy: "look at the commas and parentheses of the expression",
    why: "CommCare refuses the form (XFormParseException, as its tests show). JavaRosa takes the form and fails when \
          it works the expression out (from its code). How many arguments a function takes is from knowledge of the \
          clients; where they differ, what any of them takes is let pass.",
    statements: &[],
    sections: &["ODK XForms Specification, XPath Functions"],
    triggers: Example::Model(
        r#"
      <bind nodeset="/data/water" relevant="selected('one', 'two', 'three')"/>
      <!--                                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ blank-form-function-arguments -->"#,
    ),
    passes: Example::Model(
        r#"
      <bind nodeset="/data/water" relevant="selected('one two', 'two')"/>"#,
    ),
    run: Run::BlankForm(check),
};

const EXPRESSIONS: [&str; 6] = ["relevant", "calculate", "constraint", "required", "readonly", "value"];

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for (element, _) in super::elements(blank) {
        if !matches!(element.name.local_name(), "bind" | "setvalue" | "output" | "insert") {
            continue;
        }
        for attribute in EXPRESSIONS {
            let Some(text) = element.attribute(attribute) else { continue };
            let calls = Expression::read(text, "").map(|expression| expression.calls).unwrap_or_default();
            for call in calls {
                if let Some(expected) = expected(call.function, call.arguments) {
                    let draft = Draft::at(Spot::attribute_value(span(element.mark), attribute));
                    let draft = draft.value("function", call.function).value("expected", expected);
                    found.push(draft.value("given", call.arguments.to_string()));
                }
            }
        }
    }
}
