use super::texts::{self, Texts};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-text-untranslated",
    title: "a text that is not in every language",
    verdicts: &[(Spec, Warning), (Device, Warning), (Odk, Warning)],
    message: "the language {language} has no text `{id}`",
    remedy: "add the text to the language",
    why: "JavaRosa and CommCare warn; who fills in the form in that language sees the text of the default \
          language, or nothing (from their code).",
    statements: &[],
    sections: &["ODK XForms Specification, Languages"],
    triggers: Example::Model(
        r#"
      <itext>
        <translation lang="en"><text id="well"><value>Well</value></text></translation>
        <translation lang="sw"><text id="river"><value>Mto</value></text></translation>
      </itext>
      <bind nodeset="/data/water" jr:constraintMsg="jr:itext('well')"/>
      <!--                                          ^^^^^^^^^^^^^^^^ blank-form-text-untranslated -->"#,
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
    let Some(texts) = Texts::of(blank) else { return };
    for reference in texts::references(blank).filter(|reference| texts.default.has(reference.id)) {
        for language in texts.others.iter().filter(|language| !language.has(reference.id)) {
            let draft =
                Draft::at(reference.spot()).value("id", reference.id).value("language", language.told());
            found.push(draft.related(language.spot(), "the language"));
        }
    }
}
