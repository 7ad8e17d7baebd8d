use crate::check::rule_file::*;
use crate::ledger::Ledger;

pub(super) static RULE: Rule = Rule {
    code: "ledger-end-blank",
    title: "a transfer whose source or destination is empty",
    verdicts: &[(Spec, Error), (Device, Portability), (Hq, Error)],
    message: "`{end}` of the transfer is empty",
    remedy: "leave the attribute out where the stock comes from or goes to no case",
    why: "CommCare HQ keeps the form as an error (IllegalCaseId for the empty id; inferred from code where the other \
          end is set). The device only asks whether one of the two is there, and moves stock of the empty id.",
    statements: &["C-086"],
    sections: &["case-xml.md 3.2"],
    triggers: Example::Form(
        r#"
  <transfer xmlns="http://commcarehq.org/ledger/v1" src="" dest="c2" date="2024-05-01T10:00:00Z" section-id="stock">
  <!--                                              ^^^^^^ ledger-end-blank -->
    <entry id="soap" quantity="9"/>
  </transfer>"#,
    ),
    passes: Example::Form(
        r#"
  <transfer xmlns="http://commcarehq.org/ledger/v1" src="c1" dest="c2" date="2024-05-01T10:00:00Z" section-id="stock">
    <entry id="soap" quantity="9"/>
  </transfer>"#,
    ),
    run: Run::Ledger(check),
};

fn check(stock: &Stock<'_>, found: &mut Drafts) {
    let Ledger::Transfer(transfer) = stock.ledger else { return };
    for (end, id) in [("src", &transfer.src), ("dest", &transfer.dest)] {
        if id.as_deref() == Some("") {
            found.push(Draft::at(Spot::attribute(stock.span(), end)).value("end", end));
        }
    }
}
