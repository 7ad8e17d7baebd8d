//! The table of disagreements, case-xml.md 4.8, row by row: the check is the one tool that tells of each.

use super::*;

/// The text of a row's first column, a document that shows it, and the code of the finding.
struct Row {
    row: &'static str,
    document: String,
    code: &'static str,
}

fn row(row: &'static str, code: &'static str, inside: impl AsRef<str>) -> Row {
    Row { row, document: form(inside.as_ref()), code }
}

fn update(property: &str) -> String {
    block(&format!("<update>{property}</update>"))
}

fn index(entry: &str) -> String {
    block(&format!("<index>{entry}</index>"))
}

fn create(children: &str) -> String {
    block(&format!("<create><case_type>t</case_type><case_name>n</case_name>{children}</create>"))
}

fn balance(attributes: &str, quantity: &str) -> String {
    format!(
        "<balance xmlns='http://commcarehq.org/ledger/v1' {attributes} section-id='s'><entry id='e' quantity='{quantity}'/></balance>"
    )
}

const DATE: &str = "date='2024-05-01T10:00:00Z'";

/// Some rows of the table hold two inputs, some inputs of a row have two forms.
fn rows() -> Vec<Row> {
    let v2_update = "<update><a>1</a></update>";
    let bare = |namespace: &str| {
        format!(
            "<case {namespace} case_id='c1' date_modified='2024-05-01T10:00:00Z' user_id='u1'>{v2_update}</case>"
        )
    };
    vec![
        row(
            "no date_modified",
            "case-date-missing",
            format!("<case xmlns='{V2}' case_id='c1' user_id='u1'>{v2_update}</case>"),
        ),
        row("unknown case, update/close", "blocks-case-unknown", update("<a>1</a>")),
        row("unknown case, update/close", "blocks-case-unknown", block("<close/>")),
        row("empty block", "case-empty", block("")),
        row(
            "action order",
            "case-action-order",
            block("<index><p case_type='t'>h1</p></index><update><a>1</a></update>"),
        ),
        row("action order", "case-create-late", block(&format!("{v2_update}{CREATE}"))),
        row(
            "external_id in create",
            "case-create-hq-only",
            create("<owner_id>u1</owner_id><external_id>x</external_id>"),
        ),
        row("empty owner in create", "case-create-owner-blank", create("<owner_id/>")),
        row("empty owner in update", "case-update-owner-blank", update("<owner_id/>")),
        row("surrounding whitespace", "case-property-space", update("<a> 1 </a>")),
        row("surrounding whitespace", "case-index-space", index("<p case_type='t'> h1</p>")),
        row("nested or attributed property", "case-property-nested", update("<a><b>1</b></a>")),
        row("nested or attributed property", "case-property-attribute", update("<a b='1'>1</a>")),
        row("index removal without case_type", "case-index-removal-untyped", index("<p/>")),
        row(
            "relationship \"\" / unknown word",
            "case-index-relationship-blank",
            index("<p case_type='t' relationship=''>h1</p>"),
        ),
        row(
            "relationship \"\" / unknown word",
            "case-index-relationship-unknown",
            index("<p case_type='t' relationship='sibling'>h1</p>"),
        ),
        row("self index / missing target", "case-self-index", index("<p case_type='t'>c1</p>")),
        row(
            "self index / missing target",
            "blocks-index-target-unknown",
            index("<p case_type='t'>nowhere</p>"),
        ),
        row("block in foreign or no namespace", "case-namespace-foreign", bare("xmlns='urn:other'")),
        row("block in foreign or no namespace", "case-namespace-missing", bare("xmlns=''")),
        row("block in foreign or no namespace", "case-namespace-missing", bare("")),
        row(
            "block nested in block",
            "case-nested",
            block(&format!("{v2_update}{}", block_of("c2", "<close/>"))),
        ),
        row(
            "date-time property text",
            "case-property-date-time",
            update("<a>2024-05-01T10:00:00.000+02:00</a>"),
        ),
        row(
            "last_modified vs modified_on",
            "blocks-order",
            format!("{}{}", index("<p case_type='t'>h1</p>"), update("<a>1</a>")),
        ),
        row("category, state", "case-property-category", update("<category>1</category>")),
        row("category, state", "case-property-category", update("<state>1</state>")),
        row("ledger without date, decimal quantity", "ledger-date-missing", balance("entity-id='h1'", "9")),
        row(
            "ledger without date, decimal quantity",
            "ledger-quantity-fraction",
            balance(&format!("entity-id='h1' {DATE}"), "1.5"),
        ),
        row(
            "ledger src = dest",
            "ledger-ends-equal",
            format!(
                "<transfer xmlns='http://commcarehq.org/ledger/v1' src='h1' dest='h1' {DATE} section-id='s'><entry id='e' quantity='1'/></transfer>"
            ),
        ),
        row(
            "child + extension on one case",
            "case-index-mixed",
            index("<p case_type='t'>h1</p><h case_type='t' relationship='extension'>h2</h>"),
        ),
    ]
}

/// The first column of the table as it is printed.
fn inputs() -> Vec<String> {
    let path = openrosa_tests::repository_root().join("docs/protocol/case-xml.md");
    let digest = std::fs::read_to_string(path).expect("the digest is there");
    let (_, section) = digest.split_once("### 4.8 ").expect("the digest has the section");
    let (section, _) = section.split_once("\n## ").expect("another section follows");
    let rows = section.lines().filter(|line| line.starts_with("| ")).skip(1);
    rows.filter_map(|line| line.split('|').nth(1)).map(|cell| cell.trim().to_owned()).collect()
}

/// C-054: every input on which the digest says that device and HQ disagree has a finding that says so.
#[test]
fn every_row_on_which_the_readers_disagree_is_told_as_such() {
    let mut known = check::KnownCases::default();
    known.insert("h1", "t");
    known.insert("h2", "t");
    let options = Options { known: Some(&known), ..Options::default() };
    let rows = rows();
    for Row { row, document, code } in &rows {
        let rule = check::rule(code).unwrap_or_else(|| panic!("{row}: there is no rule {code}"));
        assert!(rule.is_portability(), "{row}: {code} says nothing of portability");
        assert!(
            findings(document, &options).iter().any(|finding| finding.code() == *code),
            "{row}: {code} is not found in {document}"
        );
    }
    for input in inputs() {
        assert!(rows.iter().any(|row| row.row == input), "the row `{input}` of 4.8 has no document here");
    }
    assert!(rows.iter().all(|row| inputs().iter().any(|input| input == row.row)), "a row that 4.8 has not");
}
