use super::{
    attribute_in_element,
    look::{looked_into, refusal_inside},
    referral,
};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-action-unknown-refused",
    title: "an element that is no action, and that the device refuses",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Warning)],
    message: "`{name}` is no action, and the device refuses what is in it: {reason}",
    remedy: "see whether it is a misspelling of create, update, index, attachment or close; put properties into `update`",
    why: "CommCare HQ passes it over without a word. The device looks into what it does not know as if it stood in the \
          block, meets what it does not expect, and refuses the form or restore (inferred from code).",
    statements: &["C-052", "C-054"],
    sections: &["case-xml.md 1.10", "case-xml.md 1.11", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <updates>
      <weight>12</weight>
      <!-- <- case-action-unknown-refused -->
    </updates>
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
    for element in inside_unknown(case) {
        if let Some(refusal) = refusal_inside(case, element) {
            // A field of `create` is too long by itself, and has no place of its own.
            let place = refusal.mark.span().unwrap_or_else(|| span(element.mark));
            found.push(
                Draft::at(Spot::name(place))
                    .value("name", element.name.local_name())
                    .value("reason", refusal.to_string()),
            );
        }
    }
}

/// Of all that the device looks into, what is not told of otherwise.
fn inside_unknown<'c>(case: &Case<'c>) -> impl Iterator<Item = &'c Element<'c>> {
    let is_told = |element: &&Element<'_>| {
        referral::is_found(case, element) || attribute_in_element::is_attribute(element)
    };
    looked_into(case).filter(move |element| !is_told(element))
}
