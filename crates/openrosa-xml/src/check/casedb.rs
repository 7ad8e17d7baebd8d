//! Rules about search results and case databases (case-xml.md 3.3, 3.4), one a file.

mod date;
mod part_missing;

use super::rule::Rule;
use crate::casedb::{CaseDb, CaseView};

/// All of them.
pub(super) const RULES: &[&Rule] = &[&part_missing::RULE, &date::RULE];

/// The cases that a device takes into its storage: of search results alone. From a case database nobody reads any (case-xml.md 3.3).
fn to_be_stored<'l, 'a>(list: &'l CaseDb<'a>) -> impl Iterator<Item = &'l CaseView<'a>> {
    list.cases().filter(|_| list.tag.name.is(None, "results"))
}

#[cfg(test)]
mod tests {
    use crate::check::{Options, document};

    /// C-107, case-xml.md 3.4: what search results need to be stored, a case database shows or leaves out.
    #[test]
    fn a_case_database_is_not_stored() {
        let found = |root: &str| {
            let list =
                format!("<{root}><case case_id='c'><last_modified>never</last_modified></case></{root}>");
            let findings = document(&list, &Options::default()).into_findings();
            findings.iter().map(|finding| finding.code()).collect::<Vec<_>>()
        };
        assert_eq!(found("results"), ["casedb-part-missing", "casedb-date"]);
        assert_eq!(found("casedb"), [""; 0]);
    }
}
