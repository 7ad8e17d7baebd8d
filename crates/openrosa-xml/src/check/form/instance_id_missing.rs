use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-instance-id-missing",
    title: "metadata without an instance id",
    verdicts: &[(Spec, Error), (Hq, Warning), (Odk, Warning)],
    message: "the metadata has no `instanceID`",
    remedy: "add an `instanceID` that is new for each filled-in form and stays with it",
    why: "Without one nobody can tell a form that is sent again from a new one. ODK Central and CommCare HQ make up \
          an id, so that each attempt becomes one more form; newer KoBoToolbox answers 400.",
    statements: &["R-102", "C-023"],
    sections: &["openrosa.md 3.2", "openrosa.md 3.5"],
    triggers: Example::Document(
        r#"
<data id="household" version="7">
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
  <!-- <- form-instance-id-missing -->
    <orx:timeStart>2024-05-01T09:50:00.000Z</orx:timeStart>
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
    let Some(meta) = form.instance.meta().filter(|_| form.is_form()) else { return };
    if form.instance.instance_id().is_none() {
        found.push(Draft::at(Spot::name(span(meta.mark))));
    }
}
