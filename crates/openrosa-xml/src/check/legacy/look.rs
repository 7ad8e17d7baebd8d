//! Which blocks of Case XML 1.0 a form holds.

use crate::{
    check::{rule_file::Form, subject::is_device_log},
    instance::FoundLegacyCase,
};

/// Each, but for those inside a device log.
pub(super) fn blocks<'f>(form: &Form<'f>) -> impl Iterator<Item = &'f FoundLegacyCase<'f>> {
    form.instance.legacy_cases().iter().filter(|found| !found.in_device_report)
}

/// Each inside a device log, where the device alone finds it.
pub(super) fn logged_blocks<'f>(form: &Form<'f>) -> impl Iterator<Item = &'f FoundLegacyCase<'f>> {
    let is_form = !is_device_log(form.instance);
    form.instance.legacy_cases().iter().filter(move |found| is_form && found.in_device_report)
}
