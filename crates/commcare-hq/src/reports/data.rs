//! What is in a report.

use bytes::Bytes;
use chrono::NaiveDate;
use http::{Request, Response};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::endpoint::{Endpoint, Payload, get, push, push_limit, read};
use crate::error::Error;
use crate::paging::Paged;
use crate::site::{Resource, Site};

const DATA: Resource = Resource::new("configurablereportdata");
/// More on a page is a 400.
const MOST: u32 = 50;

/// The rows of a report.
///
/// A value that a filter does not understand is an error 500 of the server.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, reports::{Data, Operator}, site::Site};
///
/// let rows = Data::new("r1")
///     .any_of("village", ["Kibaha", "Bagamoyo"])
///     .dates("visited", "2026-02-01".parse()?, "2026-02-28".parse()?)
///     .number("age", Operator::AtLeast, 5.0);
/// assert_eq!(
///     rows.request(&Site::parse("https://hq.example/a/riverside/")?)?.uri().query(),
///     Some("village=Kibaha%1FBagamoyo&visited-start=2026-02-01&visited-end=2026-02-28&age-operator=%3E%3D&age-operand=5"),
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// *Wire*: `GET .../configurablereportdata/{report_id}/`, P5. *Spec*: commcare-hq-api.md 2, R29.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Data {
    report_id: String,
    filters: Vec<(String, String)>,
    limit: Option<u32>,
}

/// How a number is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "these are the six")]
pub enum Operator {
    /// `=`
    Is,
    /// `!=`
    IsNot,
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
}

impl Operator {
    fn sign(self) -> &'static str {
        match self {
            Self::Is => "=",
            Self::IsNot => "!=",
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Above => ">",
            Self::AtLeast => ">=",
        }
    }
}

impl Data {
    /// All rows.
    pub fn new(report_id: impl Into<String>) -> Self {
        Self { report_id: report_id.into(), filters: Vec::new(), limit: None }
    }

    fn filter(mut self, name: String, value: impl Into<String>) -> Self {
        self.filters.push((name, value.into()));
        self
    }

    /// Those with this value of a filter.
    #[must_use]
    pub fn is(self, slug: &str, value: impl Into<String>) -> Self {
        self.filter(slug.to_owned(), value)
    }

    /// Those with one of these values.
    #[must_use]
    pub fn any_of<'v>(self, slug: &str, values: impl IntoIterator<Item = &'v str>) -> Self {
        let values: Vec<_> = values.into_iter().collect();
        self.filter(slug.to_owned(), values.join("\u{1f}"))
    }

    /// Those from one day to another.
    #[must_use]
    pub fn dates(self, slug: &str, first: NaiveDate, last: NaiveDate) -> Self {
        self.filter(format!("{slug}-start"), first.to_string())
            .filter(format!("{slug}-end"), last.to_string())
    }

    /// Those whose number compares so.
    #[must_use]
    pub fn number(self, slug: &str, operator: Operator, operand: f64) -> Self {
        let named = self.filter(format!("{slug}-operator"), operator.sign());
        named.filter(format!("{slug}-operand"), operand.to_string())
    }

    /// So many on a page; 50 at most.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }
}

impl Endpoint for Data {
    type Answer = DataPage;

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        let mut url = site.item(DATA, &self.report_id);
        for (name, value) in &self.filters {
            push(&mut url, name, value);
        }
        push_limit(&mut url, self.limit, MOST)?;
        get(url)
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<DataPage, Error> {
        read("page of a report", &answer)
    }
}

/// A page of a report.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct DataPage {
    /// The columns.
    pub columns: Vec<DataColumn>,
    /// The rows, by the slugs of the columns. Values are texts, numbers or nulls.
    pub data: Vec<Map<String, Value>>,
    /// How many rows there are.
    #[serde(default)]
    pub total_records: Option<u64>,
    /// A path with arguments; blank at the end.
    next_page: String,
}

/// A column of a page.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct DataColumn {
    /// Under which its values are in a row.
    pub slug: String,
    /// What people call it.
    #[serde(default)]
    pub header: Value,
    /// Of a column that was made of one value of another: that value.
    #[serde(default)]
    pub expand_column_value: Value,
}

impl DataColumn {
    /// A name for people: the header, and for a column that was made of a value, that value.
    pub fn name(&self) -> String {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let header = if self.header.is_null() { self.slug.clone() } else { text(&self.header) };
        match &self.expand_column_value {
            Value::Null => header,
            value => format!("{header}: {}", text(value)),
        }
    }
}

