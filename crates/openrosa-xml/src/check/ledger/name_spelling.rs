use crate::check::rule_file::*;
use crate::ledger::Ledger;

pub(super) static RULE: Rule = Rule {
    code: "ledger-name-spelling",
    title: "a ledger block in capital letters",
    verdicts: &[(Spec, Error), (Device, Portability), (Hq, Warning)],
    message: "`{name}` is spelled in capital letters, by which CommCare HQ does not know it",
    remedy: "write it in small letters",
    why: "The device does not look at the case of the letters. CommCare HQ knows exactly `balance` and `transfer` and \
          drops the block without a word.",
    statements: &[],
    sections: &["case-xml.md 3.2"],
    triggers: Example::Form(
        r#"
  <Balance xmlns="http://commcarehq.org/ledger/v1" entity-id="c1" date="2024-05-01T10:00:00Z" section-id="stock">
  <!-- <- ledger-name-spelling -->
    <entry id="soap" quantity="9"/>
  </Balance>"#,
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
    let right = match stock.ledger {
        Ledger::Balance(_) => "balance",
        Ledger::Transfer(_) => "transfer",
        Ledger::Other(_) => return,
    };
    let name = stock.ledger.name().local_name();
    if name != right {
        found.push(Draft::at(Spot::name(stock.span())).value("name", name));
    }
}
