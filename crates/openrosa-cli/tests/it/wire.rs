//! What the standards say of a server's endpoints, held against `openrosa serve` as it is started, on both databases.

use std::fs;

use md5::{Digest as _, Md5};
use openrosa_xml::briefcase::IdChunk;
use openrosa_xml::{FileHash, FormList, Manifest};

use super::site::{Server, Site};

const AMINA: [&str; 2] = ["--user", "amina:correct horse"];
const ONE: [&str; 2] = ["--header", "X-OpenRosa-Version: 1.0"];

/// A server at work on a database, with its files in `files` and its blank forms in `forms`.
struct At {
    site: Site,
    server: Server,
    database: String,
}

impl At {
    fn new(database: &str, more: &str) -> Self {
        let site = Site::new();
        let server = site.serve_at(database, &format!(" --files files --forms forms{more}"));
        Self { site, server, database: database.to_owned() }
    }

    fn admin(&self, words: &str) -> String {
        self.site.out(&format!("admin --database {} --files files {words}", self.database))
    }

    /// With the user amina, without a domain and in `demo`.
    fn with_amina(self) -> Self {
        self.admin("domain add demo");
        for domain in ["", " --domain demo"] {
            self.admin(&format!("user add amina --id u1 --password-env P{domain}"));
        }
        self
    }

    /// The status, and headers and text.
    fn curl(&self, arguments: &[&[&str]], path: &str) -> (String, String) {
        let arguments = [&["--include"], arguments.concat().as_slice()].concat();
        self.server.curl(self.site.path(), &arguments, path)
    }

    /// The text of an answer that is good.
    fn got(&self, path: &str) -> String {
        let (status, text) = self.server.curl(self.site.path(), &[AMINA, ONE].concat(), path);
        assert_eq!(status, "200", "{}: {path}: {text}", self.database);
        text
    }

    fn path(&self, address: &str) -> String {
        let path = address.strip_prefix(&self.server.url);
        path.unwrap_or_else(|| panic!("{}: {address} leads elsewhere", self.database)).to_owned()
    }
}

/// One on each engine that is there.
async fn both(more: &str) -> Vec<At> {
    let mut all = vec![At::new("server.db", more)];
    all.extend(openrosa_tests::postgres::database().await.map(|database| At::new(&database, more)));
    all
}

/// What is to be asked for a name: where, and how.
const ASKED: [(&str, &[&str]); 5] = [
    ("/submission", &["--head"]),
    ("/submission", &["--data", "x"]),
    ("/a/demo/receiver/", &["--head"]),
    ("/formList", &["--head"]),
    ("/a/demo/phone/restore/", &[]),
];

/// a name is asked for on HEAD as on POST.
/// 401 has the challenge; that of Basic over what is as good as https only, else nobody is asked to give a password away.
#[tokio::test]
async fn who_does_not_sign_in_is_asked_to() {
    for at in both("").await {
        let at = at.with_amina();
        for (path, how) in ASKED {
            let (status, told) = at.curl(&[how, &ONE], path);
            assert_eq!(status, "401", "{}: {path} {how:?}: {told}", at.database);
            assert!(told.to_lowercase().contains("www-authenticate: basic realm=\"openrosa\""), "{told}");
            assert_eq!(told.to_lowercase().matches("x-openrosa-version: 1.0").count(), 1, "{told}");
            let wrong = at.curl(&[how, &ONE, &["--user", "amina:wrong"]], path);
            assert_eq!(wrong.0, "401", "{}: {path}", at.database);
            let known = at.curl(&[how, &ONE, &AMINA], path).0;
            assert!(!known.starts_with("40") || path == "/submission", "{}: {path}: {known}", at.database);
        }
        assert_eq!(at.curl(&[&["--head"], &ONE, &AMINA], "/submission").0, "204", "{}", at.database);
    }
    for at in both(" --behind-proxy").await {
        let at = at.with_amina();
        for (path, how) in ASKED {
            let (status, told) = at.curl(&[how, &ONE, &AMINA], path);
            assert_eq!(status, "403", "{}: {path} {how:?}: {told}", at.database);
            assert!(!told.to_lowercase().contains("www-authenticate"), "{}: {told}", at.database);
            let (status, told) = at.curl(&[how, &ONE, &["--header", "X-Forwarded-Proto: https"]], path);
            assert_eq!(status, "401", "{}: {path} {how:?}: {told}", at.database);
        }
    }
}

