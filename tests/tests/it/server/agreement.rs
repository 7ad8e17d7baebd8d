//! What a device holds and what the server believes it to hold: the same, whatever becomes of a case. Where they part, the device is
//! told to start over, again and again.

use super::{
    restores::{Held, ask, ids, restore, since, sites, submit},
    site::{Site, block, create, form},
};

/// What Amy's device is sent that has this token and these cases.
async fn next(site: &Site, token: &str, held: &[&str]) -> Held {
    restore(site, "amy", &since(token, held)).await
}

fn actions<'h>(held: &'h Held, id: &str) -> Vec<&'h str> {
    let case = held.cases.iter().find(|case| case.0 == id);
    case.map(|(_, actions)| actions.iter().map(String::as_str).collect()).unwrap_or_default()
}

async fn does(site: &Site, id: &str, blocks: &str) {
    site.takes_for("demo", &form(id, blocks)).await;
}

/// S-042: the purge of the log and of the device come to the same where a case is linked to itself: the link is in neither.
/// S-060: it is not sent, and what it takes the place of is gone on the device, too.
#[tokio::test]
async fn a_link_of_a_case_to_itself_is_in_no_log() {
    for site in sites().await {
        let first = restore(&site, "amy", "").await;
        does(&site, "f2", &block("c2", 2, "<index><own case_type='patient'>c2</own></index>")).await;
        let second = next(&site, &first.token, &["b1", "c1", "c2"]).await;
        assert_eq!(actions(&second, "c2"), ["update"], "{}", site.engine);
        does(&site, "f3", &block("c1", 3, "<index><parent case_type='patient'>c1</parent></index>")).await;
        let third = next(&site, &second.token, &["b1", "c1", "c2"]).await;
        assert_eq!(actions(&third, "c1"), ["update", "index"], "{}: the link is taken away", site.engine);
        let fourth = next(&site, &third.token, &["c1", "c2"]).await;
        assert!(fourth.cases.is_empty(), "{}: {fourth:?}", site.engine);
        let anew = restore(&site, "amy", "").await;
        assert_eq!(ids(&anew), ["c1", "c2"], "{}", site.engine);
        assert!(anew.cases.iter().all(|(_, actions)| actions == &["create", "update"]), "{anew:?}");
        next(&site, &anew.token, &["c1", "c2"]).await;
    }
}

/// S-042: a case whose owner is white space goes to the device as its user's, and is that in the log, too.
/// S-095: it is sent once.
#[tokio::test]
async fn a_case_of_a_blank_owner_is_the_users_in_the_log_too() {
    for site in sites().await {
        let first = restore(&site, "amy", "").await;
        for (form_id, case, owner) in [("f2", "c2", " "), ("f3", "c1", "&#160;amy ")] {
            let owner = format!("<update><owner_id>{owner}</owner_id></update>");
            does(&site, form_id, &block(case, 2, &owner)).await;
        }
        let all = ["b1", "c1", "c2"];
        let second = next(&site, &first.token, &all).await;
        assert_eq!(ids(&second), ["c1", "c2"], "{}", site.engine);
        let third = next(&site, &second.token, &all).await;
        assert!(third.cases.is_empty(), "{}: {third:?}", site.engine);
    }
}

