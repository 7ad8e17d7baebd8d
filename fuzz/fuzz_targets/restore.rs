//! A restore gives the same items in pieces of any size as in one, and is refused exactly where any document is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openrosa_xml::ReadError;
use openrosa_xml::restore::{Located, Next, RestoreItem, RestoreParser};
use openrosa_xml::xml::{Element, Writer};

type Items = Vec<Located<RestoreItem<'static>>>;

fuzz_target!(|input: (u8, &[u8])| {
    let (size, document) = input;
    let whole = read(document, document.len().max(1));
    let pieces = read(document, usize::from(size) + 1);
    assert_eq!(whole, pieces);
    let Ok(text) = std::str::from_utf8(document) else { return assert!(whole.1.is_some()) };
    assert_eq!(whole.1.is_none(), Element::read(text).is_ok(), "{:?}", whole.1);
    for item in &whole.0 {
        let mut out = Writer::new();
        item.value.write_to(&mut out).expect("what was read can be written");
        let root = format!("<r>{}</r>", out.finish());
        let (again, error) = read(root.as_bytes(), root.len());
        assert_eq!(error, None, "{root}");
        assert_eq!(again[0].value, item.value, "{root}");
    }
});

fn read(document: &[u8], size: usize) -> (Items, Option<ReadError>) {
    let mut parser = RestoreParser::new();
    let mut items = Vec::new();
    let mut pieces = document.chunks(size);
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
