use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "ledger-section-blank",
    title: "a ledger block whose section is empty",
    verdicts: &[(Spec, Error), (Device, Portability), (Hq, Portability)],
    message: "the `section-id` of `{name}` is empty",
    remedy: "name the section, or leave the attribute out and name one in each `value`",
    why: "The device puts all entries into a section with the empty name. CommCare HQ takes it for no section and \
          looks for one in each `value`.",
    statements: &["C-054"],
    sections: &["case-xml.md 3.2"],
    triggers: Example::Form(
        r#"
  <balance xmlns="http://commcarehq.org/ledger/v1" entity-id="c1" date="2024-05-01T10:00:00Z" section-id="">
  <!--                                                                                        ^^^^^^^^^^^^^ ledger-section-blank -->
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
    if stock.ledger.sheet().is_some_and(|sheet| sheet.section_id.as_deref() == Some("")) {
        let name = stock.ledger.name().local_name();
        found.push(Draft::at(Spot::attribute(stock.span(), "section-id")).value("name", name));
    }
}
