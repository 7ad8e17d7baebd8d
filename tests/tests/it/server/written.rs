//! What the standards say of what a restore may hold, held against restores out of the server's database: whatever forms have put
//! in there, a device takes the restore to its end.

use openrosa_case::hash::StateHash;
use openrosa_store::server::State;
use openrosa_xml::{
    case::Action,
    restore::{RestoreItem, RestoreReader, Strict},
};

use super::{
    site::{Site, block, create, form},
    wire::restore,
};

/// The restore, item by item, as a device that stops at the first thing that it does not take.
async fn taken(site: &Site, what: &str) -> Vec<RestoreItem<'static>> {
    let body = restore(site, "?version=2.0&items=true").await;
    let mut strict = Strict::new();
    let items = RestoreReader::new(body.as_bytes()).map(|item| {
        let item = item.unwrap_or_else(|error| panic!("{}: {what}: {error}", site.engine)).value;
        let checked = strict.check(&item);
        assert_eq!(checked, Ok(()), "{}: {what}: {item:?}", site.engine);
        if let RestoreItem::Case(block) = &item {
            let date = block.date_modified.as_ref().map(|date| date.as_str().len());
            assert_eq!(date, Some("2024-05-01T10:00:00.000000Z".len()), "{}: {what}: {item:?}", site.engine);
        }
        item.into_owned()
    });
    items.collect()
}

fn ids(items: &[RestoreItem<'_>]) -> Vec<String> {
    let case = |item: &RestoreItem<'_>| match item {
        RestoreItem::Case(block) => block.case_id.as_deref().map(str::to_owned),
        _ => None,
    };
    items.iter().filter_map(case).collect()
}

