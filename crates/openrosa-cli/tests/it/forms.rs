//! `openrosa forms`: what is listed, and fetched.

use std::{
    fs,
    sync::{Arc, Mutex},
};

use super::servers::{Desk, md5_of, server};

pub(super) const FORM: &str = "<h:html xmlns:h='http://www.w3.org/1999/xhtml'/>";

/// A server with two forms, one of which has a picture.
pub(super) fn odk(picture: &'static str) -> (String, Arc<Mutex<Vec<String>>>) {
    let base = Arc::new(Mutex::new(String::new()));
    let own = Arc::clone(&base);
    let (address, asked) = server(move |path| {
        let base = own.lock().expect("no panic").clone();
        Some(match path {
            "/p/formList" => format!(
                "<xforms xmlns='http://openrosa.org/xforms/xformsList'>
                   <xform><formID>visit</formID><name>Visit</name><version>7</version><hash>md5:{0}</hash>
                     <downloadUrl>{base}/f</downloadUrl><manifestUrl>{base}/m</manifestUrl></xform>
                   <xform><formID>../escape</formID><name>Escape</name><version/><hash>md5:{0}</hash>
                     <downloadUrl>{base}/f</downloadUrl></xform>
                   <xform><formID>lost</formID></xform>
                 </xforms>",
                md5_of(FORM)
            ),
            "/m" => format!(
                "<manifest xmlns='http://openrosa.org/xforms/xformsManifest'><mediaFile><filename>a.png</filename>
                   <hash>md5:{}</hash><downloadUrl>{base}/a.png</downloadUrl></mediaFile></manifest>",
                md5_of("picture")
            ),
            "/f" => FORM.to_owned(),
            "/a.png" => picture.to_owned(),
            _ => return None,
        })
    });
    base.lock().expect("no panic").clone_from(&address);
    (address, asked)
}
#[test]
fn forms_are_listed() {
    let (address, asked) = odk("picture");
    let desk = Desk::new();
    let run = desk.run(&["forms", "list", "--url", &format!("{address}/p"), "--device-id", "d 1"]);
    assert_eq!(run.status, 1);
    insta::assert_snapshot!(run.out, @r"
      form       version  name    files
      visit      7        Visit   yes
      ../escape  none     Escape  no
    2 forms
    ");
    insta::assert_snapshot!(run.err, @"openrosa: `xform` of `lost` lacks `name`, `downloadUrl`");
    assert_eq!(*asked.lock().expect("no panic"), ["/p/formList?deviceID=d%201 "]);
    let run = desk.run(&["forms", "list", "--url", &address]);
    assert_eq!(run.status, 2);
    assert_eq!(run.err, "openrosa: the server answered 404: there is nothing here\n");
}

#[test]
fn a_list_shows_no_token() {
    let token = "0123456789abcdef".repeat(4);
    let base = Arc::new(Mutex::new(String::new()));
    let (own, secret) = (Arc::clone(&base), token.clone());
    let (address, _) = server(move |_| {
        let project = format!("{}/v1/key/{secret}/projects/7", own.lock().expect("no panic"));
        Some(format!(
            "<xforms xmlns='http://openrosa.org/xforms/xformsList'>
               <xform><formID>visit</formID><name>Visit</name><version>7</version><hash>md5:{0}</hash>
                 <downloadUrl>{project}/forms/visit.xml</downloadUrl>
                 <manifestUrl>{project}/forms/visit/manifest?st={secret}</manifestUrl></xform>
               <xforms-group><groupID>g</groupID><name>G</name><listUrl>{project}/formList</listUrl></xforms-group>
             </xforms>",
            md5_of(FORM)
        ))
    });
    base.lock().expect("no panic").clone_from(&address);
    let desk = Desk::new();
    let run =
        desk.run(&["forms", "list", "--json", "--url", &format!("{address}/v1/key/{token}/projects/7")]);
    let told = (run.out + &run.err).replace(&address, "http://h");
    assert!(!told.contains(&token), "{told}");
    insta::assert_snapshot!(told, @r#"
    {"form_id":"visit","name":"Visit","version":"7","hash":"md5:7c9fa44d4ca72d8b96050ecf10628645","download_url":"http://h/v1/key/TOKEN/projects/7/forms/visit.xml","manifest_url":"http://h/v1/key/TOKEN/projects/7/forms/visit/manifest?st=TOKEN"}
    openrosa: `http://h/v1/key/TOKEN/projects/7/formList` was fetched before
    "#);
}

#[test]
fn forms_are_fetched_and_then_only_what_has_changed() {
    let (address, asked) = odk("picture");
    let desk = Desk::new();
    let url = format!("{address}/p");
    let run = desk.run(&["forms", "pull", "--url", &url, "--out", "forms"]);
    insta::assert_snapshot!(run.out, @r"
    fetched     visit  2 files
    fetched     ../escape
    ");
    let read = |path: &str| fs::read_to_string(desk.path().join("forms").join(path)).expect("it is there");
    assert_eq!((read("visit.xml").as_str(), read("visit-media/a.png").as_str()), (FORM, "picture"));
    assert_eq!(read("%2E.%2Fescape.xml"), FORM);

    asked.lock().expect("no panic").clear();
    let run = desk.run(&["forms", "pull", "--url", &url, "--out", "forms", "--id", "visit", "--id", "none"]);
    insta::assert_snapshot!(run.out, @"up to date  visit");
    insta::assert_snapshot!(run.err, @r"
    openrosa: `xform` of `lost` lacks `name`, `downloadUrl`
    openrosa: the server lists no form `none`
    ");
    assert_eq!(*asked.lock().expect("no panic"), ["/p/formList ", "/m "]);
}

#[test]
fn of_several_versions_the_first_is_taken() {
    let base = Arc::new(Mutex::new(String::new()));
    let own = Arc::clone(&base);
    let (address, _) = server(move |path| {
        let base = own.lock().expect("no panic").clone();
        let listed = |version: &str| {
            format!(
                "<xform><formID>visit</formID><name>Visit</name><version>{version}</version><hash>md5:{}</hash>
                   <downloadUrl>{base}/{version}</downloadUrl></xform>",
                md5_of(&format!("<h{version}/>"))
            )
        };
        Some(match path {
            "/formList" => {
                let forms = listed("7") + &listed("6");
                format!("<xforms xmlns='http://openrosa.org/xforms/xformsList'>{forms}</xforms>")
            }
            version => format!("<h{}/>", version.trim_start_matches('/')),
        })
    });
    base.lock().expect("no panic").clone_from(&address);
    let desk = Desk::new();
    let args = ["forms", "pull", "--url", &address, "--out", "forms"];
    insta::assert_snapshot!(desk.run(&args).out, @r"
    fetched     visit
    passed by   visit  version 6
    ");
    assert_eq!(desk.read("forms/visit.xml"), "<h7/>");
    assert!(desk.run(&args).out.starts_with("up to date  visit\n"));
}

#[test]
fn a_file_with_another_hash_is_left_out() {
    let (address, _) = odk("damaged");
    let desk = Desk::new();
    let run =
        desk.run(&["forms", "pull", "--url", &format!("{address}/p"), "--out", "forms", "--id", "visit"]);
    assert_eq!(run.status, 1);
    assert!(run.err.contains("its file `a.png`: the file has the hash"), "{}", run.err);
    assert!(!desk.path().join("forms/visit.xml").exists(), "a form is there once what goes with it is");
}

#[test]
fn one_process_at_a_time_pulls_into_a_folder() {
    let (address, _) = odk("picture");
    let desk = Desk::new();
    fs::create_dir(desk.path().join("forms")).expect("a folder");
    let lock = fs::File::create(desk.path().join("forms/.lock")).expect("a file");
    lock.lock().expect("nobody has it");
    let pull = || desk.run(&["forms", "pull", "--url", &format!("{address}/p"), "--out", "forms"]);
    let run = pull();
    assert_eq!(run.status, 2);
    insta::assert_snapshot!(run.err, @"openrosa: another process is pulling into `forms`");
    drop(lock);
    assert!(pull().out.starts_with("fetched     visit  2 files\n"));
}

/// The first form has a file on another server, at which nobody answers, the second two files of one name.
#[test]
fn one_form_that_cannot_be_had_keeps_no_other_away() {
    let store = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let base = Arc::new(Mutex::new(String::new()));
    let own = Arc::clone(&base);
    let (address, asked) = server(move |path| {
        let base = own.lock().expect("no panic").clone();
        let form = |id: &str| {
            format!(
                "<xform><formID>{id}</formID><name>F</name><version/><hash>md5:{}</hash>
                   <downloadUrl>{base}/f</downloadUrl><manifestUrl>{base}/{id}</manifestUrl></xform>",
                md5_of(FORM)
            )
        };
        let file = |text: &str, address: &str| {
            format!(
                "<mediaFile><filename>a.png</filename><hash>md5:{}</hash><downloadUrl>{address}</downloadUrl></mediaFile>",
                md5_of(text)
            )
        };
        let manifest = |files: String| {
            format!("<manifest xmlns='http://openrosa.org/xforms/xformsManifest'>{files}</manifest>")
        };
        Some(match path {
            "/formList" => {
                let forms = form("one") + &form("two");
                format!("<xforms xmlns='http://openrosa.org/xforms/xformsList'>{forms}</xforms>")
            }
            "/one" => manifest(file("1", &format!("http://{store}/a.png"))),
            "/two" => manifest(file("1", &format!("{base}/1")) + &file("2", &format!("{base}/2"))),
            "/f" => FORM.to_owned(),
            path => path.trim_start_matches('/').to_owned(),
        })
    });
    base.lock().expect("no panic").clone_from(&address);
    let desk = Desk::new();
    let pull = || desk.run(&["forms", "pull", "--url", &address, "--out", "forms"]);
    let run = pull();
    assert_eq!(run.status, 1);
    insta::assert_snapshot!(run.out, @r"
    failed      one
    fetched     two  2 files
    ");
    assert!(run.err.contains("openrosa: form `one`: its file `a.png`: "), "{}", run.err);
    assert!(
        run.err.ends_with(
            "form `two`: its file `a.png`: it is listed twice, and the first of that name is kept\n"
        ),
        "{}",
        run.err
    );
    assert_eq!(desk.read("forms/two-media/a.png"), "1");
    asked.lock().expect("no panic").clear();
    assert!(pull().out.ends_with("up to date  two\n"));
    let asked = asked.lock().expect("no panic");
    assert!(!asked.iter().any(|asked| asked.starts_with("/1") || asked.starts_with("/2")), "{asked:?}");
}
