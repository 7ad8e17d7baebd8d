//! Forms held against the cases and files that exist.

use std::collections::BTreeSet;

use openrosa_xml::check::{Audience, CaseState, KnownCases, Severity};

use super::*;

fn known() -> KnownCases {
    let mut known = KnownCases::default();
    known.insert("h1", "household");
    known.insert_in("d1", "patient", CaseState::Deleted);
    known.insert_in("f1", "patient", CaseState::Foreign);
    known
}

fn found(inside: &str) -> Vec<&'static str> {
    let known = known();
    let options = Options { known: Some(&known), ..Options::default() };
    findings(&form(inside), &options).iter().map(Finding::code).collect()
}

fn link(target: &str) -> String {
    format!("<index><parent case_type='household'>{target}</parent></index>")
}

/// C-056: an index to a case unknown to store and form is InvalidCaseIndex for HQ, and accepted by the device.
#[test]
fn a_link_to_nowhere_is_an_error_to_hq_alone() {
    assert_eq!(found(&block_of("h1", &link("nowhere"))), ["blocks-index-target-unknown"]);
    let rule = check::rule("blocks-index-target-unknown").unwrap();
    assert_eq!(rule.verdict(Audience::Hq), Some(Severity::Error));
    assert_eq!(rule.verdict(Audience::Device), Some(Severity::Portability));
    assert_eq!(rule.hq_exception(), Some("InvalidCaseIndex"));
    assert_eq!(
        codes(&form(&block_of("h1", &link("nowhere")))),
        [""; 0],
        "nothing is said where nothing is known"
    );
}

/// C-057: targets created anywhere in the same form are known, also those that any block makes on HQ.
#[test]
fn a_target_anywhere_in_the_form_is_known() {
    let household = CREATE.replace("patient", "household");
    let (before, after) = (block_of("n1", &household), block_of("h1", &link("n1")));
    assert_eq!(found(&[before.as_str(), &after].concat()), [""; 0]);
    assert_eq!(found(&[after.as_str(), &before].concat()), ["blocks-index-target-later"]);
    let rule = check::rule("blocks-index-target-later").unwrap();
    assert!(rule.verdicts.iter().all(|(_, severity)| *severity == Severity::Note));
}

/// C-058: only links that still stand after all blocks are looked at.
#[test]
fn a_link_that_is_taken_back_in_the_same_form_is_not_looked_at() {
    let set = block_of("h1", &link("nowhere"));
    let taken_back = block_of("h1", "<index><parent case_type='household'/></index>");
    let changed = block_of("h1", &link("d1"));
    assert!(!found(&[set.as_str(), &taken_back].concat()).contains(&"blocks-index-target-unknown"));
    assert!(!found(&[set.as_str(), &changed].concat()).contains(&"blocks-index-target-unknown"));
    assert!(found(&[taken_back.as_str(), &set].concat()).contains(&"blocks-index-target-unknown"));
    assert!(!found(&block_of("h1", "<update><a>1</a></update>")).contains(&"blocks-index-target-unknown"));
}

/// C-060: a case of another project is IllegalCaseId; one that was deleted is accepted, and so is a link to it.
#[test]
fn cases_of_another_project_are_refused_and_deleted_ones_are_not() {
    let update = "<update><a>1</a></update>";
    assert_eq!(found(&block_of("f1", update)), ["blocks-case-foreign"]);
    assert_eq!(check::rule("blocks-case-foreign").unwrap().hq_exception(), Some("IllegalCaseId"));
    assert_eq!(found(&block_of("d1", update)), ["blocks-case-deleted"]);
    assert_eq!(check::rule("blocks-case-deleted").unwrap().verdict(Audience::Hq), Some(Severity::Warning));
    assert!(found(&block_of("h1", &link("f1"))).contains(&"blocks-index-target-unknown"));
    assert!(!found(&block_of("h1", &link("d1"))).contains(&"blocks-index-target-unknown"));
}

#[test]
fn a_case_that_is_not_there_is_told_once_and_not_where_the_form_opens_it() {
    let update = "<update><a>1</a></update>";
    let twice = [block_of("n1", update), block_of("n1", update)].concat();
    assert_eq!(found(&twice).iter().filter(|code| **code == "blocks-case-unknown").count(), 1);
    let opened_late = [block_of("n1", update), block_of("n1", CREATE)].concat();
    assert_eq!(found(&opened_late), ["blocks-create-late"]);
    let overwritten = [block_of("d1", update), block_of("d1", CREATE)].concat();
    assert!(
        !found(&overwritten).contains(&"blocks-create-late"),
        "a case that is there can be updated first"
    );
}

#[test]
fn a_type_is_held_against_what_the_form_and_the_store_say() {
    let patient = block_of("n1", CREATE);
    assert_eq!(found(&(patient + &block_of("h1", &link("n1")))), ["blocks-index-type-differs"]);
    assert_eq!(
        found(&block_of("d1", &link("h1").replace("household", "clinic")))[1..],
        ["blocks-index-type-differs"]
    );
}

#[test]
fn an_attached_file_must_be_among_those_that_are_sent() {
    let files = BTreeSet::from(["a.jpg".to_owned()]);
    let options = Options { files: Some(&files), ..Options::default() };
    let attach = |src: &str| form(&block(&format!("<attachment><p src='{src}' from='local'/></attachment>")));
    let told = |src: &str| {
        findings(&attach(src), &options).iter().any(|finding| finding.code() == "blocks-attachment-missing")
    };
    assert!(told("b.jpg") && !told("a.jpg"));
}

#[test]
fn a_restore_tells_which_cases_exist() {
    let case = |id: &str, actions: &str| block_of(id, actions);
    let restore = format!(
        "<OpenRosaResponse xmlns='http://openrosa.org/http/response'><message>hi</message>{}{}{}{}{}</OpenRosaResponse>",
        case("a", CREATE),
        case("b", CREATE),
        case("b", "<close/>"),
        case("a", "<update><case_type> child </case_type></update>"),
        case("c", ""),
    );
    let known = KnownCases::from_restore(restore.as_bytes()).unwrap();
    assert_eq!((known.case_type("a"), known.state("a")), (Some("child"), Some(CaseState::Open)));
    assert_eq!((known.case_type("b"), known.state("b")), (Some("patient"), Some(CaseState::Closed)));
    assert!(!known.contains("c") && known.len() == 2, "a block without actions makes no case on a device");
    let mut again = KnownCases::default();
    again.insert_in("b", "patient", CaseState::Closed);
    again.insert("a", "child");
    assert_eq!(known, again, "the order in which types were met does not count");
    assert!(KnownCases::from_restore("<OpenRosaResponse>".as_bytes()).is_err());
}
