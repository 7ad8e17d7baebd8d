use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-models-several",
    title: "a blank form with several models",
    verdicts: &[(Spec, Warning), (Device, Warning), (Odk, Warning)],
    message: "the form has another `model`; the first one counts",
    remedy: "move what it holds into the first model",
    why: "JavaRosa warns and goes on with the first model only: instances, binds and texts of the other are lost \
          (from knowledge of its code).",
    statements: &[],
    sections: &["ODK XForms Specification, Structure"],
    triggers: Example::Document(
        r#"
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
  <h:head>
    <h:title>Household</h:title>
    <model>
      <instance><data id="household" version="7"><name/><meta><instanceID/></meta></data></instance>
    </model>
    <model>
    <!-- <- blank-form-models-several -->
      <bind nodeset="/data/name" required="true()"/>
    </model>
  </h:head>
  <h:body/>
</h:html>"#,
    ),
    passes: Example::Model(
        r#"
      <bind nodeset="/data/water" required="false()"/>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for model in blank.form.models.iter().skip(1) {
        found.push(Draft::at(Spot::name(span(model.mark))));
    }
}
