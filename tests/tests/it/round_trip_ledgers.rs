//! Ledgers, users and blocks of Case XML 1.0: what is written reads back as what it was, and a conversion loses nothing
//! without a word.

use openrosa_tests::strategies::{self, ledgers};
use openrosa_xml::{
    CaseBlock, Instance, Profile,
    case::{
        Value,
        legacy::{LegacyCase, upgrade},
    },
    ledger::Ledger,
    registration::Registration,
    restore::{RestoreItem, RestoreReader},
    xml::{Element, Name},
};
use proptest::prelude::*;

/// How often a text stands in an element, in its texts and attributes.
fn occurrences(element: &Element<'_>, wanted: &str) -> usize {
    let here = usize::from(element.text() == wanted && element.elements().next().is_none());
    let attributes = element.attributes.iter().filter(|attribute| attribute.value == wanted).count();
    here + attributes + element.elements().map(|child| occurrences(child, wanted)).sum::<usize>()
}

proptest! {
    #![proptest_config(strategies::config())]

    #[test]
    fn a_ledger_reads_back_as_what_it_was_built_of(ledger in ledgers::ledger()) {
        let written = ledger.write().unwrap();
        prop_assert_eq!(&Ledger::read(&written).unwrap(), &ledger, "{}", &written);
        let form = format!("<f>{written}</f>");
        let instance = Instance::read(&form).unwrap();
        prop_assert_eq!(&instance.ledgers()[0].block, &ledger);
        let item = RestoreReader::new(form.as_bytes()).next().unwrap().unwrap().value;
        prop_assert_eq!(item, RestoreItem::Ledger(ledger.into_owned()));
    }

    #[test]
    fn an_odd_ledger_stays_what_it_is(element in ledgers::ledger_element()) {
        let source = element.write().unwrap();
        let ledger = Ledger::read(&source).unwrap();
        let written = ledger.write().unwrap();
        prop_assert_eq!(&Ledger::read(&written).unwrap(), &ledger, "{}", &written);
        for profile in [Profile::Device, Profile::Hq] {
            for said in ledger.sheet().into_iter().flat_map(|sheet| sheet.instructions(profile)) {
                let quantity = said.quantity.map(str::to_owned);
                prop_assert!(quantity.is_none_or(|quantity| occurrences(&element, &quantity) > 0));
            }
        }
    }

    #[test]
    fn a_user_reads_back_as_what_it_was_built_of(user in ledgers::registration()) {
        let written = user.write().unwrap();
        prop_assert_eq!(&Registration::read(&written).unwrap(), &user, "{}", &written);
        let restore = format!("<r>{}</r>", written.split_once("?>").unwrap().1);
        let item = RestoreReader::new(restore.as_bytes()).next().unwrap().unwrap().value;
        prop_assert_eq!(item, RestoreItem::Registration(user));
    }

    /// C-118: whatever a block of Case XML 1.0 says, the converted one is of 2.0, and each text is in it or told.
    #[test]
    fn a_conversion_loses_nothing_without_a_word(element in ledgers::legacy_case_element()) {
        let source = element.write().unwrap();
        let case = LegacyCase::read(&source).unwrap();
        let conversion = case.clone().into_v2();
        let written = conversion.block.write().unwrap();
        prop_assert_eq!(&CaseBlock::read(&written).unwrap(), &conversion.block, "{}", &written);
        prop_assert!(conversion.block.is_v2());
        let converted = Element::read(&written).unwrap();
        let said = case.create().into_iter().chain(case.update()).flatten();
        let texts = said.filter(|said| said.name != "owner_id").filter_map(|said| match said.value {
            Value::Text(text) => Some(text),
            Value::Element(_) => None,
        });
        for text in texts.chain(case.case_id().map(openrosa_xml::Text::from)) {
            let told = conversion.left_out.iter().map(|left_out| occurrences(&left_out.element, &text));
            prop_assert!(occurrences(&converted, &text) + told.sum::<usize>() > 0, "{:?} of {}", text, &source);
        }
        for referral in case.referrals() {
            prop_assert!(conversion.left_out.iter().any(|left_out| &left_out.element == referral.element));
        }
    }

    #[test]
    fn an_upgraded_form_has_no_old_blocks(element in ledgers::legacy_case_element(), around in strategies::text()) {
        let form = Element::new(Name::local("f"));
        let form = form.with_text(around.clone()).with_child(element).with_text(around).write().unwrap();
        let before = Instance::read(&form).unwrap();
        let upgraded = upgrade(&form).unwrap();
        let after = Instance::read(&upgraded.text).unwrap();
        prop_assert!(after.legacy_cases().is_empty());
        prop_assert_eq!(upgraded.blocks, before.legacy_cases().len());
        prop_assert_eq!(before.cases().len() + upgraded.blocks, after.cases().len());
    }
}
