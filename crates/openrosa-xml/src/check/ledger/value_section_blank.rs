use crate::check::ledger::said;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "ledger-value-section-blank",
    title: "a value of no section",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Portability)],
    message: "`value` has no `section-id`, or an empty one",
    remedy: "name the section in each `value`",
    why: "The device refuses the form or restore. CommCare HQ does not look.",
    statements: &[],
    sections: &["case-xml.md 3.2"],
    triggers: Example::Form(
        r#"
  <balance xmlns="http://commcarehq.org/ledger/v1" entity-id="c1" date="2024-05-01T10:00:00Z">
    <entry id="soap"><value quantity="9"/></entry>
  <!--                ^^^^^ ledger-value-section-blank -->
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
    for said in said(sheet) {
        if said.section_id.is_none_or(str::is_empty) {
            found.push(Draft::at(Spot::attribute(span(said.mark), "section-id")));
        }
    }
}
