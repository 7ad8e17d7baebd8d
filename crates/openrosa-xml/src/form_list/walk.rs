//! Which lists to fetch, when lists lead to lists.

use std::collections::{HashSet, VecDeque};

use thiserror::Error;

use super::FormList;

/// A walk from one form list to the lists of its groups, and on to those of theirs, that ends whatever a server sends: no
/// address is fetched twice, and neither depth nor number is unbounded.
///
/// It fetches nothing itself.
///
/// ```
/// # use openrosa_xml::{FormList, form_list::ListWalk};
/// let mut walk = ListWalk::new("https://example.org/formList");
/// while let Some(url) = walk.next_url() {
///     // Here a client asks there; this server sends a list that leads to itself.
///     let group = format!("<xforms-group><groupID>g</groupID><name>G</name><listUrl>{url}</listUrl></xforms-group>");
///     let answer = format!("<xforms>{group}</xforms>");
///     let not_followed = walk.arrived(&FormList::read(&answer)?);
///     assert_eq!(not_followed[0].to_string(), "`https://example.org/formList` was fetched before");
/// }
/// # Ok::<(), openrosa_xml::ReadError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ListWalk {
    pending: VecDeque<(String, usize)>,
    seen: HashSet<String>,
    /// The depth of the list that was asked for last.
    depth: usize,
    max_depth: usize,
    max_lists: usize,
}

/// The list of a group that is not fetched.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NotFollowed {
    /// The walk has been there, or is going to.
    #[error("`{url}` was fetched before")]
    Again {
        /// The address.
        url: String,
    },
    /// It is a list of a list of a list, and so on.
    #[error("`{url}` is more than {limit} lists deep")]
    TooDeep {
        /// The address.
        url: String,
        /// How deep a list may be below the first.
        limit: usize,
    },
    /// There are too many lists.
    #[error("`{url}` comes after {limit} other lists")]
    TooMany {
        /// The address.
        url: String,
        /// How many lists one walk may fetch.
        limit: usize,
    },
}

impl ListWalk {
    /// A walk that starts here, goes at most 8 lists deep and fetches at most 256.
    pub fn new(url: impl Into<String>) -> Self {
        let url = url.into();
        Self {
            seen: HashSet::from([url.clone()]),
            pending: VecDeque::from([(url, 0)]),
            depth: 0,
            max_depth: 8,
            max_lists: 256,
        }
    }

    /// The same walk with other bounds: how many lists deep below the first, and how many lists in all.
    #[must_use]
    pub fn within(self, max_depth: usize, max_lists: usize) -> Self {
        Self { max_depth, max_lists, ..self }
    }

    /// The address of the list to fetch next; `None` when the walk has ended.
    pub fn next_url(&mut self) -> Option<String> {
        let (url, depth) = self.pending.pop_front()?;
        self.depth = depth;
        Some(url)
    }

    /// Takes in the list that came from the last address, and says which of its groups are not followed. A list that could
    /// not be fetched is simply not taken in.
    pub fn arrived(&mut self, list: &FormList<'_>) -> Vec<NotFollowed> {
        let urls = list.groups().filter_map(|group| Some(group.ok()?.list_url.into_owned()));
        urls.filter_map(|url| self.follow(url).err()).collect()
    }

    fn follow(&mut self, url: String) -> Result<(), NotFollowed> {
        if self.seen.contains(&url) {
            return Err(NotFollowed::Again { url });
        }
        if self.depth >= self.max_depth {
            return Err(NotFollowed::TooDeep { url, limit: self.max_depth });
        }
        if self.seen.len() >= self.max_lists {
            return Err(NotFollowed::TooMany { url, limit: self.max_lists });
        }
        self.seen.insert(url.clone());
        self.pending.push_back((url, self.depth + 1));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form_list::FormGroup;

    fn list<'a>(urls: &[&'a str]) -> FormList<'a> {
        urls.iter().fold(FormList::new(), |list, &url| list.with_group(FormGroup::new("g", "Group", url)))
    }

    fn told(not_followed: &[NotFollowed]) -> Vec<String> {
        not_followed.iter().map(ToString::to_string).collect()
    }

    /// R-039: groups are shown; following their lists ends on cycles.
    #[test]
    fn a_list_is_fetched_once_however_often_lists_lead_to_it() {
        let mut walk = ListWalk::new("a");
        let mut fetched = Vec::new();
        let mut refused = 0;
        while let Some(url) = walk.next_url() {
            let answer = match url.as_str() {
                "a" => list(&["b", "c", "b"]),
                "b" => list(&["a", "c", "d"]),
                _ => list(&["b"]),
            };
            assert!(answer.groups().all(|group| group.is_ok()));
            refused += walk.arrived(&answer).len();
            fetched.push(url);
        }
        assert_eq!((fetched.join(""), refused), ("abcd".to_owned(), 5));
    }

    /// R-039: following lists of groups is bounded in depth, and in number.
    #[test]
    fn a_server_that_always_has_another_list_is_left() {
        let mut walk = ListWalk::new("0").within(3, 100);
        let mut last = Vec::new();
        let mut fetched = 0;
        while let Some(url) = walk.next_url() {
            fetched += 1;
            let next = format!("{url}0");
            last = told(&walk.arrived(&list(&[&next])));
        }
        assert_eq!(fetched, 4);
        assert_eq!(last, ["`00000` is more than 3 lists deep"]);

        let mut walk = ListWalk::new("a").within(9, 2);
        walk.next_url();
        assert_eq!(
            told(&walk.arrived(&list(&["b", "c", "b"]))),
            ["`c` comes after 2 other lists", "`b` was fetched before"]
        );
    }
}
