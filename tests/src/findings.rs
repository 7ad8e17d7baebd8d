//! The pages in `docs/findings`, made of the rules and of the digests behind them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use openrosa_xml::check::{self, Audience, Example, Rule};

use crate::statements::{DIGESTS, defined_in};
use crate::text_of;

/// Where the pages are.
pub const FOLDER: &str = "docs/findings";

/// Where `openrosa explain` has the statements from.
pub const STATEMENTS: &str = "crates/openrosa-cli/src/cmd/explain/statements.tsv";

/// What the pages are made anew with, as CONTRIBUTING.md says.
pub const COMMAND: &str = "REGENERATE=1 cargo test -p openrosa-tests --test it findings";

/// The digests: what they state, and where.
#[derive(Debug, Default)]
pub struct Digests {
    /// By their numbers.
    pub statements: BTreeMap<String, Statement>,
    /// The anchor of each section, as in `case-xml.md 1.8`.
    pub sections: BTreeMap<String, String>,
}

/// One statement of a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The digest and the anchor of the section that holds it.
    pub address: String,
    /// What it says.
    pub text: String,
}

impl Digests {
    /// Reads those of the repository at `root`.
    pub fn of_repository(root: &Path) -> Self {
        let mut digests = Self::default();
        for digest in DIGESTS {
            digests.add(digest, &text_of(&root.join("docs/protocol").join(digest)));
        }
        digests
    }

    fn add(&mut self, digest: &str, text: &str) {
        let lines: Vec<_> = text.lines().collect();
        let headings: Vec<_> = lines.iter().map(|line| heading(line)).collect();
        for heading in headings.iter().flatten() {
            self.sections.insert(format!("{digest} {}", number_of(heading)), anchor(heading));
        }
        for (id, line) in defined_in(text) {
            let section = headings[..line].iter().rev().flatten().next();
            let address = format!("{digest}#{}", section.map(|heading| anchor(heading)).unwrap_or_default());
            let text = statement_at(&lines[line - 1..], &id.to_string());
            self.statements.insert(id.to_string(), Statement { address, text });
        }
    }
}

fn heading(line: &str) -> Option<String> {
    Some(line.strip_prefix("##")?.trim_start_matches('#').trim().to_owned())
}

/// `4.6` of `4.6 HQ errors`, `4` of `4. Errors`.
fn number_of(heading: &str) -> &str {
    let end = heading.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(heading.len());
    heading[..end].trim_end_matches('.')
}

/// As GitHub makes them: lower case, hyphens for spaces, other marks left out.
fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    heading.to_lowercase().chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The text of the statement on the first of these lines: of a list item with the lines that go on with it, of a table row
/// without the column that says whom it is for.
fn statement_at(lines: &[&str], id: &str) -> String {
    let first = lines[0];
    if let Some(row) = first.strip_prefix("| ") {
        let cells: Vec<_> = row.trim_end().trim_end_matches('|').split(" | ").collect();
        return cells[2.min(cells.len() - 1)..].join(" | ").trim().to_owned();
    }
    let going_on = lines[1..].iter().take_while(|line| line.starts_with("  "));
    let text: Vec<_> = std::iter::once(&first).chain(going_on).map(|line| line.trim()).collect();
    let text = text.join(" ").trim_start_matches("- ").trim_start_matches(id).trim().to_owned();
    match text.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
        Some((_, text)) => text.to_owned(),
        None => text,
    }
}

/// Every file that is made of the rules, with what should be in it; paths are relative to the repository.
pub fn files(digests: &Digests) -> BTreeMap<PathBuf, String> {
    let folder = Path::new(FOLDER);
    let pages = check::rules().map(|rule| (folder.join(format!("{}.md", rule.code)), page(rule, digests)));
    let others = [(folder.join("README.md"), contents()), (STATEMENTS.into(), rows(digests))];
    pages.chain(others).collect()
}

/// The files in the folder that nothing is made into: their rules are gone.
pub fn leftovers(root: &Path, files: &BTreeMap<PathBuf, String>) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(root.join(FOLDER)) else { return Vec::new() };
    let found = entries.filter_map(|entry| Some(Path::new(FOLDER).join(entry.ok()?.file_name())));
    let found: BTreeSet<_> = found.collect();
    found.into_iter().filter(|path| !files.contains_key(path)).collect()
}

