//! Forms are frozen before anything else is done with them.

use openrosa_store::device::outbox::{Event, NewFile, NewForm, State};

use super::{Answer, Device, case, form};

/// the XML bytes are frozen before the first attempt; no field is rewritten between attempts.
#[tokio::test]
async fn every_attempt_sends_the_bytes_that_were_added() {
    let device = Device::new().await;
    let odd = format!("\u{feff}<!-- \u{e9} -->\r\n{}\n<!--  -->", form(1, "<a  b='1'\r\n/>"));
    device.add(&odd).await;
    device.server.will([Answer::Says(500, ""), Answer::Says(500, "")]);
    for _ in 0..3 {
        device.send().await;
        super::wait(3600);
    }
    let requests = device.server.requests();
    assert_eq!(requests.len(), 3);
    assert!(requests.iter().all(|request| request.has(odd.as_bytes())));
}

#[tokio::test]
async fn a_form_is_there_once_however_often_it_is_added() {
    let device = Device::new().await;
    let whole = |photo: &'static str| {
        let form = NewForm::new(form(1, "<a/>")).unwrap().attach(NewFile::bytes("1.jpg", photo));
        form.unwrap().attach(NewFile::bytes("2.jpg", "2")).unwrap()
    };
    let mut events = device.outbox().events();
    let first = device.outbox().add(&whole("1")).await.unwrap();
    assert!(first.is_new);
    let again = device.outbox().add(&whole("1")).await.unwrap();
    assert_eq!((again.number, again.is_new), (first.number, false));

    for other in [whole("other"), NewForm::new(form(1, "<a/>")).unwrap(), NewForm::new(form(1, "")).unwrap()]
    {
        let error = device.outbox().add(&other).await.unwrap_err();
        assert_eq!(error.instance_taken(), Some(first.number));
        insta::allow_duplicates! {
            insta::assert_snapshot!(error, @"form 1 has the `instanceID` `uuid:1` already, and is another");
        }
    }
    assert_eq!(device.send().await.delivered, 1);
    let delivered = device.outbox().add(&whole("1")).await.unwrap();
    assert_eq!((delivered.number, delivered.is_new), (first.number, false), "the server has it");
    assert_eq!(events.try_recv().unwrap(), Event::Added { number: 1 });
    assert_eq!(events.try_recv().unwrap(), Event::Attempt { number: 1 }, "what was there is no news");
}

#[tokio::test]
async fn what_a_person_gave_up_may_come_back() {
    let device = Device::new().await;
    let first = device.add(&form(1, "")).await;
    device.outbox().drop(first).await.unwrap();
    let second = device.add(&form(1, "<a/>")).await;
    assert_ne!(first, second);
    assert_eq!(device.stands().await, "1 dropped, 2 waiting");
}

#[test]
fn a_form_without_a_name_is_none() {
    for nameless in ["<a/>", "<a><meta><instanceID> </instanceID></meta></a>"] {
        let error = NewForm::new(nameless).unwrap_err();
        assert!(error.lacks_instance_id(), "{error}");
        insta::allow_duplicates! {
            insta::assert_snapshot!(
                error, @"the form has no `instanceID`, and sent twice nobody could tell that it is one"
            );
        }
    }
    let broken = NewForm::new("<a><b></a>").unwrap_err();
    assert_eq!(broken.unreadable().unwrap().position().line, 1);
    assert!(NewForm::new(&b"<a>\xE9</a>"[..]).unwrap_err().unreadable().is_some());
}

#[test]
fn two_files_have_two_names() {
    let one = NewForm::new(form(1, "")).unwrap().attach(NewFile::bytes("1.jpg", "")).unwrap();
    assert!(one.clone().attach(NewFile::bytes("1.jpg", "")).is_err());
    assert!(one.attach(NewFile::bytes("xml_submission_file", "")).is_err());
}

#[tokio::test]
async fn a_form_says_what_it_is() {
    let device = Device::new().await;
    let xml = form(7, &case("c", &[]));
    let new = NewForm::new(xml.clone()).unwrap().named("visit.xml");
    let number =
        device.outbox().add(&new.attach(NewFile::bytes("1.jpg", "JPEG")).unwrap()).await.unwrap().number;
    let whole = device.outbox().show(number).await.unwrap().unwrap();
    assert_eq!(whole.xml.as_deref(), Some(xml.as_bytes()));
    let (form, file) = (whole.form, &whole.files[0]);
    assert_eq!((form.instance_id.as_str(), form.file_name.as_str()), ("uuid:7", "visit.xml"));
    assert_eq!(form.form_id.as_deref(), Some("http://example.org/visit"));
    assert_eq!((form.state, form.attempts, form.added_at), (State::Waiting, 0, super::now().to_utc()));
    assert_eq!((file.name.as_str(), file.size, &file.path), ("1.jpg", 4, &None));
    assert!(device.outbox().show(99).await.unwrap().is_none());
}

#[tokio::test]
async fn a_file_that_is_not_there_keeps_the_form_out() {
    let device = Device::new().await;
    let missing = NewFile::copied("1.jpg", device.path("missing"));
    let form = NewForm::new(form(1, "")).unwrap().attach(missing).unwrap();
    assert!(device.outbox().add(&form).await.is_err());
    assert_eq!(device.stands().await, "", "all of it or nothing");
}

#[tokio::test]
async fn a_list_has_pages() {
    let device = Device::new().await;
    for id in 1..=5 {
        device.add(&form(id, "")).await;
    }
    device.outbox().drop(3).await.unwrap();
    let list = async |state, after, most| {
        let forms = device.outbox().list(state, after, most).await.unwrap();
        forms.iter().map(|form| form.number).collect::<Vec<_>>()
    };
    assert_eq!(list(None, 0, 2).await, [1, 2]);
    assert_eq!(list(None, 2, 2).await, [3, 4]);
    assert_eq!(list(Some(State::Waiting), 2, 9).await, [4, 5]);
    assert_eq!(list(Some(State::Delivered), 0, 9).await, [0; 0]);
}
