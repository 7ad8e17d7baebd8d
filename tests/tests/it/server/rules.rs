//! What forms make of cases, by the rules of CommCare HQ: the same in the database of either engine as in memory. What each rule
//! says is tested in `openrosa-case`; here is what is left of it when it was written and is read again.

use chrono::{DateTime, Utc};
use openrosa_case::Case;
use openrosa_store::server::State;

use super::site::{Site, block, create, form};

/// A server with one case, of the tenth of May.
async fn sites() -> Vec<Site> {
    let sites = Site::all().await;
    for site in &sites {
        site.takes(&form("made", &create("c", 10, "amy", "<update><a>1</a></update>"))).await;
    }
    sites
}

async fn case(site: &Site, id: &str) -> Case {
    let domain = site.database.domain(None).await.unwrap();
    let row = site.database.case(&domain, &id.into()).await.unwrap();
    row.unwrap_or_else(|| panic!("{}: there is no case {id}", site.engine)).case
}

/// A form with one block about the case.
async fn does(site: &Site, id: &str, day: u32, actions: &str) {
    site.takes(&form(id, &block("c", day, actions))).await;
}

async fn sets(site: &Site, id: &str, day: u32, what: &str) {
    does(site, id, day, &format!("<update>{what}</update>")).await;
}

fn value(case: &Case, name: &str) -> Option<String> {
    case.properties.get(name).map(|value| value.text().into_owned())
}

fn at(day: u32) -> DateTime<Utc> {
    format!("2024-05-{day:02}T10:00:00Z").parse().unwrap()
}

fn forms(case: &Case) -> Vec<String> {
    case.xform_ids().into_iter().map(ToString::to_string).collect()
}

/// A form in which nothing but Case XML 1.0 says anything is refused as one in which it stands beside other blocks.
#[tokio::test]
async fn a_block_of_the_old_format_is_not_passed_over() {
    let old = "<case xmlns=''><case_id>old</case_id><date_modified>2011-05-01</date_modified>\
               <create><case_type_id>t</case_type_id><case_name>n</case_name></create></case>";
    for site in sites().await {
        let domain = site.database.domain(None).await.unwrap();
        for (id, blocks) in
            [("alone", old.to_owned()), ("beside", old.to_owned() + &create("d", 11, "amy", ""))]
        {
            site.takes(&form(id, &blocks)).await;
            let row = site.database.form(&domain, id).await.unwrap();
            assert_eq!(row.state, State::Error, "{}: {id}", site.engine);
            assert!(row.reason.as_deref().unwrap_or_default().contains("Case XML 1.0"), "{:?}", row.reason);
        }
    }
}

/// C-061: one block that fails makes the whole form fail, and nothing of it is there.
/// C-119: to a device of CommCare that is told by its nature, to others the form is accepted and set apart.
#[tokio::test]
async fn a_form_has_its_effect_whole_or_not_at_all() {
    for site in sites().await {
        let before = case(&site, "c").await;
        let good = block("c", 11, "<update><a>2</a></update>") + &create("d", 11, "amy", "");
        let bad = block("c", 11, "<index><parent case_type='x'>nobody</parent></index>");
        site.takes(&form("f", &(good + &bad))).await;
        let domain = site.database.domain(None).await.unwrap();
        let row = site.database.form(&domain, "f").await.unwrap();
        assert_eq!(row.state, State::Error, "{}", site.engine);
        assert!(row.reason.as_deref().unwrap_or_default().contains("nobody"), "{:?}", row.reason);
        assert_eq!(case(&site, "c").await, before, "{}", site.engine);
        assert!(site.database.case(&domain, &"d".into()).await.unwrap().is_none(), "{}", site.engine);
    }
}

/// C-063: actions apply in an order of their own: create, update and close, wherever they stand.
/// C-064: blocks of one case go by the smallest rank of their actions; blocks of another case between them change nothing.
#[tokio::test]
async fn order_is_the_servers() {
    for site in sites().await {
        let create =
            "<create><case_type>patient</case_type><case_name>n</case_name><owner_id>amy</owner_id></create>";
        let odd = block("n", 1, &format!("<close/><update><case_name>later</case_name></update>{create}"));
        site.takes(&form("f", &odd)).await;
        let made = case(&site, "n").await;
        assert_eq!((&*made.name, made.closed), ("later", true), "{}", site.engine);
        let blocks = block("b", 1, "<update><case_name>later</case_name><x>1</x></update>")
            + &block("a", 1, create)
            + &block("b", 1, create);
        site.takes(&form("g", &blocks)).await;
        assert_eq!(
            (&*case(&site, "b").await.name, value(&case(&site, "b").await, "x").as_deref()),
            ("later", Some("1")),
            "{}: the update came second",
            site.engine
        );
        assert_eq!(&*case(&site, "a").await.name, "n", "{}", site.engine);
    }
}

