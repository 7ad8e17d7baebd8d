use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-title-missing",
    title: "a blank form without a title",
    verdicts: &[(Spec, Warning), (Device, Warning), (Odk, Warning)],
    message: "the form has no title",
    remedy: "write in `head/title` what people are to call the form",
    why: "Lists of forms show the title. Servers refuse a form without one, or show its id (from knowledge of the \
          servers, not from a test).",
    statements: &[],
    sections: &["ODK XForms Specification, Structure"],
    triggers: Example::Document(
        r#"
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
  <h:head>
  <!-- <- blank-form-title-missing -->
    <model>
      <instance>
        <data id="household" version="7"><name/><meta><instanceID/></meta></data>
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
    let is_given = blank.form.title.as_deref().is_some_and(|title| !trim(title).is_empty());
    if !is_given && blank.form.primary().is_some() {
        let head = blank.document.child("head").unwrap_or(blank.document);
        let title = head.child("title").unwrap_or(head);
        found.push(Draft::at(Spot::name(span(title.mark))));
    }
}
