use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-attribute-namespaced",
    title: "an attribute of a case block that is in a namespace",
    verdicts: &[(Spec, Error), (Device, Portability), (Hq, Warning)],
    message: "attribute `{name}` is in namespace `{namespace}`",
    remedy: "write the attribute without a prefix",
    why: "The device does not look at the namespace of an attribute. CommCare HQ does, and finds none: without a case \
          id it passes the block over without a word.",
    statements: &["C-003", "C-052"],
    sections: &["case-xml.md 1.2"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" xmlns:x="http://example.org/x" case_id="c1" date_modified="2024-05-01T10:00:00Z" x:user_id="u1">
  <!--                                                                                                                                     ^^^^^^^^^^^^^^ case-attribute-namespaced -->
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
    for attribute in &case.block.tag.attributes {
        let name = attribute.name.local_name();
        if let Some(namespace) = attribute.name.namespace()
            && ["case_id", "date_modified", "user_id"].contains(&name)
        {
            let draft = Draft::at(Spot::attribute(case.span(), name));
            found.push(draft.value("name", name).value("namespace", namespace));
        }
    }
}
