//! Rows of tables, whole.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Method, Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Replaced;
use crate::endpoint::{self, Effect, Endpoint, Payload, bare, by_id, get, read};
use crate::error::Error;
use crate::paging::{Page, envelope};
use crate::site::{Resource, Site};
use crate::values::or_default;

const ITEM: Resource = Resource::second("lookup_table_item");

/// A row of a table.
///
/// *Spec*: commcare-hq-api.md 2, R25.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Item {
    /// Its id; none of one that is to be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The id of its table.
    pub data_type_id: String,
    /// Its values by column.
    #[serde(default, deserialize_with = "or_default")]
    pub fields: BTreeMap<String, FieldList>,
    /// Its attributes.
    #[serde(default, deserialize_with = "or_default")]
    pub item_attributes: Map<String, Value>,
    /// Where it stands in the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort_key: Option<i64>,
    /// What else there is. It is not sent.
    #[serde(flatten, skip_serializing)]
    pub other: Map<String, Value>,
}

/// The values of a column in one row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FieldList {
    /// One, or one for each property.
    #[serde(default, deserialize_with = "or_default")]
    pub field_list: Vec<FieldValue>,
}

/// A value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FieldValue {
    /// The value.
    #[serde(default)]
    pub field_value: Option<String>,
    /// What it differs from others by, such as a language.
    #[serde(default, deserialize_with = "or_default")]
    pub properties: Map<String, Value>,
}

impl Item {
    /// A row of the table of this id.
    pub fn new(table_id: impl Into<String>) -> Self {
        Self {
            id: None,
            data_type_id: table_id.into(),
            fields: BTreeMap::new(),
            item_attributes: Map::new(),
            sort_key: None,
            other: Map::new(),
        }
    }

    /// With this value in this column.
    #[must_use]
    pub fn value(mut self, column: impl Into<String>, value: impl Into<String>) -> Self {
        let value = FieldValue { field_value: Some(value.into()), properties: Map::new() };
        self.fields.entry(column.into()).or_default().field_list.push(value);
        self
    }
}

/// All rows of all tables.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, lookup_tables::Items, site::Site};
///
/// let request = Items.request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/v0.6/lookup_table_item/");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `GET .../lookup_table_item/`, P1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "it has no arguments")]
pub struct Items;

impl Endpoint for Items {
    type Answer = Page<Item>;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        get(site.list(ITEM))
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Page<Item>, Error> {
        envelope::tastypie("page of rows", &answer)
    }
}

by_id! {
    /// One row by its id.
    ///
    /// ```
    /// use commcare_hq::{endpoint::Endpoint, lookup_tables::GetItem, site::Site};
    ///
    /// let request = GetItem::new("e8").request(&Site::parse("https://hq.example/a/riverside/")?)?;
    /// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/v0.6/lookup_table_item/e8/");
    /// # Ok::<(), commcare_hq::Error>(())
    /// ```
    ///
    /// *Wire*: `GET .../lookup_table_item/{id}/`. *Spec*: commcare-hq-api.md 2, R25.
    GetItem(id) from ITEM, "row": Item
}

/// Makes a row.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, lookup_tables::{CreateItem, Item}, site::Site};
///
/// let request = CreateItem(Item::new("bc").value("name", "Aspirin")).request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/a/riverside/api/v0.6/lookup_table_item/"));
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `POST .../lookup_table_item/` of the second version, which answers with the row.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a row and nothing else is made")]
pub struct CreateItem(pub Item);

impl Endpoint for CreateItem {
    type Answer = Item;

    fn effect(&self) -> Effect {
        Effect::Write
    }

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        endpoint::json(Method::POST, &site.list(ITEM), &self.0)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Item, Error> {
        read("row", &answer)
    }
}

