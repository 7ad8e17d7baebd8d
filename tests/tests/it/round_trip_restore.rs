//! A restore that was written reads back as what it was written of, in pieces of any size, and up to any cut.

use openrosa_tests::strategies::{
    self,
    restore_parts::{self, Parts, moved},
};
use openrosa_xml::{
    ReadError, ReadErrorKind,
    case::legacy::LegacyCase,
    ns,
    restore::{
        Located, Next, Opening, RestoreItem, RestoreParser, RestoreReader, RestoreWriteError, RestoreWriter,
        Strict, Version,
    },
};
use proptest::prelude::*;

/// What is expected of an item that comes back.
enum Expected {
    Item(Box<RestoreItem<'static>>),
    /// In the namespace of the root, so told by its parts.
    Fixture(usize),
    Schema(usize),
    /// A block of Case XML 1.0 of this id.
    Legacy(String),
}

/// Writes a restore, leaving out what the writer refuses for the device's sake, and says what must come back.
fn written(parts: &Parts) -> (String, Vec<Expected>) {
    let mut expected = Vec::new();
    let opening = Opening::new(&parts.message, &parts.token).version(parts.version);
    let opening = parts.user.iter().cloned().fold(opening, Opening::registration);
    let mut out = RestoreWriter::begin(Vec::new(), &opening).expect("any texts will do");
    expected
        .extend(parts.user.iter().cloned().map(RestoreItem::Registration).map(Box::new).map(Expected::Item));
    for (at, (fixture, _, schema)) in parts.fixtures.iter().enumerate() {
        let taken = match schema {
            Some(schema) => out.fixture_with_schema(schema, fixture),
            None => out.fixture(fixture),
        };
        if let Err(error) = taken {
            assert!(may_be_refused(&error), "{error}");
            continue;
        }
        if parts.version != Version::V1 {
            expected.extend(schema.as_ref().map(|_| Expected::Schema(at)));
            expected.push(Expected::Fixture(at));
        }
    }
    let mut out = out.cases();
    for ledger in &parts.ledgers {
        match out.ledger(ledger) {
            Ok(()) => expected.push(Expected::Item(Box::new(RestoreItem::Ledger(ledger.clone())))),
            Err(error) => assert!(matches!(error, RestoreWriteError::Refused(_)), "{error}"),
        }
    }
    for (case, is_held) in &parts.cases {
        if let Err(error) = out.write(case, *is_held) {
            assert!(matches!(error, RestoreWriteError::Build(_)), "{error}");
            continue;
        }
        let block = if *is_held { case.block_for_held_case() } else { case.block_for_new_case() };
        expected.push(match parts.version {
            Version::V1 => Expected::Legacy(case.case_id().to_string()),
            _ => Expected::Item(Box::new(RestoreItem::Case(block.expect("it was written")))),
        });
    }
    (String::from_utf8(out.finish().expect("nothing was announced")).expect("XML is text"), expected)
}

/// What the writer says of fixtures and schemas that a device would not take.
fn may_be_refused(error: &RestoreWriteError) -> bool {
    use RestoreWriteError::{Index, OneTable, Refused};
    matches!(error, Index { .. } | OneTable { .. } | Refused(_))
}

#[track_caller]
fn assert_as_expected(item: &RestoreItem<'_>, expected: &Expected, parts: &Parts, restore: &str) {
    match (expected, item) {
        (Expected::Item(expected), item) => assert_eq!(item, &**expected, "{restore}"),
        (Expected::Fixture(at), RestoreItem::Fixture(found)) => {
            let (fixture, root, _) = &parts.fixtures[*at];
            assert_eq!(found.identity(), fixture.identity());
            assert_eq!(found.indexed, fixture.indexed);
            let is_at_home = root.name.namespace().is_some();
            let root = if is_at_home { root.clone() } else { moved(root.clone(), Some(ns::RESPONSE)) };
            assert_eq!(found.root().expect("it reads").expect("it has one"), root, "{restore}");
        }
        (Expected::Schema(at), RestoreItem::Schema(found)) => {
            let schema = parts.fixtures[*at].2.as_ref().expect("it has one");
            assert_eq!(found.id(), schema.id());
            assert_eq!(found.indices().collect::<Vec<_>>(), schema.indices().collect::<Vec<_>>());
        }
        (Expected::Legacy(id), RestoreItem::Case(found)) => {
            let source = found.write().expect("it was read");
            assert_eq!(LegacyCase::read(&source).expect("it reads").case_id().as_deref(), Some(&**id));
        }
        (_, item) => panic!("{item:?} in {restore}"),
    }
}

type Items = Vec<Located<RestoreItem<'static>>>;

/// The items read from pieces of this size, and the error after them.
fn in_pieces(source: &[u8], size: usize) -> (Items, Option<ReadError>) {
    let mut parser = RestoreParser::new();
    let mut pieces = source.chunks(size);
    let mut items = Vec::new();
    loop {
        let own =
            |item: Located<RestoreItem<'_>>| Located { value: item.value.into_owned(), span: item.span };
        match parser.next_with(own) {
            Ok(Next::Item(item)) => items.push(item),
            Ok(Next::End) => return (items, None),
            Ok(Next::More) => match pieces.next() {
                Some(piece) => parser.push(piece),
                None => parser.end(),
            },
            Err(error) => return (items, Some(error)),
        }
    }
}

proptest! {
    #![proptest_config(strategies::config())]

    /// S-059: the reader accepts every writer output, and the device each item of it.
    #[test]
    fn what_is_written_is_read_and_taken_by_the_device(parts in restore_parts::parts()) {
        let (restore, expected) = written(&parts);
        let items: Result<Vec<_>, _> = RestoreReader::new(restore.as_bytes()).collect();
        let items = items.unwrap_or_else(|error| panic!("{error}: {restore}"));
        let mut strict = Strict::new();
        for Located { value, .. } in items.iter().filter(|_| parts.version != Version::V1) {
            prop_assert_eq!(strict.check(value), Ok(()), "{:?} in {}", value, &restore);
        }
        let RestoreItem::Message(message) = &items[0].value else { panic!("{restore}") };
        let RestoreItem::SyncToken(token) = &items[1].value else { panic!("{restore}") };
        prop_assert_eq!(&*message.text, &*parts.message);
        let restore_id = token.restore_id();
        prop_assert_eq!(restore_id.as_deref(), Some(&*parts.token));
        prop_assert_eq!(items.len() - 2, expected.len(), "{}", &restore);
        for (item, expected) in items[2..].iter().zip(&expected) {
            assert_as_expected(&item.value, expected, &parts, &restore);
        }
    }

    #[test]
    fn a_written_restore_reads_the_same_in_pieces_of_any_size(parts in restore_parts::parts(), size in 1_usize..300) {
        let (restore, _) = written(&parts);
        prop_assert_eq!(in_pieces(restore.as_bytes(), size), in_pieces(restore.as_bytes(), restore.len()));
    }

    #[test]
    fn a_cut_restore_gives_what_stood_before_the_cut_and_an_error_at_it(
        parts in restore_parts::parts(), cut: prop::sample::Index, size in 1_usize..300
    ) {
        let (restore, _) = written(&parts);
        let (all, _) = in_pieces(restore.as_bytes(), restore.len());
        let cut = cut.index(restore.len());
        let (items, error) = in_pieces(&restore.as_bytes()[..cut], size);
        let before = all.iter().filter(|item| item.span.end <= cut as u64).count();
        prop_assert_eq!(&items, &all[..before]);
        let error = error.expect("a cut restore is no restore");
        let kind = error.kind();
        prop_assert!(matches!(
            kind,
            ReadErrorKind::Truncated { .. } | ReadErrorKind::Empty | ReadErrorKind::Encoding { .. }
        ), "{}", error);
        prop_assert!(cut as u64 - error.position().offset <= 3, "{} at {}", error, cut);
    }
}