/// this server has hashes of passwords, of which no Digest can be made: it is not offered, and not taken, however often
/// it comes.
#[tokio::test]
async fn no_digest_is_offered_nor_taken() {
    const DIGEST: [&str; 2] = [
        "--header",
        "Authorization: Digest username=\"amina\", realm=\"openrosa\", nonce=\"00\", uri=\"/submission\", qop=auth, \
         nc=00000001, cnonce=\"0a4f113b\", response=\"6629fae49393a05397450978507c4ef1\"",
    ];
    for at in both("").await {
        let at = at.with_amina();
        for _ in 0..2 {
            let (status, told) = at.curl(&[&["--head"], &ONE, &DIGEST], "/submission");
            assert_eq!(status, "401", "{}: {told}", at.database);
            assert!(!told.to_lowercase().contains("digest"), "{}: {told}", at.database);
        }
    }
}

/// a token opens nothing here, whoever else shows it; and neither the answers nor, at its most talkative, the log know
/// what was tried.
#[tokio::test]
async fn a_token_is_told_to_nobody() {
    for at in both(" --log trace").await {
        let at = at.with_amina();
        for path in [
            "/key/s3cr3tt0k3n/formList",
            "/formList?st=s3cr3tt0k3n",
            "/submission?st=s3cr3tt0k3n",
            "/v1/key/s3cr3tt0k3n/projects/demo/submission",
        ] {
            for how in [&[][..], &AMINA] {
                let (status, told) = at.curl(&[&["--head"], how, &ONE], path);
                assert_eq!(status, "403", "{}: {path}: {told}", at.database);
                let told = told.to_lowercase();
                assert!(!told.contains("s3cr3t") && !told.contains("location:"), "{}: {told}", at.database);
            }
        }
        let log = fs::read_to_string(at.site.path().join("server.log")).expect("a log");
        assert!(log.contains("formList"), "{}: it tells of requests: {log}", at.database);
        for secret in ["s3cr3tt0k3n", super::site::PASSWORD, "Y29ycmVjdCBob3JzZQ"] {
            let line = log.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "{}", at.database);
        }
    }
}

fn blank(version: &str, title: &str) -> String {
    format!(
        "<h:html xmlns='http://www.w3.org/2002/xforms' xmlns:h='http://www.w3.org/1999/xhtml'><h:head><h:title>{title}</h:title>\
         <model><instance><data id='visit' version='{version}'/></instance></model></h:head></h:html>"
    )
}

/// The forms `visit`, in two versions, and another; with files.
fn fill(at: &At) {
    let forms = at.site.path().join("forms");
    let put = |name: &str, text: &str| fs::write(forms.join(name), text).expect("a file");
    put("old.xml", &blank("6", "Visit"));
    let written = fs::File::options().append(true).open(forms.join("old.xml")).expect("a file");
    let earlier = std::time::SystemTime::now() - std::time::Duration::from_secs(3_600);
    written.set_modified(earlier).expect("a time");
    put("visit.xml", &blank("7", "Visit"));
    put(
        "other.xml",
        &blank("1", "<![CDATA[H\u{e4}user & <B\u{e4}ume>]]>").replace("'visit'", "'other &amp; 1'"),
    );
    fs::create_dir(forms.join("visit-media")).expect("a folder");
    for (name, text) in [("z.png", "zzz"), ("b.csv", "name\n"), ("a.mp3", "0123456789")] {
        put(&format!("visit-media/{name}"), text);
    }
}

fn listed(list: &str) -> Vec<(String, String)> {
    let list = FormList::read(list).expect("a list");
    let forms = list.strict().expect("whole entries");
    forms
        .iter()
        .map(|form| (form.form_id.to_string(), form.version.as_deref().unwrap_or("").into()))
        .collect()
}

