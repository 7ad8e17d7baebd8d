use super::texts::{self, Texts};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-text-unknown",
    title: "a text that the default language does not have",
    verdicts: &[(Spec, Error), (Device, Error), (Odk, Error)],
    message: "{place} has no text `{id}`",
    remedy: "add the text to the languages, or correct its id",
    why: "JavaRosa and CommCare refuse the form when a label names a text that the default language lacks \
          (XFormParseException, from their code); elsewhere nothing is shown.",
    statements: &[],
    sections: &["ODK XForms Specification, Languages"],
    triggers: Example::Model(
        r#"
      <itext>
        <translation lang="en"><text id="well"><value>Well</value></text></translation>
        <translation lang="sw"><text id="well"><value>Kisima</value></text></translation>
      </itext>
      <bind nodeset="/data/water" jr:constraintMsg="jr:itext('wells')"/>
      <!--                                          ^^^^^^^^^^^^^^^^^ blank-form-text-unknown -->"#,
    ),
    passes: Example::Model(
        r#"
      <itext>
        <translation lang="en"><text id="well"><value>Well</value></text></translation>
        <translation lang="sw"><text id="well"><value>Kisima</value></text></translation>
      </itext>
      <bind nodeset="/data/water" jr:constraintMsg="jr:itext('well')"/>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    let texts = Texts::of(blank);
    let default = texts.as_ref().map(|texts| &texts.default);
    for reference in texts::references(blank) {
        let draft = Draft::at(reference.spot()).value("id", reference.id);
        match default {
            None => found.push(draft.value("place", "the form")),
            Some(language) if !language.has(reference.id) => {
                let place = format!("the language {}", language.told());
                found.push(draft.value("place", place).related(language.spot(), "the language"));
            }
            Some(_) => {}
        }
    }
}
