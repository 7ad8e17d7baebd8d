//! A restore that is checked while it is read, beside one that is only read.

use openrosa_xml::{
    check::{self, Options},
    restore::RestoreReader,
};

use super::{Contender, Suite, restore::Input};

/// All of them.
pub const SUITE: Suite<Input> = &[
    Contender { name: "reading", run: |input| read(input.text().as_bytes()).into() },
    Contender { name: "check", run: |input| check(input.text().as_bytes()).into() },
];

/// Every item read, borrowed and dropped.
fn read(source: &[u8]) -> u64 {
    let mut reader = RestoreReader::new(source);
    let mut seen = 0;
    while let Some(bytes) =
        reader.next_with(|item| std::hint::black_box(item).span.end).expect("the inputs are well-formed")
    {
        seen += bytes;
    }
    seen
}

fn check(source: &[u8]) -> u64 {
    let mut findings = 0;
    check::restore(source, &Options::default(), |finding| findings += finding.place.start.offset)
        .expect("a text in memory is a source that does not fail");
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::{Restore, Scale};

    /// The measure would mean nothing if findings were what takes the time.
    #[test]
    fn what_is_checked_is_clean_or_nearly_so() {
        let restore = Restore::whole(Scale::Small.restore());
        let mut counts = std::collections::BTreeMap::new();
        check::restore(restore.as_bytes(), &Options::default(), |finding| {
            *counts.entry(finding.code()).or_insert(0) += 1;
        })
        .unwrap();
        let found: u64 = counts.values().sum();
        assert!(found < Scale::Small.restore().cases / 100, "{counts:?}");
    }
}
