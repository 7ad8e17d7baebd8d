use super::look::updated_as;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-property-reserved",
    title: "a property with the name of a field",
    verdicts: &[(Hq, Warning)],
    message: "`{name}` is a reserved name",
    remedy: "give the property another name",
    why: "CommCare HQ stores the property, and shows its own field in its place where it has one of that name. Its \
          app builder lets none of these names through (told by others). To the device it is a property like any \
          other.",
    statements: &["C-016", "C-052"],
    sections: &["case-xml.md 1.6", "case-xml.md 1.15", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><status>1</status></update>
    <!--     ^^^^^^ case-property-reserved -->
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
    for property in updated_as(case, NAMES) {
        found.push(Draft::at(Spot::name(span(property.mark))).value("name", property.name.as_ref()));
    }
}

const NAMES: &[&str] = &[
    "actions",
    "case_type_id",
    "closed",
    "closed_by",
    "closed_on",
    "commtrack",
    "create",
    "computed_",
    "computed_modified_on_",
    "date",
    "date-opened",
    "doc_type",
    "domain",
    "external-id",
    "index",
    "indices",
    "initial_processing_complete",
    "modified_by",
    "modified_on",
    "opened_by",
    "opened_on",
    "parent",
    "referrals",
    "server_modified_on",
    "server_opened_on",
    "status",
    "type",
    "version",
    "xform_id",
    "xform_ids",
];
