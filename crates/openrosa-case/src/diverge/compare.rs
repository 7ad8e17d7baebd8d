//! Two states of cases beside each other.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use openrosa_xml::{CaseId, time::normal_time};

use super::{Both, Divergence, Parted};
use crate::{
    case::{Case, Value},
    change::Note,
    differences::Difference,
};

/// Everything in which the two sides differ but for what only one of them keeps.
pub(super) fn compare(both: &Both) -> Vec<Divergence> {
    let ids: BTreeSet<&CaseId> =
        both.device.cases().chain(both.hq.cases()).map(|case| &case.case_id).collect();
    let mut found: Vec<_> = ids.into_iter().flat_map(|id| compare_case(both, id)).collect();
    found.extend(compare_ledgers(both));
    found
}

fn compare_case(both: &Both, id: &CaseId) -> Vec<Divergence> {
    let sides = [both.device.get(id.as_str()), both.hq.get(id.as_str())];
    let [Some(device), Some(hq)] = sides else {
        let names = sides.map(|case| case.map(|case| case.name.to_string()));
        let rule = by_id(both, id).or_else(|| both.rule(id, None, &names));
        return vec![parted(Parted::Case(id.clone()), names, rule)];
    };
    let both_of = |view: fn(&Case) -> Texts| [view(device), view(hq)];
    let [device_values, mut hq_values] = both_of(values);
    let undefined = both.undefined.iter().filter(|(case_id, _)| case_id == id);
    hq_values.extend(undefined.map(|(_, field)| ((*field).to_owned(), "not defined".to_owned())));
    let mut found = differing(both, id, [device_values, hq_values], Parted::Value);
    found.extend(differing(both, id, both_of(links), Parted::Index));
    found.extend(differing(both, id, both_of(files), Parted::Attachment));
    found
}

type Texts = BTreeMap<String, String>;

fn differing(
    both: &Both,
    id: &CaseId,
    [device, hq]: [Texts; 2],
    what: fn(CaseId, String) -> Parted,
) -> Vec<Divergence> {
    let names: BTreeSet<&String> = device.keys().chain(hq.keys()).collect();
    let differs = |name: &&String| device.get(*name) != hq.get(*name);
    let divergence = |name: &String| {
        let texts = [device.get(name).cloned(), hq.get(name).cloned()];
        let rule = both.rule(id, Some(name), &texts);
        parted(what(id.clone(), name.clone()), texts, rule)
    };
    names.into_iter().filter(differs).map(divergence).collect()
}

fn parted(what: Parted, [device, hq]: [Option<String>; 2], rule: Option<Difference>) -> Divergence {
    Divergence { what, device, hq, rule }
}

/// Every value under the name that an update gives it, wherever the side keeps it.
fn values(case: &Case) -> Texts {
    let mut texts: Texts =
        case.properties.iter().map(|(name, value)| (name.to_owned(), shown(value))).collect();
    let always = [
        ("case_type", case.case_type.to_string()),
        ("case_name", case.name.to_string()),
        ("owner_id", case.owner_id.to_string()),
        ("closed", case.closed.to_string()),
        ("last_modified", written(case.last_modified)),
    ];
    let perhaps = [
        ("external_id", case.external_id.as_deref().map(str::to_owned)),
        ("date_opened", case.date_opened.map(written)),
        ("category", case.category.as_deref().map(str::to_owned)),
        ("state", case.state.as_deref().map(str::to_owned)),
        ("location_id", case.hq.location_id.as_deref().map(str::to_owned)),
    ];
    let perhaps = perhaps.into_iter().filter_map(|(name, text)| Some((name, text?)));
    texts.extend(always.into_iter().chain(perhaps).map(|(name, text)| (name.to_owned(), text)));
    texts
}

/// An object, which only CommCare HQ has, is shown as its element: it is no text, whatever stands inside.
fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        Value::Object(element) => element.write().unwrap_or_else(|_| value.text().into_owned()),
    }
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

