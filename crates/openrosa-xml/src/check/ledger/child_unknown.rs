use crate::case::Tag;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "ledger-child-unknown",
    title: "something other than entries in a ledger block",
    verdicts: &[(Spec, Warning), (Device, Warning), (Hq, Warning)],
    message: "`{name}` stands where `{right}` belongs",
    remedy: "write the name as the others are written, or take the element out",
    why: "A ledger block has `entry`, and an entry that names its sections has `value`; what is called otherwise sets no \
          stock.",
    statements: &[],
    sections: &["case-xml.md 3.2"],
    triggers: Example::Form(
        r#"
  <balance xmlns="http://commcarehq.org/ledger/v1" entity-id="c1" date="2024-05-01T10:00:00Z">
    <product id="rope"><value section-id="stock" quantity="2"/></product>
    <!-- <- ledger-child-unknown -->
    <entry id="soap"><value section-id="stock" quantity="9"/><amount section-id="lent" quantity="1"/></entry>
    <!--                                                      ^^^^^^ ledger-child-unknown -->
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
    let mut look = |tag: &Tag<'_>, right: &'static str| {
        let name = tag.name.local_name();
        if name != right {
            found.push(Draft::at(Spot::name(span(tag.mark))).value("name", name).value("right", right));
        }
    };
    for entry in &sheet.entries {
        look(&entry.tag, "entry");
        entry.values.iter().for_each(|value| look(&value.tag, "value"));
    }
}
