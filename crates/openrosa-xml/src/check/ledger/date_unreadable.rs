use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "ledger-date-unreadable",
    title: "a ledger date that is no date",
    verdicts: &[(Spec, Error), (Device, Portability), (Hq, Error)],
    message: "`{date}` is no date",
    remedy: "write the date as 2024-05-01 or 2024-05-01T10:00:00.000Z",
    why: "CommCare HQ fails on the form (InvalidDate, in the version that was read; how it answers is not known). \
          The device demands the attribute and does not look at it.",
    statements: &[],
    sections: &["case-xml.md 3.2"],
    triggers: Example::Form(
        r#"
  <balance xmlns="http://commcarehq.org/ledger/v1" entity-id="c1" date="yesterday" section-id="stock">
  <!--                                                                  ^^^^^^^^^ ledger-date-unreadable -->
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
    let date = stock.ledger.sheet().and_then(|sheet| sheet.date.as_ref());
    if let Some(date) = date.filter(|date| !date.as_str().is_empty() && date.moment().is_err()) {
        let draft = Draft::at(Spot::attribute_value(stock.span(), "date"));
        found.push(draft.value("date", date.as_str()));
    }
}
