//! Blocks that no rule can object to, told in one cheap pass.
//!
//! Nearly all blocks of a restore are written the way the reference writers write them (case-xml.md 1.16). Running forty rules
//! on each of them would cost more than reading them, so [`is_plain`] looks first. It need not recognize every good block;
//! what it does not recognize is looked at by the rules.

use crate::case::{
    Action, Attachment, Attachments, CaseBlock, Close, Create, Index, Indices, Property, Tag, Update, Value,
};
use crate::{ns, xml::runs};

/// Whether the block is written the way every reference writer writes it, so that no rule finds anything in it.
pub(in crate::check) fn is_plain(block: &CaseBlock<'_>) -> bool {
    let Some(case_id) = block.case_id.as_deref().filter(|id| is_id(id)) else { return false };
    is_plain_tag(&block.tag, "case")
        && block.date_modified.as_ref().is_some_and(|date| is_moment(date.as_str().as_bytes()))
        && block.user_id.as_deref().is_some_and(is_id)
        && !block.actions.is_empty()
        && are_in_order(&block.actions)
        && !sets_again(&block.actions)
        && block.actions.iter().all(|action| is_plain_action(action, case_id))
}

/// Create, update, index, close: each at most once (1.3).
fn are_in_order(actions: &[Action<'_>]) -> bool {
    actions.windows(2).all(|pair| rank(&pair[0]) < rank(&pair[1]))
}

const fn rank(action: &Action<'_>) -> u8 {
    match action {
        Action::Create(_) => 0,
        Action::Update(_) => 1,
        Action::Index(_) => 2,
        Action::Attachment(_) => 3,
        Action::Close(_) => 4,
        Action::Other(_) => 5,
    }
}

/// Whether what is created with the case is set again in the same block.
fn sets_again(actions: &[Action<'_>]) -> bool {
    let [Action::Create(_), Action::Update(update), ..] = actions else { return false };
    let is_base = |name: &str| matches!(name, "case_type" | "case_name" | "owner_id");
    update.properties.iter().any(|property| is_base(&property.name))
}

fn is_plain_action(action: &Action<'_>, case_id: &str) -> bool {
    match action {
        Action::Create(create) => is_plain_create(create),
        Action::Update(update) => is_plain_update(update),
        Action::Index(index) => is_plain_index(index, case_id),
        Action::Close(close) => is_plain_close(close),
        Action::Attachment(files) => is_plain_attachment(files),
        Action::Other(_) => false,
    }
}

fn is_plain_tag(tag: &Tag<'_>, local: &str) -> bool {
    tag.name.is(Some(ns::CASE), local) && tag.attributes.is_empty() && tag.text.is_none()
}

/// The three children, each once, none of them empty (1.4).
fn is_plain_create(create: &Create<'_>) -> bool {
    let [a, b, c] = &create.properties[..] else { return false };
    let names = [a, b, c].map(|property| property.name.as_ref());
    is_plain_tag(&create.tag, "create")
        && ["case_type", "case_name", "owner_id"].iter().all(|name| names.contains(name))
        && [a, b, c]
            .iter()
            .all(|property| text(property).is_some_and(|text| is_short(text) && !text.is_empty()))
}

/// Properties of plain names, each once, with a text that all readers take as it stands (1.5, 1.6, 1.10).
fn is_plain_update(update: &Update<'_>) -> bool {
    !update.properties.is_empty()
        && is_plain_tag(&update.tag, "update")
        && update.properties.iter().all(|property| is_plain_property(property))
        && are_named_once(update.properties.iter().map(|property| property.name.as_ref()))
}

fn is_plain_property(property: &Property<'_>) -> bool {
    let Some(text) = text(property) else { return false };
    let name = property.name.as_ref();
    match name {
        "case_type" | "case_name" | "owner_id" | "external_id" => is_short(text) && !text.is_empty(),
        "date_opened" => is_date(text.as_bytes()),
        _ => is_plain_name(name) && !is_special(name) && text.len() <= 4096 && !is_moment_like(text),
    }
}

/// Names that one reader or the other makes something of (1.6), or that hide fields of a case (1.15).
fn is_special(name: &str) -> bool {
    matches!(
        name,
        "actions"
            | "case_id"
            | "case_type_id"
            | "category"
            | "closed"
            | "closed_by"
            | "closed_on"
            | "commtrack"
            | "create"
            | "current_status"
            | "date"
            | "date_modified"
            | "doc_type"
            | "domain"
            | "hq_user_id"
            | "id"
            | "index"
            | "indices"
            | "initial_processing_complete"
            | "last_modified"
            | "location_id"
            | "modified_by"
            | "modified_on"
            | "name"
            | "opened_by"
            | "opened_on"
            | "parent"
            | "patient_type"
            | "referrals"
            | "server_modified_on"
            | "server_opened_on"
            | "state"
            | "status"
            | "type"
            | "user_id"
            | "userid"
            | "version"
            | "xform_id"
            | "xform_ids"
    ) || name.starts_with("computed_")
        || name.starts_with("xml")
        || name.starts_with("attachment")
}

/// Links under plain names, each once, to another case (1.8).
fn is_plain_index(index: &Indices<'_>, case_id: &str) -> bool {
    !index.entries.is_empty()
        && is_plain_tag(&index.tag, "index")
        && index.entries.iter().all(|entry| is_plain_link(entry, case_id))
        && are_named_once(index.entries.iter().map(|entry| entry.name.as_ref()))
        && are_told_apart(&index.entries)
}

fn is_plain_link(entry: &Index<'_>, case_id: &str) -> bool {
    let Value::Text(target) = &entry.target else { return false };
    is_plain_name(&entry.name)
        && entry.name.len() <= 255
        && entry.case_type.as_deref().is_some_and(is_id)
        && matches!(entry.relationship.as_deref(), None | Some("child" | "extension"))
        && is_id(target)
        && target != case_id
}

/// No two links go to one case, and all are of one relationship: of a mixture readers make different things (5.4).
fn are_told_apart(entries: &[Index<'_>]) -> bool {
    entries.len() <= 8
        && entries.windows(2).all(|pair| pair[0].relationship() == pair[1].relationship())
        && entries
            .iter()
            .enumerate()
            .all(|(at, entry)| entries[..at].iter().all(|other| other.target != entry.target))
}

fn is_plain_close(close: &Close<'_>) -> bool {
    is_plain_tag(&close.tag, "close") && close.contents.is_empty()
}

/// Files that the device fetches from the server, each under a name of its own, as restores have them (1.9). It is restores
/// that are screened; in a form, readers disagree on every file.
fn is_plain_attachment(files: &Attachments<'_>) -> bool {
    !files.entries.is_empty()
        && is_plain_tag(&files.tag, "attachment")
        && files.entries.iter().all(is_plain_file)
        && are_named_once(files.entries.iter().map(|entry| entry.name.as_ref()))
}

fn is_plain_file(entry: &Attachment<'_>) -> bool {
    is_plain_name(&entry.name)
        && entry.src.as_deref().is_some_and(is_id)
        && entry.from.as_deref() == Some("remote")
        && entry.file_name.is_none()
        && matches!(&entry.content, Value::Text(text) if text.is_empty())
}

/// The text of a property without white space around it.
fn text<'p>(property: &'p Property<'_>) -> Option<&'p str> {
    let Value::Text(text) = &property.value else { return None };
    let text: &str = text;
    let is_edge = |byte: Option<&u8>| byte.is_none_or(|&byte| byte > b' ');
    (is_edge(text.as_bytes().first()) && is_edge(text.as_bytes().last())).then_some(text)
}

/// Counted in bytes, of which there are at least as many as characters or UTF-16 units (1.14).
const fn is_short(text: &str) -> bool {
    text.len() <= 255
}

/// An id or type without anything that somebody might trim, escape or cut.
fn is_id(id: &str) -> bool {
    !id.is_empty() && is_short(id) && runs::is_graphic(id.as_bytes())
}

fn is_plain_name(name: &str) -> bool {
    name.as_bytes().first().is_some_and(u8::is_ascii_lowercase) && runs::is_small(name.as_bytes())
}

/// Whether no name stands twice. Names that fall together in a small table make it doubt, and doubt is no.
fn are_named_once<'n>(names: impl Iterator<Item = &'n str> + Clone) -> bool {
    let (mut seen, mut doubtful) = ([0u64; 4], false);
    for name in names.clone() {
        let place = mixed(name);
        let (word, bit) = (usize::from(place >> 6), 1 << (place & 63));
        doubtful |= seen[word] & bit != 0;
        seen[word] |= bit;
    }
    !doubtful || are_named_once_for_sure(names)
}

fn are_named_once_for_sure<'n>(names: impl Iterator<Item = &'n str>) -> bool {
    let mut seen = std::collections::BTreeSet::new();
    names.into_iter().all(|name| seen.insert(name))
}

/// A place for a name, by its beginning, its end and its length, in which most names differ.
fn mixed(name: &str) -> u8 {
    let bytes = name.as_bytes();
    let (first, last) = match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(&first), Some(&last)) => (u64::from_le_bytes(first), u64::from_le_bytes(last)),
        _ => (bytes.iter().fold(0, |word, &byte| word << 8 | u64::from(byte)), 0),
    };
    let mixed = first ^ last.rotate_left(32) ^ bytes.len() as u64;
    (mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8
}

