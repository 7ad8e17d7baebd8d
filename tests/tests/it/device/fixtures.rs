//! Lookup data: looked up or compared row by row, the rows are the same.

use openrosa_case::store::FixtureKey;
use openrosa_http::client::restore::Restore;
use openrosa_store::device::Database;
use openrosa_xml::xml::Element;
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{device, few, run};
use openrosa_tests::strategies;

/// Columns that rows have, and one that none has.
const COLUMNS: [&str; 6] = ["a", "b", "x-1", "@id", "@b", "@none"];
const INDICES: [&str; 8] = ["a", "b", "@id", "a,b", "@b,x-1", "none", "@none,a", "x-1"];

type Row = Vec<(i64, Element<'static>)>;

/// A lookup: what rows must have, behind which of them, and how many at most.
#[derive(Clone, Debug)]
struct Query {
    equal: Vec<(&'static str, String)>,
    after: Option<i64>,
    limit: usize,
}

/// A text as it stands in a row: few, so that rows share them, and now and then any.
fn value() -> impl Strategy<Value = String> {
    let few = vec!["", "", "1", "01", " 1 ", "1\n", "\u{a0}1", "é", "e\u{301}", "'\"<&>", "1 2", "A", "a"];
    prop_oneof![8 => select(few).prop_map(str::to_owned), 1 => strategies::text()]
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    text.replace('\r', "&#13;").replace('\n', "&#10;").replace('\t', "&#9;")
}

/// A row with some of the columns, in any order and as often as it likes; few are no rows at all.
fn row() -> impl Strategy<Value = String> {
    let child = (select(vec!["a", "a", "b", "x-1", "id"]), value(), option::weighted(0.1, value()));
    let child = child.prop_map(|(name, text, inner)| {
        let inner = inner.map(|text| format!("<a>{}</a>", escaped(&text))).unwrap_or_default();
        format!("<{name}>{}{inner}</{name}>", escaped(&text))
    });
    let attributes = (option::of(value()), option::of(value()));
    let name = select(vec!["row", "row", "row", "row", "note"]);
    (name, attributes, vec(child, 0..4)).prop_map(|(name, (id, b), children)| {
        let attribute =
            |name, value: Option<String>| value.map(|value| format!(" {name}=\"{}\"", escaped(&value)));
        let (id, b) = (attribute("id", id).unwrap_or_default(), attribute("b", b).unwrap_or_default());
        format!("<{name}{id}{b}>{}</{name}>", children.concat())
    })
}

/// Rows, now and then more than are read at a time.
fn rows() -> impl Strategy<Value = String> {
    let times = prop_oneof![5 => Just(1), 1 => Just(150)];
    (vec(row(), 0..8), times).prop_map(|(rows, times)| rows.concat().repeat(times))
}

fn query() -> impl Strategy<Value = Query> {
    let value = value().prop_map(|text| java_trimmed(&text).to_owned());
    let equal = vec((select(COLUMNS.to_vec()), value), 0..3);
    let limit = prop_oneof![4 => Just(usize::MAX), 1 => 0..4_usize, 1 => 250..260_usize];
    (equal, option::weighted(0.3, -1..300_i64), limit).prop_map(|(equal, after, limit)| Query {
        equal,
        after,
        limit,
    })
}

/// White space as the reference device trims it off texts between tags.
fn java_trimmed(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

/// The value of a column: of the first child, or of the attribute; nothing where there is none.
fn column(row: &Element<'_>, name: &str) -> String {
    if let Some(attribute) = name.strip_prefix('@') {
        return row.attribute(attribute).unwrap_or_default().to_owned();
    }
    let first = row.elements().find(|child| child.name.local_name() == name);
    first.map(|child| java_trimmed(&child.text()).to_owned()).unwrap_or_default()
}

/// What comes of looking at each row.
fn filtered(rows: &Row, query: &Query) -> Row {
    let behind = |position: i64| query.after.is_none_or(|after| position > after);
    let fits = |row: &Element<'_>| query.equal.iter().all(|(name, value)| column(row, name) == *value);
    let fitting = rows.iter().filter(|(position, row)| behind(*position) && fits(row));
    fitting.take(query.limit).cloned().collect()
}

async fn looked_up(database: &Database, key: &FixtureKey, query: &Query) -> Row {
    let equal: Vec<_> = query.equal.iter().map(|(name, value)| (*name, value.as_str())).collect();
    database.fixture_rows(key, &equal, query.after, query.limit).await.unwrap()
}

async fn agree(rows: &str, indices: &[&str], queries: &[Query]) -> Result<(), TestCaseError> {
    let (_folder, database) = device().await;
    let named: String = indices.iter().map(|index| format!("<index>{index}</index>")).collect();
    let fixture =
        |id| format!("<fixture id='{id}' user_id='u' indexed='true'><table>{rows}</table></fixture>");
    let restore = format!(
        "<OpenRosaResponse><schema id='with:index'><indices>{named}</indices></schema>{}{}</OpenRosaResponse>",
        fixture("with:index"),
        fixture("without")
    );
    database.apply_restore(Restore::of(restore)).await.unwrap();
    for id in ["with:index", "without"] {
        let key = FixtureKey { id: id.to_owned(), user_id: "u".to_owned() };
        let fixture = database.fixture(&key).await.unwrap().unwrap();
        let rows: Row = (0..).zip(fixture.rows().map(|row| row.unwrap().into_owned())).collect();
        for query in queries {
            prop_assert_eq!(
                looked_up(&database, &key, query).await,
                filtered(&rows, query),
                "{} {:?}",
                id,
                query
            );
        }
    }
    prop_assert_eq!(database.check().await.unwrap().faults, []);
    Ok(())
}

/// The reference device trims as Java does: a space that does not break is part of the text.
#[test]
fn only_white_space_up_to_the_blank_is_trimmed() {
    let rows = "<row><a>&#160;1</a></row><row><a>\n 1 </a></row>";
    let query = |value: &str| Query { equal: vec![("a", value.to_owned())], after: None, limit: 9 };
    run(agree(rows, &["a"], &[query("1"), query("\u{a0}1"), query(" 1")])).unwrap();
}

proptest! {
    #![proptest_config(few(48))]

    /// S-023: rows are the same with and without indexes, and the same as looking at each row gives.
    #[test]
    fn indexes_change_nothing_but_time(
        rows in rows(),
        indices in prop::sample::subsequence(INDICES.to_vec(), 0..=5),
        queries in vec(query(), 1..12),
    ) {
        run(agree(&rows, &indices, &queries))?;
    }
}
