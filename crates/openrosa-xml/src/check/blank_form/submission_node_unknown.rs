use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-submission-node-unknown",
    title: "a request of a form that names a node that is not there",
    verdicts: &[(Spec, Warning), (Device, Error)],
    message: "`{attribute}` names `{path}`, which the form does not have",
    remedy: "correct the path, or add the node to the instance",
    why: "A `submission` with a `resource` is a request that CommCare makes while the form is filled in; no digest \
          tells of it. With a path that leads nowhere the device refuses the form (XFormParseException, as its tests \
          show).",
    statements: &[],
    sections: &["openrosa.md 7.1"],
    triggers: Example::Model(
        r#"
      <submission id="ask" resource="https://example.org/ask" targetref="/data/answer" ref="/data/question" method="get"/>
      <!--                                                               ^^^^^^^^^^^^ blank-form-submission-node-unknown -->
      <!--                                                                                  ^^^^^^^^^^^^^^ blank-form-submission-node-unknown -->"#,
    ),
    passes: Example::Model(
        r#"
      <submission id="ask" resource="https://example.org/ask" targetref="/data/water" ref="/data/house" method="get"/>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for submission in super::submissions(blank).filter(|submission| super::asks_while_filling(submission)) {
        for attribute in ["ref", "targetref"] {
            let Some(path) = submission.attribute(attribute) else { continue };
            if super::is_unknown(blank, path) {
                let draft = Draft::at(Spot::attribute_value(span(submission.mark), attribute));
                found.push(draft.value("attribute", attribute).value("path", path));
            }
        }
    }
}
