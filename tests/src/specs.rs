//! References to documents in the documentation of the code, and whether what they name exists.

use std::collections::BTreeSet;

/// The short names in the first column of `docs/specs.md`.
pub fn names(table: &str) -> BTreeSet<String> {
    let rows = table.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" |"));
    rows.map(|(name, _)| name.to_owned()).filter(|name| name != "name").collect()
}

/// The section numbers of a digest, from its headings: `## 3. Metadata` and `### 3.2 The block` give `3` and `3.2`.
pub fn sections(digest: &str) -> BTreeSet<String> {
    let headings =
        digest.lines().filter_map(|line| Some(line.strip_prefix("##")?.trim_start_matches('#').trim()));
    headings.map(leading_number).filter(|number| !number.is_empty()).collect()
}

/// The sections of a digest that a text refers to, such as `1.6` in `openrosa.md 1.6` and in `openrosa.md section 1.6`,
/// with the line of each. Several at once, `case-xml.md 1.2, 1.8`, are several.
pub fn referred_to(source: &str, digest: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (index, line) in source.lines().enumerate() {
        let places = line.match_indices(digest).map(|(at, _)| &line[at + digest.len()..]);
        let listed = places.flat_map(|after| {
            let parts = after.trim_start_matches(" section").split([',', ';']);
            parts.map(|part| leading_number(part.trim())).take_while(|number| !number.is_empty())
        });
        found.extend(listed.map(|number| (number, index + 1)));
    }
    found
}

fn leading_number(text: &str) -> String {
    let number: String = text.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    number.trim_end_matches('.').to_owned()
}

/// The documents named by every `*Spec*: …` paragraph of a source: `(what it says, line)`.
pub fn cited(source: &str) -> Vec<(String, usize)> {
    let lines: Vec<_> = source.lines().map(str::trim).collect();
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let Some((_, first)) = line.split_once("*Spec*: ").filter(|_| line.starts_with("//")) else {
            continue;
        };
        let rest = lines[index + 1..]
            .iter()
            .map_while(|line| line.strip_prefix("/// ").or(line.strip_prefix("//! ")));
        let paragraph: Vec<_> = std::iter::once(first).chain(rest).collect();
        let paragraph = paragraph.join(" ");
        let sentence = paragraph.split(". ").next().unwrap_or_default();
        found.extend(
            sentence.split(';').map(|part| (part.trim().trim_end_matches('.').to_owned(), index + 1)),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(found: Vec<(String, usize)>) -> Vec<String> {
        found.into_iter().map(|(text, _)| text).collect()
    }

    #[test]
    fn headings_give_section_numbers() {
        assert!(sections("## 3. Metadata\n### 3.2 The block\n# 9 no\n").into_iter().eq(["3", "3.2"]));
    }

    #[test]
    fn references_are_found_singly_and_in_lists() {
        let source = "// see openrosa.md 1.6 and (openrosa.md section 9).\n/// case-xml.md 1.2, 1.8.\n/// openrosa.md says\n";
        assert_eq!(texts(referred_to(source, "openrosa.md")), ["1.6", "9"]);
        assert_eq!(texts(referred_to(source, "case-xml.md")), ["1.2", "1.8"]);
    }

    #[test]
    fn a_citation_may_go_on_in_the_next_line() {
        let source = "/// *Wire*: x. *Spec*: OpenRosa Form\n/// Submission, Status; RFC 9110, 10.2. More.\npub fn f() {}\n";
        assert_eq!(texts(cited(source)), ["OpenRosa Form Submission, Status", "RFC 9110, 10.2"]);
    }

    #[test]
    fn the_table_names_documents() {
        assert!(names("| name | document |\n|---|---|\n| RFC 1 | x |\n").into_iter().eq(["RFC 1"]));
    }
}
