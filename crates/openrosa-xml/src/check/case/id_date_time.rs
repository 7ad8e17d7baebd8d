use super::look::text;
use crate::check::rule_file::*;
use crate::time::normal_time;

pub(super) static RULE: Rule = Rule {
    code: "case-id-date-time",
    title: "an id that looks like a date-time",
    verdicts: &[(Device, Portability), (Hq, Portability)],
    message: "CommCare HQ takes `{written}` in `{name}` for a moment, and makes `{rewritten}` of it",
    remedy: "write an id that is no date-time, such as a UUID",
    why: "CommCare HQ rewrites every text that looks like a date-time, ids among them, and the device keeps what was \
          written: to the two it is another case, user or type.",
    statements: &["C-054"],
    sections: &["case-xml.md 8.4", "case-xml.md 1.2", "case-xml.md 1.8"],
    triggers: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index><parent case_type="patient">2024-05-01T12:00:00+02</parent></index>
    <!--                               ^^^^^^^^^^^^^^^^^^^^^^ case-id-date-time -->
  </case>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <index><parent case_type="patient">p1</parent></index>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    let own = [("case_id", &case.block.case_id), ("user_id", &case.block.user_id)];
    for (name, written) in own {
        report(name, written.as_deref(), &Spot::attribute_value(case.span(), name), found);
    }
    for entry in case.indices() {
        let element = span(entry.mark);
        report("case_type", entry.case_type.as_deref(), &Spot::attribute_value(element, "case_type"), found);
        report(&entry.name, text(&entry.target), &Spot::content(element), found);
    }
}

fn report(name: &str, written: Option<&str>, spot: &Spot, found: &mut Drafts) {
    let Some(written) = written else { return };
    if let Some(rewritten) = normal_time(written).filter(|rewritten| rewritten != written) {
        found.push(
            Draft::at(spot.clone())
                .value("written", written)
                .value("name", name)
                .value("rewritten", rewritten),
        );
    }
}
