//! Several processes at one outbox.

use super::{Form, Site, outbox, said};

/// many senders at once send each form once: one works, the others leave it to that one.
#[test]
fn of_many_senders_one_sends() {
    let (folder, site) = (tempfile::tempdir().expect("a folder"), Site::new());
    let (database, root) = (folder.path().join("device.db"), folder.path().join("forms"));
    let forms: Vec<Form> = (0..30).map(|number| Form::plain(&root, number)).collect();
    let mut arguments = vec!["add"];
    arguments.extend(forms.iter().map(|form| form.folder.to_str().expect("a plain path")));
    // They add at once as well, which takes turns.
    let adding: Vec<_> = (0..3).map(|_| outbox(&database, &arguments)).collect();
    for added in adding {
        let output = added.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    for _ in 0..3 {
        let sending: Vec<_> = (0..4).map(|_| outbox(&database, &["send", "--to", &site.url()])).collect();
        for sent in sending {
            let output = sent.wait_with_output().expect("it ends");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }
    let list = said(&database, &["list", "--all", "--format", "json"]);
    assert!(list.len() == 30 && list.iter().all(|form| form["state"] == "delivered"), "{list:?}");
    assert!(forms.iter().all(|form| site.holds(form)));
    assert_eq!(site.came().len(), 30, "none came twice");
}
