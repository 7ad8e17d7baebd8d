use crate::check::ledger::said;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "ledger-quantity-unreadable",
    title: "a quantity that is no number",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Warning)],
    message: "the quantity is `{quantity}`, which is no number",
    remedy: "write a whole number, or leave the entry out",
    why: "The device refuses the form or restore. CommCare HQ leaves the entry out, and says so in its log only.",
    statements: &["S-032", "C-085"],
    sections: &["case-xml.md 3.2"],
    triggers: Example::Form(
        r#"
  <balance xmlns="http://commcarehq.org/ledger/v1" entity-id="c1" date="2024-05-01T10:00:00Z" section-id="stock">
    <entry id="soap" quantity="many"/>
  <!--                         ^^^^ ledger-quantity-unreadable -->
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
    let Some(sheet) = stock.ledger.sheet() else { return };
    for said in said(sheet).iter().filter(|said| said.units().is_none() && said.number().is_none()) {
        let spot = match said.quantity {
            Some(text) if !text.is_empty() => Spot::attribute_value(span(said.mark), "quantity"),
            _ => Spot::attribute(span(said.mark), "quantity"),
        };
        found.push(Draft::at(spot).value("quantity", said.quantity.unwrap_or_default()));
    }
}
