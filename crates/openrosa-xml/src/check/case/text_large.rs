use super::look::{properties, text};
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "case-text-large",
    title: "a text of more than 65,535 bytes",
    verdicts: &[(Device, Error), (Hq, Portability)],
    message: "the text of `{name}` takes {length} bytes on the device, which can store 65535",
    remedy: "send long texts and pictures as attachments",
    why: "The device counts the bytes of modified UTF-8 and refuses the form or restore (InvalidStructureException, \
          \"too large\"). CommCare HQ has no such limit.",
    statements: &["C-018", "C-052", "C-054"],
    sections: &["case-xml.md 1.14"],
    triggers: Example::None("an example would be longer than a page"),
    passes: Example::Form(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight>12</weight></update>
  </case>"#,
    ),
    run: Run::Case(check),
};

fn check(case: &Case<'_>, found: &mut Drafts) {
    let links = case.indices().map(|entry| (&entry.name, &entry.target, entry.mark));
    let values =
        properties(case).map(|property| (&property.name, &property.value, property.mark)).chain(links);
    for (name, value, mark) in values {
        // Modified UTF-8 takes at most half as much again as UTF-8.
        let Some(text) = text(value).filter(|text| text.len() > 65_535 / 3 * 2) else { continue };
        let length = modified_length(trim(text));
        if length > 65_535 {
            let draft = Draft::at(Spot::content(span(mark)));
            found.push(draft.value("name", name.as_ref()).value("length", length.to_string()));
        }
    }
}

/// Characters beyond the first plane are written as two surrogates of three bytes each.
fn modified_length(text: &str) -> usize {
    text.len() + 2 * text.chars().filter(|&c| c > '\u{ffff}').count()
}
