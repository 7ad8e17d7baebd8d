use crate::check::rule_file::*;
use crate::{ledger::Ledger, position::Span, xml::chars::is_blank};

pub(super) static RULE: Rule = Rule {
    code: "ledger-id-space",
    title: "an id in a ledger block with white space around it",
    verdicts: &[(Spec, Warning), (Device, Warning), (Hq, Warning)],
    message: "`{attribute}` says `{id}`, with white space around it",
    remedy: "write the id without white space",
    why: "Cases, sections and products are known by their ids byte for byte: with white space around it, the stock is \
          that of another case, in another section, of another product.",
    statements: &[],
    sections: &["case-xml.md 1.2", "case-xml.md 3.2"],
    triggers: Example::Form(
        r#"
  <balance xmlns="http://commcarehq.org/ledger/v1" entity-id="c1 " date="2024-05-01T10:00:00Z" section-id="stock">
  <!--                                                        ^^^ ledger-id-space -->
    <entry id=" soap" quantity="9"/>
    <!--       ^^^^^ ledger-id-space -->
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
    let ends = match stock.ledger {
        Ledger::Balance(balance) => vec![("entity-id", &balance.entity_id)],
        Ledger::Transfer(transfer) => vec![("src", &transfer.src), ("dest", &transfer.dest)],
        Ledger::Other(_) => Vec::new(),
    };
    let at_block = ends.into_iter().chain([("section-id", &sheet.section_id)]);
    at_block.for_each(|(attribute, id)| look(stock.span(), attribute, id.as_deref(), found));
    for entry in &sheet.entries {
        look(span(entry.tag.mark), "id", entry.id.as_deref(), found);
        let values = entry.values.iter();
        values.for_each(|value| look(span(value.tag.mark), "section-id", value.section_id.as_deref(), found));
    }
}

fn look(element: Span, attribute: &'static str, id: Option<&str>, found: &mut Drafts) {
    if let Some(id) = id.filter(|id| trim(id) != *id && !is_blank(id)) {
        let draft = Draft::at(Spot::attribute_value(element, attribute));
        found.push(draft.value("attribute", attribute).value("id", id));
    }
}
