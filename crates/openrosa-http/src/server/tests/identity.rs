//! The same again, something more, something else: what a second request amounts to.

use super::super::{Policy, UnknownPredecessor};
use super::{Server, edit, file, form, xml};

/// identical XML is a success again; new files are merged; to send all of it again changes nothing.
#[tokio::test]
async fn resends_and_split_posts_are_one_submission() {
    let server = Server::new();
    let parts = [xml(&form("1", "a")), file("1.jpg", "one"), file("2.jpg", "two")];
    let rows: [(&[usize], &str); 5] = [
        (&[0, 1], "the form was received"),
        (&[0, 2], "the form was already received; 1 file added"),
        (&[0], "the form was already received; there was nothing new in it"),
        (&[0, 1, 2], "the form was already received; there was nothing new in it"),
        (&[2, 1, 0], "the form was already received; there was nothing new in it"),
    ];
    for (sent, message) in rows {
        let sent: Vec<_> = sent.iter().map(|&part| parts[part].clone()).collect();
        let answer = server.post(&sent).await;
        assert_eq!((answer.status, answer.message().as_str()), (201, message));
    }
    assert_eq!((server.backend.len(), server.names("1").as_str()), (1, "1.jpg 2.jpg"));
    assert_eq!(server.content("1", "2.jpg").as_deref(), Some("two"));
}

/// the same ID with other XML is a conflict, and what is held stays as it is.
#[tokio::test]
async fn other_xml_under_the_same_id_is_a_conflict() {
    let server = Server::new();
    server.post(&[xml(&form("1", "a"))]).await;
    let answer = server.post(&[xml(&form("1", "b")), file("1.jpg", "x")]).await;
    assert_eq!((answer.status, answer.nature().as_str()), (409, "submit_error"));
    assert_eq!(answer.message(), "another form was already received as `1`; this one was not kept");
    assert_eq!((server.backend.len(), server.names("1").as_str()), (1, ""));
}

#[tokio::test]
async fn ids_are_unique_within_a_form_and_compared_trimmed() {
    let server = Server::new();
    server.post(&[xml(&form("1", "a"))]).await;
    assert_eq!(server.post(&[xml(&form("1", "a").replace("id='f'", "id='g'"))]).await.status, 201);
    assert_eq!(server.post(&[xml(&form(" 1\n", "a"))]).await.status, 409, "the same ID, other bytes");
    assert_eq!(server.backend.len(), 2);
}

#[tokio::test]
async fn another_file_under_the_same_name_is_a_conflict() {
    let server = Server::new();
    server.post(&[xml(&form("1", "a")), file("1.jpg", "one")]).await;
    let answer = server.post(&[xml(&form("1", "a")), file("1.jpg", "two"), file("2.jpg", "x")]).await;
    assert_eq!(answer.status, 409);
    assert_eq!(answer.message(), "another file was already received as `1.jpg`; this one was not kept");
    assert_eq!((server.names("1").as_str(), server.content("1", "1.jpg").as_deref()), ("1.jpg", Some("one")));
    let doubled = [xml(&form("2", "a")), file("1.jpg", "one"), file("1.jpg", "two")];
    assert_eq!(server.post(&doubled).await.status, 409, "in one request as in two");
}

/// however many POSTs of one instance arrive at once, one record comes of them and all succeed.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_race_has_one_record_and_no_losers() {
    let server = std::sync::Arc::new(Server::new());
    let mut racers = tokio::task::JoinSet::new();
    for number in 0..16 {
        let server = std::sync::Arc::clone(&server);
        let parts = [xml(&form("1", "a")), file(&format!("{}.jpg", number % 4), "x")];
        racers.spawn(async move { server.post(&parts).await });
    }
    let answers = racers.join_all().await;
    assert!(answers.iter().all(|answer| answer.status == 201), "{answers:?}");
    let new = answers.iter().filter(|answer| answer.message() == "the form was received").count();
    assert_eq!((new, server.backend.len()), (1, 1));
    assert_eq!(server.names("1"), "0.jpg 1.jpg 2.jpg 3.jpg");
}

/// an edit of the current version replaces it and takes its files along; of an unknown one it is 404, of a
/// superseded one 409.
#[tokio::test]
async fn edits_follow_one_another() {
    let server = Server::new();
    server.post(&[xml(&form("1", "a")), file("1.jpg", "one"), file("2.jpg", "two")]).await;
    let answer = server.post(&[xml(&edit("2", "1", "b")), file("2.jpg", "new")]).await;
    assert_eq!((answer.status, answer.message().as_str()), (201, "the form was received and replaces `1`"));
    assert_eq!(server.content("2", "1.jpg").as_deref(), Some("one"), "carried by name");
    assert_eq!(server.content("2", "2.jpg").as_deref(), Some("new"), "sent anew");
    assert!(server.held("1").unwrap().superseded && !server.held("2").unwrap().superseded);

    assert_eq!(server.post(&[xml(&edit("3", "1", "c"))]).await.status, 409, "of a superseded version");
    let unknown = server.post(&[xml(&edit("3", "0", "c"))]).await;
    assert_eq!(unknown.status, 404);
    assert_eq!(unknown.message(), "the form replaces `0`, which this server does not hold");
    assert_eq!(server.post(&[xml(&edit("3", "3", "c"))]).await.status, 404, "of itself");
    assert_eq!(server.post(&[xml(&edit("3", "2", "c"))]).await.status, 201);
    assert_eq!(server.backend.len(), 3);
}

