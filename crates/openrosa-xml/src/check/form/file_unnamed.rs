use crate::check::rule_file::*;
use std::collections::HashSet;

pub(super) static RULE: Rule = Rule {
    code: "form-file-unnamed",
    title: "a file that no answer names",
    verdicts: &[(Spec, Warning), (Hq, Warning), (Odk, Warning)],
    message: "the file `{file}` is named by no answer of the form",
    remedy: "leave the file out, or look for the answer that lost its name",
    why: "Servers know files by the names that the answers have. ODK Central passes over a file that none names and \
          ODK Aggregate drops it; KoBoToolbox and CommCare HQ keep it without a place to show it.",
    statements: &["R-017"],
    sections: &["openrosa.md 2.3"],
    triggers: Example::None("a document does not show the files that go with it"),
    passes: Example::OdkForm(
        r"
  <photo>oak.jpg</photo>",
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    let Some(files) = form.options.files.filter(|files| form.is_form() && !files.is_empty()) else { return };
    let named = named(form.document);
    for file in files.iter().filter(|file| !named.contains(file.as_str())) {
        found.push(Draft::at(Spot::name(span(form.document.mark))).value("file", file));
    }
}

/// Whatever could be the name of a file: all texts, and all attributes, such as `src` of CommCare's attachments.
fn named(root: &Element<'_>) -> HashSet<String> {
    let mut names = HashSet::new();
    let mut pending = vec![root];
    while let Some(element) = pending.pop() {
        names.insert(trim(&element.text()).to_owned());
        names.extend(element.attributes.iter().map(|attribute| attribute.value.to_string()));
        pending.extend(element.elements());
    }
    names
}
