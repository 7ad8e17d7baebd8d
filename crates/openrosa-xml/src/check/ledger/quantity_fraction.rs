use crate::check::ledger::said;
use crate::check::rule_file::*;
use crate::ledger::Instruction;

pub(super) static RULE: Rule = Rule {
    code: "ledger-quantity-fraction",
    title: "a quantity that is no whole number of 32 bits",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Portability)],
    message: "`{quantity}` is no whole number, which a quantity is to the device",
    remedy: "write whole numbers, without white space around them",
    why: "The device refuses the form or restore. CommCare HQ keeps the number as it is, and writes it without its \
          fraction in the next restore.",
    statements: &["S-032", "C-054", "C-085"],
    sections: &["case-xml.md 3.2", "case-xml.md 4.8"],
    triggers: Example::Form(
        r#"
  <balance xmlns="http://commcarehq.org/ledger/v1" entity-id="c1" date="2024-05-01T10:00:00Z" section-id="stock">
    <entry id="soap" quantity="9.5"/>
  <!--                         ^^^ ledger-quantity-fraction -->
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
    let is_odd =
        |said: &&Instruction<'_>| said.units().is_none() && said.number().is_some() && !said.is_too_large();
    for said in said(sheet).iter().filter(is_odd) {
        let draft = Draft::at(Spot::attribute_value(span(said.mark), "quantity"));
        found.push(draft.value("quantity", said.quantity.unwrap_or_default()));
    }
}
