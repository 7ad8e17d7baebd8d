//! Every file of the corpus that its origin refuses, other than cases and restores: what is found in it, and where.

use openrosa_tests::corpus::{self, samples};
use openrosa_xml::check::{self, Options, Severity};

/// A file, the code of its error, and the line and column where the origin's note puts it.
type Row = (&'static str, &'static str, u64, u64);

#[test]
fn what_its_origin_refuses_has_an_error_where_the_note_says() {
    let Some(corpus) = corpus::folder("malformed forms") else { return };
    let samples = samples(&corpus, "malformed");
    for sample in samples {
        let Ok(text) = String::from_utf8(sample.bytes.clone()) else { continue };
        let report = check::document(&text, &Options::default());
        for f in report.findings() {
            println!(
                "{}\t{}\t{}\t{}:{}\t{}",
                sample.name,
                f.severity,
                f.code(),
                f.place.start.line,
                f.place.start.column,
                f.message()
            );
        }
    }
    panic!();
}

#[test]
fn accepted() {
    let Some(corpus) = corpus::folder("malformed forms") else { return };
    for kind in ["xform", "form-list", "manifest", "encrypted", "openrosa-response", "submission"] {
        for sample in samples(&corpus, kind) {
            let Ok(text) = String::from_utf8(sample.bytes.clone()) else { continue };
            let report = check::document(&text, &Options::default());
            for f in report.findings() {
                if !f.code().starts_with("case-") {
                    println!(
                        "ACC {}\t{}\t{}\t{}:{}\t{}",
                        sample.name,
                        f.severity,
                        f.code(),
                        f.place.start.line,
                        f.place.start.column,
                        f.message()
                    );
                }
            }
        }
    }
    panic!();
}
