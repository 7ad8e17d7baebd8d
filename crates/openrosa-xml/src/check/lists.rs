//! What rules about form lists and manifests have in common: both list files.

use std::collections::HashMap;

use super::{
    draft::{Draft, Drafts},
    near,
    place::Spot,
    subject::span,
};
use crate::{
    hash::FileHash,
    xml::{Element, chars::trim},
};

/// Finds each further one of the parts that an entry may have once.
pub(super) fn parts_twice(entry: &Element<'_>, parts: &[&str], found: &mut Drafts) {
    let mut seen = HashMap::new();
    for part in entry.elements().filter(|part| parts.contains(&part.name.local_name())) {
        let (local, place) = (part.name.local_name(), span(part.mark));
        match seen.get(local) {
            None => drop(seen.insert(local, place)),
            Some(&first) => {
                let draft = Draft::at(Spot::name(place)).value("part", local);
                found.push(draft.related(Spot::name(first), "the first one"));
            }
        }
    }
}

/// Finds elements with a name nearly like one of these that is not there itself.
pub(super) fn misspelt(around: &Element<'_>, known: &[&'static str], found: &mut Drafts) {
    let unknown = around.elements().filter(|element| !known.contains(&element.name.local_name()));
    for element in unknown {
        let name = element.name.local_name();
        let absent = known.iter().copied().filter(|known| around.child(known).is_none());
        if let Some(meant) = near::nearest(name, absent) {
            let draft = Draft::at(Spot::name(span(element.mark))).value("element", name);
            found.push(draft.value("meant", meant));
        }
    }
}

/// Finds entries with a name nearly like that of one.
pub(super) fn misspelt_entries(root: &Element<'_>, known: &[&'static str], found: &mut Drafts) {
    for element in root.elements().filter(|element| !known.contains(&element.name.local_name())) {
        let name = element.name.local_name();
        if let Some(meant) = near::nearest(name, known.iter().copied()) {
            let draft = Draft::at(Spot::name(span(element.mark))).value("element", name);
            found.push(draft.value("meant", meant));
        }
    }
}

/// Finds a hash that is not as it should be written. Where only `md5:` is missing, nothing else can have been meant.
pub(super) fn hash_form(entry: &Element<'_>, found: &mut Drafts) {
    let Some(hash) = entry.child("hash") else { return };
    let text = hash.text();
    let (text, spot) = (trim(&text), Spot::content(span(hash.mark)));
    let parsed = FileHash::parse(text);
    if text.is_empty() || (parsed.is_some() && text.starts_with("md5:")) {
        return;
    }
    let draft = Draft::at(spot.clone()).value("hash", text);
    found.push(match parsed {
        Some(_) => draft.fix("write `md5:`", spot, format!("md5:{text}")),
        None => draft,
    });
}

/// Finds addresses that are not whole ones.
pub(super) fn urls(entry: &Element<'_>, parts: &[&'static str], found: &mut Drafts) {
    for part in entry.elements().filter(|part| parts.contains(&part.name.local_name())) {
        let url = part.text();
        let url = trim(&url);
        if !url.is_empty() && !is_web_address(url) {
            let draft = Draft::at(Spot::content(span(part.mark)));
            found.push(draft.value("part", part.name.local_name()).value("url", url));
        }
    }
}

/// Whether this is a whole address of the web. Some servers write the scheme in capitals.
pub(super) fn is_web_address(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    is_web && !rest.is_empty() && !rest.starts_with('/')
}

/// Whether this is base64 with its padding; nothing is base64 of nothing.
pub(super) fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    let is_digit = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    text.len().is_multiple_of(4) && text.len() - digits.len() <= 2 && digits.bytes().all(is_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_known_by_its_letters_and_its_padding() {
        assert!(["", "QUJD", "QUI=", "QQ==", "+/+/"].into_iter().all(is_base64));
        assert!(!["QUJ", "Q===", "QU-D", "QU JD", "QQ=A"].into_iter().any(is_base64));
    }

    #[test]
    fn whole_addresses_are_known() {
        assert!(["https://e.org", "HTTP://e.org/x?y"].into_iter().all(is_web_address));
        assert!(
            !["/x", "e.org/x", "ftp://e.org", "https://", "http:///x", "jr://x"]
                .into_iter()
                .any(is_web_address)
        );
    }
}
