use crate::check::rule_file::*;
use crate::ledger::Ledger;

pub(super) static RULE: Rule = Rule {
    code: "ledger-case-unknown",
    title: "stock of a case that does not exist",
    verdicts: &[(Device, Warning), (Hq, Error)],
    message: "case `{case_id}` is neither known nor in this form",
    remedy: "open the case first, or in the same form",
    why: "CommCare HQ keeps the form as an error (IllegalCaseId). The device keeps the stock until its next purge. \
          Told only where the check knows which cases exist.",
    statements: &["C-086"],
    sections: &["case-xml.md 3.2"],
    triggers: Example::Known(
        r#"
  <balance xmlns="http://commcarehq.org/ledger/v1" entity-id="c9" date="2024-05-01T10:00:00Z" section-id="stock">
<!--                                                          ^^ ledger-case-unknown -->
    <entry id="soap" quantity="9"/>
  </balance>
  <transfer xmlns="http://commcarehq.org/ledger/v1" src="h1" dest="c8" date="2024-05-01T10:00:00Z" section-id="stock">
<!--                                                               ^^ ledger-case-unknown -->
    <entry id="soap" quantity="2"/>
  </transfer>"#,
    ),
    passes: Example::Known(
        r#"
  <balance xmlns="http://commcarehq.org/ledger/v1" entity-id="h1" date="2024-05-01T10:00:00Z" section-id="stock">
    <entry id="soap" quantity="9"/>
  </balance>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    let Some(known) = form.options.known else { return };
    let instance = form.instance;
    let here: std::collections::BTreeSet<&str> =
        instance.cases().iter().filter_map(|found| found.block.case_id.as_deref()).collect();
    for stock in Stock::all_in(form) {
        for (attribute, case_id) in ends(stock.ledger) {
            if !case_id.is_empty() && !known.contains(case_id) && !here.contains(case_id) {
                let draft = Draft::at(Spot::attribute_value(stock.span(), attribute));
                found.push(draft.value("case_id", case_id));
            }
        }
    }
}

/// The cases whose stock changes, and the attributes that name them.
fn ends<'l>(ledger: &'l Ledger<'_>) -> impl Iterator<Item = (&'static str, &'l str)> {
    let ends = match ledger {
        Ledger::Balance(balance) => [("entity-id", balance.entity_id.as_deref()), ("", None)],
        Ledger::Transfer(transfer) => [("src", transfer.src.as_deref()), ("dest", transfer.dest.as_deref())],
        Ledger::Other(_) => [("", None); 2],
    };
    ends.into_iter().filter_map(|(attribute, id)| Some((attribute, id?)))
}
