use crate::check::ledger::entries;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "ledger-entry-idle",
    title: "an entry of a ledger that sets nothing",
    verdicts: &[(Spec, Warning), (Device, Warning), (Hq, Warning)],
    message: "the entry sets nothing: its block has no `section-id`, and it has no `value` that has one",
    remedy: "name the section of all entries at the block, or write a `value` for each section",
    why: "Without `section-id` at the block, readers look for a quantity in each `value` of the entry, and nowhere else: \
          what stands at the entry itself is lost without a word.",
    statements: &[],
    sections: &["case-xml.md 3.2", "ota-restore.md 2.10"],
    triggers: Example::Form(
        r#"
  <balance xmlns="http://commcarehq.org/ledger/v1" entity-id="c1" date="2024-05-01T10:00:00Z">
    <entry id="soap" quantity="9"/>
    <!-- <- ledger-entry-idle -->
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
    let Some(sheet) = stock.ledger.sheet().filter(|sheet| sheet.section_id.is_none()) else { return };
    for entry in entries(sheet).filter(|entry| entry.values.is_empty()) {
        found.push(Draft::at(Spot::name(span(entry.tag.mark))));
    }
}
