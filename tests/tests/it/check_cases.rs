//! What checks say of case blocks: each statement about writing them, each row on which the two readers disagree.

mod applied;
mod consistency;
mod corpus;
mod disagreements;
mod known;
mod mutations;
mod statements;
mod writers;

use openrosa_xml::check::{self, Finding, Options};

const V2: &str = "http://commcarehq.org/case/transaction/v2";

/// A form with these elements in it.
fn form(inside: &str) -> String {
    format!(
        "<data xmlns='http://example.org/visit' version='3' uiVersion='1' name='Visit'>{inside}\
         <meta xmlns='http://openrosa.org/jr/xforms'><deviceID>phone-1</deviceID>\
         <timeStart>2024-05-01T09:50:00.000Z</timeStart><timeEnd>2024-05-01T10:00:00.000Z</timeEnd>\
         <username>amina</username><userID>u1</userID>\
         <instanceID>6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</instanceID></meta></data>"
    )
}

/// A block of case `c1` with these actions in it.
fn block(actions: &str) -> String {
    block_of("c1", actions)
}

fn block_of(case_id: &str, actions: &str) -> String {
    format!(
        "<case xmlns='{V2}' case_id='{case_id}' date_modified='2024-05-01T10:00:00Z' user_id='u1'>{actions}</case>"
    )
}

const CREATE: &str =
    "<create><case_type>patient</case_type><case_name>Amina</case_name><owner_id>u1</owner_id></create>";

/// What is found in a form, but for what concerns its metadata.
fn findings(source: &str, options: &Options<'_>) -> Vec<Finding> {
    let findings = check::document(source, options).into_findings();
    findings.into_iter().filter(|finding| !finding.code().starts_with("form-")).collect()
}

fn codes(source: &str) -> Vec<&'static str> {
    findings(source, &Options::default()).iter().map(Finding::code).collect()
}