fn links(case: &Case) -> Texts {
    let link = |index: &crate::case::Index| {
        format!("{} {} {}", index.relationship.as_str(), index.case_type, index.target)
    };
    case.indices.iter().map(|(name, index)| (name.to_owned(), link(index))).collect()
}

fn files(case: &Case) -> Texts {
    case.attachments.iter().map(|(name, file)| (name.to_owned(), file.src.clone())).collect()
}

fn compare_ledgers(both: &Both) -> Vec<Divergence> {
    let [device, hq]: [BTreeMap<_, _>; 2] = [both.device.ledgers().collect(), both.hq.ledgers().collect()];
    let keys: BTreeSet<_> = device.keys().chain(hq.keys()).collect();
    let differs = |key: &&&_| device.get(**key) != hq.get(**key);
    let divergence = |key: &&crate::ledger::LedgerKey| {
        let texts = [device.get(key), hq.get(key)].map(|quantity| quantity.map(ToString::to_string));
        let rule = both.rule(&key.entity_id, Some(&key.entry_id), &texts);
        parted(Parted::Ledger((*key).clone()), texts, rule)
    };
    keys.into_iter().filter(differs).map(divergence).collect()
}

impl Both {
    /// The rule behind a difference: seen from the two texts, or the last one that was noted for the value, or for the case
    /// as a whole; or the one by which a form was refused on one side.
    fn rule(&self, id: &CaseId, name: Option<&str>, texts: &[Option<String>; 2]) -> Option<Difference> {
        let about_case = |note: &&Note| note.case_id.as_ref() == Some(id);
        let noted = |named: Option<&str>| {
            let own = self.notes.iter().rev().filter(about_case);
            own.filter(|note| note.name.as_deref() == named).map(|note| note.rule).next()
        };
        by_texts(texts)
            .or_else(|| name.and_then(|name| of_fraction(name, texts)))
            .or_else(|| name.and_then(|name| noted(Some(name))))
            .or_else(|| name.and_then(|name| of_date(name, texts)))
            .or_else(|| noted(None))
            .or_else(|| self.forms.last().and_then(|form| form.rule))
    }
}

/// A case that CommCare HQ has under the id that it made of this one.
fn by_id(both: &Both, id: &CaseId) -> Option<Difference> {
    let rewritten = normal_time(id.as_str()).filter(|rewritten| rewritten != id.as_str())?;
    both.hq.get(&rewritten).map(|_| Difference::DateTimeText)
}

/// Moments that are nearly the same: less than what the device cuts off and the millisecond that it may lose. Whatever else the
/// block does, nothing else parts two of them so little.
fn of_fraction(name: &str, [device, hq]: &[Option<String>; 2]) -> Option<Difference> {
    if !["date_opened", "last_modified"].contains(&name) {
        return None;
    }
    let moment = |text: &Option<String>| DateTime::parse_from_rfc3339(text.as_deref()?).ok();
    let apart = moment(hq)? - moment(device)?;
    (apart > TimeDelta::zero() && apart < TimeDelta::milliseconds(2)).then_some(Difference::SecondFraction)
}

/// Values that are moments. A device that has none any more could not read it.
fn of_date(name: &str, [device, _]: &[Option<String>; 2]) -> Option<Difference> {
    match name {
        "date_opened" if device.is_none() => Some(Difference::DateOpened),
        "date_opened" | "last_modified" => Some(Difference::DateZone),
        _ => None,
    }
}

/// What can be told from the two texts alone.
fn by_texts(texts: &[Option<String>; 2]) -> Option<Difference> {
    let [Some(device), Some(hq)] = texts else { return None };
    if hq.trim_matches(|c| c <= ' ') == device {
        return Some(Difference::SurroundingSpace);
    }
    (normal_time(device).as_ref() == Some(hq)).then_some(Difference::DateTimeText)
}
