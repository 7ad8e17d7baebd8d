//! Arguments of the lists that an index answers: forms, and cases of the first version.

use chrono::{DateTime, Utc};

use crate::endpoint::{push, push_limit};
use crate::error::Invalid;
use crate::values::bound;

/// Arguments in the order in which they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filters {
    arguments: Vec<(String, String)>,
    order: Option<String>,
    limit: Option<u32>,
}

impl Filters {
    pub(crate) fn add(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.arguments.push((name.into(), value.into()));
    }

    /// From one moment to another, both included.
    pub(crate) fn between(&mut self, what: &str, from: Option<DateTime<Utc>>, until: Option<DateTime<Utc>>) {
        for (side, at) in [("start", from), ("end", until)] {
            if let Some(at) = at {
                self.add(format!("{what}_{side}"), bound(at.naive_utc()));
            }
        }
    }

    pub(crate) fn order(&mut self, by: &str, newest_first: bool) {
        self.order = Some(format!("{}{by}", if newest_first { "-" } else { "" }));
    }

    pub(crate) fn limit(&mut self, limit: u32) {
        self.limit = Some(limit);
    }

    /// The same list in the order of the index, from a moment on; pages as large as they may be, unless it was said.
    pub(crate) fn since(&self, moment: Option<&str>, most: u32) -> Self {
        let mut since = self.clone();
        since.order("indexed_on", false);
        since.limit.get_or_insert(most);
        if let Some(moment) = moment {
            since.arguments.retain(|(name, _)| name != "indexed_on_start");
            since.add("indexed_on_start", moment);
        }
        since
    }

    /// HQ would take a larger page for the largest; that would be found out late.
    pub(crate) fn write(&self, url: &mut url::Url, most: u32) -> Result<(), Invalid> {
        for (name, value) in &self.arguments {
            push(url, name, value);
        }
        if let Some(order) = &self.order {
            push(url, "order_by", order);
        }
        push_limit(url, self.limit, most)
    }
}
