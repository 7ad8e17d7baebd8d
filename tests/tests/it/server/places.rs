//! Clocks that run back, and those of several receivers that do not agree: what counts is the order in which forms were stored.

use chrono::{DateTime, Utc};
use openrosa_case::Case;
use openrosa_http::server::{CheckPolicy, Policy};

use super::site::{Site, block, create, form};

fn noon() -> DateTime<Utc> {
    "2099-06-01T12:00:00Z".parse().unwrap()
}

fn eleven() -> DateTime<Utc> {
    "2099-06-01T11:00:00Z".parse().unwrap()
}

fn ten() -> DateTime<Utc> {
    "2099-06-01T10:00:00Z".parse().unwrap()
}

fn sets(id: &str, a: u32) -> String {
    form(id, &block("c", 2, &format!("<update><a>{a}</a></update>")))
}

fn edits(before: &str, edit: &str) -> String {
    edit.replace("</instanceID>", &format!("</instanceID><deprecatedID>{before}</deprecatedID>"))
}

async fn case(site: &Site, id: &str) -> Case {
    let domain = site.database.domain(None).await.unwrap();
    site.database.case(&domain, &id.into()).await.unwrap().unwrap().case
}

async fn a(site: &Site) -> String {
    let case = case(site, "c").await;
    case.properties.get("a").map(|value| value.text().into_owned()).unwrap_or_default()
}

async fn rebuild(site: &Site) {
    let domain = site.database.domain(None).await.unwrap();
    site.database.rebuild(&domain, &"c".into()).await.unwrap();
}

/// Sets a form aside and takes it back.
async fn aside_and_back(site: &Site, id: &str) {
    let domain = site.database.domain(None).await.unwrap();
    site.database.archive(&domain, id).await.unwrap();
    site.database.unarchive(&domain, id).await.unwrap();
}

/// C-083: what is set aside and comes back counts where it did.
#[tokio::test]
async fn a_case_is_made_anew_in_the_order_in_which_its_forms_were_stored() {
    for mut site in Site::all().await {
        let engine = site.engine;
        site.stand_still(noon);
        site.takes(&form("i1", &create("c", 1, "amy", "<update><a>1</a></update>"))).await;
        site.takes(&form("d1", &create("d", 1, "amy", "<update><a>1</a></update>"))).await;
        site.stand_still(eleven);
        site.takes(&sets("i2", 2)).await;
        site.takes(&form("d2", &block("d", 2, "<update><a>2</a></update>"))).await;
        site.stand_still(ten);
        site.takes(&sets("i3", 3)).await;
        rebuild(&site).await;
        assert_eq!(a(&site).await, "3", "{engine}");
        for id in ["i1", "i2", "i3"] {
            aside_and_back(&site, id).await;
            assert_eq!(a(&site).await, "3", "{engine}: {id}");
        }
        // The edit of an edit has the place of the first; so it has for a case that it alone is about.
        let both = |id: &str| {
            sets(id, 9).replacen(
                "</case>",
                &format!("</case>{}", block("d", 2, "<update><a>9</a></update>")),
                1,
            )
        };
        site.takes(&edits("i2", &both("e2"))).await;
        site.takes(&edits("e2", &both("f2"))).await;
        assert_eq!(a(&site).await, "3", "{engine}");
        let d = case(&site, "d").await;
        let forms: Vec<&str> =
            d.hq.transactions.iter().filter_map(|did| Some(did.form_id.as_ref()?.as_str())).collect();
        assert_eq!(forms, ["d1", "i2", "d2"], "{engine}");
        site.takes(&edits("i3", &sets("e3", 4))).await;
        assert_eq!(a(&site).await, "4", "{engine}");
    }
}

#[tokio::test]
async fn receivers_whose_clocks_do_not_agree_have_one_order() {
    for mut site in Site::all().await {
        let mut slow = site.twin().await;
        site.stand_still(noon);
        slow.stand_still(ten);
        site.takes(&form("i1", &create("c", 1, "amy", "<update><a>1</a></update>"))).await;
        slow.takes(&sets("i2", 2)).await;
        rebuild(&site).await;
        assert_eq!(a(&site).await, "2", "{}", site.engine);
        slow.takes(&edits("i2", &sets("e2", 3))).await;
        assert_eq!(a(&site).await, "3", "{}", site.engine);
    }
}

