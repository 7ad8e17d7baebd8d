use crate::check::ledger::entries;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "ledger-product-missing-in-sections",
    title: "an entry of no product, with its quantity in sections",
    verdicts: &[(Spec, Error), (Device, Portability), (Hq, Error)],
    message: "`entry` has no `id`, or an empty one",
    remedy: "write the id of the product",
    why: "CommCare HQ keeps the form as an error (MissingProductId). The device looks at the id only where the block \
          names the section, and keeps stock of no product here.",
    statements: &["C-086"],
    sections: &["case-xml.md 3.2"],
    triggers: Example::Form(
        r#"
  <balance xmlns="http://commcarehq.org/ledger/v1" entity-id="c1" date="2024-05-01T10:00:00Z">
    <entry id=""><value section-id="stock" quantity="9"/></entry>
  <!--     ^^^^^ ledger-product-missing-in-sections -->
  </balance>"#,
    ),
    passes: Example::Form(
        r#"
  <balance xmlns="http://commcarehq.org/ledger/v1" entity-id="c1" date="2024-05-01T10:00:00Z">
    <entry id="soap"><value section-id="stock" quantity="9"/></entry>
  </balance>"#,
    ),
    run: Run::Ledger(check),
};

fn check(stock: &Stock<'_>, found: &mut Drafts) {
    let Some(sheet) = stock.ledger.sheet().filter(|sheet| sheet.section_id.is_none()) else { return };
    for entry in entries(sheet) {
        if entry.id.as_deref().is_none_or(str::is_empty) {
            found.push(Draft::at(Spot::attribute(span(entry.tag.mark), "id")));
        }
    }
}
