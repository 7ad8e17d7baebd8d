use super::look::{date, is_date_to_hq, offset, on_device};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-date-offset-colon",
    title: "an offset without its colon",
    verdicts: &[(Spec, Error), (Device, Warning), (Hq, Portability)],
    message: "the device reads the offset `{offset}` as so many hours",
    remedy: "write a colon between the hours and the minutes of the offset",
    why: "The device takes `+0530` for 530 hours and stores another time of day without a word (inferred from code). \
          CommCare HQ reads it as meant.",
    statements: &["C-004", "C-052", "C-054"],
    sections: &["case-xml.md 1.13", "case-xml.md 11"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" user_id="u1" date_modified="2024-05-01T10:00:00+0530">
  <!--                                                                                             ^^^^^^^^^^^^^^^^^^^^^^^^ case-date-offset-colon -->
    <update><weight>12</weight></update>
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" user_id="u1" date_modified="2024-05-01T10:00:00+05:30">
    <update><weight>12</weight></update>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    let Some(date) = date(case).filter(|date| on_device(date).is_some() && is_date_to_hq(date)) else {
        return;
    };
    if let Some(offset) = offset(date)
        && let [sign, a, b, c, d] = offset.as_bytes()
        && [a, b, c, d].iter().all(|byte| byte.is_ascii_digit())
    {
        let right = format!("{}{}:{}", *sign as char, &offset[1..3], &offset[3..]);
        let spot = Spot::attribute_value(case.span(), "date_modified");
        let written = format!("{}{right}", &date[..date.len() - offset.len()]);
        let draft = Draft::at(spot.clone()).value("offset", offset);
        found.push(draft.fix("write the colon", spot, written));
    }
}
