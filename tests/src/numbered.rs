//! Restores that are told apart by a number, each of which takes the place of the one before.

use std::fmt::Write as _;

/// How many cases each holds: several times what is applied together.
pub const CASES: u32 = 600;

/// The ids of the cases of a restore; none of them is in the next.
pub fn case_ids(number: u32) -> impl Iterator<Item = String> {
    let parity = number % 2;
    (0..CASES).map(move |case| format!("{parity}-{case}"))
}

/// A restore of which every part says its number.
#[must_use]
pub fn restore(number: u32) -> String {
    let mut restore = format!(
        "<OpenRosaResponse xmlns='http://openrosa.org/http/response'>\
         <Sync xmlns='http://commcarehq.org/sync'><restore_id>{number}</restore_id></Sync>\
         <Registration xmlns='http://openrosa.org/user/registration'><username>amy</username><password>{number}</password>\
         <uuid>amy</uuid><date>2024-05-01</date><user_data><data key='number'>{number}</data></user_data></Registration>\
         <schema id='item-list:n'><indices><index>number</index></indices></schema>\
         <fixture id='item-list:n' user_id='amy' indexed='true'><rows>{}</rows></fixture>",
        format!("<row><number>{number}</number></row>").repeat(60)
    );
    for id in case_ids(number) {
        write!(
            restore,
            "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='{id}' date_modified='2024-05-01'>\
             <create><case_type>t</case_type><case_name>{number}</case_name><owner_id>amy</owner_id></create>\
             <update><number>{number}</number></update></case>\
             <balance xmlns='http://commcarehq.org/ledger/v1' entity-id='{id}' date='2024-05-01' section-id='s'>\
             <entry id='soap' quantity='{number}'/></balance>"
        )
        .expect("memory takes all");
    }
    restore + "</OpenRosaResponse>"
}
