//! `openrosa serve --certificate`: https without a proxy; and what the server tells of what goes on inside.

use std::{fs, path::Path, process::Command, thread, time::Duration};

use super::site::{Server, Site};

const FLAGS: &str = " --certificate certificate.pem --key key.pem";
const AMINA: [&str; 2] = ["--user", "amina:correct horse"];

/// A certificate that vouches for itself, made by an implementation that is not ours.
fn certificate(folder: &Path, name: &str) {
    certificate_as(folder, name, "FALSE");
}

/// The same that says whether it is an authority's.
fn certificate_as(folder: &Path, name: &str, authority: &str) {
    let settings = format!(
        "[req]\ndistinguished_name = dn\nx509_extensions = ext\nprompt = no\n[dn]\nCN = {name}\n\
         [ext]\nsubjectAltName = IP:127.0.0.1\nbasicConstraints = critical,CA:{authority}\n"
    );
    fs::write(folder.join("openssl.cnf"), settings).expect("a file");
    let made = Command::new("openssl")
        .current_dir(folder)
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "30",
        ])
        .args(["-config", "openssl.cnf", "-keyout", "key.pem", "-out", "certificate.pem"])
        .output();
    let made = made.expect("openssl runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

fn serve(site: &Site, more: &str) -> Server {
    certificate(site.path(), "first");
    let mut server = site.serve(&format!("{FLAGS}{more}"));
    server.url = server.url.replace("http:", "https:");
    server
}

fn curl(site: &Site, server: &Server, more: &[&str], path: &str) -> (String, String) {
    server.curl(site.path(), &[&["--cacert", "certificate.pem"], more].concat(), path)
}

#[test]
fn https_is_spoken_with_whoever_trusts_the_certificate() {
    let site = Site::new();
    let mut server = serve(&site, "");
    site.admin("user add amina --id u1 --password-env P");
    assert_eq!(curl(&site, &server, &[], "/health").0, "200");
    for version in ["--http1.1", "--http2"] {
        let asked = [&AMINA[..], &[version, "--write-out", " %{http_version}\n%{http_code}"]].concat();
        let (status, text) = curl(&site, &server, &asked, "/phone/restore/");
        let spoken = if version == "--http2" { " 2" } else { " 1.1" };
        assert_eq!((status.as_str(), text.ends_with(spoken)), ("200", true), "{text}");
    }
    let form = site.creates("f1", "c1");
    let signed_in = "--user amina --password-env P";
    // Our own client lets no password out over http; here it need not be told to.
    site.out(&format!("submit {form} --to {}/submission {signed_in}", server.url));
    assert_eq!(server.told()["user"], "amina");
    let strangers = server.curl(site.path(), &[], "/health");
    assert_eq!(strangers.0, "000", "who does not know the certificate does not trust it");
    let clear = Command::new("curl").args(["--silent", &server.url.replace("https:", "http:")]).output();
    assert!(!clear.expect("curl runs").status.success());
}

/// R-012: nobody is sent a form who is not trusted; it is told why, and what helps.
#[test]
fn a_server_that_is_not_trusted_is_told_in_words() {
    let site = Site::new();
    let server = serve(&site, "");
    let without =
        |file: &str| Site::amid(vec![("SSL_CERT_DIR", String::new()), ("SSL_CERT_FILE", file.to_owned())]);
    let nobody = without("nowhere.pem");
    let form = nobody.creates("f1", "c1");
    let mut told = nobody.run(&format!("submit {form} --to {}/submission", server.url)).out;
    let others = without("");
    certificate(others.path(), "another");
    told += &others.err(&format!("restore --url {}", server.url));
    insta::assert_snapshot!(told, @r"
    try again   f1.xml  no connection to the server: its certificate is signed by nobody whom this system trusts; `nowhere.pem`, as SSL_CERT_FILE says, cannot be read: No such file or directory (os error 2)  (try SSL_CERT_FILE, with the certificate of the authority that signed it; or the login of this network)
    1 form: 1 try again
    openrosa: no connection to the server: its certificate is signed by nobody whom this system trusts
      try: SSL_CERT_FILE, with the certificate of the authority that signed it; or the login of this network
    ");
}

/// Plain `openssl req -x509` makes an authority, with which a server cannot show who it is.
#[test]
fn a_certificate_of_an_authority_is_told_with_what_helps() {
    let site = Site::new();
    certificate_as(site.path(), "first", "TRUE");
    let server = site.serve(FLAGS);
    let told = site.err(&format!("restore --url {}", server.url.replace("http:", "https:")));
    insta::assert_snapshot!(told, @r"
    openrosa: no connection to the server: its certificate is one of an authority (`CA:TRUE`), with which a server cannot show who it is
      try: for the server, a certificate with `basicConstraints = CA:FALSE`, as docs/serving.md makes it
    ");
}

/// The header by which the server tells itself that it speaks https is no proxy's; HTTP/2 has no `Host`.
#[test]
fn this_machine_may_look_by_https_while_there_are_no_users() {
    let site = Site::new();
    let server = serve(&site, "");
    for version in ["--http1.1", "--http2"] {
        let look = |more: &[&str]| curl(&site, &server, &[&[version], more].concat(), "/look/1/overview");
        let (status, page) = look(&["--include"]);
        assert_eq!(status, "200", "{version}: {page}");
        assert!(page.contains("HttpOnly; SameSite=Strict; Secure"), "{page}");
        for header in ["Host: evil.example", "X-Forwarded-For: 10.0.0.1", "Forwarded: for=10.0.0.1"] {
            assert_eq!(look(&["--header", header]).0, "303", "{version}: {header}");
        }
    }
}

#[test]
fn a_change_by_http_2_comes_from_a_page_of_ours() {
    let site = Site::new();
    let server = serve(&site, "");
    let form = format!("xml_submission_file=@{}", site.creates("f1", "c1"));
    assert_eq!(curl(&site, &server, &["--form", &form], "/submission").0, "201");
    for version in ["--http1.1", "--http2"] {
        let jar = [version, "--cookie", "jar", "--cookie-jar", "jar"];
        let page = curl(&site, &server, &jar, "/look/1/submissions/1").1;
        let token =
            page.split_once("name=\"token\" value=\"").expect("a form").1.split_once('"').expect("it ends").0;
        let field = format!("token={token}");
        let change = |origin: &str, what: &str| {
            let origin = format!("Origin: {origin}");
            let arguments = [&jar[..], &["--data-urlencode", &field, "--header", &origin]].concat();
            curl(&site, &server, &arguments, &format!("/look/1/submissions/1/{what}")).0
        };
        assert_eq!(change("https://evil.example", "archive"), "403", "{version}");
        assert_eq!(change(&server.url, "archive"), "303", "{version}");
        assert_eq!(change(&server.url, "restore"), "303", "{version}");
    }
}

#[test]
fn addresses_are_told_as_they_are() {
    const VISIT: &str = "<h:html xmlns='http://www.w3.org/2002/xforms' xmlns:h='http://www.w3.org/1999/xhtml'>\
        <h:head><h:title>Visit</h:title><model><instance><data id='visit' version='7'/></instance></model></h:head></h:html>";
    let site = Site::new();
    fs::create_dir(site.path().join("forms")).expect("a folder");
    fs::write(site.path().join("forms/visit.xml"), VISIT).expect("a file");
    let server = serve(&site, " --forms forms");
    let version = ["--header", "X-OpenRosa-Version: 1.0"];
    let list = curl(&site, &server, &version, "/formList").1;
    assert!(list.contains("<downloadUrl>https://127.0.0.1:"), "{list}");
    let lie = [&version[..], &["--header", "X-Forwarded-Proto: http"]].concat();
    assert!(curl(&site, &server, &lie, "/formList").1.contains("<downloadUrl>https://"));
}

#[cfg(unix)]
#[test]
fn a_new_certificate_is_taken_while_the_server_runs() {
    let site = Site::new();
    let server = serve(&site, "");
    certificate(site.path(), "second");
    assert_eq!(curl(&site, &server, &[], "/health").0, "000", "it has the one before");
    fs::write(site.path().join("good.pem"), fs::read(site.path().join("certificate.pem")).expect("a file"))
        .expect("a file");
    fs::write(site.path().join("certificate.pem"), "nonsense").expect("a file");
    server.signal("HUP");
    let log = || fs::read_to_string(site.path().join("server.log")).expect("a log");
    wait(|| log().contains("the certificate stays as it was"));
    fs::rename(site.path().join("good.pem"), site.path().join("certificate.pem")).expect("a file");
    server.signal("HUP");
    wait(|| curl(&site, &server, &[], "/health").0 == "200");
}

fn wait(is_so: impl Fn() -> bool) {
    for _ in 0..200 {
        if is_so() {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("it does not happen");
}

#[test]
fn what_is_no_certificate_is_told_before_anything_is_made() {
    let site = Site::new();
    certificate(site.path(), "first");
    fs::write(site.path().join("empty.pem"), "").expect("a file");
    fs::copy(site.path().join("key.pem"), site.path().join("other.pem")).expect("a file");
    certificate(site.path(), "second");
    let serve = "serve --listen 127.0.0.1:0 --database server.db";
    let mut told = String::new();
    for flags in [
        "--certificate nowhere.pem --key key.pem",
        "--certificate empty.pem --key key.pem",
        "--certificate certificate.pem --key empty.pem",
        "--certificate certificate.pem --key other.pem",
    ] {
        told += &site.err(&format!("{serve} {flags}"));
    }
    told += site.err(&format!("{serve} --certificate certificate.pem")).split("\n\n").next().expect("a line");
    insta::assert_snapshot!(told, @r"
    openrosa: cannot read `nowhere.pem`: No such file or directory (os error 2)
    openrosa: `empty.pem` and `key.pem`: there is no certificate to be read: no items found
      try: both as PEM, the key without a password, the certificate first of its chain
    openrosa: `certificate.pem` and `empty.pem`: there is no private key to be read: no items found
      try: both as PEM, the key without a password, the certificate first of its chain
    openrosa: `certificate.pem` and `other.pem`: certificate and key cannot be used: keys may not be consistent: KeyMismatch
      try: both as PEM, the key without a password, the certificate first of its chain
    error: the following required arguments were not provided:
      --key <FILE>
    ");
    assert!(!site.path().join("server.db").exists());
}

#[test]
fn an_answer_that_cannot_be_given_is_told_in_one_line() {
    let site = Site::new();
    let server = site.serve("");
    site.admin("user add amina --id u1 --password-env P");
    site.admin("user staff amina");
    fs::write(site.path().join("photo.jpg"), "JPEG").expect("a file");
    let form = format!("xml_submission_file=@{}", site.creates("form-id", "c1"));
    let sent = ["--form", form.as_str(), "--form", "photo.jpg=@photo.jpg"];
    let (status, text) = server.curl(site.path(), &[&AMINA[..], &sent].concat(), "/submission");
    assert_eq!(status, "201", "{text}");
    fs::remove_dir_all(site.path().join("server.db-files")).expect("a folder");
    let key = "http://example.org/visit[@version=null and @uiVersion=null]/data[@key=form-id]";
    let key: String = url::form_urlencoded::byte_serialize(key.as_bytes()).collect();
    let address = format!("/view/submissionMedia?formId={key}&file=photo.jpg");
    let asked = [&AMINA[..], &["--header", "X-OpenRosa-Version: 1.0"]].concat();
    let (status, text) = server.curl(site.path(), &asked, &address);
    assert_eq!(status, "500", "{text}");
    let log = fs::read_to_string(site.path().join("server.log")).expect("a log");
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(log.contains("ERROR") && log.contains("/view/submissionMedia"), "{log}");
    for secret in ["correct", "amina", "photo", "form-id", "127.0.0.1"] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}
