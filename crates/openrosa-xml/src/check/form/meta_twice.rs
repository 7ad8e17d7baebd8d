use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-meta-twice",
    title: "several metadata blocks in one form",
    verdicts: &[(Spec, Error), (Hq, Warning), (Odk, Warning)],
    message: "the form has another `meta`; the first that holds anything counts",
    remedy: "keep one `meta`, with all fields",
    why: "Every server looks at one block and passes over the others, CommCare HQ with a line in its log. An instance \
          id in another one is not seen.",
    statements: &["R-101"],
    sections: &["openrosa.md 3.2", "case-xml.md 7"],
    triggers: Example::Document(
        r#"
<data id="household" version="7">
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:0f9b3c5e-1c6c-4a55-8f0e-6a2f0d2c1b22</orx:instanceID>
  </orx:meta>
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
  <!-- <- form-meta-twice -->
    <orx:timeStart>2024-05-01T10:00:00.000+02:00</orx:timeStart>
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
    let Some(counts) = form.instance.meta() else { return };
    let others = form.instance.metas().filter(|meta| meta.depth == 1 && span(meta.mark) != span(counts.mark));
    for meta in others {
        let draft = Draft::at(Spot::name(span(meta.mark)));
        found.push(draft.related(Spot::name(span(counts.mark)), "the one that counts"));
    }
}
