//! Clocks that run back, and those of several receivers that do not agree: what counts is the order in which forms were stored.

use chrono::{DateTime, Utc};
use openrosa_case::Case;
use openrosa_http::server::{CheckPolicy, Policy, UnknownPredecessor};

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
    site.archive(&domain, id).await.unwrap();
    site.unarchive(&domain, id).await.unwrap();
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
        site.archive(&domain, "i3").await.unwrap();
        assert_eq!(a(&site).await, "2", "{}: i1 came earlier", site.engine);
    }
}

/// Who sends a form again is told what has become of it, and not what would become of it now.
#[tokio::test]
async fn what_is_let_in_is_told_to_be_in_quarantine_no_more() {
    for mut site in Site::all().await {
        let domain = site.database.domain(None).await.unwrap();
        site.receive(Policy { check: CheckPolicy::Quarantine, ..Policy::default() });
        let apart = create("c", 1, "amy", "").replace(" date_modified='2024-05-01T10:00:00Z'", "");
        let apart = form("i1", &apart);
        for is_released in [false, true] {
            for _ in 0..2 {
                let receipt = site.send(&apart, &[]).await.unwrap();
                let told = receipt.message().unwrap_or_default().contains("it is in quarantine");
                assert_eq!(told, !is_released, "{}: {receipt:?}", site.engine);
            }
            if !is_released {
                site.database.release(&domain, "i1").await.unwrap();
            }
        }
    }
}

/// Sets a value, and fails as long as there is no case `p`.
fn failing(id: &str, a: u32) -> String {
    let actions = format!("<update><a>{a}</a></update><index><parent case_type='patient'>p</parent></index>");
    form(id, &block("c", 2, &actions))
}

/// C-082: what failed and comes again takes effect, then, and goes on to have it.
#[tokio::test]
async fn what_failed_and_comes_again_counts_from_then_on() {
    for mut site in Site::all().await {
        site.stand_still(noon);
        site.takes(&form("i1", &create("c", 1, "amy", "<update><a>1</a></update>"))).await;
        site.takes(&failing("i2", 2)).await;
        site.takes(&sets("i3", 3)).await;
        site.stand_still(ten);
        site.takes(&form("p", &create("p", 1, "amy", ""))).await;
        site.takes(&failing("i2", 2)).await;
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
        let site = from_before_places(site).await;
        aside_and_back(&site, "i1").await;
        assert_eq!(a(&site).await, "3", "{}", site.engine);
    }
}

/// Nor for what failed and came again, and for what took its place since.
#[tokio::test]
async fn what_came_again_before_places_were_kept_has_its_place() {
    for site in Site::all().await {
        let engine = site.engine;
        site.takes(&form("i1", &create("c", 1, "amy", "<update><a>1</a></update>"))).await;
        site.takes(&failing("i2", 2)).await;
        site.takes(&sets("i3", 3)).await;
        site.takes(&form("p", &create("p", 1, "amy", ""))).await;
        site.takes(&failing("i2", 2)).await;
        let site = from_before_places(site).await;
        rebuild(&site).await;
        assert_eq!(a(&site).await, "2", "{engine}");

        site.takes(&sets("i4", 4)).await;
        aside_and_back(&site, "i2").await;
        let site = from_before_places(site).await;
        rebuild(&site).await;
        assert_eq!(a(&site).await, "4", "{engine}: it came back after i4, and counts from before");

        site.takes(&edits("i2", &sets("e2", 5))).await;
        let site = from_before_places(site).await;
        let domain = site.database.domain(None).await.unwrap();
        site.archive(&domain, "i4").await.unwrap();
        assert_eq!(a(&site).await, "5", "{engine}: i3 came before");
    }
}

/// What a migration finds out is what would have been kept, and it leaves what was kept as it is.
#[tokio::test]
async fn places_that_are_found_out_are_those_that_are_kept() {
    for mut site in Site::all().await {
        let engine = site.engine;
        site.takes(&form("i1", &create("c", 1, "amy", ""))).await;
        // It says that it takes the place of what comes after it, and of what another edit takes the place of then.
        let mut lenient = site.clone();
        let unknown_predecessor = UnknownPredecessor::KeepAsNew;
        lenient.receive(Policy { unknown_predecessor, ..Policy::default() });
        lenient.takes(&edits("j0", &sets("alone", 1))).await;
        site.takes(&form("j1", "<q>1</q>")).await;
        // Such a pair is there from when what came behind its edit counted.
        const NAMED: &str = "UPDATE forms SET replaces = 'j1' WHERE instance_id = 'alone'";
        sqlx::query(NAMED).execute(&site.pool().await).await.unwrap();
        site.takes(&failing("i2", 2)).await;
        site.takes(&failing("i3", 2)).await;
        site.takes(&form("p", &create("p", 1, "amy", ""))).await;
        site.takes(&failing("i3", 2)).await;
        site.takes(&failing("i2", 2)).await;
        site.takes(&edits("i2", &sets("e2", 3))).await;
        site.takes(&edits("e2", &form("f2", "<q>1</q>"))).await;
        for (before, edit) in [("j1", "k1"), ("k1", "l1"), ("l1", "m1")] {
            site.takes(&edits(before, &form(edit, "<q>2</q>"))).await;
        }
        site.takes(&edits("m1", &sets("n1", 4))).await;
        site.takes(&form("s1", "<q>1</q>")).await;
        site.takes(&edits("s1", &form("t1", "<q>2</q>"))).await;
        // Quarantined and let in, it counts where it came.
        let domain = site.database.domain(None).await.unwrap();
        let open = site.clone();
        site.receive(Policy { check: CheckPolicy::Quarantine, ..Policy::default() });
        site.takes(&sets("i5", 2).replace(" date_modified='2024-05-02T10:00:00Z'", "")).await;
        open.takes(&sets("i6", 3)).await;
        site.database.release(&domain, "i5").await.unwrap();

        let before = kept(&site).await;
        let placed = before.iter().filter(|(_, place, ..)| place.is_some()).map(|(id, ..)| id.as_str());
        assert_eq!(placed.collect::<Vec<_>>(), ["i3", "f2", "n1", "t1"], "{engine}");
        let site = once_more(site, &["DELETE FROM _sqlx_migrations WHERE version = 29"]).await;
        assert_eq!(kept(&site).await, before, "{engine}");
        // An edit of what has no blocks was none, and the next came in its place.
        const NONE: [&str; 2] = [
            "UPDATE forms SET edited_at = NULL, counts_at = received_at WHERE instance_id IN ('k1', 'l1', 'm1', 't1')",
            "UPDATE forms SET counts_at = (SELECT counts_at FROM forms WHERE instance_id = 'm1') WHERE instance_id = 'n1'",
        ];
        let site = once_more(site, &[&NONE[..], &BEFORE_PLACES].concat()).await;
        assert_eq!(kept(&site).await, before, "{engine}");
    }
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

/// Makes a database one of the version before places.
const BEFORE_PLACES: [&str; 2] =
    ["ALTER TABLE forms DROP COLUMN place", "DELETE FROM _sqlx_migrations WHERE version IN (28, 29)"];

async fn from_before_places(site: Site) -> Site {
    once_more(site, &BEFORE_PLACES).await
}

/// Opens the database again, in which this was done meanwhile.
async fn once_more(site: Site, statements: &[&'static str]) -> Site {
    site.database.clone().close().await;
    let pool = site.pool().await;
    for statement in statements {
        sqlx::query(*statement).execute(&pool).await.unwrap();
    }
    pool.close().await;
    site.twin().await
}
