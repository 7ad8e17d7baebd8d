//! Which blocks of Case XML 1.0 a form holds.

use crate::{check::rule_file::Form, instance::FoundLegacyCase};

/// Each, but for those inside a device log.
pub(super) fn blocks<'f>(form: &Form<'f>) -> impl Iterator<Item = &'f FoundLegacyCase<'f>> {
    form.instance.legacy_cases().iter().filter(|found| !found.in_device_report)
}
