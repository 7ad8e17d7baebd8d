use super::look::others;
use crate::check::rule_file::*;
use crate::xml::Element;

pub(super) static RULE: Rule = Rule {
    code: "case-referral",
    title: "a referral in a block of version 2.0",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Error)],
    message: "the block holds a referral",
    remedy: "open a case of its own for what was referred, linked by an index",
    why: "Referrals are part of Case XML 1.0 only. CommCare HQ keeps the form as an error (UsesReferrals); the device \
          does not expect text in there and refuses it (inferred from code).",
    statements: &["C-059"],
    sections: &["case-xml.md 1.3", "case-xml.md 2", "case-xml.md 4.6"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight>12</weight></update>
    <referral><referral_id>r1</referral_id></referral>
    <!-- <- case-referral -->
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
    for element in others(case).filter(|element| is_found(case, element)) {
        found.push(Draft::at(Spot::name(span(element.mark))));
    }
}

/// Whether CommCare HQ finds a referral there: one with something in it, or one of several.
pub(super) fn is_found(case: &Case<'_>, element: &Element<'_>) -> bool {
    let is_bare = element.attributes.is_empty() && element.children().is_empty();
    let is_elsewhere =
        element.name.namespace().is_some_and(|own| Some(own) != case.block.tag.name.namespace());
    let is_one = |other: &&Element<'_>| other.name.local_name() == "referral";
    is_one(&element) && (!is_bare || is_elsewhere || others(case).filter(is_one).nth(1).is_some())
}
