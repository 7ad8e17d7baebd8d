use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-user-id-scheme",
    title: "a user id without a scheme",
    verdicts: &[(Spec, Note)],
    message: "`userID` `{id}` does not begin with a scheme such as `mailto:`",
    remedy: "write `mailto:` and an address, or a domain of your own and a colon in front",
    why: "The standard asks for `scheme:rest`, so that users of different systems are told apart. No known server \
          insists. CommCare's own metadata has bare ids.",
    statements: &[],
    sections: &["openrosa.md 3.2"],
    triggers: Example::Document(
        r#"
<data id="household" version="7">
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>
    <orx:userID>amina</orx:userID>
    <!--        ^^^^^ form-user-id-scheme -->
  </orx:meta>
</data>"#,
    ),
    passes: Example::Document(
        r#"
<data id="household" version="7">
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>
    <orx:userID>mailto:amina@example.org</orx:userID>
  </orx:meta>
</data>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    super::device_id_scheme::check_field(form, "userID", found);
}
