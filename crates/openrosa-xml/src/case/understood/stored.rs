//! Texts that the device cannot store (case-xml.md 1.14).

use super::{Link, Setting, Step};
use crate::{
    case::{Field, Relationship},
    position::Mark,
    profile::Profile,
};

/// A text of more bytes than the device can store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TooLarge<'b> {
    /// The property or the link: it is its value, something that it carries, or this name itself.
    pub name: &'b str,
    /// The bytes that the device would need.
    pub bytes: usize,
    /// Where it stood.
    pub mark: Mark,
    is_link: bool,
}

/// What the device cannot store of steps that it took. It meets that where it writes the case, at each close and in the end: of two
/// texts that set one thing until then, the later one counts.
///
/// The id of the case is for the caller to look at. Type, name, owner and external id are refused before, being longer than
/// [they may be](Field::too_long).
///
/// ```
/// use openrosa_xml::{CaseBlock, Profile, case::understood::{Context, too_large_on_device}};
/// # let now = chrono::DateTime::UNIX_EPOCH.fixed_offset();
/// let long = "x".repeat(65_536);
/// let block =
///     format!("<case case_id='C1' date_modified='2024-05-01'><update><story>{long}</story></update></case>");
/// let block = CaseBlock::read(&block)?;
/// let context = Context::new(now);
/// let understood = block.understood_by(Profile::Device, &context)?.unwrap();
/// let told = too_large_on_device(&understood.steps);
/// assert_eq!((told[0].name, told[0].bytes), ("story", 65_536));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn too_large_on_device<'b>(steps: &[Step<'b>]) -> Vec<TooLarge<'b>> {
    let (mut written, mut pending) = (Vec::new(), Vec::new());
    for step in steps {
        match step {
            Step::Update(settings) => settings.iter().for_each(|setting| set(&mut pending, setting)),
            Step::Index(links) => links.iter().for_each(|link| tie(&mut pending, link)),
            Step::Close => written.append(&mut pending),
            Step::Create(_) | Step::Attachment(_) => {}
        }
    }
    written.append(&mut pending);
    written
}

fn set<'b>(pending: &mut Vec<TooLarge<'b>>, setting: &Setting<'b>) {
    pending.retain(|text| text.is_link || text.name != setting.name);
    let Some(bytes) = largest(&[setting.name, setting.content.text().unwrap_or_default()]) else { return };
    let is_kept = |field: &Field| matches!(field, Field::Category | Field::State | Field::Property);
    if Field::set_by(setting.name, Profile::Device).iter().any(is_kept) {
        pending.push(told(setting.name, bytes, setting.mark, false));
    }
}

fn tie<'b>(pending: &mut Vec<TooLarge<'b>>, link: &Link<'b>) {
    pending.retain(|text| !text.is_link || text.name != link.name);
    let Some(target) = link.target else { return };
    let relationship = match link.relationship {
        Relationship::Other(word) => word,
        _ => "",
    };
    let texts = [link.name, target, link.case_type.unwrap_or_default(), relationship];
    pending.extend(largest(&texts).map(|bytes| told(link.name, bytes, link.mark, true)));
}

const fn told(name: &str, bytes: usize, mark: Mark, is_link: bool) -> TooLarge<'_> {
    TooLarge { name, bytes, mark, is_link }
}

fn largest(texts: &[&str]) -> Option<usize> {
    texts.iter().filter_map(|text| Field::too_large(text, Profile::Device)).max()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::super::Context;
    use super::*;
    use crate::case::CaseBlock;

    fn told_of(inside: &str) -> Vec<String> {
        let context = Context::new(DateTime::UNIX_EPOCH.fixed_offset());
        let block = format!("<case case_id='c' date_modified='2024-05-01'>{inside}</case>");
        let block = block.replace("LONG", &"x".repeat(65_536));
        let block = CaseBlock::read(&block).unwrap();
        let understood = block.understood_by(Profile::Device, &context).unwrap().unwrap();
        let told = too_large_on_device(&understood.steps);
        told.iter().map(|text| text.name.chars().take(11).collect()).collect()
    }

    /// C-018: whatever the device stores has its limit, under whatever name.
    #[test]
    fn each_text_that_is_stored_is_told() {
        for name in ["a", "category", "state", "name", "case_id", "location_id"] {
            assert_eq!(told_of(&format!("<update><{name}>LONG</{name}></update>")), [name]);
            assert_eq!(told_of(&format!("<update><{name} u='1'> LONG </{name}></update>")), [name]);
        }
        assert_eq!(told_of("<update><LONG>1</LONG></update>"), ["xxxxxxxxxxx"]);
        for link in [
            "<p case_type='t'>LONG</p>",
            "<p case_type='LONG'>h</p>",
            "<p case_type='t' relationship='LONG'>h</p>",
        ] {
            assert_eq!(told_of(&format!("<index>{link}</index>")), ["p"]);
        }
        assert_eq!(told_of("<index><LONG case_type='t'>h</LONG></index>"), ["xxxxxxxxxxx"]);
        assert_eq!(told_of("<x><update><a>LONG</a></update></x>"), ["a"]);
    }

    /// C-018: what is not stored may be as long as it likes.
    #[test]
    fn a_text_that_is_not_stored_is_none() {
        for inside in [
            "<update><last_modified>LONG</last_modified></update>",
            "<update><date_opened>LONG</date_opened></update>",
            "<update><a>LONG</a><a>1</a></update>",
            "<update><a>LONG</a></update><update><a>1</a></update>",
            "<index><p case_type='LONG'/></index>",
            "<index><p case_type='t'>LONG</p><p case_type='t'/></index>",
        ] {
            assert_eq!(told_of(inside), [""; 0], "{inside}");
        }
        let closed = "<update><a>LONG</a></update><close/><update><a>1</a></update>";
        assert_eq!(told_of(closed), ["a"], "a close writes the case");
        assert_eq!(told_of("<update><p>LONG</p></update><index><p case_type='t'>h</p></index>"), ["p"]);
    }
}