/// C-065: a case that is updated or closed and that nobody knows is created.
/// C-066: so is one that a block without an action names.
#[tokio::test]
async fn a_case_that_nobody_knows_is_created() {
    for site in sites().await {
        for (id, actions, closed) in
            [("u1", "<update><a>1</a></update>", false), ("u2", "<close/>", true), ("u3", "", false)]
        {
            site.takes(&form(id, &block(id, 11, actions))).await;
            let made = case(&site, id).await;
            assert_eq!((made.owner_id.as_str(), made.closed), ("amy", closed), "{}: {id}", site.engine);
        }
    }
}

/// C-067: a block without an action raises the date, and its form is one of the case's.
/// C-081: a form is one of the case's once, whatever number of blocks.
#[tokio::test]
async fn a_block_without_an_action_touches_the_case() {
    for site in sites().await {
        site.takes(&form("f", &(block("c", 20, "") + &block("c", 19, "")))).await;
        let touched = case(&site, "c").await;
        assert_eq!(touched.last_modified, at(20), "{}", site.engine);
        assert_eq!(forms(&touched), ["made", "f"], "{}", site.engine);
    }
}

/// C-068: create on a case that is there replaces type, name and owner, and keeps all else, its links too.
#[tokio::test]
async fn a_second_create_keeps_what_it_does_not_name() {
    for site in sites().await {
        site.takes(&form("x", &create("x", 1, "amy", ""))).await;
        does(&site, "f", 11, "<close/><index><p case_type='patient'>x</p></index>").await;
        let create = "<create><case_type>person</case_type><case_name>Bob</case_name><owner_id>bob</owner_id></create>";
        does(&site, "g", 12, create).await;
        let case = case(&site, "c").await;
        assert_eq!((&*case.case_type, &*case.name, case.owner_id.as_str()), ("person", "Bob", "bob"));
        assert_eq!((case.closed, value(&case, "a").as_deref()), (true, Some("1")), "{}", site.engine);
        assert_eq!(case.date_opened, Some(at(10)), "{}", site.engine);
        let links: Vec<_> = case.indices.iter().map(|(name, link)| (name, link.target.as_str())).collect();
        assert_eq!(links, [("p", "x")], "{}", site.engine);
    }
}

/// C-069: closing a closed case moves the date, and nothing opens it again.
#[tokio::test]
async fn what_is_closed_stays_closed() {
    for site in sites().await {
        does(&site, "f", 11, "<close/>").await;
        does(&site, "g", 12, "<close/>").await;
        sets(&site, "h", 13, "<a>2</a><closed>false</closed><status>open</status>").await;
        let case = case(&site, "c").await;
        assert_eq!((case.closed, case.hq.closed_on), (true, Some(at(12))), "{}", site.engine);
        assert_eq!(value(&case, "a").as_deref(), Some("2"));
    }
}

/// C-070: the date of a case is the latest of all blocks.
/// C-071: modified by whoever acted in the block that was applied last.
#[tokio::test]
async fn the_latest_date_counts_and_the_last_user() {
    for site in sites().await {
        let earlier = block("c", 1, "<update><a>2</a></update>").replace("'amy'", "'bob'");
        site.takes(&form("f", &earlier)).await;
        let case = case(&site, "c").await;
        assert_eq!(case.last_modified, at(10), "{}", site.engine);
        assert_eq!(case.hq.modified_by.as_ref().unwrap().as_str(), "bob", "{}", site.engine);
        assert_eq!(case.hq.opened_by.as_ref().unwrap().as_str(), "amy");
        assert_eq!(value(&case, "a").as_deref(), Some("2"), "what came last is what is");
    }
}

