use crate::check::rule_file::*;
use crate::ledger::Ledger;

pub(super) static RULE: Rule = Rule {
    code: "ledger-entity-missing",
    title: "a balance of no case",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Error)],
    message: "`balance` has no `entity-id`",
    remedy: "write the id of the case whose stock it is",
    why: "The device refuses the form or restore, CommCare HQ the form (IllegalCaseId).",
    statements: &["C-086"],
    sections: &["case-xml.md 3.2"],
    triggers: Example::Form(
        r#"
  <balance xmlns="http://commcarehq.org/ledger/v1" date="2024-05-01T10:00:00Z" section-id="stock">
  <!-- <- ledger-entity-missing -->
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
        && balance.entity_id.is_none()
    {
        found.push(Draft::at(Spot::name(stock.span())));
    }
}
