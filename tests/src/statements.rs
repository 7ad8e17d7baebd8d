//! The ledger of numbered statements: what the digests in `docs/protocol` state, which tests name a statement, and
//! which statements `open.md` lists as still waiting, each with what will bring it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use crate::text_of;

/// The four digests that define statements, by file name in `docs/protocol`.
pub const DIGESTS: [&str; 4] = ["openrosa.md", "case-xml.md", "ota-restore.md", "commcare-hq-api.md"];

/// The number of one statement, such as `R-016`: a letter for its digest and three digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    digest: char,
    number: u16,
}

impl Id {
    /// Takes an id off the front of `text`; gives the id and the rest.
    fn split_from(text: &str) -> Option<(Self, &str)> {
        let (head, rest) = text.split_at_checked(5)?;
        let (digest, number) = head.split_once('-')?;
        let mut letters = digest.chars();
        let (Some(digest @ ('R' | 'C' | 'S' | 'H')), None) = (letters.next(), letters.next()) else {
            return None;
        };
        let all_digits = number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits || rest.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        Some((Self { digest, number: number.parse().ok()? }, rest))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:03}", self.digest, self.number)
    }
}

/// A place in the repository that mentions a statement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, relative to the repository root.
    pub file: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

/// The statements a digest defines: list lines `- R-001 …` and table rows `| C-001 | …`, with their lines.
pub fn defined_in(digest: &str) -> Vec<(Id, usize)> {
    numbered(digest)
        .filter_map(|(number, line)| {
            let text = line.strip_prefix("- ").or_else(|| line.strip_prefix("| "))?;
            let (id, rest) = Id::split_from(text)?;
            rest.starts_with(' ').then_some((id, number))
        })
        .collect()
}

/// The statements a Rust source names in lines `/// R-016: …` of the doc comment right above a test.
pub fn named_in(source: &str) -> Vec<(Id, usize)> {
    let mut named = Vec::new();
    let mut waiting = Vec::new();
    for (number, line) in numbered(source) {
        let line = line.trim();
        if let Some(doc) = line.strip_prefix("/// ") {
            waiting.extend(statement_of(doc).map(|id| (id, number)));
        } else if is_test_attribute(line) {
            named.append(&mut waiting);
        } else if !line.starts_with("#[") && line != "///" {
            waiting.clear();
        }
    }
    named
}

fn statement_of(doc: &str) -> Option<Id> {
    let (id, rest) = Id::split_from(doc)?;
    rest.starts_with(": ").then_some(id)
}

/// A function inside `proptest!` carries `#[test]` as well, so these two shapes are all there are.
fn is_test_attribute(line: &str) -> bool {
    line == "#[test]" || line == "#[tokio::test]" || line.starts_with("#[tokio::test(")
}

/// One row of `open.md`: the statements from `first` to `last` wait for what `reason` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRow {
    /// The first statement of the row.
    pub first: Id,
    /// The last one; the same as `first` when the row names a single statement.
    pub last: Id,
    /// What will bring them.
    pub reason: String,
    /// The line in `open.md`.
    pub line: usize,
}

impl OpenRow {
    /// Whether the row covers this statement; gaps in the numbering are covered without harm.
    fn covers(&self, id: Id) -> bool {
        self.first <= id && id <= self.last
    }
}

/// Reads the rows `| R-023 | reason |` and `| S-001…S-100 | reason |` of `open.md`; a table row that fits neither
/// and is no heading comes back as its line number.
pub fn open_rows(text: &str) -> (Vec<OpenRow>, Vec<usize>) {
    let (mut rows, mut unread) = (Vec::new(), Vec::new());
    for (line, text) in numbered(text) {
        let heading = text.starts_with("| statements ") || text.starts_with("|---");
        if !text.starts_with('|') || heading {
            continue;
        }
        match open_row(text, line) {
            Some(row) => rows.push(row),
            None => unread.push(line),
        }
    }
    (rows, unread)
}

