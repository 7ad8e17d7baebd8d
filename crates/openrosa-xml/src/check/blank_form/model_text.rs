use crate::check::rule_file::*;
use crate::xml::Node;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-model-text",
    title: "loose text in the model",
    verdicts: &[(Spec, Error), (Device, Error), (Odk, Error)],
    message: "there is text in the model",
    remedy: "take the text out",
    why: "JavaRosa and CommCare refuse the form (XFormParseException, from their code).",
    statements: &[],
    sections: &["ODK XForms Specification, Structure"],
    triggers: Example::Document(
        r#"
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
  <h:head>
    <h:title>Household</h:title>
    <model>
    <!-- <- blank-form-model-text -->
      loose text
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
    for (model, _) in super::elements(blank).filter(|(element, _)| element.name.local_name() == "model") {
        let is_text = |node: &Node<'_>| matches!(node, Node::Text(text) if !trim(text).is_empty());
        if model.children().iter().any(is_text) {
            found.push(Draft::at(Spot::name(span(model.mark))));
        }
    }
}
