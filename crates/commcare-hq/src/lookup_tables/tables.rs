//! Definitions of tables.

use bytes::Bytes;
use http::{Method, Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Replaced;
use crate::endpoint::{self, Effect, Endpoint, Payload, bare, by_id, get};
use crate::error::Error;
use crate::paging::{Page, envelope};
use crate::site::{Resource, Site};
use crate::values::or_default;

const TABLE: Resource = Resource::new("lookup_table");

/// The definition of a table.
///
/// *Spec*: commcare-hq-api.md 2, R25.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Table {
    /// Its id; none of one that is to be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its name in forms.
    pub tag: String,
    /// Whether every user has all of it.
    #[serde(default)]
    pub is_global: bool,
    /// Its columns.
    #[serde(default, deserialize_with = "or_default")]
    pub fields: Vec<Field>,
    /// The attributes of its rows.
    #[serde(default, deserialize_with = "or_default")]
    pub item_attributes: Vec<String>,
    /// What else there is. It is not sent.
    #[serde(flatten, skip_serializing)]
    pub other: Map<String, Value>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Field {
    /// Its name.
    #[serde(alias = "name")]
    pub field_name: String,
    /// What its values differ by, such as a language.
    #[serde(default, deserialize_with = "or_default")]
    pub properties: Vec<String>,
}

impl Table {
    /// A table with these columns.
    pub fn new<'n>(tag: impl Into<String>, fields: impl IntoIterator<Item = &'n str>) -> Self {
        let field = |name: &str| Field { field_name: name.to_owned(), properties: Vec::new() };
        Self {
            id: None,
            tag: tag.into(),
            is_global: false,
            fields: fields.into_iter().map(field).collect(),
            item_attributes: Vec::new(),
            other: Map::new(),
        }
    }

    /// The same, for every user.
    #[must_use]
    pub fn global(mut self) -> Self {
        self.is_global = true;
        self
    }
}

/// All tables.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, lookup_tables::Tables, site::Site};
///
/// let request = Tables.request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/v0.5/lookup_table/");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `GET .../lookup_table/`, P1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "it has no arguments")]
pub struct Tables;

impl Endpoint for Tables {
    type Answer = Page<Table>;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        get(site.list(TABLE))
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Page<Table>, Error> {
        envelope::tastypie("list of tables", &answer)
    }
}

by_id! {
    /// One table by its id, which is not its tag.
    ///
    /// ```
    /// use commcare_hq::{endpoint::Endpoint, lookup_tables::GetTable, site::Site};
    ///
    /// let request = GetTable::new("bc").request(&Site::parse("https://hq.example/a/riverside/")?)?;
    /// assert_eq!(request.uri(), "https://hq.example/a/riverside/api/v0.5/lookup_table/bc/");
    /// # Ok::<(), commcare_hq::Error>(())
    /// ```
    ///
    /// *Wire*: `GET .../lookup_table/{id}/`. *Spec*: commcare-hq-api.md 2, R25.
    GetTable(id) from TABLE, "table": Table
}

/// Makes a table. HQ does not say its id; the list does. What is wrong with it comes as [complaints](Error::complaints).
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, lookup_tables::{CreateTable, Table}, site::Site};
///
/// let request = CreateTable(Table::new("drugs", ["name", "dose"])).request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/a/riverside/api/v0.5/lookup_table/"));
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `POST .../lookup_table/`, 201 without a body.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a table and nothing else is made")]
pub struct CreateTable(pub Table);

impl Endpoint for CreateTable {
    type Answer = ();

    fn effect(&self) -> Effect {
        Effect::Write
    }

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        endpoint::json(Method::POST, &site.list(TABLE), &self.0)
    }

    fn answer(&self, _: Response<Bytes>) -> Result<(), Error> {
        Ok(())
    }
}

/// Puts a definition in the place of one that is there. The tag must be the same.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, lookup_tables::{ReplaceTable, Table}, site::Site};
///
/// let changed = ReplaceTable::new("bc", Table::new("drugs", ["name"]).global());
/// let request = changed.request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!((request.method().as_str(), request.uri().path()), ("PUT", "/a/riverside/api/v0.5/lookup_table/bc/"));
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `PUT .../lookup_table/{id}/`: 204, or 201 for a table of another id.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ReplaceTable {
    /// Which.
    pub id: String,
    /// What it is to be.
    pub table: Table,
}

