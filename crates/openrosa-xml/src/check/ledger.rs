//! Rules about ledger blocks (case-xml.md 3.2, ota-restore.md 2.10), one a file.

mod case_unknown;
mod child_unknown;
mod date_missing;
mod date_unreadable;
mod end_blank;
mod ends_equal;
mod ends_missing;
mod entity_blank;
mod entity_missing;
mod entry_idle;
mod id_space;
mod in_case;
mod name_spelling;
mod other;
mod product_missing;
mod product_missing_in_sections;
mod quantity_fraction;
mod quantity_large;
mod quantity_unreadable;
mod section_blank;
mod value_section_blank;

use super::{
    audience::Audience::Device,
    draft::Drafts,
    rule::{Rule, Severity::Error},
    subject::Stock,
};
use crate::{
    ledger::{Entry, Instruction, Sheet},
    profile::Profile,
};

/// All of them, in the order of the digest.
pub(super) const RULES: &[&Rule] = &[
    &other::RULE,
    &name_spelling::RULE,
    &date_missing::RULE,
    &date_unreadable::RULE,
    &entity_missing::RULE,
    &entity_blank::RULE,
    &ends_missing::RULE,
    &end_blank::RULE,
    &ends_equal::RULE,
    &section_blank::RULE,
    &value_section_blank::RULE,
    &product_missing::RULE,
    &product_missing_in_sections::RULE,
    &child_unknown::RULE,
    &entry_idle::RULE,
    &id_space::RULE,
    &quantity_fraction::RULE,
    &quantity_large::RULE,
    &quantity_unreadable::RULE,
    &in_case::RULE,
    &case_unknown::RULE,
];

/// Runs a rule on a block. The device does not look at one inside a case block, and refuses nothing for it.
pub(super) fn run(check: fn(&Stock<'_>, &mut Drafts), stock: &Stock<'_>, found: &mut Drafts) {
    let before = found.len();
    check(stock, found);
    found.narrow(before, |reader, severity, _| !stock.in_case || (reader, severity) != (Device, Error));
}

/// What the sheet says, as the device lays it out; CommCare HQ differs where the section is empty, which is told.
fn said<'s>(sheet: &'s Sheet<'_>) -> Vec<Instruction<'s>> {
    sheet.instructions(Profile::Device)
}

fn entries<'s, 'a>(sheet: &'s Sheet<'a>) -> impl Iterator<Item = &'s Entry<'a>> {
    sheet.entries.iter().filter(|entry| entry.tag.name.local_name() == "entry")
}
