use std::collections::HashMap;

use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-text-twice",
    title: "a text or a language twice",
    verdicts: &[(Spec, Error), (Device, Error), (Odk, Error)],
    message: "there is another {what} before",
    remedy: "give one of them another name, or take it out",
    why: "JavaRosa and CommCare refuse the form (XFormParseException, from their code).",
    statements: &[],
    sections: &["ODK XForms Specification, Languages"],
    triggers: Example::Model(
        r#"
      <itext>
        <translation lang="en">
          <text id="well"><value>Well</value></text>
          <text id="well"><value>Spring</value></text>
          <!--             ^^^^^ blank-form-text-twice -->
        </translation>
      </itext>"#,
    ),
    passes: Example::Model(
        r#"
      <itext>
        <translation lang="en"><text id="well"><value>Well</value><value form="short">W</value></text></translation>
      </itext>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    let (mut languages, mut default) = (HashMap::new(), None);
    for (language, _) in
        super::elements(blank).filter(|(element, _)| element.name.local_name() == "translation")
    {
        let first = *languages.entry(language.attribute("lang")).or_insert(language);
        if !std::ptr::eq(first, language) {
            found.push(twice(language, first, "translation into this language".to_owned()));
        }
        if language.attribute("default").is_some() {
            match default {
                None => default = Some(language),
                Some(first) => found.push(twice(language, first, "default language".to_owned())),
            }
        }
        check_texts(language, found);
    }
}

/// A text may have several values, each of a form of its own.
fn check_texts(language: &Element<'_>, found: &mut Drafts) {
    let mut seen = HashMap::new();
    for text in language.elements().filter(|text| text.name.local_name() == "text") {
        let id = text.attribute("id").unwrap_or_default();
        for value in text.elements().filter(|value| value.name.local_name() == "value") {
            let form = value.attribute("form").unwrap_or_default();
            let first = *seen.entry((id, form)).or_insert(value);
            if !std::ptr::eq(first, value) {
                found.push(twice(value, first, format!("value for the text `{id}`")));
            }
        }
    }
}

fn twice(element: &Element<'_>, first: &Element<'_>, what: String) -> Draft {
    let draft = Draft::at(Spot::name(span(element.mark))).value("what", what);
    draft.related(Spot::name(span(first.mark)), "the first one")
}
