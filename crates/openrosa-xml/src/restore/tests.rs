use proptest::prelude::*;

use super::*;
use crate::{ReadError, ReadErrorKind, xml::Element};

/// One of everything, with what a cut can fall into: comments, CDATA, references, characters of several bytes.
const RESTORE: &str = "<?xml version='1.0'?><!-- é --><OpenRosaResponse xmlns='http://openrosa.org/http/response' items=\"9\">\n\
    <message nature='ota_restore_success'>Karibu, Ami\u{F1}a &amp; co</message>\n\
    <Sync xmlns='http://commcarehq.org/sync'><restore_id>0f3c</restore_id></Sync>\n\
    <schema id='item-list:f'><indices><index>name</index></indices></schema>\n\
    <fixture id='item-list:f' indexed='true'><f_list><f><name>\u{1F34C} <![CDATA[<x>]]></name></f><f/></f_list></fixture>\n\
    <p:case xmlns:p='http://commcarehq.org/case/transaction/v2' case_id='c1'><p:close/></p:case> <!-- -- >\n\
    <empty/><unknown a='1'><case case_id='hidden'/></unknown>\r\n</OpenRosaResponse>\n<!-- the end -->\n";

/// The same without what is malformed above on purpose.
fn restore() -> String {
    RESTORE.replace("<!-- -- >", "<!-- - -->")
}

type Items = Vec<Located<RestoreItem<'static>>>;

/// The items read from pieces of these sizes, and the error after them.
fn read_in_pieces(source: &[u8], sizes: &[usize]) -> (Items, Option<ReadError>) {
    let mut parser = RestoreParser::new();
    let mut items = Vec::new();
    let mut sizes = sizes.iter().copied().cycle();
    let mut rest = source;
    let mut ended = false;
    loop {
        let own =
            |item: Located<RestoreItem<'_>>| Located { value: item.value.into_owned(), span: item.span };
        match parser.next_with(own) {
            Ok(Next::Item(item)) => items.push(item),
            Ok(Next::End) => return (items, None),
            Ok(Next::More) if rest.is_empty() => {
                assert!(!ended, "nothing more is wanted after the end");
                ended = true;
                parser.end();
            }
            Ok(Next::More) => {
                let size = sizes.next().unwrap_or(1).clamp(1, rest.len());
                let (piece, later) = rest.split_at(size);
                rest = later;
                parser.push(piece);
            }
            Err(error) => {
                assert_eq!(parser.next_with(|_| ()), Err(error.clone()), "an error stays");
                return (items, Some(error));
            }
        }
    }
}

fn whole(source: &str) -> (Items, Option<ReadError>) {
    read_in_pieces(source.as_bytes(), &[source.len()])
}

fn names(items: &Items) -> Vec<&'static str> {
    let name = |item: &Located<RestoreItem<'_>>| match item.value {
        RestoreItem::Message(_) => "message",
        RestoreItem::SyncToken(_) => "token",
        RestoreItem::Registration(_) => "registration",
        RestoreItem::Schema(_) => "schema",
        RestoreItem::Fixture(_) => "fixture",
        RestoreItem::Case(_) => "case",
        RestoreItem::Ledger(_) => "ledger",
        RestoreItem::Other(_) => "other",
    };
    items.iter().map(name).collect()
}

fn items_of(source: &str) -> Vec<&'static str> {
    let (items, error) = whole(source);
    assert_eq!(error, None);
    names(&items)
}

/// S-034: each top-level element is an item of its own, with its place.
#[test]
fn items_come_in_order_each_with_its_bytes() {
    let source = restore();
    let (items, error) = whole(&source);
    assert_eq!(error, None);
    assert_eq!(names(&items), ["message", "token", "schema", "fixture", "case", "other", "other"]);
    let bytes = |at: usize| &source[items[at].span.start as usize..items[at].span.end as usize];
    assert!(bytes(1).starts_with("<Sync") && bytes(1).ends_with("</Sync>"));
    assert_eq!(bytes(5), "<empty/>");
}

/// S-001: the root may be called anything.
/// S-002: names match whatever the case of their letters; `Sync` only in its namespace, ledgers by theirs alone.
/// S-003: an unknown item is passed over with all that is in it.
#[test]
fn items_are_known_by_name() {
    assert_eq!(
        items_of("<anything><CASE/><Fixture/><SCHEMA/><Message/></anything>"),
        ["case", "fixture", "schema", "other"]
    );
    assert_eq!(items_of("<r><sync xmlns='http://commcarehq.org/sync'/><Sync/></r>"), ["token", "other"]);
    assert_eq!(items_of("<r><REGISTRATION/><registration/></r>"), ["registration"; 2]);
    assert_eq!(
        items_of("<r xmlns:l='http://commcarehq.org/ledger/v1'><l:balance/><balance/><l:case/></r>"),
        ["ledger", "other", "ledger"]
    );
    assert_eq!(items_of("<r><x><x/><case/></x><case/></r>"), ["other", "case"]);
    assert_eq!(items_of("<r/>"), [""; 0]);
    assert_eq!(items_of("<r> stray <case/> text </r>"), ["case"]);
}

