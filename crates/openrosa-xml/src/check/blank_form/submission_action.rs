use crate::check::lists::is_web_address;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-submission-action",
    title: "a submission address that is not a whole one",
    verdicts: &[(Spec, Warning), (Odk, Warning)],
    message: "the form wants to be sent to `{action}`, which is no `http` or `https` address",
    remedy: "write the whole address, or leave `action` out, so that the form goes where it came from",
    why: "ODK Collect sends to the address of the form instead of to its server, and the forms do not arrive (from \
          knowledge of ODK Collect).",
    statements: &[],
    sections: &["openrosa.md 7.1"],
    triggers: Example::Model(
        r#"
      <submission action="/submission" method="post"/>
      <!--                ^^^^^^^^^^^ blank-form-submission-action -->"#,
    ),
    passes: Example::Model(
        r#"
      <submission action="https://example.org/submission" method="post"/>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for submission in super::submissions(blank) {
        if let Some(action) =
            submission.action().map(trim).filter(|action| !action.is_empty() && !is_web_address(action))
        {
            let draft = Draft::at(Spot::attribute_value(span(submission.mark), "action"));
            found.push(draft.value("action", action));
        }
    }
}
