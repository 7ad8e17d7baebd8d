use crate::check::rule_file::*;
use crate::ledger::Ledger;

pub(super) static RULE: Rule = Rule {
    code: "ledger-entity-blank",
    title: "a balance of the case with the empty id",
    verdicts: &[(Spec, Error), (Device, Portability), (Hq, Error)],
    message: "the `entity-id` of the balance is empty",
    remedy: "write the id of the case whose stock it is",
    why: "CommCare HQ keeps the form as an error (IllegalCaseId). The device stores the stock under the empty id and \
          drops it at the next purge.",
    statements: &["C-086"],
    sections: &["case-xml.md 3.2"],
    triggers: Example::Form(
        r#"
  <balance xmlns="http://commcarehq.org/ledger/v1" entity-id="" date="2024-05-01T10:00:00Z" section-id="stock">
  <!--                                             ^^^^^^^^^^^^ ledger-entity-blank -->
    <entry id="soap" quantity="9"/>
  </balance>"#,
    ),
    passes: Example::Form(
        r#"
  <balance xmlns="http://commcarehq.org/ledger/v1" entity-id="c1" date="2024-05-01T10:00:00Z" section-id="stock">
    <entry id="soap" quantity="9"/>
  </balance>"#,
    ),
    run: Run::Ledger(check),
};

fn check(stock: &Stock<'_>, found: &mut Drafts) {
    if let Ledger::Balance(balance) = stock.ledger
        && balance.entity_id.as_deref() == Some("")
    {
        found.push(Draft::at(Spot::attribute(stock.span(), "entity-id")));
    }
}
