//! What becomes of forms: kept, known again, replaced, set aside; and what that does to cases.

use futures_util::TryStreamExt;
use openrosa_store::server::{FormsAsked, State};

use super::site::{Site, block, create, form, status};

async fn property(site: &Site, case: &str, name: &str) -> Option<String> {
    let domain = site.database.domain(None).await.unwrap();
    let row = site.database.case(&domain, &case.into()).await.unwrap()?;
    row.case.properties.get(name).map(|value| value.text().into_owned())
}

#[tokio::test]
async fn a_form_is_kept_as_it_came_and_makes_its_cases() {
    for site in Site::all().await {
        let database = &site.database;
        let domain = database.domain(None).await.unwrap();
        let sent = form("f1", &create("c1", 1, "amy", "<update><age>7</age></update>"));
        site.takes_with(&sent, &[("photo.jpg", "JPEG"), ("../../etc/passwd", "x")]).await;

        let row = database.form(&domain, "f1").await.unwrap();
        assert_eq!((row.form.as_str(), row.state), ("http://example.org/visit", State::Normal));
        assert_eq!(database.xml(&domain, &row).await.unwrap(), sent.as_bytes());
        let files = database.files_of(&domain, &row).await.unwrap();
        let names: Vec<_> = files.iter().map(|file| (file.name.as_str(), file.size)).collect();
        assert_eq!(names, [("passwd", 1), ("photo.jpg", 4)], "{}", site.engine);
        let content = database.files().read(&files[1].object).await.unwrap();
        assert_eq!(content.try_collect::<Vec<_>>().await.unwrap().concat(), b"JPEG");

        assert_eq!(property(&site, "c1", "age").await.as_deref(), Some("7"), "{}", site.engine);
    }
}

/// the same form again is a success and does nothing; new files are added to it.
/// another form of the same id is refused, and nothing of it is kept.
#[tokio::test]
async fn a_form_that_comes_again_is_known() {
    for site in Site::all().await {
        let database = &site.database;
        let domain = database.domain(None).await.unwrap();
        let sent = form("f1", &create("c1", 1, "amy", "<update><age>7</age></update>"));
        site.takes_with(&sent, &[("a", "1")]).await;
        site.takes(&form("f2", &block("c1", 2, "<update><age>8</age></update>"))).await;
        for files in [&[("a", "1")][..], &[("a", "1"), ("b", "2")], &[("b", "2")]] {
            site.takes_with(&sent, files).await;
        }
        let other = form("f1", &create("c1", 1, "amy", "<update><age>9</age></update>"));
        assert_eq!(status(&site.send(&other, &[]).await).unwrap(), 409, "{}", site.engine);
        assert_eq!(status(&site.send(&sent, &[("a", "3")]).await).unwrap(), 409, "{}", site.engine);

        assert_eq!(property(&site, "c1", "age").await.as_deref(), Some("8"), "{}", site.engine);
        let rows = database.forms(&domain, &FormsAsked::default(), 10).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.instance_id.as_str()).collect::<Vec<_>>(), ["f1", "f2"]);
        let files = database.files_of(&domain, &rows[0]).await.unwrap();
        assert_eq!(files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        only_what_forms_have(&site, 2).await;
    }
}

