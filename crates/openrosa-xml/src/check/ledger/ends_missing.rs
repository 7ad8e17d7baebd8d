use crate::check::rule_file::*;
use crate::ledger::Ledger;

pub(super) static RULE: Rule = Rule {
    code: "ledger-ends-missing",
    title: "a transfer from nowhere to nowhere",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Error)],
    message: "`transfer` has neither `src` nor `dest`",
    remedy: "say from which case the stock comes, or to which it goes, or both",
    why: "The device refuses the form or restore, CommCare HQ the form (IllegalCaseId).",
    statements: &["C-086"],
    sections: &["case-xml.md 3.2"],
    triggers: Example::Form(
        r#"
  <transfer xmlns="http://commcarehq.org/ledger/v1" date="2024-05-01T10:00:00Z" section-id="stock">
  <!-- <- ledger-ends-missing -->
    <entry id="soap" quantity="9"/>
  </transfer>"#,
    ),
    passes: Example::Form(
        r#"
  <transfer xmlns="http://commcarehq.org/ledger/v1" src="c1" dest="c2" date="2024-05-01T10:00:00Z" section-id="stock">
    <entry id="soap" quantity="9"/>
  </transfer>"#,
    ),
    run: Run::Ledger(check),
};

fn check(stock: &Stock<'_>, found: &mut Drafts) {
    if let Ledger::Transfer(transfer) = stock.ledger
        && transfer.src.is_none()
        && transfer.dest.is_none()
    {
        found.push(Draft::at(Spot::name(stock.span())));
    }
}
