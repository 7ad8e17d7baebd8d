//! The columns that are no properties, and what each of them is to a case: there, in a change, and in a block of a form.

use commcare_hq::cases::{CaseV2, CaseView as _, Change};
use openrosa_xml::build::NewCase;

/// A column of this name says it of the case itself.
pub(super) struct Own {
    pub(super) name: &'static str,
    there: for<'c> fn(&'c CaseV2) -> Option<&'c str>,
    by_api: fn(Change, String) -> Change,
    by_form: fn(NewCase, &str) -> NewCase,
}

pub(super) const NAME: Own = Own {
    name: "case_name",
    there: |case| case.case_name(),
    by_api: |change, value| change.case_name(value),
    by_form: |case, value| case.rename(value),
};

pub(super) const OWNER: Own = Own {
    name: "owner_id",
    there: |case| case.owner_id(),
    by_api: |change, value| change.owner_id(value),
    by_form: |case, value| case.assign(value),
};

const ALL: [&Own; 2] = [&NAME, &OWNER];

/// `None` for the name of a property.
pub(super) fn own(column: &str) -> Option<&'static Own> {
    ALL.into_iter().find(|own| own.name == column)
}

/// What a case has under the name of a column.
pub(super) fn there<'c>(case: &'c CaseV2, column: &str) -> Option<&'c str> {
    match own(column) {
        Some(own) => (own.there)(case),
        None => case.properties().get(column)?.as_str(),
    }
}

/// A change with one more cell in it.
pub(super) fn by_api(change: Change, (column, value): (String, String)) -> Change {
    match own(&column) {
        Some(own) => (own.by_api)(change, value),
        None => change.property(column, value),
    }
}

/// The same with a block of a form.
pub(super) fn by_form(case: NewCase, (column, value): &(String, String)) -> NewCase {
    match own(column) {
        Some(own) => (own.by_form)(case, value),
        None => case.property(column, value),
    }
}