/// S-095: a case that the server deleted, as all its forms were archived (C-083), is closed on the devices that hold it, once.
/// Nothing else is written of it, and what was linked to it is not any more.
#[tokio::test]
async fn a_device_lets_go_of_what_the_server_deleted() {
    for site in sites().await {
        let linked = create("c3", 1, "amy", "");
        does(&site, "f3", &linked).await;
        let link = "<index><parent case_type='patient'>c3</parent></index>";
        does(&site, "f4", &create("c4", 1, "amy", link)).await;
        let [first, other, late] = [
            restore(&site, "amy", "").await,
            restore(&site, "amy", "").await,
            restore(&site, "amy", "").await,
        ];
        let demo = site.database.domain(Some("demo")).await.unwrap();
        site.archive(&demo, "f3").await.unwrap();

        let held = ["b1", "c1", "c2", "c3", "c4"];
        for (first, items) in [(first, ""), (other, "&items=true")] {
            let second = restore(&site, "amy", &(since(&first.token, &held) + items)).await;
            assert_eq!(ids(&second), ["c3", "c4"], "{}", site.engine);
            assert_eq!(actions(&second, "c3"), ["close"], "{}", site.engine);
            assert_eq!(actions(&second, "c4"), ["update", "index"], "{}", site.engine);
            let third = next(&site, &second.token, &["b1", "c1", "c2", "c4"]).await;
            assert!(third.cases.is_empty(), "{}: {third:?}", site.engine);
        }
        site.unarchive(&demo, "f3").await.unwrap();
        let second = next(&site, &late.token, &held).await;
        assert_eq!(ids(&second), ["c3"], "{}: it is back, for a device that never heard", site.engine);
    }
}

/// S-096: a form by a token proves that its restore arrived: the log has what the form did, and the one before is gone.
#[tokio::test]
async fn a_form_by_a_token_changes_its_log_and_frees_the_one_before() {
    for site in sites().await {
        let first = restore(&site, "amy", "").await;
        let second = next(&site, &first.token, &["b1", "c1", "c2"]).await;
        submit(&site, &second.token, &form("new", &create("c3", 2, "amy", ""))).await;
        let before = since(&first.token, &["b1", "c1", "c2"]);
        assert_eq!(ask(&site, "amy", &before).await.status(), 412, "{}: the one before", site.engine);
        let lacking = since(&second.token, &["b1", "c1", "c2"]);
        assert_eq!(ask(&site, "amy", &lacking).await.status(), 412, "{}", site.engine);
        let third = next(&site, &second.token, &["b1", "c1", "c2", "c3"]).await;
        assert!(third.cases.is_empty(), "{}: {third:?}", site.engine);
    }
}

/// S-095: what somebody else closed is sent once, with its `close`.
#[tokio::test]
async fn what_others_closed_is_sent_once() {
    for site in sites().await {
        let first = restore(&site, "amy", "").await;
        does(&site, "f2", &block("c2", 2, "<close/>")).await;
        let second = next(&site, &first.token, &["b1", "c1", "c2"]).await;
        assert_eq!(actions(&second, "c2"), ["update", "close"], "{}", site.engine);
        let third = next(&site, &second.token, &["b1", "c1"]).await;
        assert!(third.cases.is_empty(), "{}: {third:?}", site.engine);
    }
}

/// S-091: a state without a token is not looked at; what stands before the hash is read in either case (C-103).
#[tokio::test]
async fn a_state_is_looked_at_beside_a_token_only() {
    for site in sites().await {
        assert_eq!(ask(&site, "amy", "&state=ccsh%3A0123").await.status(), 200, "{}", site.engine);
        let first = restore(&site, "amy", "").await;
        let large = since(&first.token, &["b1", "c1", "c2"]).replace("ccsh", "CCSH");
        assert_eq!(ask(&site, "amy", &large).await.status(), 200, "{}", site.engine);
        let other = since(&first.token, &["b1", "c1"]).replace("ccsh", "CcsH");
        assert_eq!(ask(&site, "amy", &other).await.status(), 412, "{}", site.engine);
    }
}

