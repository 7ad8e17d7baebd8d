use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "ledger-date-missing",
    title: "a ledger block without a date",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Portability)],
    message: "`{name}` has no `date`",
    remedy: "write the date of the count or transfer",
    why: "The device refuses the form or restore. CommCare HQ takes the time at which the form came.",
    statements: &["C-054"],
    sections: &["case-xml.md 3.2", "case-xml.md 4.8"],
    triggers: Example::Form(
        r#"
  <balance xmlns="http://commcarehq.org/ledger/v1" entity-id="c1" section-id="stock">
  <!-- <- ledger-date-missing -->
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
    if stock.ledger.sheet().is_some_and(|sheet| sheet.date.is_none()) {
        let name = stock.ledger.name().local_name();
        found.push(Draft::at(Spot::name(stock.span())).value("name", name));
    }
}
