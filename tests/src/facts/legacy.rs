//! Blocks of Case XML 1.0 in the words of the facts.

use std::collections::{BTreeMap, HashMap};

use openrosa_xml::{
    Instance,
    case::{Property, legacy::LegacyCase},
    xml::{Element, paths},
};
use serde_json::{Value, json};

/// The blocks of Case XML 1.0 among the member `cases` of the facts.
pub fn legacy_cases(source: &str, instance: &Instance<'_>) -> Value {
    let found = instance.legacy_cases();
    let offsets: Vec<_> =
        found.iter().filter_map(|found| Some(found.block.element.mark.span()?.start)).collect();
    let paths = paths(source, &offsets).expect("what was read once reads again");
    let path: HashMap<_, _> = offsets.iter().zip(paths).collect();
    let case = |(offset, found): (&u64, &openrosa_xml::instance::FoundLegacyCase<'_>)| {
        let mut case = case(&found.block);
        case["path"] = json!(path.get(offset));
        case["in_devicereport"] = json!(found.in_device_report);
        case
    };
    offsets.iter().zip(found).map(case).collect()
}

/// The same as the corpus states them.
pub fn stated_legacy_cases(facts: &Value) -> Value {
    let cases = facts["cases"].as_array().into_iter().flatten();
    let mut stated: Value = cases.filter(|case| case["form"] == "legacy").cloned().collect();
    super::without_trimmed_twins(&mut stated);
    stated
}

const HEAD: [&str; 3] = ["case_id", "date_modified", "user_id"];

fn case(block: &LegacyCase<'_>) -> Value {
    let names = block.element.elements().map(|child| child.name.local_name());
    let referrals: Vec<_> = block.referrals().map(|referral| pairs(referral.element)).collect();
    let mut case = json!({
        "form": "legacy",
        "xmlns": block.element.name.namespace(),
        "case_id": block.case_id(),
        "user_id": block.user_id(),
        "date_modified": block.date_modified().map(|date| date.to_string()),
        "actions": names.filter(|name| !HEAD.contains(name)).collect::<Value>(),
        "create": block.create().map(|create| {
            let texts = create.iter().map(|property| (property.name.as_ref(), property.value.text()));
            json!(texts.collect::<BTreeMap<_, _>>())
        }),
        "update": block.update().map(|update| update.iter().map(pair).collect::<Value>()),
        "close": block.closes(),
        "index": null,
        "attachment": null,
    });
    if !referrals.is_empty() {
        case["referral"] = json!(referrals);
    }
    case
}

fn pair(property: &Property<'_>) -> Value {
    json!([property.name, property.value.text()])
}

/// Name and text of each child, or name and pairs where it has children of its own.
fn pairs(element: &Element<'_>) -> Value {
    let pair = |child: &Element<'_>| match child.elements().next() {
        Some(_) => json!([child.name.local_name(), pairs(child)]),
        None => json!([child.name.local_name(), child.text()]),
    };
    element.elements().map(pair).collect()
}
