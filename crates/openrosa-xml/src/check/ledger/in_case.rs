use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "ledger-in-case",
    title: "a ledger block inside a case block",
    verdicts: &[(Spec, Error), (Device, Portability), (Hq, Portability)],
    message: "`{name}` stands inside a case block, where only CommCare HQ finds it",
    remedy: "write the ledger block beside the case block",
    why: "CommCare HQ finds ledger blocks at any depth. The device passes them over inside a case, so that its own \
          stock differs from the server's.",
    statements: &["C-051", "C-054"],
    sections: &["case-xml.md 1.11", "case-xml.md 3.2"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight>12</weight></update>
    <balance xmlns="http://commcarehq.org/ledger/v1" entity-id="c1" date="2024-05-01T10:00:00Z" section-id="stock">
    <!-- <- ledger-in-case -->
      <entry id="soap" quantity="9"/>
    </balance>
  </case>"#,
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
    if stock.in_case {
        let name = stock.ledger.name().local_name();
        found.push(Draft::at(Spot::name(stock.span())).value("name", name));
    }
}