fn open_row(text: &str, line: usize) -> Option<OpenRow> {
    let (first, rest) = Id::split_from(text.strip_prefix("| ")?)?;
    let (last, rest) = match rest.strip_prefix('…') {
        Some(rest) => Id::split_from(rest)?,
        None => (first, rest),
    };
    let reason = rest.strip_prefix(" | ")?.strip_suffix(" |")?.trim().to_owned();
    let sound = !reason.is_empty() && first.digest == last.digest && first <= last;
    sound.then_some(OpenRow { first, last, reason, line })
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line))
}

/// Everything the repository says about statements, ready to be balanced.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Each statement and every place that defines it: one, when all is well.
    pub defined: BTreeMap<Id, Vec<Place>>,
    /// Each statement a test names, and where.
    pub tested: BTreeMap<Id, Vec<Place>>,
    /// The rows of `open.md`.
    pub open: Vec<OpenRow>,
    /// Lines of `open.md` that look like rows and are none.
    pub unread: Vec<usize>,
}

impl Ledger {
    /// Gathers the ledger of the repository at `root`.
    pub fn of_repository(root: &Path) -> Self {
        let mut ledger = Self::default();
        let protocol = Path::new("docs/protocol");
        for digest in DIGESTS {
            let file = protocol.join(digest);
            record(&mut ledger.defined, defined_in(&text_of(&root.join(&file))), &file);
        }
        for file in rust_sources(root) {
            record(&mut ledger.tested, named_in(&text_of(&root.join(&file))), &file);
        }
        (ledger.open, ledger.unread) = open_rows(&text_of(&root.join(protocol).join("open.md")));
        ledger
    }

    /// What does not balance, one sentence each, in the order of the statements.
    pub fn imbalances(&self) -> Vec<String> {
        let mut found = self.definition_faults();
        found.extend(self.open_faults());
        found.extend(self.defined.keys().filter_map(|&id| self.fault_of(id)));
        found
    }

    fn definition_faults(&self) -> Vec<String> {
        let doubled = self.defined.iter().filter(|(_, places)| places.len() > 1);
        let unknown = self.tested.iter().filter(|(id, _)| !self.defined.contains_key(id));
        doubled
            .map(|(id, places)| format!("{id} is defined more than once: {}", list(places)))
            .chain(unknown.map(|(id, places)| format!("{id} is in no digest, yet named at {}", list(places))))
            .collect()
    }

    fn open_faults(&self) -> Vec<String> {
        let unread = self.unread.iter().map(|line| {
            format!("open.md:{line} is neither `| R-023 | reason |` nor `| S-001…S-100 | reason |`")
        });
        let unknown = self.open.iter().flat_map(|row| {
            let ends = BTreeSet::from([row.first, row.last]);
            let unknown = ends.into_iter().filter(|id| !self.defined.contains_key(id));
            unknown.map(|id| format!("{id} is in no digest, yet listed at open.md:{}", row.line))
        });
        unread.chain(unknown).collect()
    }

    fn fault_of(&self, id: Id) -> Option<String> {
        let rows: Vec<_> = self.open.iter().filter(|row| row.covers(id)).collect();
        let lines = rows.iter().map(|row| row.line.to_string()).collect::<Vec<_>>().join(" and ");
        match (self.tested.get(&id), rows.len()) {
            (None, 0) => Some(format!("{id} has neither a test that names it nor a row in open.md")),
            (None, 1) | (Some(_), 0) => None,
            (None, _) => Some(format!("{id} is listed more than once in open.md, lines {lines}")),
            (Some(places), _) => {
                Some(format!("{id} is tested at {}: take it out of open.md, line {lines}", list(places)))
            }
        }
    }
}

fn record(into: &mut BTreeMap<Id, Vec<Place>>, found: Vec<(Id, usize)>, file: &Path) {
    for (id, line) in found {
        into.entry(id).or_default().push(Place { file: file.to_owned(), line });
    }
}

fn list(places: &[Place]) -> String {
    places.iter().map(Place::to_string).collect::<Vec<_>>().join(", ")
}

/// Every `.rs` file that can hold a test, relative to `root`, in a stable order.
pub fn rust_sources(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for top in ["crates", "tests"] {
        gather_rust(&root.join(top), &mut found);
    }
    let relative = found.iter().filter_map(|path| path.strip_prefix(root).ok());
    let mut relative: Vec<_> = relative.map(Path::to_owned).collect();
    relative.sort();
    relative
}

