use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-id-missing",
    title: "a blank form that does not say which form it is",
    verdicts: &[(Spec, Error), (Device, Error), (Odk, Error)],
    message: "the instance's root `{root}` has neither an `id` nor a namespace of its own",
    remedy: "give the root an `id` that no other form has, or a namespace",
    why: "Filled-in forms carry the id of the blank form, and servers know by it which form they belong to. The \
          namespace of XForms itself is that of every form. That clients refuse such a form is inferred.",
    statements: &["R-105"],
    sections: &["openrosa.md 3.1"],
    triggers: Example::Document(
        r#"
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
  <h:head>
    <h:title>Household</h:title>
    <model>
      <instance>
        <data version="7"><name/><meta><instanceID/></meta></data>
        <!-- <- blank-form-id-missing -->
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
    let Some(root) = blank.form.primary() else { return };
    let has_id =
        root.attributes.iter().any(|given| given.name.local_name() == "id" && !trim(&given.value).is_empty());
    if !has_id && blank.form.own_namespace().is_none() {
        found.push(Draft::at(Spot::name(span(root.mark))).value("root", root.name.local_name()));
    }
}
