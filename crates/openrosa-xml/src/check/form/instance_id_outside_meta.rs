use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-instance-id-outside-meta",
    title: "an instance id that is not in the metadata",
    verdicts: &[(Spec, Error), (Hq, Warning), (Odk, Portability)],
    message: "the instance id is {place}, not in `meta`",
    remedy: "write it as `instanceID` in `meta`",
    why: "ODK Central looks for a child `instanceID` of the root, ODK Aggregate, Briefcase and KoBoToolbox for an \
          attribute of that name; the others make up an id. Forms that were downloaded by Briefcase look like this.",
    statements: &["R-102"],
    sections: &["openrosa.md 3.5"],
    triggers: Example::Document(
        r#"
<data id="household" version="7" instanceID="uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11">
<!--                             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ form-instance-id-outside-meta -->
  <weight>12</weight>
</data>"#,
    ),
    passes: Example::OdkForm(
        r"
  <weight>12</weight>",
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    let in_meta = ["instanceID", "uid"].into_iter().any(|local| super::field(form, local).is_some());
    if in_meta || !form.is_form() || form.instance.instance_id().is_none() {
        return;
    }
    found.push(match form.document.child("instanceID") {
        Some(child) => Draft::at(Spot::name(span(child.mark))).value("place", "a child of the root"),
        None => {
            let place = Spot::attribute(span(form.document.mark), "instanceID");
            Draft::at(place).value("place", "an attribute of the root")
        }
    });
}
