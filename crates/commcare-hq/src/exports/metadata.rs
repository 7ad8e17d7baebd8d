//! What the columns of a feed are.

use bytes::Bytes;
use http::header::{ACCEPT, HeaderValue};
use http::{Request, Response};
use openrosa_xml::xml::{Element, decode};

use super::Feed;
use crate::endpoint::{Endpoint, Payload, get};
use crate::error::Error;
use crate::site::Site;

/// Asks for the columns of a feed: see [`Feed::metadata`].
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, exports::Feed, site::Site};
///
/// let request = Feed::cases("cf1").metadata().request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.uri().path(), "/a/riverside/api/v0.5/odata/cases/cf1/$metadata");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `GET /a/{d}/api/v0.5/odata/{cases|forms}/{config_id}/[{table_id}/]$metadata`, CSDL as XML. *Spec*: commcare-hq-api.md 2,
/// R8; OData 4.0, Common Schema Definition Language.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metadata {
    feed: Feed,
}

/// The columns of a feed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FeedMetadata {
    /// The column by which rows are told apart: `caseid`, `formid`, or of a table below the first one `number`.
    pub key: Option<String>,
    /// All columns, by their headings.
    pub columns: Vec<FeedColumn>,
    /// The document whole.
    pub document: Element<'static>,
}

/// A column of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FeedColumn {
    /// Its heading.
    pub name: String,
    /// `Edm.String`, unless HQ knows it for a date or a truth.
    pub kind: Option<String>,
}

impl Metadata {
    pub(super) fn of(feed: Feed) -> Self {
        Self { feed }
    }
}

impl Endpoint for Metadata {
    type Answer = FeedMetadata;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let mut request = get(self.feed.below(site, "$metadata"))?;
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/xml"));
        Ok(request)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<FeedMetadata, Error> {
        let strange = |found: String| Error::strange("the metadata of a feed", found);
        let text = decode(answer.body()).map_err(|error| strange(error.to_string()))?;
        let document = Element::read(&text).map_err(|error| strange(error.to_string()))?;
        let Some(entity) = find(&document, "EntityType") else {
            return Err(strange("it has no `EntityType`".to_owned()));
        };
        let key = entity.child("Key").and_then(|key| key.child("PropertyRef")?.attribute("Name"));
        let columns = entity.elements().filter(|child| child.name.local_name() == "Property");
        Ok(FeedMetadata {
            key: key.map(str::to_owned),
            columns: columns.filter_map(column).collect(),
            document: document.clone().into_owned(),
        })
    }
}

fn column(property: &Element<'_>) -> Option<FeedColumn> {
    let name = property.attribute("Name")?.to_owned();
    Some(FeedColumn { name, kind: property.attribute("Type").map(str::to_owned) })
}

/// The first element of this name, at any depth.
fn find<'e, 'a>(root: &'e Element<'a>, local: &str) -> Option<&'e Element<'a>> {
    let mut open = vec![root];
    while let Some(element) = open.pop() {
        if element.name.local_name() == local {
            return Some(element);
        }
        let children: Vec<_> = element.elements().collect();
        open.extend(children.into_iter().rev());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{answer, hq, trail};

    const CSDL: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
<Schema Namespace="CommCare" xmlns="http://docs.oasis-open.org/odata/ns/edm">
<EntityType Name="feed"><Key><PropertyRef Name="caseid"/></Key>
<Property Name="caseid" Type="Edm.String" Nullable="false"/><Property Name="Name of client" Type="Edm.String"/>
<Property Name="closed" Type="Edm.Boolean"/></EntityType>
<EntityContainer Name="Container"><EntitySet Name="feed" EntityType="CommCare.feed"/></EntityContainer>
</Schema></edmx:DataServices></edmx:Edmx>"#;

    #[tokio::test]
    async fn the_columns_of_a_feed_are_told() {
        let (client, seen) = hq(|_| answer(200, &[("Content-Type", "application/xml")], CSDL));
        let metadata = client.call(&Feed::forms("cf1").table(2).metadata()).await.unwrap();
        assert_eq!(metadata.key.as_deref(), Some("caseid"));
        let columns: Vec<_> = metadata
            .columns
            .iter()
            .map(|column| (&*column.name, column.kind.as_deref().unwrap_or_default()))
            .collect();
        assert_eq!(
            columns,
            [("caseid", "Edm.String"), ("Name of client", "Edm.String"), ("closed", "Edm.Boolean")]
        );
        assert_eq!(trail(&seen), ["GET /a/riverside/api/v0.5/odata/forms/cf1/2/$metadata"]);
    }

    #[tokio::test]
    async fn what_has_no_columns_is_no_metadata() {
        for body in ["", "<html><p>Sign in</p></html>", r#"{"@odata.context": "x", "value": []}"#] {
            let (client, _) = hq(move |_| answer(200, &[], body));
            assert!(client.call(&Feed::cases("c").metadata()).await.unwrap_err().is_unreadable(), "{body}");
        }
    }
}