/// S-042: no device purges a circle, so that a restore has none: one link of it is left out, the same one each time.
#[tokio::test]
async fn a_circle_is_opened_before_it_is_sent() {
    let link = |target: &str| format!("<index><next case_type='patient'>{target}</next></index>");
    for site in sites().await {
        let first = restore(&site, "amy", "").await;
        does(&site, "f2", &block("c2", 2, &link("c1"))).await;
        let second = next(&site, &first.token, &["b1", "c1", "c2"]).await;
        assert_eq!(actions(&second, "c2"), ["update", "index"], "{}: no circle yet", site.engine);
        does(&site, "f3", &block("c1", 3, &link("c2"))).await;
        let third = next(&site, &second.token, &["b1", "c1", "c2"]).await;
        assert_eq!(ids(&third), ["c1", "c2"], "{}: the one that is not changed loses its link", site.engine);
        let fourth = next(&site, &third.token, &["b1", "c1", "c2"]).await;
        assert!(fourth.cases.is_empty(), "{}: {fourth:?}", site.engine);
        let anew = restore(&site, "amy", "").await;
        assert!(next(&site, &anew.token, &["b1", "c1", "c2"]).await.cases.is_empty(), "{}", site.engine);

        does(&site, "f4", &block("c1", 4, "<index><next case_type=''/></index>")).await;
        let fifth = next(&site, &fourth.token, &["b1", "c1", "c2"]).await;
        assert_eq!(ids(&fifth), ["c1", "c2"], "{}: it has its link again", site.engine);
        assert!(next(&site, &fifth.token, &["b1", "c1", "c2"]).await.cases.is_empty(), "{}", site.engine);
    }
}

/// S-096: a case that a device creates without an owner is its user's there, and in the log, too.
#[tokio::test]
async fn a_case_without_an_owner_is_its_users_in_the_log_too() {
    let unowned = |id: &str| create(id, 2, "amy", "").replace("<owner_id>amy</owner_id>", "");
    for site in sites().await {
        let first = restore(&site, "amy", "").await;
        submit(&site, &first.token, &form("f2", &unowned("c3"))).await;
        let of_form = form("f3", &unowned("c4").replace(" user_id='amy'", ""))
            .replace("</instanceID>", "</instanceID><userID>amy</userID>");
        submit(&site, &first.token, &of_form).await;
        let second = next(&site, &first.token, &["b1", "c1", "c2", "c3", "c4"]).await;
        assert!(second.cases.is_empty(), "{}: {second:?}", site.engine);
    }
}

/// S-096: an owner that a device names with space around it is the one without, there and in the log.
#[tokio::test]
async fn an_owner_with_space_around_it_is_the_same_in_the_log() {
    for site in sites().await {
        let first = restore(&site, "amy", "").await;
        submit(&site, &first.token, &form("f2", &create("c3", 2, "&#160;amy ", ""))).await;
        let given = "<update><owner_id> &#160;amy</owner_id></update>";
        submit(&site, &first.token, &form("f3", &block("c2", 2, given))).await;
        submit(&site, &first.token, &form("f4", &create("c4", 2, "&#160;", ""))).await;
        let second = next(&site, &first.token, &["b1", "c1", "c2", "c3", "c4"]).await;
        assert!(second.cases.is_empty(), "{}: {second:?}", site.engine);
    }
}

/// S-095: what an edit by its own token makes of a case is news to the device: it has done the edit on top of what that replaces.
#[tokio::test]
async fn an_edit_is_told_to_who_sent_it() {
    for site in sites().await {
        let first = restore(&site, "amy", "").await;
        let sets = |id: &str, what: &str| form(id, &block("c2", 2, &format!("<update>{what}</update>")));
        submit(&site, &first.token, &sets("i1", "<p>1</p>")).await;
        let replaces = "</instanceID><deprecatedID>i1</deprecatedID>";
        let edit = sets("i2", "<q>2</q>").replace("</instanceID>", replaces);
        submit(&site, &first.token, &edit).await;
        let second = next(&site, &first.token, &["b1", "c1", "c2"]).await;
        assert_eq!(ids(&second), ["c2"], "{}", site.engine);
        let third = next(&site, &second.token, &["b1", "c1", "c2"]).await;
        assert!(third.cases.is_empty(), "{}: {third:?}", site.engine);
    }
}

/// S-095: who creates by the token what is there already has not done what the server makes of it, which keeps what it was.
#[tokio::test]
async fn who_creates_what_is_there_is_told_what_it_is() {
    for site in sites().await {
        does(&site, "f2", &create("c3", 1, "bob", "<update><p>1</p></update>")).await;
        does(&site, "f3", &block("c3", 2, "<close/>")).await;
        let first = restore(&site, "amy", "").await;
        submit(&site, &first.token, &form("f4", &create("c3", 3, "amy", ""))).await;
        let second = next(&site, &first.token, &["b1", "c1", "c2", "c3"]).await;
        assert_eq!(actions(&second, "c3").last(), Some(&"close"), "{}: {second:?}", site.engine);
        submit(&site, &second.token, &form("f5", &create("c4", 3, "amy", ""))).await;
        let third = next(&site, &second.token, &["b1", "c1", "c2", "c4"]).await;
        assert!(third.cases.is_empty(), "{}: {third:?}", site.engine);
    }
}

