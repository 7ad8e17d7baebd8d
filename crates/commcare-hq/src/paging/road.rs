//! From page to page, on one server, and not in a circle.

use openrosa_http::client::is_same_server;
use url::{Position, Url};

use crate::error::{Error, Kind};

/// Finds circles of any length in the memory of one address (R. P. Brent, 1980).
#[derive(Clone, Debug, Default)]
pub(super) struct Road {
    mark: Option<String>,
    since: u64,
    reach: u64,
}

impl Road {
    /// Takes a step to an address; an error where it was there before.
    pub(super) fn step(&mut self, to: &str, pages: u64) -> Result<(), Error> {
        if self.mark.as_deref() == Some(to) {
            return Err(Kind::Circle { pages }.into());
        }
        self.since += 1;
        if self.since > self.reach {
            (self.mark, self.since) = (Some(to.to_owned()), 0);
            self.reach = self.reach.max(1) * 2;
        }
        Ok(())
    }
}

/// The address that comes next, seen from the page that says so.
pub(super) fn resolve(asked: &Url, next: &str) -> Result<Url, Error> {
    let mut to = asked.join(next).map_err(|_| Error::strange("the address of a page", "it is none"))?;
    if !is_same_server(asked, &to) || !to.username().is_empty() || to.password().is_some() {
        return Err(Kind::Astray.into());
    }
    to.set_fragment(None);
    Ok(to)
}

/// Path and arguments: all that is written down of an address.
pub(super) fn local(url: &Url) -> String {
    url[Position::BeforePath..Position::AfterQuery].to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn asked() -> Url {
        "https://hq.example/a/d/api/v0.5/user/?limit=20".parse().unwrap()
    }

    /// H-022: arguments only, a path, or an address: all lead to the same next request.
    #[test]
    fn next_is_written_in_three_ways() {
        for next in [
            "?limit=20&offset=20",
            "/a/d/api/v0.5/user/?limit=20&offset=20",
            "https://hq.example/a/d/api/v0.5/user/?limit=20&offset=20",
            "https://HQ.example:443/a/d/api/v0.5/user/?limit=20&offset=20#top",
        ] {
            let to = resolve(&asked(), next).unwrap();
            assert_eq!(to.as_str(), "https://hq.example/a/d/api/v0.5/user/?limit=20&offset=20", "{next}");
        }
    }

    /// A server that has moved to https since, on the port that it had.
    #[test]
    fn next_leads_to_the_https_twin() {
        for (asked, next) in [
            ("http://hq.example/a/d/", "https://hq.example/a/d/?offset=20"),
            ("http://hq.example:8000/a/d/", "https://hq.example:8000/a/d/?offset=20"),
        ] {
            assert_eq!(resolve(&asked.parse().unwrap(), next).unwrap().as_str(), next);
        }
    }

    /// H-011: neither requests nor credentials go to another origin by `next`.
    #[test]
    fn next_does_not_lead_away() {
        for next in [
            "https://other.example/a/d/api/v0.5/user/?offset=20",
            "//other.example/?offset=20",
            "http://hq.example/a/d/api/v0.5/user/?offset=20",
            "https://hq.example:8443/a/d/",
            "https://u:p@hq.example/a/d/",
        ] {
            assert!(resolve(&asked(), next).unwrap_err().is_astray(), "{next}");
        }
    }

    proptest! {
        /// H-029: a request that comes again without progress is detected, however long the circle is.
        #[test]
        fn every_circle_is_found(before in 0_u64..40, circle in 1_u64..40) {
            let mut road = Road::default();
            let found = (0..1000_u64).find(|&step| {
                let at = if step < before { step } else { before + (step - before) % circle };
                road.step(&at.to_string(), step).is_err()
            });
            prop_assert!(found.is_some_and(|step| step <= 4 * (before + circle) + 2), "{found:?}");
        }

        #[test]
        fn a_straight_road_is_no_circle(length in 1_u64..2000) {
            let mut road = Road::default();
            prop_assert!((0..length).all(|step| road.step(&step.to_string(), step).is_ok()));
        }
    }
}
