use crate::check::ledger::said;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "ledger-quantity-large",
    title: "a quantity that nobody can keep",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Error)],
    message: "`{quantity}` is more than anybody can keep: 92233720368547 at most to CommCare HQ, 2147483647 to the device",
    remedy: "write what is there; a quantity may be negative, and no larger than the device takes",
    why: "The device refuses the form or restore. A server that keeps stock as CommCare HQ does cannot keep the number as \
          it is, and refuses the form.",
    statements: &["S-032", "C-085"],
    sections: &["case-xml.md 3.2"],
    triggers: Example::Form(
        r#"
  <balance xmlns="http://commcarehq.org/ledger/v1" entity-id="c1" date="2024-05-01T10:00:00Z" section-id="stock">
    <entry id="soap" quantity="1e400"/>
  <!--                         ^^^^^ ledger-quantity-large -->
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
    for said in said(sheet).iter().filter(|said| said.is_too_large()) {
        let written = said.quantity.unwrap_or_default().chars().take(80).collect::<String>();
        found.push(Draft::at(Spot::attribute_value(span(said.mark), "quantity")).value("quantity", written));
    }
}
