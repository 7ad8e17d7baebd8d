//! Items with the JSON that they were read from.

use bytes::Bytes;
use http::{Request, Response};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Dated, Page};
use crate::endpoint::{Effect, Endpoint, Payload, read};
use crate::error::{Error, Refusal};
use crate::site::Site;

/// A list whose items come with their JSON as the server wrote it.
///
/// A number is a binary one once it is read: `1.10` is `1.1` then, and a long one has lost its last digits. Who passes items on
/// takes the text.
///
/// ```
/// use commcare_hq::{Client, forms, paging::{Verbatim, Window}, site::Site};
/// use openrosa_http::transport::Body;
///
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // Stands for a server that has one form.
/// let server = async |_: http::Request<Body>| {
///     let page = r#"{"meta": {"limit": 1000, "offset": 0, "total_count": 1, "next": null},
///         "objects": [{"id": "f1", "form": {"dose": 1.10}, "indexed_on": "2026-02-03T09:10:16.000000Z"}]}"#;
///     Ok(http::Response::new(Body::from(page)))
/// };
/// let hq = Client::new(server, Site::parse("https://hq.example/a/riverside/")?);
/// let mut forms = Window::new(&hq, Verbatim::new(forms::List::new()))?;
/// let page = forms.next_page().await?.unwrap_or_default();
/// assert_eq!(page[0].item.form["dose"], 1.1);
/// assert!(page[0].json.get().contains(r#""dose": 1.10"#));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Verbatim<D> {
    list: D,
}

/// An item, and what it was read from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Written<I> {
    /// The item.
    pub item: I,
    /// Its JSON.
    pub json: Box<RawValue>,
}

impl<D: Dated> Verbatim<D> {
    /// The same list.
    pub fn new(list: D) -> Self {
        Self { list }
    }
}

/// What is on a page of any kind.
#[derive(Deserialize)]
struct Texts {
    #[serde(alias = "cases")]
    objects: Vec<Box<RawValue>>,
}

impl<D: Dated> Endpoint for Verbatim<D> {
    type Answer = Page<Written<D::Item>>;

    fn effect(&self) -> Effect {
        self.list.effect()
    }

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        self.list.request(site)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Self::Answer, Error> {
        let Page { items, next, total } = self.list.answer(answer.clone())?;
        let Texts { objects } = read("page", &answer)?;
        if objects.len() != items.len() {
            return Err(Error::strange("a page", "it cannot be told which of its texts is which item's"));
        }
        let items = items.into_iter().zip(objects).map(|(item, json)| Written { item, json }).collect();
        Ok(Page { items, next, total })
    }

    fn is_missing(&self, refusal: &Refusal) -> bool {
        self.list.is_missing(refusal)
    }
}

impl<D: Dated> Dated for Verbatim<D> {
    type Item = Written<D::Item>;

    const STEADY: bool = D::STEADY;

    fn since(&self, moment: Option<&str>) -> Self {
        Self { list: self.list.since(moment) }
    }

    fn mark(written: &Self::Item) -> (&str, Option<&str>) {
        D::mark(&written.item)
    }
}