/// T-14: a device takes the property for the owner, and would drop the case.
#[tokio::test]
async fn a_property_that_a_device_takes_for_the_owner_is_not_sent() {
    for site in sites().await {
        let odd = "<update><userid>nobody</userid><village>Moshi</village></update>";
        does(&site, "f2", &create("c3", 1, "amy", odd)).await;
        let answer = ask(&site, "amy", "").await;
        let body = String::from_utf8(answer.into_body()).unwrap();
        assert!(body.contains("<village>Moshi</village>"), "{}", site.engine);
        assert!(!body.contains("nobody"), "{}: {body}", site.engine);
    }
}

/// S-095: a device that closes a host closes no extension of it, and is told that the server did.
#[tokio::test]
async fn who_closes_a_host_is_told_of_its_extensions() {
    let link =
        |name: &str, to: &str| format!("<{name} case_type='patient' relationship='extension'>{to}</{name}>");
    let links = format!("<index>{}{}</index>", link("host", "c2"), link("other", "c1"));
    for site in sites().await {
        let demo = site.database.domain(Some("demo")).await.unwrap();
        site.database.set_closes_extensions(&demo, true).await.unwrap();
        does(&site, "f2", &create("e1", 1, "amy", &links)).await;
        let first = restore(&site, "amy", "").await;
        submit(&site, &first.token, &form("f3", &block("c2", 2, "<close/>"))).await;
        // Nothing is purged: the extension has another host, which is open.
        let second = next(&site, &first.token, &["b1", "c1", "c2", "e1"]).await;
        assert_eq!((ids(&second), actions(&second, "e1")), (vec!["e1"], vec!["update", "index", "close"]));
        let third = restore(&site, "amy", &format!("&since={}", second.token)).await;
        assert!(third.cases.is_empty(), "{}: {third:?}", site.engine);
    }
}

/// S-042: an owner with white space around it is the one without for a restore, whether the device has the case already or not.
#[tokio::test]
async fn an_owner_with_space_around_it_is_sent_the_case() {
    for site in sites().await {
        for (id, owner) in
            [("c3", " amy "), ("c4", "\n  amy\n"), ("c5", "&#160;team"), ("c6", " "), ("c7", " bob ")]
        {
            does(&site, id, &create(id, 2, owner, "")).await;
        }
        let first = restore(&site, "amy", "").await;
        assert_eq!(ids(&first), ["b1", "c1", "c2", "c3", "c4", "c5"], "{}", site.engine);
        let second = next(&site, &first.token, &["b1", "c1", "c2", "c3", "c4", "c5"]).await;
        assert!(second.cases.is_empty(), "{}: {second:?}", site.engine);
        does(&site, "closing", &block("c3", 3, "<close/>")).await;
        assert!(!ids(&restore(&site, "amy", "").await).contains(&"c3"), "{}: it is closed", site.engine);
    }
}

