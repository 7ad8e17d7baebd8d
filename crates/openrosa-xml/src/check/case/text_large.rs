use super::look::{alone, at_any_time, id_on_device, is_behind_end, tag};
use crate::check::rule_file::*;
use crate::{
    case::{Action, CaseBlock, Close, Field, understood::too_large_on_device},
    profile::Profile,
};

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
    // Nothing has more bytes on the device than twice those in the document.
    if case.span().end - case.span().start <= Field::MOST_BYTES as u64 / 2 {
        return;
    }
    let mut told = |name: &str, bytes: usize, spot: Spot| {
        let name: String = name.chars().take(80).collect();
        found.push(Draft::at(spot).value("name", name).value("length", bytes.to_string()));
    };
    let id = id_on_device(case.block).unwrap_or_default();
    if let Some(bytes) = Field::too_large(id, Profile::Device) {
        told("case_id", bytes, Spot::attribute_value(case.span(), "case_id"));
    }
    let each = actions(case);
    let context = at_any_time();
    let understood = each.iter().filter_map(|block| block.understood_by(Profile::Device, &context).ok()?);
    let steps: Vec<_> = understood.flat_map(|understood| understood.steps).collect();
    for text in too_large_on_device(&steps) {
        told(text.name, text.bytes, Spot::content(span(text.mark)));
    }
}

/// Each by itself, so that what the device refuses in one hides nothing in others. What it takes out of elements that are no action
/// is told of those.
fn actions<'c>(case: &Case<'c>) -> Vec<CaseBlock<'c>> {
    let met = case
        .block
        .actions
        .iter()
        .filter(|action| tag(action).is_some_and(|tag| !is_behind_end(case, tag.mark)));
    let bare = |action: &Action<'c>| match action {
        Action::Close(close) => Action::Close(Close { tag: close.tag.clone(), contents: Vec::new() }),
        action => action.clone(),
    };
    met.map(|action| alone(case, bare(action))).collect()
}