impl ReplaceTable {
    /// The table of this id is to be this.
    pub fn new(id: impl Into<String>, table: Table) -> Self {
        Self { id: id.into(), table }
    }
}

impl Endpoint for ReplaceTable {
    type Answer = Replaced;

    fn effect(&self) -> Effect {
        Effect::Write
    }

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let table = Table { id: None, ..self.table.clone() };
        endpoint::json(Method::PUT, &site.item(TABLE, &self.id), &table)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Replaced, Error> {
        Ok(Replaced::of(&answer))
    }
}

/// Deletes a table with its rows.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, lookup_tables::DeleteTable, site::Site};
///
/// let request = DeleteTable::new("bc").request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!((request.method().as_str(), request.uri().path()), ("DELETE", "/a/riverside/api/v0.5/lookup_table/bc/"));
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `DELETE .../lookup_table/{id}/`, 202.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeleteTable {
    /// Which.
    pub id: String,
}

impl DeleteTable {
    /// The table of this id.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into() }
    }
}

impl Endpoint for DeleteTable {
    type Answer = ();

    fn effect(&self) -> Effect {
        Effect::Write
    }

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        bare(Method::DELETE, &site.item(TABLE, &self.id))
    }

    fn answer(&self, _: Response<Bytes>) -> Result<(), Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{hq, json, trail};

    fn drugs() -> Table {
        Table::new("drugs", ["name", "dose"]).global()
    }

    #[tokio::test]
    async fn tables_are_listed_made_and_deleted() {
        let body = r#"{"meta": {"limit": 20, "offset": 0, "total_count": 1, "next": null},
            "objects": [{"id": "bc", "tag": "drugs", "is_global": true, "fields": [{"field_name": "name", "properties": ["lang"]}, {"name": "dose"}], "item_attributes": []}]}"#;
        let (client, seen) = hq(move |seen| match seen.method.as_str() {
            "GET" => json(200, body),
            "POST" => json(201, ""),
            _ => json(202, ""),
        });
        let page = client.walk(Tables).unwrap().next_page().await.unwrap().unwrap();
        assert_eq!(page.items[0].fields[1].field_name, "dose");
        client.call(&CreateTable(drugs())).await.unwrap();
        client.call(&DeleteTable::new("bc")).await.unwrap();
        assert_eq!(trail(&seen)[2], "DELETE /a/riverside/api/v0.5/lookup_table/bc/");
        assert_eq!(
            seen.lock().unwrap()[1].body,
            r#"{"tag":"drugs","is_global":true,"fields":[{"field_name":"name","properties":[]},{"field_name":"dose","properties":[]}],"item_attributes":[]}"#
        );
    }

    #[tokio::test]
    async fn a_table_is_had_by_its_id() {
        let body = r#"{"id": "bc", "tag": "drugs", "is_global": true, "fields": [{"field_name": "name", "properties": ["lang"]}], "item_attributes": []}"#;
        let (client, seen) = hq(move |_| json(200, body));
        let table = client.call(&GetTable::new("bc")).await.unwrap();
        assert_eq!((table.tag.as_str(), table.fields[0].properties[0].as_str()), ("drugs", "lang"));
        assert_eq!(trail(&seen), ["GET /a/riverside/api/v0.5/lookup_table/bc/"]);
        let (client, _) = hq(|_| json(404, ""));
        assert!(client.call(&GetTable::new("b9")).await.unwrap_err().is_not_found());
    }

    /// H-084: a PUT that is answered with 201 has made a table under another id.
    #[tokio::test]
    async fn a_put_may_make_another_table() {
        for (status, replaced) in [(204, Replaced::InPlace), (201, Replaced::CreatedUnderAnotherId)] {
            let (client, _) = hq(move |_| json(status, ""));
            assert_eq!(client.call(&ReplaceTable::new("bc", drugs())).await.unwrap(), replaced);
        }
    }

    /// H-085: complaints about a definition come as a list.
    #[tokio::test]
    async fn complaints_are_a_list() {
        let (client, _) = hq(|_| json(400, r#"["fields: required", "tag: too long"]"#));
        let error = client.call(&CreateTable(drugs())).await.unwrap_err();
        assert_eq!(error.complaints(), ["fields: required", "tag: too long"]);
    }
}
