use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-instance-id-missing",
    title: "a blank form that asks for no instance id",
    verdicts: &[(Spec, Error), (Odk, Warning), (Device, Warning)],
    message: "the form's metadata has no `instanceID`",
    remedy: "add `instanceID` to `meta`, with a bind that fills it in",
    why: "Clients fill in the metadata that the form lists and need not add any. A filled-in form without an \
          instance id cannot be told from itself sent again. Enketo adds one; CommCare HQ adds the whole block when \
          it makes an app of forms, so forms right out of its form builder lack it.",
    statements: &["R-102"],
    sections: &["openrosa.md 3.1", "openrosa.md 3.2", "openrosa.md 3.3", "openrosa.md 3.4"],
    triggers: Example::Document(
        r#"
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
  <h:head>
    <h:title>Household</h:title>
    <model>
      <instance>
        <data id="household" version="7"><name/></data>
        <!-- <- blank-form-instance-id-missing -->
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

/// A form with a key is for `blank-form-key-without-instance-id`.
fn check(blank: &Blank<'_>, found: &mut Drafts) {
    if lacks_id(blank) && super::key(blank).is_none() {
        let place = blank.form.meta().map_or(blank.root(), |meta| span(meta.mark));
        found.push(Draft::at(Spot::name(place)));
    }
}

pub(super) fn lacks_id(blank: &Blank<'_>) -> bool {
    let has_id =
        blank.form.meta().is_some_and(|meta| ["instanceID", "uid"].iter().any(|id| meta.child(id).is_some()));
    blank.form.primary().is_some() && !has_id
}
