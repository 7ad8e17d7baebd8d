use crate::check::rule_file::*;
use crate::ledger::Ledger;

pub(super) static RULE: Rule = Rule {
    code: "ledger-ends-equal",
    title: "a transfer from a case to itself",
    verdicts: &[(Spec, Warning), (Device, Portability), (Hq, Portability)],
    message: "case `{case_id}` is both source and destination",
    remedy: "name two cases, or write a `balance` for what was counted",
    why: "CommCare HQ subtracts and adds, so nothing changes. The device works on two copies of the stock and keeps \
          the last, so the case gains what it gave (inferred from code).",
    statements: &["C-054", "C-088"],
    sections: &["case-xml.md 3.2", "case-xml.md 4.8"],
    triggers: Example::Form(
        r#"
  <transfer xmlns="http://commcarehq.org/ledger/v1" src="c1" dest="c1" date="2024-05-01T10:00:00Z" section-id="stock">
  <!--                                                       ^^^^^^^^^ ledger-ends-equal -->
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
    let Ledger::Transfer(transfer) = stock.ledger else { return };
    if let Some(case_id) = transfer.src.as_deref().filter(|id| !id.is_empty())
        && transfer.dest.as_deref() == Some(case_id)
    {
        found.push(Draft::at(Spot::attribute(stock.span(), "dest")).value("case_id", case_id));
    }
}
