use super::look::{child, in_namespace};
use crate::check::rule_file::*;
use crate::position::Span;

pub(super) static RULE: Rule = Rule {
    code: "case-id-missing",
    title: "a case block without a case id",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Warning)],
    message: "the block has no `case_id`",
    remedy: "give the block the id of its case, or a new UUID when it opens one",
    why: "The device refuses the form or restore (InvalidStructureException). CommCare HQ passes the block over \
          without a word, so that what it says is lost.",
    statements: &["C-003", "C-029", "C-030", "C-052"],
    sections: &["case-xml.md 1.2"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" date_modified="2024-05-01T10:00:00Z" user_id="u1">
  <!-- <- case-id-missing -->
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
    // Another rule is about an element of the name, unless it stands where the block has ended to the device.
    let is_in_block = |element: Span| case.end_on_device.is_none_or(|end| element.start < end);
    let is_elsewhere = in_namespace(&block.tag.attributes, "case_id").is_some_and(|id| !id.is_empty())
        || child(case, "case_id").is_some_and(is_in_block);
    if block.case_id.is_none() && !is_elsewhere {
        found.push(Draft::at(Spot::name(case.span())));
    }
}