/// the list honours `formID`, old versions need `listAllVersions`, descriptions `verbose`; HEAD is 204.
/// an entry has its five elements, and its hash is the MD5 of exactly the bytes at `downloadUrl`, of old versions, too.
/// a manifest has the files that are there, always in one order.
#[tokio::test]
async fn blank_forms_are_what_the_list_says() {
    let pair = |id: &str, version: &str| (id.to_owned(), version.to_owned());
    for at in both("").await {
        let at = at.with_amina();
        fill(&at);
        let list = |query: &str| at.got(&format!("/formList{query}"));
        assert_eq!(listed(&list("")), [pair("other & 1", "1"), pair("visit", "7")], "{}", at.database);
        assert_eq!(listed(&list("?formID=visit")), [pair("visit", "7")], "{}", at.database);
        assert_eq!(listed(&list("?formID=nope")), [], "{}", at.database);
        let all = list("?formID=visit&listAllVersions=true");
        assert_eq!(listed(&all), [pair("visit", "6"), pair("visit", "7")], "{}", at.database);
        assert!(!list("").contains("descriptionText"), "{}", at.database);
        let (status, told) = at.curl(&[&["--head"], &ONE, &AMINA], "/formList");
        assert_eq!(status, "204", "{}: {told}", at.database);

        let everything = list("?listAllVersions=true");
        for form in FormList::read(&everything).expect("a list").strict().expect("whole entries") {
            let bytes = at.got(&at.path(&form.download_url));
            let hash = FileHash::from_md5(Md5::digest(bytes.as_bytes()).into());
            assert_eq!(form.hash, Some(hash), "{}: {}", at.database, form.download_url);
        }
        let manifest = || at.got(&at.path(&manifest_url(&list("?formID=visit"))));
        let text = manifest();
        assert_eq!(manifest(), text, "{}: one order", at.database);
        let files = Manifest::read(&text).expect("a manifest");
        let files = files.strict().expect("whole entries");
        let names: Vec<_> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(names, ["a.mp3", "b.csv", "z.png"], "{}", at.database);
        for file in &files {
            let bytes = at.got(&at.path(&file.download_url));
            assert_eq!(file.hash, Some(FileHash::from_md5(Md5::digest(bytes.as_bytes()).into())), "{bytes}");
        }
        fs::remove_file(at.site.path().join("forms/visit-media/b.csv")).expect("a file");
        let after = manifest();
        assert!(!after.contains("b.csv") && after.contains("z.png"), "{}: {after}", at.database);
    }
}

fn manifest_url(list: &str) -> String {
    let list = FormList::read(list).expect("a list");
    let forms = list.strict().expect("whole entries");
    forms[0].manifest_url.as_deref().expect("files").to_owned()
}

/// ids come in pages, in the namespace on the wire, with a cursor that is this server's; a submission names its files by
/// `filename`, and they are there.
#[tokio::test]
async fn what_came_is_handed_out_again() {
    for at in both("").await {
        for number in 1..=3 {
            let form = at.site.creates(&format!("f{number}"), &format!("c{number}"));
            let form = format!("xml_submission_file=@{form}");
            let photo = format!("p{number}.jpg=photo {number};filename=p{number}.jpg");
            let sent = at.curl(&[&ONE, &["--form", &form, "--form", &photo]], "/submission");
            assert_eq!(sent.0, "201", "{}: {}", at.database, sent.1);
        }
        let at = at.with_amina();
        let list = "/view/submissionList?formId=http://example.org/visit";
        assert_eq!(at.curl(&[&ONE, &AMINA], list).0, "403", "{}: she is no staff", at.database);
        at.admin("user staff amina");
        let (mut ids, mut cursor) = (Vec::new(), String::new());
        for _ in 0..4 {
            let asked =
                format!("/view/submissionList?formId=http://example.org/visit&numEntries=1&cursor={cursor}");
            let page = at.got(&asked);
            assert!(page.contains("<idChunk xmlns=\"http://opendatakit.org/submissions\">"), "{page}");
            let page = IdChunk::read(&page).expect("a page");
            ids.extend(page.ids().map(|id| id.into_owned()));
            cursor = page.resumption_cursor().expect("a cursor").into_owned();
            cursor = url::form_urlencoded::byte_serialize(cursor.as_bytes()).collect();
        }
        assert_eq!(ids, ["f1", "f2", "f3"], "{}", at.database);
        let foreign = "/view/submissionList?formId=http://example.org/visit&cursor=x";
        assert_eq!(at.curl(&[&ONE, &AMINA], foreign).0, "400", "{}", at.database);
        let key = "http://example.org/visit[@version=null and @uiVersion=null]/data[@key=f2]";
        let key: String = url::form_urlencoded::byte_serialize(key.as_bytes()).collect();
        let submission = at.got(&format!("/view/downloadSubmission?formId={key}"));
        assert!(submission.contains("<filename>p2.jpg</filename>"), "{}: {submission}", at.database);
        let photo = at.got(&format!("/view/submissionMedia?formId={key}&file=p2.jpg"));
        assert_eq!(photo, "photo 2", "{}", at.database);
    }
}
