//! Where a window stands, to be written down.

use serde::{Deserialize, Serialize};

use super::Ids;

/// Where a [`Window`](super::Window) stands: the last moment that was seen, and what of it was delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowState {
    /// Address and arguments of the very first page: whose window it is.
    pub(super) first: String,
    /// The newest moment that was seen.
    pub(super) moment: Option<String>,
    /// What was delivered with that moment: ids, and the moments as they were written.
    #[serde(default)]
    pub(super) delivered: Ids,
    /// The way on within the moment, where it is larger than a page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) inside: Option<String>,
    /// Within the moment, the item with which the next page has to begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last: Option<String>,
    /// How many items there are from the moment on, by what was counted before and seen since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) counted: Option<u64>,
    /// What the server had next behind the page on which the moment was seen first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) behind: Option<String>,
    pub(super) pages: u64,
    pub(super) items: u64,
}

impl WindowState {
    pub(super) fn new(first: String) -> Self {
        let (moment, inside, last, counted, behind) = Default::default();
        Self { first, moment, delivered: Ids::new(), inside, last, counted, behind, pages: 0, items: 0 }
    }

    /// The beginning of the same list.
    #[must_use]
    pub fn anew(&self) -> Self {
        Self::new(self.first.clone())
    }

    /// How many items were delivered, those that came again counted again.
    pub fn items(&self) -> u64 {
        self.items
    }

    /// How many pages were read.
    pub fn pages(&self) -> u64 {
        self.pages
    }

    /// The newest moment that was seen, in UTC.
    pub fn moment(&self) -> Option<&str> {
        self.moment.as_deref()
    }

    pub(super) fn is_old(&self, moment: &str) -> bool {
        self.moment.as_deref().is_some_and(|newest| moment < newest)
    }

    /// Notes an item of the moment at which the window stands; whether it is new, or was indexed anew within it.
    pub(super) fn deliver(&mut self, id: String, written: String) -> bool {
        let before = self.delivered.insert(id, written.clone());
        before.is_none_or(|before| before != written)
    }

    /// Leaves the moment, all of which was delivered, for the newest of a page.
    pub(super) fn pass(&mut self, moments: &[String], newest: &str, next: Option<&str>) {
        let is_between = |moment: &&String| Some(*moment) != self.moment.as_ref() && *moment != newest;
        let passed = self.delivered.len() + moments.iter().filter(is_between).count();
        self.counted = self.counted.map(|counted| counted.saturating_sub(passed as u64));
        self.behind = next.map(str::to_owned);
    }

    /// Whether a page begins with what the one before ended with. Where it does not, something before it is gone, and what stood
    /// behind that has moved up, over the edge of a page that was read.
    pub(super) fn fits(&self, first: Option<&str>) -> bool {
        self.last.is_none() || self.last.as_deref() == first
    }

    /// Follows the server within the moment. With the last item of a page in hand, the next page begins a place earlier, with
    /// that item.
    pub(super) fn go_inside(&mut self, next: &str, last: Option<String>) {
        let earlier = last.is_some().then(|| a_place_earlier(next, self.inside.as_deref())).flatten();
        self.last = last.filter(|_| earlier.is_some());
        self.inside = Some(earlier.unwrap_or_else(|| next.to_owned()));
    }

    pub(super) fn restart(&mut self) {
        (self.inside, self.last) = (None, None);
    }
}

/// The address with an offset one less, where it has one and that leads on from the page before.
fn a_place_earlier(next: &str, before: Option<&str>) -> Option<String> {
    let offset = offset_of(next)?.checked_sub(1)?;
    if offset <= before.and_then(offset_of).unwrap_or(0) {
        return None;
    }
    let (path, query) = next.split_once('?')?;
    let arguments = query.split('&').map(|argument| match argument.starts_with("offset=") {
        true => format!("offset={offset}"),
        false => argument.to_owned(),
    });
    Some(format!("{path}?{}", arguments.collect::<Vec<_>>().join("&")))
}

fn offset_of(address: &str) -> Option<u64> {
    let (_, query) = address.split_once('?')?;
    query.split('&').find_map(|argument| argument.strip_prefix("offset=")?.parse().ok())
}