/// The files that came in vain are removed behind the answer.
async fn only_what_forms_have(site: &Site, files: usize) {
    for _ in 0..200 {
        if site.files() == files {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{}: {} files are there", site.engine, site.files());
}

/// an edit needs the form that it replaces, and the current one.
#[tokio::test]
async fn an_edit_takes_the_place_of_what_it_replaces() {
    for site in Site::all().await {
        let domain = site.database.domain(None).await.unwrap();
        let edit = |id: &str, of: &str, age: u32| {
            let blocks = create("c1", 1, "amy", &format!("<update><age>{age}</age><town>T</town></update>"));
            form(id, &blocks)
                .replace("</instanceID>", &format!("</instanceID><deprecatedID>{of}</deprecatedID>"))
        };
        let first = form("f1", &create("c1", 1, "amy", "<update><age>7</age><hair>red</hair></update>"));
        site.takes_with(&first, &[("a", "1")]).await;
        site.takes(&form("f2", &block("c1", 2, "<update><age>8</age></update>"))).await;
        assert_eq!(status(&site.send(&edit("f3", "f0", 9), &[]).await).unwrap(), 404);
        site.takes(&edit("f3", "f1", 9)).await;

        let age = property(&site, "c1", "age").await;
        assert_eq!(
            age.as_deref(),
            Some("8"),
            "{}: an edit counts from when its predecessor did",
            site.engine
        );
        assert_eq!(property(&site, "c1", "town").await.as_deref(), Some("T"));
        assert_eq!(
            property(&site, "c1", "hair").await,
            None,
            "{}: what the old form said is gone",
            site.engine
        );
        let states = site.database.forms(&domain, &FormsAsked::default(), 10).await.unwrap();
        let states: Vec<_> = states.iter().map(|row| (row.instance_id.as_str(), row.state)).collect();
        assert_eq!(states, [("f1", State::Deprecated), ("f2", State::Normal), ("f3", State::Normal)]);
        let row = site.database.form(&domain, "f3").await.unwrap();
        let files = site.database.files_of(&domain, &row).await.unwrap();
        assert_eq!(files.len(), 1, "files that are not sent again come along");
        assert_eq!(status(&site.send(&edit("f4", "f1", 5), &[]).await).unwrap(), 409);
        site.takes(&edit("f4", "f3", 5)).await;
        assert_eq!(property(&site, "c1", "age").await.as_deref(), Some("8"), "{}", site.engine);
    }
}

#[tokio::test]
async fn two_forms_may_have_instances_of_one_id() {
    for site in Site::all().await {
        let domain = site.database.domain(None).await.unwrap();
        let one = form("one", &create("c1", 1, "amy", ""));
        let two = form("one", &block("c1", 2, "<update><age>3</age></update>")).replace("/visit", "/birth");
        site.takes(&one).await;
        site.takes(&two).await;
        assert_eq!(property(&site, "c1", "age").await.as_deref(), Some("3"), "{}", site.engine);
        let rows = site.database.forms(&domain, &FormsAsked::default(), 10).await.unwrap();
        assert_eq!(rows[0].log_id, "one");
        assert_ne!(rows[1].log_id, "one", "histories tell them apart");
        assert_eq!(site.database.forms_called(&domain, "one", 10).await.unwrap(), rows, "{}", site.engine);
        assert_eq!(site.database.forms_called(&domain, "one", 1).await.unwrap(), rows[..1]);
        assert_eq!(site.database.forms_called(&domain, "two", 10).await.unwrap(), []);
    }
}

/// C-083: an archived form does not count; a case of which no form is left is deleted until one comes back.
#[tokio::test]
async fn a_form_is_set_aside_and_comes_back() {
    for site in Site::all().await {
        let database = &site.database;
        let domain = database.domain(None).await.unwrap();
        site.takes(&form("f1", &create("c1", 1, "amy", "<update><age>7</age></update>"))).await;
        site.takes(&form("f2", &block("c1", 2, "<update><age>8</age></update>"))).await;
        let deleted = async |case: &str| {
            let row = database.case(&domain, &case.into()).await.unwrap().unwrap();
            row.case.hq.deleted.is_some()
        };
        site.archive(&domain, "f2").await.unwrap();
        assert_eq!(property(&site, "c1", "age").await.as_deref(), Some("7"), "{}", site.engine);
        site.archive(&domain, "f1").await.unwrap();
        assert!(deleted("c1").await, "{}", site.engine);
        assert_eq!(site.archive(&domain, "f1").await.unwrap().changes, 0, "it is archived already");
        site.unarchive(&domain, "f1").await.unwrap();
        site.unarchive(&domain, "f2").await.unwrap();
        assert!(!deleted("c1").await);
        assert_eq!(property(&site, "c1", "age").await.as_deref(), Some("8"), "{}", site.engine);
        assert!(site.archive(&domain, "nothing").await.unwrap_err().is_unknown());
        database.rebuild(&domain, &"c1".into()).await.unwrap();
        assert_eq!(property(&site, "c1", "age").await.as_deref(), Some("8"), "{}", site.engine);
    }
}

#[tokio::test]
async fn what_the_rules_do_not_allow_is_kept_and_tried_again() {
    for site in Site::all().await {
        let domain = site.database.domain(None).await.unwrap();
        let early = form("f1", &create("c1", 1, "amy", "<index><parent case_type='x'>c0</parent></index>"));
        drop(site.send(&early, &[]).await);
        let row = site.database.form(&domain, "f1").await.unwrap();
        assert_eq!(row.state, State::Error, "{}", site.engine);
        assert!(row.reason.unwrap().contains("c0"));
        assert!(site.database.case(&domain, &"c1".into()).await.unwrap().is_none());
        site.takes(&form("f0", &create("c0", 1, "amy", ""))).await;
        drop(site.send(&early, &[]).await);
        assert_eq!(site.database.form(&domain, "f1").await.unwrap().state, State::Normal, "{}", site.engine);
        assert!(site.database.case(&domain, &"c1".into()).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_form_without_cases_is_a_form() {
    for site in Site::all().await {
        let domain = site.database.domain(None).await.unwrap();
        site.takes("<data id='survey'><meta><instanceID>uuid:1</instanceID></meta></data>").await;
        assert_eq!(site.database.form(&domain, "uuid:1").await.unwrap().state, State::Normal);
        let elsewhere = openrosa_http::api::submission::Request::new("<data id='survey'/>");
        let refused = site.deliver("/a/nowhere/receiver/", &elsewhere).await;
        assert_eq!(status(&refused).unwrap(), 404, "{}: a domain that nobody made", site.engine);
    }
}

fn edit(id: &str, of: &str, blocks: &str) -> String {
    form(id, blocks).replace("</instanceID>", &format!("</instanceID><deprecatedID>{of}</deprecatedID>"))
}

/// An edit that failed at first takes the place of its predecessor when it comes again.
#[tokio::test]
async fn an_edit_that_failed_takes_its_place_later() {
    for site in Site::all().await {
        let domain = site.database.domain(None).await.unwrap();
        site.takes(&form("f1", &create("c1", 1, "amy", "<update><age>7</age><hair>red</hair></update>")))
            .await;
        let link = "<update><age>9</age></update><index><parent case_type='x'>c0</parent></index>";
        let later = edit("f2", "f1", &create("c1", 1, "amy", link));
        site.takes(&later).await;
        assert_eq!(site.database.form(&domain, "f2").await.unwrap().state, State::Error, "{}", site.engine);
        assert_eq!(property(&site, "c1", "age").await.as_deref(), Some("7"), "{}", site.engine);
        site.takes(&form("f0", &create("c0", 1, "amy", ""))).await;
        site.takes(&later).await;
        let states = site.database.forms(&domain, &FormsAsked::default(), 10).await.unwrap();
        let states: Vec<_> = states.iter().map(|row| (row.instance_id.as_str(), row.state)).collect();
        assert_eq!(states, [("f1", State::Deprecated), ("f2", State::Normal), ("f0", State::Normal)]);
        site.database.rebuild(&domain, &"c1".into()).await.unwrap();
        assert_eq!(property(&site, "c1", "age").await.as_deref(), Some("9"), "{}", site.engine);
        assert_eq!(property(&site, "c1", "hair").await, None, "{}", site.engine);
    }
}

#[tokio::test]
async fn an_edit_without_blocks_takes_back_what_its_predecessor_did() {
    for site in Site::all().await {
        let domain = site.database.domain(None).await.unwrap();
        site.takes(&form("f1", &create("c1", 1, "amy", ""))).await;
        site.takes(&edit("f2", "f1", "")).await;
        let row = site.database.case(&domain, &"c1".into()).await.unwrap().unwrap();
        assert!(row.case.hq.deleted.is_some(), "{}: no form of it is left", site.engine);
    }
}

/// Everybody restores at once, more than there are connections.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_a_connection_while_holding_one() {
    for site in Site::all().await {
        site.add("amy", "team").await;
        let asked = (0..32).map(|_| {
            let site = site.clone();
            let request = http::Request::get("http://server.example/a/demo/phone/restore/?version=2.0");
            let request = request.header("Authorization", "Basic YW15OnNlY3JldA==");
            let request = request.body(bytes::Bytes::new()).unwrap();
            tokio::spawn(async move { site.ask(request).await.status() })
        });
        let all = futures_util::future::join_all(asked.collect::<Vec<_>>()).await;
        assert!(all.into_iter().all(|status| status.unwrap() == 200), "{}", site.engine);
    }
}
