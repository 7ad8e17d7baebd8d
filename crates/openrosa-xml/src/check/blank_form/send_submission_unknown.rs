use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-send-submission-unknown",
    title: "a `send` that does not say what to send",
    verdicts: &[(Spec, Error), (Device, Error)],
    message: "`send` names {submission}",
    remedy: "write the `id` of a `submission` of the model as `submission`",
    why: "A `send` asks a server while the form is filled in, as CommCare alone does. The device refuses the form \
          (XFormParseException, as its tests show); no digest tells of it.",
    statements: &[],
    sections: &["openrosa.md 7.1"],
    triggers: Example::Model(
        r#"
      <send event="xforms-ready"/>
      <!-- <- blank-form-send-submission-unknown -->"#,
    ),
    passes: Example::Model(
        r#"
      <submission id="ask" resource="https://example.org/ask" targetref="/data/water" method="get"/>
      <send event="xforms-ready" submission="ask"/>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for (send, _) in super::actions(blank).filter(|(action, _)| action.name.local_name() == "send") {
        let named = send.attribute("submission").filter(|id| !id.is_empty());
        let is_known =
            |id| super::submissions(blank).any(|submission| submission.attribute("id") == Some(id));
        if !named.is_some_and(is_known) {
            let told = named.map_or("no submission".to_owned(), |id| {
                format!("the submission `{id}`, which is not there")
            });
            found.push(Draft::at(Spot::attribute(span(send.mark), "submission")).value("submission", told));
        }
    }
}
