use super::{
    attribute_in_element,
    look::{is_filled_on_device, others},
};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-date-missing",
    title: "a case block that does not say when",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Portability)],
    message: "the block has no `date_modified`",
    remedy: "write the moment of the change, with an offset: date_modified=\"2024-05-01T10:00:00.000Z\"",
    why: "The device refuses the form or restore (InvalidStructureException). CommCare HQ puts its own present time \
          there.",
    statements: &["C-004", "C-031", "C-032", "C-052", "C-054"],
    sections: &["case-xml.md 1.2", "case-xml.md 4.8"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" user_id="u1">
  <!-- <- case-date-missing -->
    <update><weight>12</weight></update>
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight>12</weight></update>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    let block = case.block;
    if block.date_modified.is_none()
        && !is_filled_on_device(block, None, "date_modified")
        && !is_element(case)
    {
        found.push(Draft::at(Spot::name(case.span())));
    }
}

/// Of a date that stands in an element another rule tells.
fn is_element(case: &Case<'_>) -> bool {
    others(case)
        .any(|other| other.name.local_name() == "date_modified" && attribute_in_element::is_attribute(other))
}
