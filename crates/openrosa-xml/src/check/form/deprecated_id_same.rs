use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-deprecated-id-same",
    title: "an edit that replaces itself",
    verdicts: &[(Spec, Error), (Odk, Error)],
    message: "the form replaces `{id}`, which is its own instance id",
    remedy: "give the edit a new `instanceID`, and keep the old one as `deprecatedID`",
    why: "To a server this is the form that it has already, with other content: ODK Central answers 409.",
    statements: &["R-023"],
    sections: &["openrosa.md 2.6", "openrosa.md 3.2"],
    triggers: Example::Document(
        r#"
<data id="household" version="7">
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>
    <orx:deprecatedID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:deprecatedID>
    <!--              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ form-deprecated-id-same -->
  </orx:meta>
</data>"#,
    ),
    passes: Example::Document(
        r#"
<data id="household" version="7">
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:0f9b3c5e-1c6c-4a55-8f0e-6a2f0d2c1b22</orx:instanceID>
    <orx:deprecatedID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:deprecatedID>
  </orx:meta>
</data>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    let (Some(new), Some(old)) = (super::field(form, "instanceID"), super::field(form, "deprecatedID"))
    else {
        return;
    };
    let (id, text) = (old.value.text(), new.value.text());
    if !trim(&id).is_empty() && trim(&id) == trim(&text) {
        let draft = Draft::at(super::value(old)).value("id", trim(&id));
        found.push(draft.related(super::value(new), "the instance id"));
    }
}