fn gather_rust(folder: &Path, into: &mut Vec<PathBuf>) {
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|e| panic!("cannot list {}: {e}", folder.display()));
    for entry in entries {
        let path = entry.expect("a listed entry can be read").path();
        if path.is_dir() && !path.ends_with("target") {
            gather_rust(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> Id {
        Id::split_from(text).expect("an id").0
    }

    fn ids(found: Vec<(Id, usize)>) -> Vec<String> {
        found.into_iter().map(|(id, _)| id.to_string()).collect()
    }

    fn place(line: usize) -> Place {
        Place { file: "a.rs".into(), line }
    }

    fn ledger(defined: &[&str], tested: &[&str], open: &str) -> Ledger {
        let (open, unread) = open_rows(open);
        let at = |names: &[&str]| names.iter().map(|name| (id(name), vec![place(1)])).collect();
        Ledger { defined: at(defined), tested: at(tested), open, unread }
    }

    #[test]
    fn list_lines_and_table_rows_define_mentions_do_not() {
        let digest =
            "- R-001 [S] one\n| C-002 | W | two |\nas R-003 says\n| trap | see C-004 |\n- R-0051 no\n";
        assert_eq!(ids(defined_in(digest)), ["R-001", "C-002"]);
    }

    #[test]
    fn a_doc_line_counts_only_above_a_test() {
        let test = "/// R-001: a\n///\n/// R-002: b\n#[cfg(unix)]\n#[tokio::test(flavor = \"x\")]\nasync fn f() {}\n";
        let other = "/// R-003: c\nfn g() {}\n/// about R-004: d\n#[test]\nfn h() {}\n/// R-005 e\n#[test]\n";
        assert_eq!(ids(named_in(&format!("{test}{other}"))), ["R-001", "R-002"]);
    }

    #[test]
    fn a_doc_line_above_one_item_does_not_reach_the_next_test() {
        assert!(named_in("/// R-001: a\nconst A: u8 = 1;\n#[test]\nfn f() {}\n").is_empty());
    }

    #[test]
    fn open_rows_are_single_or_ranges() {
        let (rows, unread) =
            open_rows("# Open\n| statements | why |\n|---|---|\n| R-023 | x |\n| S-001…S-100 | y |\n");
        assert_eq!(unread, [0; 0]);
        assert_eq!((rows[0].first, rows[0].last), (id("R-023"), id("R-023")));
        assert_eq!((rows[1].last, rows[1].reason.as_str()), (id("S-100"), "y"));
    }

    #[test]
    fn a_row_without_reason_or_with_a_mixed_or_reversed_range_is_reported() {
        let text = "| R-023 |  |\n| R-001…C-002 | x |\n| S-009…S-001 | x |\n";
        assert_eq!(open_rows(text), (vec![], vec![1, 2, 3]));
    }

    #[test]
    fn a_balanced_ledger_has_no_imbalance() {
        let balanced = ledger(&["R-001", "R-002"], &["R-001"], "| R-002 | the client |\n");
        assert_eq!(balanced.imbalances(), [""; 0]);
    }

    #[test]
    fn every_kind_of_imbalance_is_said_in_words() {
        let mut off = ledger(
            &["R-001", "R-002", "R-003", "R-004"],
            &["R-001", "R-099"],
            "| R-001…R-002 | x |\n| R-002 | y |\n| R-050 | z |\nno row\n| nonsense |\n",
        );
        off.defined.entry(id("R-004")).or_default().push(place(9));
        insta::assert_snapshot!(off.imbalances().join("\n"), @"
        R-004 is defined more than once: a.rs:1, a.rs:9
        R-099 is in no digest, yet named at a.rs:1
        open.md:5 is neither `| R-023 | reason |` nor `| S-001…S-100 | reason |`
        R-050 is in no digest, yet listed at open.md:3
        R-001 is tested at a.rs:1: take it out of open.md, line 1
        R-002 is listed more than once in open.md, lines 1 and 2
        R-003 has neither a test that names it nor a row in open.md
        R-004 has neither a test that names it nor a row in open.md
        ");
    }
}
