use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-body-missing",
    title: "a blank form without a body",
    verdicts: &[(Spec, Warning), (Device, Warning), (Odk, Warning)],
    message: "the form has no body",
    remedy: "add a `body` with the questions",
    why: "The body holds the questions. There is nothing to be filled in.",
    statements: &[],
    sections: &["ODK XForms Specification, Structure"],
    triggers: Example::Document(
        r#"
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
<!-- <- blank-form-body-missing -->
  <h:head>
    <h:title>Household</h:title>
    <model>
      <instance>
        <data id="household" version="7"><name/><meta><instanceID/></meta></data>
      </instance>
    </model>
  </h:head>
</h:html>"#,
    ),
    passes: Example::Model(
        r#"
      <bind nodeset="/data/water" required="false()"/>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    if blank.document.child("body").is_none() && blank.form.primary().is_some() {
        found.push(Draft::at(Spot::name(span(blank.document.mark))));
    }
}
