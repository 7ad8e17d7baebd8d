use crate::check::rule_file::*;
use crate::geopoint::Geopoint;

pub(super) static RULE: Rule = Rule {
    code: "form-location",
    title: "a place in the metadata that is no place",
    verdicts: &[(Hq, Warning)],
    message: "`location` `{location}` is no place: {reason}",
    remedy: "write latitude, longitude, altitude and accuracy, with single spaces between",
    why: "CommCare HQ keeps the text and shows the form on no map.",
    statements: &["R-112"],
    sections: &["openrosa.md 3.3", "openrosa.md 3.4"],
    triggers: Example::Document(
        r#"
<data xmlns="http://example.org/visit">
  <meta xmlns="http://openrosa.org/jr/xforms" xmlns:cc="http://commcarehq.org/xforms">
    <deviceID>phone-1</deviceID>
    <timeStart>2024-05-01T09:50:00.000Z</timeStart>
    <timeEnd>2024-05-01T10:00:00.000Z</timeEnd>
    <userID>u1</userID>
    <instanceID>6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</instanceID>
    <cc:location>42.37, -71.11</cc:location>
    <!--         ^^^^^^^^^^^^^ form-location -->
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
    let Some(field) = super::field(form, "location").filter(|_| form.is_commcare()) else { return };
    let text = field.value.text();
    if let Some(reason) = fault(trim(&text)) {
        let draft = Draft::at(super::value(field)).value("location", trim(&text));
        found.push(draft.value("reason", reason));
    }
}

fn fault(text: &str) -> Option<String> {
    match text.parse::<Geopoint>() {
        _ if text.is_empty() => None,
        Ok(place) => (!place.is_on_earth()).then(|| "it is not on earth".to_owned()),
        Err(error) => Some(error.to_string()),
    }
}
