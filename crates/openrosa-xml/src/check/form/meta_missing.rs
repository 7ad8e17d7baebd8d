use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-meta-missing",
    title: "a form without metadata",
    verdicts: &[(Spec, Error), (Hq, Warning), (Odk, Warning)],
    message: "the root `{root}` has no child `meta`, and no instance id anywhere",
    remedy: "add a `meta` with an `instanceID` that is new for each filled-in form and stays with it",
    why: "Without an instance id nobody can tell a form that is sent again from a new one. ODK Central and CommCare \
          HQ make up an id, so that each attempt becomes one more form; newer KoBoToolbox answers 400.",
    statements: &["R-102", "C-023"],
    sections: &["openrosa.md 3.2", "openrosa.md 3.5"],
    triggers: Example::Document(
        r#"
<data id="household" version="7">
<!-- <- form-meta-missing -->
  <weight>12</weight>
</data>"#,
    ),
    passes: Example::OdkForm(
        r"
  <weight>12</weight>",
    ),
    run: Run::Form(check),
};

/// Metadata in the wrong place is for `form-meta-nested`, an id without it for `form-instance-id-outside-meta`.
fn check(form: &Form<'_>, found: &mut Drafts) {
    let instance = form.instance;
    let has_none = instance.meta().is_none() && instance.instance_id().is_none();
    if form.is_form() && has_none && !super::meta_nested::is_nested(form) {
        found.push(
            Draft::at(Spot::name(span(form.document.mark))).value("root", form.document.name.local_name()),
        );
    }
}
