use super::look::blocks;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "legacy-referral",
    title: "a referral",
    verdicts: &[(Hq, Error)],
    message: "the block holds a referral, which nothing replaced",
    remedy: "open a case of its own for what was referred, linked by an index",
    why: "CommCare HQ keeps a form with a referral as an error (UsesReferrals), whatever else is in it. Case XML 2.0 \
          has nothing like it, so that a conversion leaves it out.",
    statements: &["C-059"],
    sections: &["case-xml.md 2", "case-xml.md 4.6"],
    triggers: Example::Form(
        r#"
  <case>
  <!-- <- legacy-unsupported -->
    <case_id>c1</case_id>
    <date_modified>2024-05-01T10:00:00Z</date_modified>
    <referral><referral_id>r1</referral_id></referral>
    <!-- <- legacy-referral -->
  </case>"#,
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
    for old in blocks(form) {
        for referral in old.block.referrals().filter(|referral| !referral.element.children().is_empty()) {
            found.push(Draft::at(Spot::name(span(referral.element.mark))));
        }
    }
}
