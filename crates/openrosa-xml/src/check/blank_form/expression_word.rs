use super::expressions::{Written, written};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-expression-word",
    title: "an expression that is but the word `true`, `false`, `yes` or `no`",
    verdicts: &[(Spec, Warning), (Device, Warning), (Odk, Warning)],
    message: "`{attribute}` is `{word}`, the name of a node, which the form does not have",
    remedy: "write `true()` or `false()`; a text stands in quotes",
    why: "A word by itself is a path to a node. JavaRosa and CommCare take the node for blank (from their code): what \
          is `true` or `yes` never holds, so that the question is not required, or never shown.",
    statements: &[],
    sections: &["ODK XForms Specification, Bindings"],
    triggers: Example::Model(
        r#"
      <bind nodeset="/data/water" required="true" relevant="yes"/>
      <!--                                  ^^^^ blank-form-expression-word -->
      <!--                                                  ^^^ blank-form-expression-word -->
      <bind nodeset="/data/pets" readonly="false"/>
      <!--                                 ^^^^^ blank-form-expression-word -->"#,
    ),
    passes: Example::Model(
        r#"
      <bind nodeset="/data/water" required="true()" relevant="true()"/>
      <bind nodeset="/data/pets" readonly="false()"/>"#,
    ),
    run: Run::BlankForm(check),
};

const WORDS: [&str; 4] = ["true", "false", "yes", "no"];

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    if blank.form.primary().is_none() {
        return;
    }
    for written in written(blank) {
        let Some(word) = of(blank, &written) else { continue };
        let draft = Draft::at(written.spot()).value("attribute", written.attribute).value("word", word);
        // A condition that is blank does not hold. `true()` would change what every reader makes of the form.
        let is_certain = word == "false" && written.attribute != "calculate";
        found.push(match is_certain {
            true => draft.fix("write the parentheses", written.spot(), "false()"),
            false => draft,
        });
    }
}

/// The word, where the expression is nothing else and there is no node of that name.
pub(super) fn of<'b>(blank: &Blank<'_>, written: &Written<'b>) -> Option<&'b str> {
    let word = trim(written.text);
    let is_meant =
        written.base.starts_with('/') && WORDS.iter().any(|meant| word.eq_ignore_ascii_case(meant));
    (is_meant && !blank.outline.has(&format!("{}/{word}", written.base))).then_some(word)
}