/// What the case is linked to in a restore.
fn links_of(case_id: &str, items: &[RestoreItem<'_>]) -> Vec<String> {
    let block = items.iter().find_map(|item| match item {
        RestoreItem::Case(block) if block.case_id.as_deref() == Some(case_id) => Some(block),
        _ => None,
    });
    let links = block.unwrap().actions.iter().filter_map(|action| match action {
        Action::Index(links) => Some(&links.entries),
        _ => None,
    });
    links.flatten().map(|link| link.target.text().into_owned()).collect()
}

fn stock(balance: &str, entry: &str) -> String {
    format!("<balance xmlns='http://commcarehq.org/ledger/v1' {balance}><entry {entry}/></balance>")
}

/// Blocks that CommCare HQ takes, and of which a device would refuse what is in them, were it sent as it came.
fn odd() -> Vec<(&'static str, String)> {
    let long = "x".repeat(300);
    // As long to a device, and no longer to CommCare HQ than what it has columns for.
    let units = "\u{1f600}".repeat(150);
    let wide = "\u{1f600}".repeat(200);
    let sets = |what: &str| block("c", 2, &format!("<update>{what}</update>"));
    vec![
        ("a link to itself", block("c", 2, "<index><parent case_type='patient'>c</parent></index>")),
        (
            "a link without a relationship",
            block("c", 2, "<index><p case_type='patient' relationship=''>h</p></index>"),
        ),
        ("a link without a type", block("c", 2, "<index><p case_type=''>h</p></index>")),
        (
            "a long name of a link",
            block("c", 2, &format!("<index><{units} case_type='t'>h</{units}></index>")),
        ),
        ("a long type of a link", block("c", 2, &format!("<index><p case_type='{units}'>h</p></index>"))),
        ("a long property", sets(&format!("<{long}>1</{long}>"))),
        ("a property with a prefix", sets("<p:a xmlns:p='urn:p'>1</p:a>")),
        ("a property like a field", sets("<case_id>x</case_id><user_id>y</user_id><closed>z</closed>")),
        ("a property like an action", sets("<index>x</index><create>y</create>")),
        ("a name of many units", sets(&format!("<case_name>{wide}</case_name>"))),
        ("an owner that is white space", sets("<owner_id> </owner_id>")),
        ("a type that is empty", sets("<case_type/>")),
        ("no user", block("c", 2, "<update><a>1</a></update>").replace(" user_id='amy'", "")),
        ("a long user", block("c", 2, "<update><a>1</a></update>").replace("'amy'", &format!("'{long}'"))),
        (
            "the last hour that there is, by UTC",
            block("c", 2, "<update><a>1</a></update>")
                .replace("2024-05-02T10:00:00Z", "9999-12-31T11:59:59-12:00"),
        ),
        ("an odd date of opening", sets("<date_opened>2024-01-31T23:59:59.999+14:00</date_opened>")),
        ("a carriage return", sets("<a>&#13;&#10;&#9;x</a>")),
        ("a long text", sets(&format!("<a>{}</a>", "x".repeat(70_000)))),
        ("an id elsewhere of many units", sets(&format!("<external_id>{wide}</external_id>"))),
        ("a type of many units", sets(&format!("<case_type>{wide}</case_type>"))),
        ("stock without a section", stock("entity-id='c' date='2024-05-01'", "id='p' quantity='1'")),
        ("stock of a part", stock("entity-id='c' date='2024-05-01' section-id='s'", "id='p' quantity='1.5'")),
        ("stock of nothing", stock("entity-id='c' date='2024-05-01' section-id='s'", "id='p' quantity=''")),
        ("a case between spaces", create(" c9 ", 2, "amy", "")),
        ("a case of spaces", create("  ", 2, "amy", "")),
        (
            "a link to a case between spaces",
            create(" c9 ", 2, "amy", "") + &block("c", 2, "<index><p case_type='t'> c9 </p></index>"),
        ),
        (
            "a case of a long id",
            create("n", 2, "amy", "").replace("case_id='n'", &format!("case_id='{units}'")),
        ),
        ("a case of an odd id", create("&lt;&amp;&gt; \u{e4}", 2, "amy", "")),
    ]
}

/// S-059: whatever a form has put into a case, the reader accepts the restore, and so does a device, which stops at the first
/// fault: one case that could not be written would keep a user from all of them.
/// S-060: what a device refuses is not in a restore: links to itself or nowhere, names and texts that are too long.
/// S-042: and what it then holds is what the server believes it to hold.
#[tokio::test]
async fn nothing_that_was_taken_breaks_a_restore() {
    for (what, blocks) in odd() {
        for site in Site::all().await {
            site.add("amy", "team").await;
            let first = create("h", 1, "amy", "") + &create("c", 1, "amy", "") + &create("z", 1, "amy", "");
            site.takes_for("demo", &form("f1", &first)).await;
            site.takes_for("demo", &form("f2", &blocks)).await;
            let demo = site.database.domain(Some("demo")).await.unwrap();
            let row = site.database.form(&demo, "f2").await.unwrap();
            assert_eq!(row.state, State::Normal, "{}: {what}: {:?}", site.engine, row.reason);
            let items = taken(&site, what).await;
            let found = ids(&items);
            for other in ["h", "z"] {
                assert!(found.iter().any(|id| id == other), "{}: {what}: {found:?}", site.engine);
            }
            let token = items.iter().find_map(|item| match item {
                RestoreItem::SyncToken(token) => token.restore_id(),
                _ => None,
            });
            let next = format!("?since={}&state=ccsh:{}", token.unwrap(), StateHash::of(&found));
            assert!(!restore(&site, &next).await.contains("<case "), "{}: {what}: all is there", site.engine);
        }
    }
}

/// S-060: a link to a case that the device does not get is not sent to it; one to a case that it gets for the link's sake is.
#[tokio::test]
async fn no_link_leads_to_a_case_that_is_not_sent() {
    for site in Site::all().await {
        site.add("amy", "team").await;
        let links = "<index><p case_type='patient'>far</p><q case_type='patient'>h</q></index>";
        site.takes_for("demo", &form("f0", &create("far", 1, "bob", ""))).await;
        let blocks = create("h", 1, "amy", "") + &create("c", 1, "amy", links);
        site.takes_for("demo", &form("f1", &blocks)).await;
        assert_eq!(links_of("c", &taken(&site, "a parent of somebody else's").await), ["far", "h"]);
        let demo = site.database.domain(Some("demo")).await.unwrap();
        site.archive(&demo, "f0").await.unwrap();
        let items = taken(&site, "a parent that is gone").await;
        assert_eq!((ids(&items), links_of("c", &items)), (vec!["c".into(), "h".into()], vec!["h".into()]));
    }
}

/// S-055: no fixture comes before its schema. The groups of the user, which are the only fixture, have none; and there are no
/// locations, flat or not.
#[tokio::test]
async fn fixtures_come_as_devices_take_them() {
    for site in Site::all().await {
        site.add("amy", "team").await;
        let items = taken(&site, "fixtures").await;
        let fixture = |item: &RestoreItem<'_>| match item {
            RestoreItem::Fixture(fixture) => Some(fixture.id.as_deref().unwrap_or_default().to_owned()),
            RestoreItem::Schema(schema) => Some(format!("schema of {:?}", schema.id())),
            _ => None,
        };
        let fixtures: Vec<_> = items.iter().filter_map(fixture).collect();
        assert_eq!(fixtures, ["user-groups"], "{}", site.engine);
    }
}