impl DataPage {
    /// The rows with the names of the columns in the place of their slugs, in the order of the columns. A value that no column
    /// names keeps its slug.
    pub fn named(&self) -> Vec<Vec<(String, Value)>> {
        self.data.iter().map(|row| self.named_row(row)).collect()
    }

    fn named_row(&self, row: &Map<String, Value>) -> Vec<(String, Value)> {
        let value = |slug: &str| row.get(slug).cloned().unwrap_or_default();
        let named = self.columns.iter().map(|column| (column.name(), value(&column.slug)));
        let is_named = |slug: &str| self.columns.iter().any(|column| column.slug == slug);
        let rest = row.iter().filter(|(slug, _)| !is_named(slug));
        named.chain(rest.map(|(slug, value)| (slug.clone(), value.clone()))).collect()
    }
}

impl Paged for DataPage {
    type Item = Map<String, Value>;

    fn next(&self) -> Option<&str> {
        Some(self.next_page.as_str()).filter(|next| !next.is_empty())
    }

    fn total(&self) -> Option<u64> {
        self.total_records
    }

    fn len(&self) -> usize {
        self.data.len()
    }

    fn into_items(self) -> Vec<Self::Item> {
        self.data
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::client::tests::{hq, json as answered, site, trail};

    /// H-025: a walk ends on `next_page: ""`, and a path without host is resolved.
    #[tokio::test]
    async fn a_report_ends_with_a_blank() {
        let page = |rows: &str, next: &str| {
            format!(r#"{{"columns": [], "data": {rows}, "total_records": 3, "next_page": "{next}"}}"#)
        };
        let (client, seen) = hq(move |seen| match seen.query() {
            "limit=2" => answered(
                200,
                &page("[{}, {}]", "/a/riverside/api/v0.5/configurablereportdata/r1/?offset=2&limit=2"),
            ),
            _ => answered(200, &page("[{}]", "")),
        });
        let mut walk = client.walk(Data::new("r1").limit(2)).unwrap();
        assert_eq!(walk.next_page().await.unwrap().unwrap().len(), 2);
        assert_eq!(walk.next_page().await.unwrap().unwrap().len(), 1);
        assert!(walk.next_page().await.unwrap().is_none());
        assert_eq!(trail(&seen)[1], "GET /a/riverside/api/v0.5/configurablereportdata/r1/?offset=2&limit=2");
        // Without the member nobody can tell an end.
        let (client, _) = hq(|_| answered(200, r#"{"columns": [], "data": []}"#));
        assert!(client.walk(Data::new("r1")).unwrap().next_page().await.unwrap_err().is_unreadable());
    }

    /// H-086: `%1F` lists, `-start` and `-end`, `-operator` and `-operand` are encoded; a limit above 50 is refused here.
    #[test]
    fn filters_are_encoded() {
        let query = |data: Data| data.request(&site()).unwrap().uri().query().unwrap().to_owned();
        assert_eq!(query(Data::new("r").any_of("v", ["a b", "c&d"])), "v=a+b%1Fc%26d");
        let day = "2026-02-01".parse().unwrap();
        assert_eq!(query(Data::new("r").dates("v", day, day)), "v-start=2026-02-01&v-end=2026-02-01");
        assert_eq!(
            query(Data::new("r").number("n", Operator::IsNot, 1.5)),
            "n-operator=%21%3D&n-operand=1.5"
        );
        assert_eq!(query(Data::new("r").is("v", "a").limit(50)), "v=a&limit=50");
        for limit in [0, 51] {
            assert!(Data::new("r").limit(limit).request(&site()).unwrap_err().is_invalid());
        }
    }

    /// H-087: columns that were made of values are named by them.
    #[test]
    fn expanded_columns_have_names() {
        let page: DataPage = serde_json::from_value(json!({
            "columns": [{"header": "Village", "slug": "v"},
                {"header": "Sex", "slug": "s-0", "expand_column_value": "f"}, {"header": "Sex", "slug": "s-1", "expand_column_value": 1}],
            "data": [{"v": "Kibaha", "s-0": 3, "s-1": null, "x": "y"}],
            "total_records": 1, "next_page": "",
        }))
        .unwrap();
        let names: Vec<_> = page.named().remove(0);
        assert_eq!(
            names,
            [("Village", json!("Kibaha")), ("Sex: f", json!(3)), ("Sex: 1", json!(null)), ("x", json!("y"))]
                .map(|(name, value)| (name.to_owned(), value))
        );
    }
}