/// Puts a row in the place of one that is there.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, lookup_tables::{Item, ReplaceItem}, site::Site};
///
/// let changed = ReplaceItem::new("e8", Item::new("bc").value("name", "Aspirin"));
/// let request = changed.request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!((request.method().as_str(), request.uri().path()), ("PUT", "/a/riverside/api/v0.6/lookup_table_item/e8/"));
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `PUT .../lookup_table_item/{id}/`; 201 for a row of another id.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ReplaceItem {
    /// Which.
    pub id: String,
    /// What it is to be.
    pub item: Item,
}

impl ReplaceItem {
    /// The row of this id is to be this.
    pub fn new(id: impl Into<String>, item: Item) -> Self {
        Self { id: id.into(), item }
    }
}

impl Endpoint for ReplaceItem {
    type Answer = Replaced;

    fn effect(&self) -> Effect {
        Effect::Write
    }

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let item = Item { id: None, ..self.item.clone() };
        endpoint::json(Method::PUT, &site.item(ITEM, &self.id), &item)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Replaced, Error> {
        Ok(Replaced::of(&answer))
    }
}

/// Deletes a row.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, lookup_tables::DeleteItem, site::Site};
///
/// let request = DeleteItem::new("e8").request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!((request.method().as_str(), request.uri().path()), ("DELETE", "/a/riverside/api/v0.6/lookup_table_item/e8/"));
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `DELETE .../lookup_table_item/{id}/`, 202.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeleteItem {
    /// Which.
    pub id: String,
}

impl DeleteItem {
    /// The row of this id.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into() }
    }
}

impl Endpoint for DeleteItem {
    type Answer = ();

    fn effect(&self) -> Effect {
        Effect::Write
    }

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        bare(Method::DELETE, &site.item(ITEM, &self.id))
    }

    fn answer(&self, _: Response<Bytes>) -> Result<(), Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{hq, json, trail};

    const ROW: &str = r#"{"id":"e8","data_type_id":"bc","fields":{"name":{"field_list":[{"field_value":"Aspirin","properties":{"lang":"en"}}]}},"item_attributes":{},"sort_key":3}"#;

    /// H-084: a row that is put under an id that is not known is a new row under another.
    #[tokio::test]
    async fn rows_are_made_replaced_and_deleted() {
        let (client, seen) = hq(|seen| json(if seen.method == Method::DELETE { 202 } else { 201 }, ROW));
        let made = client.call(&CreateItem(Item::new("bc").value("name", "Aspirin"))).await.unwrap();
        assert_eq!(made.fields["name"].field_list[0].properties["lang"], "en");
        let replaced = client.call(&ReplaceItem::new("e9", made)).await.unwrap();
        assert_eq!(replaced, Replaced::CreatedUnderAnotherId);
        client.call(&DeleteItem::new("e8")).await.unwrap();
        assert_eq!(
            trail(&seen),
            [
                "POST /a/riverside/api/v0.6/lookup_table_item/",
                "PUT /a/riverside/api/v0.6/lookup_table_item/e9/",
                "DELETE /a/riverside/api/v0.6/lookup_table_item/e8/"
            ]
        );
        assert_eq!(
            seen.lock().unwrap()[0].body,
            r#"{"data_type_id":"bc","fields":{"name":{"field_list":[{"field_value":"Aspirin","properties":{}}]}},"item_attributes":{}}"#
        );
        let (client, seen) = hq(|_| json(200, ROW));
        assert_eq!(client.call(&GetItem::new("e8")).await.unwrap().data_type_id, "bc");
        assert_eq!(trail(&seen), ["GET /a/riverside/api/v0.6/lookup_table_item/e8/"]);
        let page = format!(
            r#"{{"meta": {{"limit": 20, "offset": 0, "total_count": 1, "next": null}}, "objects": [{ROW}]}}"#
        );
        let (client, _) = hq(move |_| json(200, &page));
        assert_eq!(
            client.walk(Items).unwrap().next_page().await.unwrap().unwrap().items[0].sort_key,
            Some(3)
        );
    }
}