/// `2024-05-01T10:00:00Z`, with or without a fraction: what HQ writes, and what all readers take for the same (1.13).
fn is_moment(text: &[u8]) -> bool {
    let Some((b'Z', rest)) = text.split_last() else { return false };
    let Some((seconds, fraction)) = rest.split_at_checked(19) else { return false };
    is_date(&seconds[..10])
        && seconds[10] == b'T'
        && seconds[13] == b':'
        && seconds[16] == b':'
        && two(seconds, 11).is_some_and(|hour| hour < 24)
        && two(seconds, 14).is_some_and(|minute| minute < 60)
        && two(seconds, 17).is_some_and(|second| second < 60)
        && match fraction.split_first() {
            None => true,
            Some((b'.', digits)) => (1..=6).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit),
            Some(_) => false,
        }
}

/// `2024-05-01`, in a century that no reader stumbles on; leap days are left to the rules.
fn is_date(text: &[u8]) -> bool {
    text.len() == 10
        && text[4] == b'-'
        && text[7] == b'-'
        && two(text, 0).is_some_and(|century| century == 19 || century == 20)
        && two(text, 2).is_some()
        && two(text, 5).is_some_and(|month| two(text, 8).is_some_and(|day| (1..=days(month)).contains(&day)))
}

const fn days(month: u8) -> u8 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28,
        _ => 0,
    }
}

