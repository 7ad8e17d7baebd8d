//! Files on their way from the disk to the wire.

use std::fs;

use openrosa_store::device::outbox::{NewFile, NewForm, State};

use super::{Device, form};

/// Bytes of which no two stretches are alike.
fn noise(length: usize) -> Vec<u8> {
    (0..length as u64).map(|at| (at.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8).collect()
}

#[tokio::test]
async fn files_go_out_as_they_came_in_whatever_their_size() {
    const CHUNK: usize = 256 * 1024;
    for size in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
        let device = Device::new().await;
        let photo = noise(size);
        fs::write(device.path("photo"), &photo).unwrap();
        let new = NewForm::new(form(1, "")).unwrap();
        let new = new.attach(NewFile::copied("1.jpg", device.path("photo"))).unwrap();
        let new = new.attach(NewFile::bytes("2.jpg", photo.clone())).unwrap();
        let new = new.attach(NewFile::referenced("3.jpg", device.path("photo")).unwrap()).unwrap();
        device.outbox().add(&new).await.unwrap();
        let whole = device.outbox().show(1).await.unwrap().unwrap();
        assert!(
            whole.files.iter().all(|file| file.size == size as u64 && file.sha256 == whole.files[0].sha256)
        );
        assert_eq!(device.send().await.delivered, 1, "{size}");
        let posts = device.server.requests();
        let sent = posts.iter().flat_map(|post| &post.body).copied().collect::<Vec<u8>>();
        for name in ["1.jpg", "2.jpg", "3.jpg"] {
            let head = format!("filename=\"{name}\"\r\nContent-Type: image/jpeg\r\n\r\n");
            let at =
                sent.windows(head.len()).position(|window| window == head.as_bytes()).unwrap() + head.len();
            assert!(sent[at..].starts_with(&photo), "{name} of {size} bytes");
            assert!(sent[at + size..].starts_with(b"\r\n--"), "{name} of {size} bytes");
        }
    }
}

#[tokio::test]
async fn a_copied_file_may_go() {
    let device = Device::new().await;
    fs::write(device.path("photo"), "JPEG").unwrap();
    let new = NewForm::new(form(1, "")).unwrap().attach(NewFile::copied("1.jpg", device.path("photo")));
    device.outbox().add(&new.unwrap()).await.unwrap();
    fs::remove_file(device.path("photo")).unwrap();
    assert_eq!(device.send().await.delivered, 1);
    assert!(device.server.requests()[0].has(b"JPEG"));
}

/// A file that stays where it is, changed so after the form was added.
async fn referenced(change: impl Fn(&std::path::Path)) -> Device {
    let device = Device::new().await;
    let path = device.path("photo");
    fs::write(&path, "JPEG").unwrap();
    let file = NewFile::referenced("1.jpg", &path).unwrap();
    device.outbox().add(&NewForm::new(form(1, "")).unwrap().attach(file).unwrap()).await.unwrap();
    change(&path);
    let report = device.send().await;
    assert_eq!((report.attempts, report.stopped), (0, 1));
    assert_eq!(device.form(1).await.state, State::Quarantined);
    device
}

#[tokio::test]
async fn a_file_that_changed_is_for_a_person() {
    let words = async |device: &Device| {
        let words = device.form(1).await.told.unwrap().words;
        words.replace(device.path("photo").to_str().unwrap(), "photo")
    };
    let device = referenced(|path| fs::write(path, "PNG").unwrap()).await;
    insta::assert_snapshot!(words(&device).await, @"`photo` is not what it was when the form was added: it had 4 bytes then and has 3 now");
    let device = referenced(|path| fs::write(path, "JPEX").unwrap()).await;
    insta::assert_snapshot!(words(&device).await, @"`photo` is not what it was when the form was added: as many bytes, and others");
    let device = referenced(|path| fs::remove_file(path).unwrap()).await;
    insta::assert_snapshot!(words(&device).await, @"`photo`: No such file or directory (os error 2)");

    fs::write(device.path("photo"), "JPEG").unwrap();
    device.outbox().retry(1).await.unwrap();
    assert_eq!(device.send().await.delivered, 1, "it is what it was");
}

/// Whoever opens a pipe waits until somebody writes.
#[cfg(unix)]
#[tokio::test]
async fn a_file_that_became_a_pipe_is_for_a_person() {
    let pipe = |path: &std::path::Path| {
        fs::remove_file(path).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    };
    let device = tokio::time::timeout(std::time::Duration::from_secs(20), referenced(pipe));
    let device = device.await.expect("nobody waits for it");
    let words = device.form(1).await.told.unwrap().words;
    insta::assert_snapshot!(words.replace(device.path("photo").to_str().unwrap(), "photo"), @"`photo`: no regular file");
    assert_eq!(device.database.check().await.unwrap().faults.len(), 1);
}