#[tokio::test]
async fn what_is_let_in_counts_where_it_came_whatever_the_clock_said() {
    for mut site in Site::all().await {
        site.stand_still(noon);
        site.takes(&form("i1", &create("c", 1, "amy", "<update><a>1</a></update>"))).await;
        site.stand_still(eleven);
        let domain = site.database.domain(None).await.unwrap();
        let open = site.clone();
        site.receive(Policy { check: CheckPolicy::Quarantine, ..Policy::default() });
        site.takes(&sets("i2", 2).replace(" date_modified='2024-05-02T10:00:00Z'", "")).await;
        open.takes(&sets("i3", 3)).await;
        assert_eq!(a(&site).await, "3", "{}", site.engine);
        site.database.release(&domain, "i2").await.unwrap();
        assert_eq!(a(&site).await, "3", "{}: i3 came later", site.engine);
        site.database.archive(&domain, "i3").await.unwrap();
        assert_eq!(a(&site).await, "2", "{}: i1 came earlier", site.engine);
    }
}

/// C-082: what failed and comes again takes effect, then, and goes on to have it.
#[tokio::test]
async fn what_failed_and_comes_again_counts_from_then_on() {
    for mut site in Site::all().await {
        site.stand_still(noon);
        site.takes(&form("i1", &create("c", 1, "amy", "<update><a>1</a></update>"))).await;
        let failing = "<update><a>2</a></update><index><parent case_type='patient'>p</parent></index>";
        let failing = form("i2", &block("c", 2, failing));
        site.takes(&failing).await;
        site.takes(&sets("i3", 3)).await;
        site.stand_still(ten);
        site.takes(&form("p", &create("p", 1, "amy", ""))).await;
        site.takes(&failing).await;
        assert_eq!(a(&site).await, "2", "{}", site.engine);
        rebuild(&site).await;
        assert_eq!(a(&site).await, "2", "{}", site.engine);
    }
}

/// C-082: an edit counts from when the form did, whether there are blocks in either or not.
#[tokio::test]
async fn an_edit_without_blocks_is_one() {
    for mut site in Site::all().await {
        let engine = site.engine;
        site.stand_still(ten);
        site.takes(&form("i1", "<q>1</q>")).await;
        site.stand_still(eleven);
        site.takes(&edits("i1", &form("e1", "<q>2</q>"))).await;
        let e1 = ("e1".to_owned(), Some(1), ten().timestamp_micros(), Some(eleven().timestamp_micros()));
        assert_eq!(kept(&site).await, [e1], "{engine}");
        site.stand_still(noon);
        site.takes(&edits("e1", &form("f1", &create("c", 1, "amy", "")))).await;
        let c = case(&site, "c").await;
        let of_form = c.hq.transactions.iter().find(|did| did.form_id.is_some()).unwrap();
        assert_eq!((of_form.server_date, c.hq.server_modified_on), (ten(), Some(noon())), "{engine}");
    }
}

/// A version before kept no places. The edit of an edit has the place of the first from now on.
#[tokio::test]
async fn edits_from_before_places_were_kept_have_theirs() {
    for site in Site::all().await {
        site.takes(&form("i1", &create("c", 1, "amy", "<update><a>1</a></update>"))).await;
        site.takes(&sets("i2", 2)).await;
        site.takes(&sets("i3", 3)).await;
        site.takes(&edits("i2", &sets("e2", 4))).await;
        site.takes(&edits("e2", &sets("f2", 5))).await;
        site.database.clone().close().await;
        before_places(&site).await;

        let site = site.twin().await;
        aside_and_back(&site, "i1").await;
        assert_eq!(a(&site).await, "3", "{}", site.engine);
    }
}

/// Makes the database one of the version before.
async fn before_places(site: &Site) {
    let pool = site.pool().await;
    for statement in
        ["ALTER TABLE forms DROP COLUMN place", "DELETE FROM _sqlx_migrations WHERE version = 28"]
    {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    pool.close().await;
}

/// What a form calls itself in whose place no other is, its place where that is not its own, from when on it counts, and when it came
/// as an edit.
async fn kept(site: &Site) -> Vec<(String, Option<i64>, i64, Option<i64>)> {
    const KEPT: &str =
        "SELECT instance_id, place, counts_at, edited_at FROM forms WHERE superseded = 0 ORDER BY seq";
    let pool = site.pool().await;
    let kept = sqlx::query_as(KEPT).fetch_all(&pool).await.unwrap();
    pool.close().await;
    kept
}