/// the later POSTs of a split edit merge their files, those included that replace a carried one.
#[tokio::test]
async fn an_edit_may_come_in_several_posts() {
    let server = Server::new();
    server.post(&[xml(&form("1", "a")), file("1.jpg", "one"), file("2.jpg", "two")]).await;
    let edited = xml(&edit("2", "1", "b"));
    for (parts, message) in [
        (vec![edited.clone(), file("3.jpg", "three")], "the form was received and replaces `1`"),
        (vec![edited.clone(), file("1.jpg", "new")], "the form was already received; 1 file added"),
        (
            vec![edited.clone(), file("1.jpg", "new")],
            "the form was already received; there was nothing new in it",
        ),
    ] {
        let answer = server.post(&parts).await;
        assert_eq!((answer.status, answer.message().as_str()), (201, message));
    }
    assert_eq!(server.names("2"), "1.jpg 2.jpg 3.jpg");
    assert_eq!(server.content("2", "1.jpg").as_deref(), Some("new"));
    assert_eq!(server.content("1", "1.jpg").as_deref(), Some("one"), "the version replaced stays as it was");
    assert_eq!(server.post(&[edited, file("1.jpg", "newer")]).await.status, 409);
}

/// the original sent once more after an edit is still held, so that is a success; a file that came only now
/// would be missing from the edit, so that is none.
#[tokio::test]
async fn the_original_may_arrive_once_more_after_its_edit() {
    let server = Server::new();
    let original = xml(&form("1", "a"));
    server.post(std::slice::from_ref(&original)).await;
    server.post(&[xml(&edit("2", "1", "b"))]).await;
    assert_eq!(server.post(std::slice::from_ref(&original)).await.status, 201);
    let late = server.post(&[original, file("late.jpg", "x")]).await;
    assert_eq!((late.status, server.names("1").as_str()), (409, ""));
}

/// a server that is no server of record may keep an edit whose original it never saw.
#[tokio::test]
async fn an_edit_of_something_unknown_can_be_kept() {
    let policy = Policy { unknown_predecessor: UnknownPredecessor::KeepAsNew, ..Policy::default() };
    let server = Server::with(policy);
    for _ in 0..2 {
        assert_eq!(server.post(&[xml(&edit("2", "1", "b"))]).await.status, 201);
    }
    assert_eq!(server.backend.len(), 1);
}

/// should its original come after all, the edit stands, and gets the files that came with that.
#[tokio::test]
async fn an_original_that_comes_behind_its_edit_is_superseded() {
    let policy = Policy { unknown_predecessor: UnknownPredecessor::KeepAsNew, ..Policy::default() };
    let server = Server::with(policy);
    server.post(&[xml(&edit("2", "1", "b"))]).await;
    server.post(&[xml(&edit("3", "2", "c")), file("1.jpg", "new")]).await;
    let original = [xml(&form("1", "a")), file("1.jpg", "one"), file("2.jpg", "two")];
    for _ in 0..2 {
        assert_eq!(server.post(&original).await.status, 201);
    }
    assert!(server.held("1").unwrap().superseded && !server.held("3").unwrap().superseded);
    assert_eq!(server.names("3"), "1.jpg 2.jpg");
    assert_eq!(server.content("3", "1.jpg").as_deref(), Some("new"));
    assert_eq!(server.names("2"), "", "what was replaced stays as it was");
}

/// nor has an edit a place that comes behind one of its own, nor what it edits.
#[tokio::test]
async fn an_edit_that_comes_behind_its_own_edit_is_superseded() {
    let policy = Policy { unknown_predecessor: UnknownPredecessor::KeepAsNew, ..Policy::default() };
    let forms = [form("1", "a"), edit("2", "1", "b"), edit("3", "2", "c")];
    for order in [[0, 2, 1], [2, 0, 1], [2, 1, 0]] {
        let server = Server::with(policy.clone());
        for at in order {
            let name = format!("{at}.jpg");
            assert_eq!(server.post(&[xml(&forms[at]), file(&name, "one")]).await.status, 201, "{order:?}");
        }
        let superseded = ["1", "2", "3"].map(|id| server.held(id).unwrap().superseded);
        assert_eq!(superseded, [true, true, false], "{order:?}");
        assert_eq!(server.names("3"), "0.jpg 1.jpg 2.jpg", "{order:?}");
    }
}

#[tokio::test]
async fn a_blank_deprecated_id_is_none() {
    assert_eq!(Server::new().post(&[xml(&edit("2", " ", "b"))]).await.status, 201);
}