/// S-042: an id with white space around it, or a long one, is the same id here and on the device, and its case is there to stay.
/// S-095: what others do to it is sent.
#[tokio::test]
async fn a_case_of_an_odd_id_stays_on_its_device() {
    let long = "\u{1f600}".repeat(150);
    let all = [" c4 ", "b1", "c1", "c2", "c3 ", &long];
    for site in sites().await {
        let first = restore(&site, "amy", "").await;
        let link = "<index><parent case_type='patient'>c3 </parent></index>";
        for (id, more) in [("c3 ", ""), (" c4 ", link), (&*long, "")] {
            let named = create("n", 2, "amy", more).replace("case_id='n'", &format!("case_id='{id}'"));
            submit(&site, &first.token, &form(id, &named)).await;
        }
        // The device reads the link as one to `c3`, which is not there, and purges what has it.
        let second = next(&site, &first.token, &["b1", "c1", "c2", "c3 ", &long]).await;
        assert_eq!((ids(&second), actions(&second, " c4 ")), (vec![" c4 "], vec!["create", "update"]));
        does(&site, "f2", &block("c3 ", 3, "<update><age>7</age></update>")).await;
        let third = next(&site, &second.token, &all).await;
        assert_eq!((ids(&third), actions(&third, "c3 ")), (vec!["c3 "], vec!["update"]), "{}", site.engine);
        assert!(next(&site, &third.token, &all).await.cases.is_empty(), "{}", site.engine);
        assert_eq!(ids(&restore(&site, "amy", "").await), all, "{}", site.engine);
    }
}

/// Stock that an edit took away is sent as nothing to a device that may hold it, and not at all to others; what is there again, as it is.
#[tokio::test]
async fn stock_that_is_gone_is_none() {
    let stock = |id: &str, replaces: &str, entry: &str| {
        let balance = format!(
            "<balance xmlns='http://commcarehq.org/ledger/v1' entity-id='c2' date='2024-05-01' section-id='stock'>\
             <entry id='{entry}' quantity='5'/></balance>"
        );
        let meta = format!("</instanceID><deprecatedID>{replaces}</deprecatedID>");
        form(id, &balance).replace("</instanceID>", if replaces.is_empty() { "</instanceID>" } else { &meta })
    };
    let entries = |body: &str| {
        let found = body.split("<entry ").skip(1).map(|rest| rest[..rest.find("/>").unwrap()].to_owned());
        found.filter(|entry| !entry.contains("p1")).collect::<Vec<_>>()
    };
    for site in sites().await {
        let body = async |query: &str| {
            let answer = ask(&site, "amy", query).await;
            assert_eq!(answer.status(), 200, "{}", site.engine);
            String::from_utf8(answer.into_body()).unwrap()
        };
        site.takes_for("demo", &stock("i1", "", "soap")).await;
        let first = restore(&site, "amy", "").await;
        let held = since(&first.token, &["b1", "c1", "c2"]) + "&items=true";
        site.takes_for("demo", &stock("i2", "i1", "rice")).await;
        let (rice, soap) = ("id=\"rice\" quantity=\"5\"", "id=\"soap\" quantity=\"0\"");
        assert_eq!(entries(&body(&held).await), [rice, soap], "{}", site.engine);
        assert_eq!(entries(&body("").await), [rice], "{}", site.engine);
        let later = restore(&site, "amy", "").await;
        does(&site, "i4", &block("c2", 3, "<update><p>1</p></update>")).await;
        let knows_of_none = since(&later.token, &["b1", "c1", "c2"]) + "&items=true";
        assert_eq!(entries(&body(&knows_of_none).await), [rice], "{}: it never had any", site.engine);
        site.takes_for("demo", &stock("i3", "", "soap")).await;
        assert_eq!(entries(&body(&held).await), [rice, "id=\"soap\" quantity=\"5\""], "{}", site.engine);
    }
}

/// C-082: an edit brings back a case that the edit before had left without a form, and it is sent.
#[tokio::test]
async fn an_edit_brings_back_what_had_no_form() {
    let edit = |id: &str, of: &str, case: &str| {
        let meta = format!("</instanceID><deprecatedID>{of}</deprecatedID>");
        form(id, &create(case, 2, "amy", "")).replace("</instanceID>", &meta)
    };
    for site in sites().await {
        does(&site, "e1", &create("c3", 2, "amy", "")).await;
        site.takes_for("demo", &edit("e2", "e1", "c4")).await;
        assert_eq!(ids(&restore(&site, "amy", "").await), ["b1", "c1", "c2", "c4"], "{}", site.engine);
        site.takes_for("demo", &edit("e3", "e2", "c3")).await;
        assert_eq!(ids(&restore(&site, "amy", "").await), ["b1", "c1", "c2", "c3"], "{}", site.engine);
    }
}
