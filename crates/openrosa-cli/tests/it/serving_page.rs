//! What is typed on docs/serving.md, as it stands there, on both databases.

use std::{fs, path::Path, process::Command};

use super::site::{Server, Site};

const VISIT: &str = "<data xmlns='http://example.org/visit' version='7'><age>7</age>\
    <case xmlns='http://commcarehq.org/case/transaction/v2' case_id='c1' user_id='u1' date_modified='2026-05-01T10:00:00Z'>\
    <create><case_type>patient</case_type><case_name>Juma</case_name><owner_id>u2</owner_id></create>\
    <update><village>Kibaha</village></update></case><meta><instanceID>visit-1</instanceID></meta></data>";
const BLANK: &str = "<h:html xmlns='http://www.w3.org/2002/xforms' xmlns:h='http://www.w3.org/1999/xhtml'>\
    <h:head><h:title>Visit</h:title><model><instance><data id='visit' version='7'/></instance></model></h:head></h:html>";

/// The blocks of a page that are for a shell: what they are, and their lines.
fn blocks(page: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once("\n```sh") {
        let (kind, body) = after.split_once('\n').expect("a block has lines");
        let (body, after) = body.split_once("\n```").expect("a block has an end");
        blocks.push((kind.trim().to_owned(), body.to_owned()));
        rest = after;
    }
    blocks
}

/// Runs a block with `openrosa` on the path, and says what it printed.
fn run(site: &Site, block: &str, database: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_openrosa")).parent().expect("a folder");
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    let mut shell = Command::new("bash");
    shell.args(["-euc", block]).current_dir(site.path()).env("PATH", path);
    shell.env("PASSWORD", "correct horse").env("DATABASE", database).env_remove("OPENROSA_DATABASE");
    let output = shell.env("OPENROSA_CONFIG", site.path().join("config.toml")).output().expect("bash runs");
    let [said, failed] =
        [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    assert!(output.status.success(), "{block}\n{said}\n{failed}");
    said
}

fn type_all(site: &Site, server: &Server, database: &str, is_sqlite: bool) -> String {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/serving.md"));
    let address = server.url.trim_start_matches("http://");
    let mut said = String::new();
    for (kind, block) in blocks(&page.expect("the page")) {
        if kind == "sqlite" && !is_sqlite {
            continue;
        }
        let mut block = block.replace("127.0.0.1:8080", address);
        if !is_sqlite {
            block = block.replace("--database server.db", "--database \"$DATABASE\" --files files");
        }
        said += &run(site, &block, database);
    }
    said
}

fn site() -> Site {
    let site = Site::new();
    fs::create_dir(site.path().join("forms")).expect("a folder");
    for (name, text) in [("forms/visit.xml", BLANK), ("visit.xml", VISIT), ("photo.jpg", "JPEG")] {
        fs::write(site.path().join(name), text).expect("a file");
    }
    site
}

/// What each of the commands comes to.
fn check(site: &Site, said: &str) {
    for (what, times) in [
        ("added amina, with the id u1", 1),
        ("added amina of domain demo", 1),
        ("submit_success", 2),
        ("<xform>", 1),
        ("<restore_id>", 1),
        ("case_id=\"c1\"", 1),
        ("\"app_id\":\"app\"", 1),
        ("<key_record", 1),
        ("1 device of domain demo", 1),
        ("<id>visit-1</id>", 1),
        ("instanceID=\"visit-1\"", 1),
        ("added own (CommCare HQ)", 1),
        // The case, which is another's, and the claim of it.
        ("2 new cases", 1),
        ("saved in restore.xml", 1),
        ("form visit-1 archived", 1),
        ("form visit-1 counts again", 1),
        ("extensions are closed with what they extend", 1),
        ("alive", 1),
        ("1 form in forms.csv", 1),
    ] {
        assert!(said.matches(what).count() >= times, "{what}: {said}");
    }
    let cases = fs::read_to_string(site.path().join("cases.ndjson")).expect("an export");
    // The case itself, and the claim of it.
    assert_eq!(cases.lines().count(), 2, "{cases}");
}

#[test]
fn every_command_does_what_the_page_says() {
    let site = site();
    let server = site.serve(" --forms forms");
    let said = type_all(&site, &server, "server.db", true);
    check(&site, &said);
    assert!(site.path().join("copy.db").exists());
}

#[tokio::test]
async fn every_command_does_so_on_postgresql() {
    let Some(database) = openrosa_tests::postgres::database().await else { return };
    let site = site();
    let server = site.serve_at(&database, " --forms forms --files files");
    check(&site, &type_all(&site, &server, &database, false));
}