/// The page of one rule.
pub fn page(rule: &Rule, digests: &Digests) -> String {
    let mut out = format!("# {}\n\n{}.\n\n", rule.code, capitalized(rule.title));
    let _ = writeln!(out, "| for | |\n|---|---|");
    for (audience, severity) in rule.verdicts {
        let _ = writeln!(out, "| {} | {severity} |", described(*audience));
    }
    let _ = writeln!(out, "\n**Said as:** {}\n", rule.message.replace('|', "\\|"));
    let _ = writeln!(out, "**Why it matters.** {}\n", rule.why);
    let _ = writeln!(out, "**Remedy:** {}.", rule.remedy);
    example(&mut out, "Found", &rule.triggers);
    example(&mut out, "Put right", &rule.passes);
    behind(&mut out, rule, digests);
    let _ = writeln!(out, "\n---\n\nMade of the rule `{}`; [all findings](README.md).", rule.code);
    out
}

fn example(out: &mut String, title: &str, example: &Example) {
    let _ = match (example, example.shown()) {
        (Example::None(why), _) => writeln!(out, "\n## {title}\n\nNo example: {why}."),
        (_, shown) => writeln!(out, "\n## {title}\n\n```xml\n{}\n```", shown.unwrap_or_default().trim_end()),
    };
}

fn behind(out: &mut String, rule: &Rule, digests: &Digests) {
    if rule.statements.is_empty() && rule.sections.is_empty() {
        return;
    }
    out.push_str("\n## Behind it\n\n");
    for id in rule.statements {
        let _ = match digests.statements.get(*id) {
            Some(Statement { address, text }) => writeln!(out, "- [{id}](../protocol/{address}): {text}"),
            None => writeln!(out, "- {id}"),
        };
    }
    for section in rule.sections {
        let address =
            digests.sections.get(*section).and_then(|anchor| Some((section.split_once(' ')?.0, anchor)));
        let _ = match address {
            Some((digest, anchor)) => writeln!(out, "- [{section}](../protocol/{digest}#{anchor})"),
            None => writeln!(out, "- {section}"),
        };
    }
}

/// All rules as a table, by what they are about.
pub fn contents() -> String {
    let mut out = String::from(
        "# Findings\n\nWhat `openrosa check` and `openrosa_xml::check` look for, a page a code. `openrosa explain CODE` shows the same \
         pages.\nThey are made of the rules, with\n\n",
    );
    let _ = writeln!(out, "```sh\n{COMMAND}\n```");
    let mut folder = "";
    for rule in sorted() {
        if rule.folder() != folder {
            folder = rule.folder();
            let _ = writeln!(out, "\n## {folder}\n\n| code | finds | for |\n|---|---|---|");
        }
        let verdicts = rule.verdicts.iter().map(|(audience, severity)| format!("{audience} {severity}"));
        let verdicts = verdicts.collect::<Vec<_>>().join(", ");
        let _ =
            writeln!(out, "| [{0}]({0}.md) | {1} | {verdicts} |", rule.code, rule.title.replace('|', "\\|"));
    }
    out
}

/// In the order of the rules, those of one folder together.
fn sorted() -> Vec<&'static Rule> {
    let mut folders = Vec::new();
    for rule in check::rules() {
        if !folders.contains(&rule.folder()) {
            folders.push(rule.folder());
        }
    }
    folders.iter().flat_map(|folder| check::rules().filter(|rule| rule.folder() == *folder)).collect()
}

/// The statements that rules name, for `openrosa explain`.
pub fn rows(digests: &Digests) -> String {
    let named: BTreeSet<_> = check::rules().flat_map(|rule| rule.statements).copied().collect();
    let known = named.iter().filter_map(|id| Some((id, digests.statements.get(*id)?)));
    known.map(|(id, Statement { address, text })| format!("{id}\t{address}\t{text}\n")).collect()
}

const fn described(audience: Audience) -> &'static str {
    match audience {
        Audience::Spec => "spec: the written standards",
        Audience::Device => "device: CommCare on a device",
        Audience::Hq => "hq: CommCare HQ",
        Audience::Odk => "odk: ODK Central, ODK Collect, KoBoToolbox, Enketo",
        _ => "others",
    }
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().collect::<String>() + chars.as_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_found_in_tables_and_lists() {
        let mut digests = Digests::default();
        digests.add("a.md", "## 1. One\n### 1.2 Of `two`, more\n| C-001 | V | says a \\| b |\n## 2 Lists\n- R-002 [S] begins\n  and ends.\n");
        assert_eq!(
            digests.statements["C-001"],
            Statement { address: "a.md#12-of-two-more".into(), text: "says a \\| b".into() }
        );
        assert_eq!(
            digests.statements["R-002"],
            Statement { address: "a.md#2-lists".into(), text: "begins and ends.".into() }
        );
        assert_eq!(digests.sections["a.md 1"], "1-one");
    }
}
