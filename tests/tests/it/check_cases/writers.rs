//! What we build ourselves is beyond reproach.

use openrosa_tests::strategies::{config, new_form};
use openrosa_xml::check::Severity;
use proptest::prelude::*;

use super::*;

/// What may be said of built forms all the same: values are the caller's, whatever they look like.
const OF_VALUES: [&str; 4] =
    ["case-attachment-local", "case-property-date-time", "blocks-interleaved", "case-index-mixed"];

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_reader_minds_what_the_builders_build((form, _) in new_form()) {
        let source = form.write().unwrap();
        for finding in findings(&source, &Options::default()) {
            let is_fine = finding.severity == Severity::Note || OF_VALUES.contains(&finding.code());
            prop_assert!(is_fine, "{}: {} in {}", finding.code(), finding.message(), &source);
        }
    }
}
