//! Histories of forms about few cases, so that they meet, clash and fail often.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Forms in the order in which they are filled in: ids that now and then come twice, and their documents.
pub fn history() -> impl Strategy<Value = Vec<String>> {
    let around = prop_oneof![6 => Just(Around::Form), 1 => Just(Around::LogInForm), 1 => Just(Around::Log)];
    vec((0..6_u8, around, vec(block(), 0..4)), 0..7).prop_map(|forms| {
        let document = |(id, around, blocks): (u8, Around, Vec<String>)| {
            let (id, blocks) = (format!("f{id}"), blocks.concat());
            match around {
                Around::Form => form(&id, &blocks),
                Around::LogInForm => form(&id, &format!("<log xmlns='{DEVICE_REPORT}'>{blocks}</log>")),
                Around::Log => form(&id, &blocks).replacen("http://example.org/f", DEVICE_REPORT, 1),
            }
        };
        forms.into_iter().map(document).collect()
    })
}

/// What the blocks of a form stand in.
#[derive(Clone, Copy, Debug)]
enum Around {
    Form,
    LogInForm,
    Log,
}

const DEVICE_REPORT: &str = "http://code.javarosa.org/devicereport";

/// A form around blocks.
pub fn form(id: &str, blocks: &str) -> String {
    format!(
        "<data xmlns='http://example.org/f'>{blocks}<meta><instanceID>{id}</instanceID><userID>amy</userID></meta></data>"
    )
}

/// A case block or a ledger.
pub fn block() -> impl Strategy<Value = String> {
    prop_oneof![4 => case_block(), 1 => ledger()]
}

fn case_id() -> impl Strategy<Value = &'static str> {
    select(vec!["a", "b", "c"])
}

fn case_block() -> impl Strategy<Value = String> {
    let date = select(vec!["2024-05-01", "2024-05-02T10:00:00Z", "2024-05-03T00:00:00.000+02"]);
    let user = select(vec!["", " user_id='amy'", " user_id='bob'"]);
    let creates = prop_oneof![2 => Just(String::new()), 3 => creation()];
    (case_id(), date, user, creates, vec(action(), 0..3)).prop_map(|(id, date, user, create, actions)| {
        format!(
            "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='{id}' date_modified='{date}'{user}>{create}{}</case>",
            actions.concat()
        )
    })
}

fn creation() -> impl Strategy<Value = String> {
    (case_id(), select(vec!["", "<owner_id>amy</owner_id>", "<owner_id>bob</owner_id>", "<owner_id/>"]))
        .prop_map(|(name, owner)| {
            format!("<create><case_type>t</case_type><case_name>{name}</case_name>{owner}</create>")
        })
}

fn action() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => property().prop_map(|inside| format!("<update>{inside}</update>")),
        1 => Just("<close/>".to_owned()),
        2 => link().prop_map(|inside| format!("<index>{inside}</index>")),
        1 => ledger(),
    ]
}

fn property() -> impl Strategy<Value = String> {
    let names =
        vec!["x", "x", "y", "owner_id", "external_id", "case_name", "date_opened", "category", "userid"];
    let texts = vec!["", "1", " 2 ", "2024-05-01", "2024-05-01T10:00:00.000+02"];
    (select(names), select(texts)).prop_map(|(name, text)| format!("<{name}>{text}</{name}>"))
}

fn link() -> impl Strategy<Value = String> {
    let relationship = select(vec!["", " relationship='extension'"]);
    (select(vec!["parent", "host"]), relationship, select(vec!["", "a", "b", "c", "nowhere"])).prop_map(
        |(name, relationship, target)| format!("<{name} case_type='t'{relationship}>{target}</{name}>"),
    )
}

fn ledger() -> impl Strategy<Value = String> {
    let of = "xmlns='http://commcarehq.org/ledger/v1' date='2024-05-01' section-id='s'";
    let ends = select(vec!["src='a' dest='b'", "dest='a'", "src='c' dest='c'", "src='b'"]);
    let quantity = select(vec!["1", "7", "-3", "2.5", "many"]);
    (any::<bool>(), case_id(), ends, quantity).prop_map(move |(counts, id, ends, quantity)| {
        let entry = format!("<entry id='soap' quantity='{quantity}'/>");
        match counts {
            true => format!("<balance {of} entity-id='{id}'>{entry}</balance>"),
            false => format!("<transfer {of} {ends}>{entry}</transfer>"),
        }
    })
}
