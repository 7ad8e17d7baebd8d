//! What counts as the whole of what was asked for.

use super::*;
use crate::attachments::FormFile;
use crate::forms;

const FORM: &str = r#"{"id": "f1", "form": {}, "attachments":
    {"photo.jpg": {"content_type": "image/jpeg", "length": 4, "url": "https://hq.example/a/riverside/photo.jpg"}}}"#;

/// H-069: a file comes with 200. A part of it, nothing, and word that it is being made are no file.
#[tokio::test]
async fn a_file_comes_with_200() {
    for status in [201, 202, 203, 204, 206] {
        let (client, _) = hq(move |_| answer(status, &[("Content-Type", "image/jpeg")], "1234"));
        let error = client.download(&FormFile::new("f1", "photo.jpg")).await.unwrap_err();
        assert!(error.is_unreadable() && !error.may_have_landed(), "{status}");
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
    }
}

/// H-032: a page that comes with another success than 200 is an error and not the end of a list.
#[tokio::test]
async fn a_page_comes_with_200() {
    let page = r#"{"meta": {"limit": 20, "offset": 0, "total_count": 0, "next": null}, "objects": []}"#;
    for status in [202, 204, 206] {
        let (client, _) = hq(move |_| json(status, page));
        let mut walk = client.walk(forms::List::new()).unwrap();
        assert!(walk.next_page().await.unwrap_err().is_unreadable(), "{status}");
    }
}

/// H-069: a form says how long its files are; one of another length is something else, whoever put it there.
#[tokio::test]
async fn a_file_is_as_long_as_its_form_says() {
    for (body, is_whole) in [("1234", true), ("123", false), ("<html>busy</html>", false)] {
        let (client, _) = hq(move |seen| match seen.uri.path().ends_with("photo.jpg") {
            true => answer(200, &[], body),
            false => json(200, FORM),
        });
        let form = client.call(&forms::Get::new("f1")).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photo.jpg");
        let saved = client.download(&FormFile::of(&form.attachments["photo.jpg"])).await.unwrap();
        let saved = saved.save(&path).await;
        assert_eq!((saved.is_ok(), path.exists()), (is_whole, is_whole), "{body}");
        if let Err(error) = saved {
            assert!(error.is_unreadable());
        }
    }
}
