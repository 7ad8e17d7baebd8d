use proptest::prelude::*;

use super::*;

/// Keeps a block, checks that it is what it was, and says whether it was packed.
fn is_packed(block: &CaseBlock<'_>) -> bool {
    let mut names = Names::new();
    let kept = Kept::of(block, &mut names);
    assert_eq!(kept.with(&names).block(), *block);
    matches!(kept.0, Form::Packed { .. })
}

fn source(inside: &str) -> String {
    format!("<case xmlns='{}' xmlns:o='urn:o' case_id='C' date_modified=''>{inside}</case>", ns::CASE)
}

#[test]
fn a_usual_block_is_packed_whatever_is_missing_doubled_or_blank() {
    for inside in [
        "",
        "<create/>",
        "<update><a>1</a><a/><b> </b></update><update/><update><a>2</a></update>",
        "<close/><create><case_type>t</case_type><extra>é</extra></create><close/>",
        "<index><p case_type='' relationship='x'>P</p><q/></index><index/>",
        "<attachment><a/><b src='' from='local' name='n'>QUJD</b></attachment>",
    ] {
        assert!(is_packed(&CaseBlock::read(&source(inside)).unwrap()), "{inside}");
    }
    assert!(is_packed(&CaseBlock::bare(Name::in_namespace(ns::CASE, "case"))));
}

#[test]
fn what_would_be_lost_is_kept_whole() {
    for inside in [
        "text",
        "<create>\n</create>",
        "<update x='1'/>",
        "<Update/>",
        "<o:update/>",
        "<update><a x='1'/></update>",
        "<update><a><b/></a></update>",
        "<update><o:a/></update>",
        "<close><a/></close>",
        "<index><p more='1'>P</p></index>",
        "<attachment><a more='1'/></attachment>",
        "<referral/>",
        "<case/>",
    ] {
        assert!(!is_packed(&CaseBlock::read(&source(inside)).unwrap()), "{inside}");
    }
    for odd in ["<case/>", "<case xmlns='urn:o'/>"] {
        assert!(!is_packed(&CaseBlock::read(odd).unwrap()), "{odd}");
    }
    let attribute = source("").replace("case_id", "external_id");
    assert!(!is_packed(&CaseBlock::read(&attribute).unwrap()));
}

const INSIDE: &str = "<create><case_type>t</case_type><case_name>n</case_name><owner_id>o</owner_id></create>\
     <update><a>1</a><case_name>m</case_name><b>2</b></update>\
     <index><p case_type='t'>P</p><q case_type='u' relationship='extension'>Q</q></index>\
     <attachment><f src='f.jpg' from='local'/></attachment><close/>";

/// Packed or whole, a block answers alike.
#[test]
fn a_kept_block_is_asked_like_a_block() {
    for odd in ["", "<referral/>"] {
        let text = source(&format!("{INSIDE}{odd}"));
        let block = CaseBlock::read(&text).unwrap();
        let mut names = Names::new();
        let kept = Kept::of(&block, &mut names);
        let case = kept.with(&names);
        assert_eq!((case.case_id(), case.user_id(), case.is_closed()), (Some("C"), None, true));
        assert_eq!(case.date_modified(), block.date_modified);
        assert_eq!(case.case_type().as_deref(), Some("t"));
        assert_eq!(case.case_name().as_deref(), Some("m"));
        assert_eq!(case.owner_id().as_deref(), Some("o"));
        assert_eq!(
            (case.property("b").as_deref(), case.property("p"), case.property("z")),
            (Some("2"), None, None)
        );
        let named: Vec<_> = case.properties().map(|(name, text)| format!("{name}={text}")).collect();
        assert_eq!(named, ["case_type=t", "case_name=n", "owner_id=o", "a=1", "case_name=m", "b=2"]);
        assert_eq!(case.indices(), block.index().unwrap().entries);
        assert_eq!(case.attachments(), block.attachment().unwrap().entries);
    }
}

#[test]
fn properties_are_set_where_they_count() {
    for odd in ["", "<referral/>"] {
        let text = source(&format!("{INSIDE}{odd}"));
        let mut names = Names::new();
        let mut kept = Kept::of(&CaseBlock::read(&text).unwrap(), &mut names);
        kept.set_properties(&mut names, [("case_name", "x"), ("owner_id", ""), ("new", "1"), ("new", "2")]);
        let case = kept.with(&names);
        let named: Vec<_> = case.properties().map(|(name, text)| format!("{name}={text}")).collect();
        assert_eq!(named, ["case_type=t", "case_name=n", "owner_id=", "a=1", "case_name=x", "b=2", "new=2"]);
        assert_eq!(case.indices().len(), 2);
    }
    let mut names = Names::new();
    let mut bare = Kept::of(&CaseBlock::read(&source("<close/>")).unwrap(), &mut names);
    bare.set_properties(&mut names, [("a", "1")]);
    assert_eq!(bare.with(&names).block().update().unwrap().property("a").unwrap().value.text(), "1");
}

/// More names than fit into one byte, and texts longer than that; and one list of names for all.
#[test]
fn many_names_and_long_texts_are_told_apart() {
    let property = |n: usize| format!("<p{n}>{}</p{n}>", "é".repeat(n));
    let mut names = Names::new();
    let texts: Vec<_> = (0..3)
        .map(|from| source(&format!("<update>{}</update>", (from..1500).map(property).collect::<String>())))
        .collect();
    let blocks: Vec<_> = texts.iter().map(|text| CaseBlock::read(text).unwrap()).collect();
    let kept: Vec<_> = blocks.iter().map(|block| Kept::of(block, &mut names)).collect();
    assert_eq!(names.len(), 1500);
    for (kept, block) in kept.iter().zip(&blocks) {
        assert_eq!(kept.with(&names).block(), *block);
        assert_eq!(kept.with(&names).property("p1499").unwrap().chars().count(), 1499);
    }
}

#[test]
fn names_of_others_are_wrong_but_do_no_harm() {
    let mut names = Names::new();
    let kept = Kept::of(&CaseBlock::read(&source(INSIDE)).unwrap(), &mut names);
    let others = Names::new();
    assert!(others.is_empty());
    assert_eq!(kept.with(&others).properties().next().unwrap().0, "");
    assert_eq!(kept.with(&others).property("a"), None);
}

#[test]
fn a_kept_block_is_small_itself() {
    assert_eq!(size_of::<Kept>(), 4 * size_of::<usize>());
}

proptest! {
    /// Any block that reads is kept as it is.
    #[test]
    fn what_was_kept_is_read_again(
        inside in "((</?(o:)?(create|update|index|attachment|close|a|case_name)( (x|src|name|case_type)='1')?/?>)|[xé ]|&amp;){0,12}",
    ) {
        let text = source(&inside);
        if let Ok(block) = CaseBlock::read(&text) {
            is_packed(&block);
        }
    }

    /// The same, of blocks that always read.
    #[test]
    fn well_formed_blocks_are_kept_as_they_are(
        actions in prop::collection::vec(
            ("create|update|index|attachment|close|o:x", prop::collection::vec(("[ab]|case_type|o:a", "( src='1')?( case_type='2')?( x='3')?", "[xé ]{0,3}(<b/>)?"), 0..4)),
            0..4,
        ),
    ) {
        let entry = |(name, attributes, content): &(String, String, String)| format!("<{name}{attributes}>{content}</{name}>");
        let action = |(name, entries): &(String, Vec<_>)| format!("<{name}>{}</{name}>", entries.iter().map(entry).collect::<String>());
        let text = source(&actions.iter().map(action).collect::<String>());
        is_packed(&CaseBlock::read(&text).unwrap());
    }
}
