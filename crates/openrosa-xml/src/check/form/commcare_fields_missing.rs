use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-commcare-fields-missing",
    title: "CommCare metadata that lacks what reports need",
    verdicts: &[(Hq, Warning)],
    message: "the metadata has no {fields}",
    remedy: "fill in `userID`, `timeStart` and `timeEnd`",
    why: "CommCare HQ takes the form, but does not know who sent it, or leaves it out of reports by time. A blank \
          field counts as absent.",
    statements: &["C-023"],
    sections: &["openrosa.md 3.4", "case-xml.md 7"],
    triggers: Example::Document(
        r#"
<data xmlns="http://example.org/visit">
  <meta xmlns="http://openrosa.org/jr/xforms">
  <!-- <- form-commcare-fields-missing -->
    <deviceID>phone-1</deviceID>
    <timeStart>2024-05-01T09:50:00.000Z</timeStart>
    <timeEnd/>
    <instanceID>6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</instanceID>
  </meta>
</data>"#,
    ),
    passes: Example::Form(
        r"
  <weight>12</weight>",
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    let Some(meta) = form.instance.meta().filter(|_| form.is_form()) else { return };
    let is_blank = |local: &&str| meta.text(local).is_none_or(|text| trim(&text).is_empty());
    let missing: Vec<_> = ["userID", "timeStart", "timeEnd"].into_iter().filter(is_blank).collect();
    if form.is_commcare() && !missing.is_empty() {
        let fields = missing.iter().map(|field| format!("`{field}`")).collect::<Vec<_>>().join(", ");
        found.push(Draft::at(Spot::name(span(meta.mark))).value("fields", fields));
    }
}
