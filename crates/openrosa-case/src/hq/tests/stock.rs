//! Stock on the server.

use insta::assert_snapshot;

use super::server;
use crate::{
    change::Applied,
    differences::Difference,
    scenario::{Server, case, patient},
};

fn balance(attributes: &str, inside: &str) -> String {
    format!(
        "<l:balance xmlns:l='http://commcarehq.org/ledger/v1' section-id='s' {attributes}>{inside}</l:balance>"
    )
}

fn entry(quantity: &str) -> String {
    format!("<l:entry id='soap' quantity='{quantity}'/>")
}

fn transfer(attributes: &str, quantity: &str) -> String {
    format!(
        "<l:transfer xmlns:l='http://commcarehq.org/ledger/v1' section-id='s' {attributes}>{}</l:transfer>",
        entry(quantity)
    )
}

fn stock(server: &Server) -> Vec<String> {
    server.memory.ledgers().map(|(key, quantity)| format!("{} {quantity}", key.entity_id)).collect()
}

/// C-084: a balance sets, a transfer subtracts and adds, absent is 0, and less than nothing is possible.
#[test]
fn stock_is_counted_and_moved() {
    let mut server = server();
    server.form("d", &patient("d", "2024-05-01"));
    server.form("f", &[balance("entity-id='c'", &entry("9")), transfer("src='c' dest='d'", "11.5")].concat());
    assert_eq!(stock(&server), ["c -2.5", "d 11.5"]);
}

/// C-085: to CommCare HQ a quantity is any number, and what is none is left out.
#[test]
fn what_is_no_number_is_left_out() {
    let mut server = server();
    server.form("f", &balance("entity-id='c'", &entry("9.5")));
    let applied = server.form("g", &balance("entity-id='c' date=''", &[entry("many"), entry("")].concat()));
    assert_eq!(stock(&server), ["c 9.5"]);
    assert!(applied.notes.iter().all(|note| note.rule == Difference::LedgerQuantity));
    assert_eq!(applied.notes.len(), 2);
}

/// No quantity is kept as another one.
#[test]
fn what_cannot_be_counted_is_refused() {
    let mut server = server();
    server.form("f", &balance("entity-id='c'", &entry("-92233720368547")));
    assert_eq!(stock(&server), ["c -92233720368547"]);
    let error = server.refuses(&balance("entity-id='c'", &entry("99999999999999999999")));
    assert_snapshot!(error, @"a quantity of `99999999999999999999` is more than is counted here, 92,233,720,368,547 at most");
}

/// C-084: a sum is counted as it is, which a device could not, or refused: none is kept as another one.
#[test]
fn a_sum_is_not_kept_as_another_one() {
    let mut server = server();
    let wraps = |applied: &Applied| applied.notes.iter().any(|note| note.rule == Difference::LedgerWraps);
    server.form("a", &balance("entity-id='c'", &entry("2147483646")));
    assert!(!wraps(&server.form("b", &transfer("dest='c'", "1"))));
    assert!(wraps(&server.form("d", &transfer("dest='c'", "1"))));
    assert_eq!(stock(&server), ["c 2147483648"]);
    server.form("e", &balance("entity-id='c'", &entry("92233720368546")));
    server.form("f", &transfer("dest='c'", "1"));
    assert_eq!(stock(&server), ["c 92233720368547"]);
    let error = server.refuses(&transfer("dest='c'", "0.5"));
    assert_snapshot!(error, @"with what is moved, `soap` of section `s` at case `c` is more than is counted here, 92,233,720,368,547 at most");
    server.refuses(&transfer("src='c'", "-1"));
    server.form("g", &transfer("dest='c'", "-92233720368547"));
    server.form("h", &transfer("src='c'", "92233720368547"));
    server.refuses(&transfer("src='c'", "1"));
    assert_eq!(stock(&server), ["c -92233720368547"]);
}

/// C-086: stock of an unknown case is IllegalCaseId, an entry without an id MissingProductId.
#[test]
fn stock_belongs_to_a_case_and_a_product() {
    let mut server = server();
    let mut refuses = |ledger: &str| {
        let error = server.refuses(ledger);
        assert!(error.mark.span().is_some());
        format!("{}: {error}", error.kind.exception().unwrap())
    };
    assert_snapshot!(refuses(&balance("entity-id='x'", "")), @"IllegalCaseId: stock is counted or moved at `x`, which is no case");
    assert_snapshot!(refuses(&transfer("src='c' dest=''", "1")), @"IllegalCaseId: stock is counted or moved at ``, which is no case");
    assert_snapshot!(refuses(&transfer("src='' dest=''", "1")), @"IllegalCaseId: stock is moved from nowhere to nowhere");
    assert_snapshot!(refuses(&balance("entity-id='c'", "<l:entry quantity='1'/>")), @"MissingProductId: a ledger entry names no product");
    assert_snapshot!(refuses(&balance("entity-id='c' date='soon'", "")), @"InvalidDate: `soon` is no date of a ledger block");
}

/// C-087: ledgers come after all case blocks, so that stock can stand before the case that has it.
#[test]
fn stock_comes_after_the_cases() {
    let mut server = Server::default();
    let inside = case("e", "2024-05-01", &balance("entity-id='c'", &entry("2")));
    server.form("f", &[balance("entity-id='c'", &entry("1")), patient("c", "2024-05-01"), inside].concat());
    assert_eq!(stock(&server), ["c 2"], "also what stands inside a case block");
}

/// C-088: on CommCare HQ a transfer from a case to itself changes nothing.
#[test]
fn a_transfer_to_oneself_is_nothing() {
    let mut server = server();
    server.form("f", &balance("entity-id='c'", &entry("5")));
    let applied = server.form("g", &transfer("src='c' dest='c'", "2"));
    assert_eq!(stock(&server), ["c 5"]);
    assert!(applied.notes.iter().any(|note| note.rule == Difference::LedgerSameEnds));
}

#[test]
fn stock_touches_its_case_without_a_token() {
    let mut server = server();
    server.form("f", &balance("entity-id='c'", &entry("5")));
    let case = server.case("c");
    assert_eq!(case.hq.server_modified_on, Some(server.clock));
    let touched = case.hq.transactions.last().unwrap();
    assert!(touched.did.ledger && !touched.did.block && touched.sync_token.is_none());
}