/// S-004: without its closing tag a restore is an error, though all items were read.
#[test]
fn a_missing_end_is_an_error_after_the_items() {
    let (items, error) = whole("<r><case case_id='1'/>\n");
    assert_eq!(names(&items), ["case"]);
    insta::assert_snapshot!(error.unwrap(), @"line 2, column 1, inside r: the document ends inside an element");
}

#[test]
fn what_follows_the_end_is_an_error() {
    let (items, error) = whole("<r><case/></r>\n <r/>");
    assert_eq!(items.len(), 1);
    insta::assert_snapshot!(error.unwrap(), @"line 2, column 2: a second element outside the root element");
    insta::assert_snapshot!(whole("<r/>x").1.unwrap(), @"line 1, column 5: text outside the root element");
}

/// S-005: a byte order mark is passed over.
#[test]
fn a_byte_order_mark_is_passed_over() {
    assert_eq!(items_of("\u{FEFF}<?xml version='1.0'?><r><case/></r>"), ["case"]);
}

/// S-006: no entity but the predefined ones, and no document type.
#[test]
fn entities_and_document_types_are_errors() {
    insta::assert_snapshot!(whole("<!DOCTYPE r><r/>").1.unwrap(), @"line 1, column 1: a document type declaration is not accepted");
    insta::assert_snapshot!(whole("<r><case>&e;</case></r>").1.unwrap(), @"line 1, column 10, inside r/case: `&e;` is not a reference that XML itself defines");
}

/// S-033: `items` is a hint, and a wrong one never fails.
#[test]
fn the_number_of_items_is_a_hint() {
    for (written, hint) in [("9", Some(9)), ("0", Some(0)), ("-1", None), ("many", None), ("", None)] {
        let mut parser = RestoreParser::new();
        parser.push(format!("<r items='{written}'><case/></r>").as_bytes());
        assert_eq!(parser.items(), None, "nothing is known before the root is read");
        assert!(matches!(parser.next_with(|_| ()), Ok(Next::Item(()))));
        assert_eq!(parser.items(), hint, "{written}");
    }
}

#[test]
fn places_count_from_the_beginning_of_the_document() {
    let source = format!("<r>{}\n  <case><a></b></case></r>", "<case case_id='1'/>\n".repeat(20_000));
    let (items, error) = read_in_pieces(source.as_bytes(), &[1000]);
    assert_eq!(items.len(), 20_000);
    let at = error.unwrap().position();
    assert_eq!((at.line, at.column), (20_002, 12));
    assert_eq!(&source[at.offset as usize..][..4], "</b>");
}

#[test]
fn the_last_item_can_be_located_until_more_arrives() {
    let mut parser = RestoreParser::new();
    parser.push(b"<r a='1'>\n<case/>\n  <case/>");
    parser.next_with(|_| ()).unwrap();
    let second = parser.next_with(|item| item.span).unwrap().item().unwrap();
    let at = parser.position_of(second.start).unwrap();
    assert_eq!((at.line, at.column, at.offset), (3, 3, second.start));
    parser.push(b"</r>");
    assert_eq!(parser.position_of(second.start), None);
    assert_eq!(parser.position_of(second.end + 99), None);
    assert_eq!(parser.root_attributes().len(), 1);
}

#[test]
fn bytes_that_are_not_utf8_are_an_error_where_they_stand() {
    let (_, error) = read_in_pieces(b"<r>\n<case/>\xC3(</r>", &[4]);
    let error = error.unwrap();
    assert!(matches!(error.kind(), ReadErrorKind::Encoding { .. }));
    assert_eq!(error.position().offset, 11);
    assert!(read_in_pieces(b"<r/>\xC3", &[9]).1.is_some(), "a character that is never finished");
}

