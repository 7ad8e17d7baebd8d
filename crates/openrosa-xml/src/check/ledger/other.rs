use crate::check::rule_file::*;
use crate::ledger::Ledger;

pub(super) static RULE: Rule = Rule {
    code: "ledger-other",
    title: "an element of the ledger namespace that is no ledger",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Portability)],
    message: "`{name}` is neither `balance` nor `transfer`",
    remedy: "write a `balance` or a `transfer`, or put the element into a namespace of its own",
    why: "The device refuses the form or restore (InvalidStructureException). CommCare HQ passes it over.",
    statements: &["S-002"],
    sections: &["case-xml.md 3.2", "ota-restore.md 2.3"],
    triggers: Example::Form(
        r#"
  <count xmlns="http://commcarehq.org/ledger/v1" entity-id="c1" date="2024-05-01T10:00:00Z" section-id="stock">
  <!-- <- ledger-other -->
    <entry id="soap" quantity="9"/>
  </count>"#,
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
    if let Ledger::Other(element) = stock.ledger {
        found.push(Draft::at(Spot::name(stock.span())).value("name", element.name.local_name()));
    }
}