fn two(text: &[u8], at: usize) -> Option<u8> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| byte - b'0');
    Some(digit(text[at])? * 10 + digit(text[at + 1])?)
}

/// Whether HQ may rewrite the text as a moment (8.4): twelve digits at least, a year first, and nothing but what stands in
/// moments between them.
fn is_moment_like(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_digit() || b"-T :.,+Z\n".contains(&byte);
    text.len() >= 12 && text.as_bytes()[..4].iter().all(u8::is_ascii_digit) && text.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ATTRIBUTES: &str = "case_id='c1' user_id='u1' date_modified='2024-05-01T10:00:00.000000Z'";

    fn passes(attributes: &str, inside: &str) -> bool {
        let namespace = "xmlns='http://commcarehq.org/case/transaction/v2'";
        is_plain(&CaseBlock::read(&format!("<case {namespace} {attributes}>{inside}</case>")).unwrap())
    }

    /// What the reference writers write must pass, or nothing is saved.
    #[test]
    fn what_the_reference_writers_write_passes() {
        let create =
            "<create><case_type>t</case_type><case_name>n</case_name><owner_id>o</owner_id></create>";
        let update =
            "<update><external_id>x</external_id><date_opened>2024-05-31</date_opened><a/><b>1</b></update>";
        let index = "<index><host case_type='p' relationship='extension'>P</host></index>";
        assert!(passes(ATTRIBUTES, &[create, update, index, "<close/>"].concat()));
        assert!(passes(ATTRIBUTES, create) && passes(ATTRIBUTES, update) && passes(ATTRIBUTES, "<close/>"));
        assert!(passes("case_id='c1' user_id='u1' date_modified='2024-12-31T23:59:59Z'", update));
    }

    #[test]
    fn whatever_a_reader_might_stumble_on_does_not_pass() {
        for attributes in [
            "user_id='u1' date_modified='2024-05-01T10:00:00Z'",
            "case_id='c1' date_modified='2024-05-01T10:00:00Z'",
            "case_id='c1' user_id='' date_modified='2024-05-01T10:00:00Z'",
            "case_id='c 1' user_id='u1' date_modified='2024-05-01T10:00:00Z'",
            "case_id='c1' user_id='u1' date_modified='2024-05-01'",
            "case_id='c1' user_id='u1' date_modified='2024-06-31T10:00:00Z'",
            "case_id='c1' user_id='u1' date_modified='2024-05-01T10:00:00+02:00'",
            "case_id='c1' user_id='u1' date_modified='2024-05-01T10:00:00.Z'",
            "case_id='c1' user_id='u1' date_modified='2024-05-01T10:00:00Z' version='2'",
        ] {
            assert!(!passes(attributes, "<close/>"), "{attributes}");
        }
        for inside in [
            "",
            "text<close/>",
            "<close>x</close>",
            "<close/><close/>",
            "<Close/>",
            "<close/><update><a>1</a></update>",
            "<create/>",
            "<create><case_type>t</case_type><case_name>n</case_name><case_name>n</case_name></create>",
            "<create><case_type>t</case_type><case_name>n</case_name><owner_id/></create>",
            "<update/>",
            "<update><a>1</a><a>2</a></update>",
            "<update><a> 1</a></update>",
            "<update><a x='1'>1</a></update>",
            "<update><name>1</name></update>",
            "<update><a>2024-05-01 10:00</a></update>",
            "<update><date_opened>2024-05-01T10:00:00Z</date_opened></update>",
            "<index><p>P</p></index>",
            "<index><p case_type='t'/></index>",
            "<index><p case_type='t'>c1</p></index>",
            "<index><p case_type='t' relationship=''>P</p></index>",
            "<index><p case_type='t'>P</p><q case_type='t'>P</q></index>",
            "<index><p case_type='t'>P</p><q case_type='t' relationship='extension'>Q</q></index>",
            "<attachment><photo src='a' from='local'/></attachment>",
            "<attachment><photo from='remote'/></attachment>",
            "<attachment><photo src='a' from='remote'>x</photo></attachment>",
            "<attachment><photo src='a' from='remote'/><photo src='b' from='remote'/></attachment>",
            "<x/>",
            "<create><case_type>t</case_type><case_name>n</case_name><owner_id>o</owner_id></create>\
             <update><case_name>m</case_name></update>",
        ] {
            assert!(!passes(ATTRIBUTES, inside), "{inside}");
        }
    }

    #[test]
    fn names_that_fall_together_are_told_apart_for_sure() {
        let names: Vec<String> = (0..200).map(|number| format!("name_{number}")).collect();
        assert!(are_named_once(names.iter().map(String::as_str)));
        assert!(!are_named_once(names.iter().chain([&names[77]]).map(String::as_str)));
    }
}