/// C-072: an owner that is empty after a block becomes the user.
/// C-074: a case was opened on `date_opened` if that is given, else on the date of its first block.
/// C-075: `name` names the case, `hq_user_id` is its external id as well, `location_id` no entry of the map.
#[tokio::test]
async fn some_names_mean_something() {
    for site in sites().await {
        sets(&site, "f1", 11, "<owner_id>bob</owner_id>").await;
        assert_eq!(case(&site, "c").await.owner_id.as_str(), "bob", "{}", site.engine);
        sets(&site, "f2", 12, "<owner_id/>").await;
        assert_eq!(case(&site, "c").await.owner_id.as_str(), "amy", "{}", site.engine);
        let named = "<name>N</name><hq_user_id>u</hq_user_id><location_id>l</location_id>";
        sets(&site, "f3", 13, &format!("{named}<date_opened>2024-01-31</date_opened>")).await;
        let case = case(&site, "c").await;
        assert_eq!((&*case.name, case.external_id.as_deref()), ("N", Some("u")), "{}", site.engine);
        assert_eq!(case.hq.location_id.as_deref(), Some("l"));
        assert_eq!(case.properties.keys().collect::<Vec<_>>(), ["a", "hq_user_id"]);
        assert_eq!(case.date_opened, Some("2024-01-31T00:00:00Z".parse().unwrap()), "{}", site.engine);
    }
}

/// C-076: to the server category and state are properties like others.
/// C-077: an empty leaf is a value.
#[tokio::test]
async fn an_empty_value_is_a_value() {
    for site in sites().await {
        sets(&site, "f", 11, "<a/><category>1</category><state>2</state>").await;
        let case = case(&site, "c").await;
        let values = ["a", "category", "state"].map(|name| value(&case, name));
        assert_eq!(
            values.each_ref().map(Option::as_deref),
            [Some(""), Some("1"), Some("2")],
            "{}",
            site.engine
        );
        assert_eq!((case.category, case.state), (None, None));
    }
}

/// C-078: links merge by name, and an empty target removes one.
/// C-079: one that is set anew has nothing of the one before.
#[tokio::test]
async fn links_merge_by_name() {
    for site in sites().await {
        site.takes(&form("x", &create("x", 1, "amy", ""))).await;
        let first = "<index><p case_type='t'>x</p><q case_type='t' relationship='extension'>x</q><r case_type='t'>x</r></index>";
        does(&site, "f", 11, first).await;
        does(&site, "g", 12, "<index><p case_type='t'/><q case_type='u'>x</q></index>").await;
        let case = case(&site, "c").await;
        let links = case.indices.iter().map(|(name, link)| {
            format!("{name} {} {} {}", link.case_type, link.relationship.as_str(), link.target)
        });
        assert_eq!(links.collect::<Vec<_>>(), ["q u child x", "r t child x"], "{}", site.engine);
    }
}

fn june() -> DateTime<Utc> {
    "2099-06-01T00:00:00Z".parse().unwrap()
}

fn july() -> DateTime<Utc> {
    "2099-07-01T00:00:00Z".parse().unwrap()
}

/// C-080: the server changed a case when it received the form, or the edit of it.
/// C-082: the same bytes again have no effect; an edit has its cases made anew.
/// C-083: a case of which every form is archived is deleted, and comes back with one of them.
#[tokio::test]
async fn forms_come_again_are_edited_and_set_aside() {
    for mut site in sites().await {
        site.stand_still(june);
        sets(&site, "f", 11, "<a>2</a><b>3</b>").await;
        assert_eq!(case(&site, "c").await.hq.server_modified_on, Some(june()), "{}", site.engine);
        let before = case(&site, "c").await;
        site.stand_still(july);
        sets(&site, "f", 11, "<a>2</a><b>3</b>").await;
        assert_eq!(case(&site, "c").await, before, "{}: it was there", site.engine);
        let edit = form("g", &block("c", 12, "<update><a>4</a></update>"))
            .replace("</instanceID>", "</instanceID><deprecatedID>f</deprecatedID>");
        site.takes(&edit).await;
        let edited = case(&site, "c").await;
        assert_eq!(edited.hq.server_modified_on, Some(july()), "{}", site.engine);
        assert_eq!(
            (value(&edited, "a").as_deref(), value(&edited, "b")),
            (Some("4"), None),
            "{}",
            site.engine
        );

        let domain = site.database.domain(None).await.unwrap();
        for id in ["g", "made"] {
            site.archive(&domain, id).await.unwrap();
        }
        assert!(case(&site, "c").await.hq.deleted.is_some(), "{}", site.engine);
        site.unarchive(&domain, "made").await.unwrap();
        let back = case(&site, "c").await;
        assert_eq!((back.hq.deleted, value(&back, "a").as_deref()), (None, Some("1")), "{}", site.engine);
    }
}
