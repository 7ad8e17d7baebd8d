//! Cases as a form sees them, however odd, are written as they were read.

use openrosa_tests::{plain_xml, strategies};
use openrosa_xml::{
    CaseDb,
    xml::{Element, Name},
};
use proptest::prelude::*;

proptest! {
    #![proptest_config(strategies::config())]

    /// A case is written so that any reader finds in it what was read, but for layout.
    #[test]
    fn a_case_database_reads_back_equal_and_says_the_same(
        cases in prop::collection::vec(strategies::case_element(), 0..3), other in strategies::element()
    ) {
        // Of text between the children of a case only the whole is kept; anything else is kept as it stands.
        let other = Element::new(Name::local("note")).with_child(other);
        let root = cases.into_iter().fold(Element::new(Name::local("casedb")), Element::with_child);
        let source = root.with_child(other).write().unwrap();
        let list = CaseDb::read(&source).unwrap();
        let written = list.write().unwrap();
        prop_assert_eq!(&CaseDb::read(&written).unwrap(), &list, "{}", &written);
        let pieces = |document: &str| plain_xml::pieces(document).map(plain_xml::without_layout);
        prop_assert_eq!(pieces(&written).unwrap(), pieces(&source).unwrap());
        prop_assert_eq!(&list.clone().into_owned(), &list);
    }
}
