use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-submission-target-missing",
    title: "a request of a form that says not where its answer goes",
    verdicts: &[(Spec, Warning), (Device, Error)],
    message: "the `submission` has no `targetref`",
    remedy: "write the node that takes the answer as `targetref`",
    why: "A `submission` with a `resource` is a request that CommCare makes while the form is filled in; no digest \
          tells of it. Without a node for the answer the device refuses the form (XFormParseException, as its tests \
          show).",
    statements: &[],
    sections: &["openrosa.md 7.1"],
    triggers: Example::Model(
        r#"
      <submission id="ask" resource="https://example.org/ask" ref="/data/house" method="get" replace="text"/>
      <!-- <- blank-form-submission-target-missing -->"#,
    ),
    passes: Example::Model(
        r#"
      <submission id="ask" resource="https://example.org/ask" targetref="/data/water" ref="/data/house" method="get" replace="text"/>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for submission in super::submissions(blank) {
        if super::asks_while_filling(submission)
            && submission.attribute("targetref").is_none_or(|node| trim(node).is_empty())
        {
            found.push(Draft::at(Spot::attribute(span(submission.mark), "targetref")));
        }
    }
}
