use chrono::FixedOffset;

use super::to_be_stored;
use crate::{casedb::Part, check::rule_file::*, time::Timestamp};

pub(super) static RULE: Rule = Rule {
    code: "casedb-date",
    title: "a `last_modified` of search results that is no date to a device",
    verdicts: &[(Spec, Error), (Device, Error)],
    message: "`{date}` in `last_modified` is no date to the device",
    remedy: "write a day, or a day and a time with `T` between, as in `2024-05-01T10:00:00Z`",
    why: "A device that takes such a case into its storage gives up all of the results.",
    statements: &[],
    sections: &["case-xml.md 3.4", "case-xml.md 1.13"],
    triggers: Example::Document(
        r#"
<results id="case">
  <case case_id="c1" case_type="patient" owner_id="u1" status="open">
    <case_name>Amina</case_name>
    <last_modified>2024-05-01 10:00:00</last_modified>
    <!--           ^^^^^^^^^^^^^^^^^^^ casedb-date -->
  </case>
</results>"#,
    ),
    passes: Example::Document(
        r#"
<results id="case">
  <case case_id="c1" case_type="patient" owner_id="u1" status="open">
    <case_name>Amina</case_name>
    <last_modified>2024-05-01T10:00:00Z</last_modified>
  </case>
</results>"#,
    ),
    run: Run::CaseDb(check),
};

fn check(results: &CaseDb<'_>, found: &mut Drafts) {
    // Whether the device makes anything of it does not depend on its zone.
    let Some(greenwich) = FixedOffset::east_opt(0) else { return };
    for part in to_be_stored(results).flat_map(|case| &case.parts) {
        let Part::Property(property) = part else { continue };
        let text = property.value.text();
        let date = trim(&text);
        if &*property.name == "last_modified" && Timestamp::new(date).instant_to_device(greenwich).is_err() {
            found.push(Draft::at(Spot::content(span(property.mark))).value("date", date));
        }
    }
}
