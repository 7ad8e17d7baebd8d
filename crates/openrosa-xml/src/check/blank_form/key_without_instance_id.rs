use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-key-without-instance-id",
    title: "a form to be encrypted that asks for no instance id",
    verdicts: &[(Spec, Error), (Odk, Error)],
    message: "the form has a public key, and its metadata no `instanceID`",
    remedy: "add `instanceID` to `meta`, with a bind that fills it in",
    why: "The instance id is a part of what a form is encrypted with. ODK Collect refuses to send such a form.",
    statements: &["R-045"],
    sections: &["openrosa.md 7.1"],
    triggers: Example::Document(
        r#"
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
  <h:head>
    <h:title>Household</h:title>
    <model>
      <instance>
        <data id="household" version="7"><name/></data>
      </instance>
      <submission base64RsaPublicKey="MIIB"/>
      <!--        ^^^^^^^^^^^^^^^^^^^^^^^^^ blank-form-key-without-instance-id -->
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
    if let Some(submission) = super::key(blank).filter(|_| super::instance_id_missing::lacks_id(blank)) {
        found.push(Draft::at(Spot::attribute(span(submission.mark), "base64RsaPublicKey")));
    }
}
