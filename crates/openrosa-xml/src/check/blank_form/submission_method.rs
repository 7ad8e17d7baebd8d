use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-submission-method",
    title: "a form that wants to be sent in a way that nobody knows",
    verdicts: &[(Spec, Warning), (Odk, Warning)],
    message: "the submission method `{method}` is neither `post` nor `form-data-post`",
    remedy: "write `method=\"post\"`",
    why: "Forms are sent as a POST of form data; ODK clients do not know another way and pass over what they do not \
          know (from knowledge of JavaRosa).",
    statements: &[],
    sections: &["openrosa.md 7.1"],
    triggers: Example::Model(
        r#"
      <submission action="https://example.org/submission" method="put"/>
      <!--                                                        ^^^ blank-form-submission-method -->"#,
    ),
    passes: Example::Model(
        r#"
      <submission action="https://example.org/submission" method="form-data-post"/>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for submission in super::submissions(blank).filter(|submission| !super::asks_while_filling(submission)) {
        let odd = submission.method().filter(|method| !matches!(*method, "post" | "form-data-post"));
        if let Some(method) = odd {
            let draft = Draft::at(Spot::attribute_value(span(submission.mark), "method"));
            found.push(draft.value("method", method));
        }
    }
}
