use crate::case::Action;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-create-late",
    title: "a create behind another action",
    verdicts: &[(Spec, Warning), (Device, Warning), (Hq, Portability)],
    message: "`create` stands behind `{before}`",
    remedy: "write `create` first",
    why: "The device acts on the elements as they stand, so that the action in front meets a case that is not there \
          yet, and the form or restore is refused. CommCare HQ creates first whatever stands where.",
    statements: &["C-005", "C-052", "C-054"],
    sections: &["case-xml.md 1.3", "case-xml.md 4.8", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight>12</weight></update>
    <create><case_type>patient</case_type><case_name>Amina</case_name><owner_id>u1</owner_id></create>
    <!-- <- case-create-late -->
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <create><case_type>patient</case_type><case_name>Amina</case_name><owner_id>u1</owner_id></create>
    <update><weight>12</weight></update>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    let mut before = None;
    for action in &case.block.actions {
        match (action, before) {
            (Action::Other(_), _) | (Action::Create(_), None) => {}
            (Action::Create(create), Some(before)) => {
                found.push(Draft::at(Spot::name(span(create.tag.mark))).value("before", before));
            }
            _ => before = before.or(Some(action.name().local_name())),
        }
    }
}