/// a restore is read in UTF-8 only, and of another encoding it is said which.
#[test]
fn a_restore_in_another_encoding_is_said_to_be_in_it() {
    let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><r><case/><case/>\xE9</r>";
    for size in [1, 50, 100] {
        let (items, error) = read_in_pieces(latin, &[size]);
        assert_eq!(items.len(), 2);
        insta::allow_duplicates! {
            insta::assert_snapshot!(error.unwrap(), @"line 1, column 61: encoding `ISO-8859-1` is not supported");
        }
    }
    let wide: Vec<u8> = "\u{FEFF}<r/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for utf16 in [&wide[..], &wide[2..]] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(read_in_pieces(utf16, &[99]).1.unwrap(), @"line 1, column 1: encoding `UTF-16LE` is not supported");
            assert_eq!(read_in_pieces(utf16, &[1]), read_in_pieces(utf16, &[99]));
        }
    }
    let ascii = b"<?xml version='1.0' encoding='US-ASCII'?><r><case/></r>";
    assert!(read_in_pieces(ascii, &[7]).1.is_none(), "nothing in it is in another encoding");
    let lying = b"<?xml version='1.0' encoding='utf-8'?><r>\xE9</r>";
    assert!(matches!(read_in_pieces(lying, &[7]).1.unwrap().kind(), ReadErrorKind::Encoding { .. }));
}

/// What is wrong first is told first, however the bytes arrive.
#[test]
fn an_illegal_character_does_not_hide_what_is_wrong_before_it() {
    for size in [1, 100] {
        let (items, error) = read_in_pieces(b"<r><case/><a:b:c/>\0</r>", &[size]);
        assert_eq!(items.len(), 1);
        insta::allow_duplicates! {
            insta::assert_snapshot!(error.unwrap(), @"line 1, column 12, inside r: `a:b:c` is not a name");
        }
        let (items, error) = read_in_pieces(b"<r><case/> \0<a:b:c/></r>", &[size]);
        assert_eq!(items.len(), 1);
        insta::allow_duplicates! {
            insta::assert_snapshot!(error.unwrap(), @"line 1, column 12: character U+0000 is not allowed in XML");
        }
    }
}

#[test]
fn the_limits_are_those_of_one_item() {
    let limits = crate::Limits { elements: 3, ..crate::Limits::default() };
    let many = format!("<r>{}</r>", "<case><update><a/></update></case>".repeat(50));
    assert_eq!(RestoreReader::within(many.as_bytes(), &limits).filter_map(Result::ok).count(), 50);
    let one = "<r><case><update><a/><b/></update></case></r>";
    assert!(RestoreReader::within(one.as_bytes(), &limits).next().unwrap().is_err());
}

#[test]
fn a_source_that_fails_is_told_apart() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("unplugged"))
        }
    }
    let mut reader = RestoreReader::new(Broken);
    assert!(matches!(reader.next(), Some(Err(RestoreError::Io(_)))));
    assert!(reader.next().is_none(), "after an error, nothing");
}

#[test]
fn cutting_anywhere_gives_the_items_before_the_cut_and_an_error_at_it() {
    let source = restore();
    let (all, _) = whole(&source);
    let end = source.find("</OpenRosaResponse>").unwrap() + "</OpenRosaResponse>".len();
    for cut in 0..source.len() {
        let (items, error) = read_in_pieces(&source.as_bytes()[..cut], &[cut.max(1)]);
        let before = all.iter().filter(|item| item.span.end as usize <= cut).count();
        assert_eq!(items, all[..before], "cut at {cut}");
        match error {
            Some(error) => {
                assert!(cut - error.position().offset as usize <= 3, "cut at {cut}: {error}");
                let cut_short =
                    matches!(error.kind(), ReadErrorKind::Truncated { .. } | ReadErrorKind::Empty);
                let in_a_character = matches!(error.kind(), ReadErrorKind::Encoding { .. });
                assert!(
                    cut_short || (in_a_character && !source.is_char_boundary(cut)),
                    "cut at {cut}: {error}"
                );
            }
            None => assert!(cut >= end, "cut at {cut}"),
        }
    }
}

proptest! {
    #[test]
    fn pieces_of_any_size_give_the_same_items(sizes in proptest::collection::vec(1_usize..200, 1..8)) {
        let source = restore();
        prop_assert_eq!(read_in_pieces(source.as_bytes(), &sizes), whole(&source));
    }

    #[test]
    fn any_bytes_end_in_items_or_an_error_inside(source in "[<>/a-c '\"=&;!\\-\\[\\]?é\n]{0,60}", size in 1_usize..9) {
        let (_, error) = read_in_pieces(source.as_bytes(), &[size]);
        if let Some(error) = &error {
            prop_assert!(error.position().offset as usize <= source.len());
        }
        prop_assert_eq!(error.is_none(), Element::read(&source).is_ok());
    }
}
