use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-attribute-unknown",
    title: "an attribute that means nothing on a case block",
    verdicts: &[(Spec, Warning)],
    message: "attribute `{name}` means nothing on a case block",
    remedy: "see whether it is a misspelling of `case_id`, `date_modified` or `user_id`; else leave it out",
    why: "The standard knows three attributes. Both readers pass over any other, so that what a misspelt one was to \
          say is lost.",
    statements: &["C-003"],
    sections: &["case-xml.md 1.2"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" userid="u1">
  <!--                                                                                                      ^^^^^^^^^^^ case-attribute-unknown -->
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
    for attribute in case.block.tag.attributes.iter().filter(|attribute| attribute.name.namespace().is_none())
    {
        let name = attribute.name.local_name();
        found.push(Draft::at(Spot::attribute(case.span(), name)).value("name", name));
    }
}
