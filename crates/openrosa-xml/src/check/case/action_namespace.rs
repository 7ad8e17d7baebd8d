use super::look::tag;
use crate::case::Action;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-action-namespace",
    title: "an action in another namespace than its block",
    verdicts: &[(Spec, Error)],
    message: "`{action}` is not in the namespace of its block",
    remedy: "put every element of the block into the namespace of Case XML 2.0",
    why: "The standard puts the whole block into one namespace. Both readers go by the local name here, other readers \
          need not.",
    statements: &["C-001", "C-052"],
    sections: &["case-xml.md 1.1"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update xmlns="http://example.org/x"><weight>12</weight></update>
    <!-- <- case-action-namespace -->
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
    let namespace = case.block.tag.name.namespace();
    for action in case.block.actions.iter().filter(|action| !is_index_elsewhere(action, namespace)) {
        if let Some(tag) = tag(action).filter(|tag| tag.name.namespace() != namespace) {
            found.push(Draft::at(Spot::name(span(tag.mark))).value("action", tag.name.local_name()));
        }
    }
}

/// Of an `index` in a namespace of its own another rule tells.
fn is_index_elsewhere(action: &Action<'_>, namespace: Option<&str>) -> bool {
    let Action::Index(index) = action else { return false };
    index.tag.name.namespace().is_some_and(|own| Some(own) != namespace)
}
