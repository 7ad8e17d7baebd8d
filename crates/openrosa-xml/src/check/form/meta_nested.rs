use crate::check::rule_file::*;
use crate::instance::Meta;

pub(super) static RULE: Rule = Rule {
    code: "form-meta-nested",
    title: "metadata that is no child of the root",
    verdicts: &[(Spec, Error), (Hq, Warning), (Odk, Portability)],
    message: "`meta` is inside `{parent}`, not right below the root",
    remedy: "move `meta` to be a child of the root, in the blank form too",
    why: "ODK Aggregate, Briefcase and the device find metadata at any depth; ODK Central, KoBoToolbox and CommCare \
          HQ look among the children of the root only, and take the form for one without an instance id.",
    statements: &["R-101"],
    sections: &["openrosa.md 3.2", "openrosa.md 3.5"],
    triggers: Example::Document(
        r#"
<data id="household" version="7">
  <end>
    <meta>
    <!-- <- form-meta-nested -->
      <instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</instanceID>
    </meta>
  </end>
</data>"#,
    ),
    passes: Example::OdkForm(
        r"
  <end/>",
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    let Some(meta) = nested(form).filter(|_| form.is_form()) else { return };
    let place = span(meta.mark);
    found.push(
        Draft::at(Spot::name(place))
            .value("parent", parent(form.document, place).unwrap_or("another element")),
    );
}

pub(super) fn is_nested(form: &Form<'_>) -> bool {
    nested(form).is_some()
}

/// The metadata at some depth of a form that has none where it belongs. Repeats have `meta` with entities of their own.
fn nested<'f>(form: &Form<'f>) -> Option<&'f Meta<'f>> {
    let has_own = form.instance.metas().any(|meta| meta.depth == 1);
    form.instance.metas().find(|meta| !has_own && meta.field("instanceID").is_some())
}

/// The name of the element around a place, found by going down to it.
fn parent<'d>(root: &'d Element<'_>, place: crate::position::Span) -> Option<&'d str> {
    let mut at = root;
    loop {
        let next = at.elements().find(|child| span(child.mark).end >= place.end)?;
        if span(next.mark).start == place.start {
            return Some(at.name.local_name());
        }
        at = next;
    }
}
