use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-submission-resource-missing",
    title: "a request of a form that says not where to",
    verdicts: &[(Spec, Warning), (Device, Error)],
    message: "the `submission` has no `resource`",
    remedy: "write the address that is to be asked as `resource`",
    why: "A `submission` with a target is a request that CommCare makes while the form is filled in; no digest tells \
          of it. Without an address the device refuses the form (XFormParseException, as its tests show).",
    statements: &[],
    sections: &["openrosa.md 7.1"],
    triggers: Example::Model(
        r#"
      <submission id="ask" targetref="/data/water" ref="/data/house" method="get" replace="text"/>
      <!-- <- blank-form-submission-resource-missing -->"#,
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
            && submission.attribute("resource").is_none_or(|url| trim(url).is_empty())
        {
            found.push(Draft::at(Spot::attribute(span(submission.mark), "resource")));
        }
    }
}
