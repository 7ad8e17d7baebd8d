use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-version-missing",
    title: "a blank form without a version",
    verdicts: &[(Spec, Note), (Odk, Note)],
    message: "the form has no version",
    remedy: "give the instance's root a `version`, and change it whenever anything in the form changes",
    why: "Without a version nobody can tell to which state of the form a filled-in form belongs, and servers refuse \
          to replace the form by a changed one.",
    statements: &["R-105"],
    sections: &["openrosa.md 3.1"],
    triggers: Example::Document(
        r#"
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
  <h:head>
    <h:title>Household</h:title>
    <model>
      <instance>
        <data id="household"><name/><meta><instanceID/></meta></data>
        <!-- <- blank-form-version-missing -->
      </instance>
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
    if blank.form.primary().is_some() && blank.form.form_key().version.is_none() {
        found.push(Draft::at(Spot::name(blank.root())));
    }
}
