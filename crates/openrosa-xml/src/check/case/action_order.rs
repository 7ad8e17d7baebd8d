use super::look::{rank, tag};
use crate::case::Action;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-action-order",
    title: "actions that are not in their order",
    verdicts: &[(Spec, Warning), (Device, Portability), (Hq, Portability)],
    message: "`{action}` stands behind `{before}`",
    remedy: "write create, update, index, attachment, close, in this order",
    why: "The standard fixes the order. The device acts on the elements as they stand, CommCare HQ in an order of its \
          own whatever stands where.",
    statements: &["C-005", "C-052", "C-054"],
    sections: &["case-xml.md 1.3", "case-xml.md 4.8"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index><parent case_type="household">h1</parent></index>
    <update><weight>12</weight></update>
    <!-- <- case-action-order -->
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight>12</weight></update>
    <index><parent case_type="household">h1</parent></index>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    let mut highest: Option<(u8, &Action<'_>)> = None;
    for action in &case.block.actions {
        let Some(rank) = rank(action) else { continue };
        match highest.filter(|(before, _)| *before > rank) {
            // A late `create` has a rule of its own.
            Some(_) if rank == 0 => {}
            Some((_, before)) => found.push(
                Draft::at(Spot::name(tag(action).map_or(case.span(), |tag| span(tag.mark))))
                    .value("action", action.name().local_name())
                    .value("before", before.name().local_name()),
            ),
            None => highest = Some((rank, action)),
        }
    }
}
