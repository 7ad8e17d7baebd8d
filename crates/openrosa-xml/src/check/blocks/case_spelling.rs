use super::{group_named_case::has_id, look::called_case};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blocks-case-spelling",
    title: "a case block whose name has a capital letter",
    verdicts: &[(Spec, Error), (Device, Portability), (Hq, Warning)],
    message: "`{name}` is a case block to the device alone",
    remedy: "write `case` in small letters",
    why: "CommCare HQ knows `case` in small letters only and passes over what the block says. The device does not look \
          at the case of letters there.",
    statements: &["C-052", "C-054"],
    sections: &["case-xml.md 1.1"],
    triggers: Example::Form(
        r#"
  <Case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
  <!-- <- blocks-case-spelling -->
    <update><weight>12</weight></update>
  </Case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight>12</weight></update>
  </case>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    for element in called_case(form).filter(|element| element.name.local_name() != "case" && has_id(element))
    {
        let draft = Draft::at(Spot::name(span(element.mark)));
        found.push(draft.value("name", element.name.local_name()));
    }
}
