use crate::check::rule_file::*;
use std::collections::HashMap;

pub(super) static RULE: Rule = Rule {
    code: "form-meta-field-twice",
    title: "a metadata field that is there twice",
    verdicts: &[(Spec, Error), (Hq, Warning), (Odk, Warning)],
    message: "the metadata has `{field}` once more",
    remedy: "keep one of them",
    why: "The standard has each field at most once. Some servers take the first, some the last (inferred), and \
          CommCare HQ makes a list of them where it expects a text.",
    statements: &[],
    sections: &["openrosa.md 3.2", "case-xml.md 8.1"],
    triggers: Example::Document(
        r#"
<data id="household" version="7">
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>
    <orx:instanceID>uuid:0f9b3c5e-1c6c-4a55-8f0e-6a2f0d2c1b22</orx:instanceID>
    <!-- <- form-meta-field-twice -->
  </orx:meta>
</data>"#,
    ),
    passes: Example::OdkForm(
        r"
  <weight>12</weight>",
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    let mut seen = HashMap::new();
    for field in form.instance.meta().into_iter().flat_map(|meta| &meta.fields) {
        let (local, place) = (field.name.local_name(), span(field.mark));
        match seen.get(local) {
            None => drop(seen.insert(local, place)),
            Some(&first) => {
                let draft = Draft::at(Spot::name(place)).value("field", local);
                found.push(draft.related(Spot::name(first), "the first one"));
            }
        }
    }
}
