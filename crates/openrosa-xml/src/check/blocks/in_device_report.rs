use crate::check::rule_file::*;
use crate::check::subject::is_device_log;

pub(super) static RULE: Rule = Rule {
    code: "blocks-in-device-report",
    title: "a case block inside a device log",
    verdicts: &[(Device, Portability), (Hq, Portability)],
    message: "the block of case `{case_id}` stands inside a device log",
    remedy: "write the block outside the log",
    why: "To CommCare HQ nothing below a device log is a transaction. The device looks for blocks everywhere in a \
          form.",
    statements: &["C-028", "C-054"],
    sections: &["case-xml.md 1.12", "case-xml.md 7"],
    triggers: Example::Form(
        r#"
  <log xmlns="http://code.javarosa.org/devicereport">
    <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z"><close/></case>
    <!-- <- blocks-in-device-report -->
  </log>"#,
    ),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <close/>
  </case>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    if is_device_log(form.instance) {
        return;
    }
    for logged in form.instance.cases().iter().filter(|found| found.in_device_report) {
        let case_id = logged.block.case_id.as_deref().unwrap_or_default();
        found.push(Draft::at(Spot::name(span(logged.block.tag.mark))).value("case_id", case_id));
    }
}
