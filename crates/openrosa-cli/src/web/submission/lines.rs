//! A document line by line, with what was found under its own line.

use openrosa_xml::check::{Finding, Severity};

use crate::web::seen::{self, Seen, counted, grouped};

/// How many lines are shown, and how many findings.
const MOST: usize = 3_000;
/// A line longer than this is broken between its tags.
const WIDE: usize = 100;

/// One line as it is shown.
pub(in crate::web) struct Line {
    /// Its number in the document, where it begins one.
    pub(in crate::web) number: Option<usize>,
    /// How far it is moved in, where it was broken out of a longer one.
    pub(in crate::web) depth: usize,
    /// What it says, in parts: whether each is a culprit.
    pub(in crate::web) parts: Vec<(String, bool)>,
    pub(in crate::web) findings: Vec<Told>,
}

/// A finding, as it is told.
pub(in crate::web) struct Told {
    pub(in crate::web) severity: &'static str,
    pub(in crate::web) message: Seen,
    pub(in crate::web) code: &'static str,
    pub(in crate::web) remedy: &'static str,
    /// Other places that have to do with it.
    pub(in crate::web) related: Vec<String>,
}

/// A stretch of the document that becomes one line.
struct Stretch {
    number: Option<usize>,
    depth: usize,
    start: usize,
    end: usize,
}

/// The lines of a document. Where it is longer than anybody reads, the lines with findings are still there.
pub(in crate::web) fn lines(text: &str, findings: &[Finding]) -> Vec<Line> {
    let stretches = stretches(text);
    let mut lines: Vec<Line> = Vec::new();
    let last = stretches.len().saturating_sub(1);
    let all = in_order(findings);
    let mut ahead = all.as_slice();
    for (at, stretch) in stretches.iter().enumerate() {
        // Each finding is under one line, whatever its place.
        let is_here = |finding: &&Finding| start(finding) < stretch.end || at == last;
        let (here, behind) = ahead.split_at(ahead.partition_point(is_here));
        ahead = behind;
        if at < MOST || !here.is_empty() {
            lines.push(line(text, stretch, here));
        }
    }
    lines
}

/// The findings as they stand in the document, no more than anybody reads.
fn in_order(findings: &[Finding]) -> Vec<&Finding> {
    let mut all: Vec<_> = findings.iter().collect();
    all.sort_by_key(|finding| start(finding));
    all.truncate(MOST);
    all
}

fn start(finding: &Finding) -> usize {
    usize::try_from(finding.place.start.offset).unwrap_or(usize::MAX)
}

/// How many findings there are, and where they are shown.
pub(in crate::web) fn verdict(findings: usize) -> String {
    let all = counted(findings as u64, "finding");
    match findings {
        0 => "Nothing wrong was found in it.".to_owned(),
        1 => format!("{all}, under its line."),
        2..=MOST => format!("{all}, each under its line."),
        _ => format!("{all}, the first {} under their lines.", grouped(MOST as u64)),
    }
}

fn line(text: &str, stretch: &Stretch, findings: &[&Finding]) -> Line {
    Line {
        number: stretch.number,
        depth: stretch.depth.min(12),
        parts: parts(text, stretch, findings),
        findings: findings.iter().map(|finding| Told::of(finding)).collect(),
    }
}

impl Told {
    pub(in crate::web) fn of(finding: &Finding) -> Self {
        let related =
            finding.related.iter().map(|other| format!("{} in line {}", other.label, other.place.start.line));
        Self {
            severity: match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                other => other.name(),
            },
            message: Seen::of(finding.message().to_string()),
            code: finding.code(),
            remedy: finding.rule.remedy,
            related: related.collect(),
        }
    }
}

/// The line cut at the ends of its culprits.
fn parts(text: &str, stretch: &Stretch, findings: &[&Finding]) -> Vec<(String, bool)> {
    let clamp = |offset: u64| {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX).clamp(stretch.start, stretch.end);
        text.floor_char_boundary(offset)
    };
    let spans: Vec<_> = findings
        .iter()
        .map(|finding| (clamp(finding.place.start.offset), clamp(finding.place.end.offset)))
        .collect();
    let mut cuts: Vec<usize> = spans.iter().flat_map(|(start, end)| [*start, *end]).collect();
    cuts.extend([stretch.start, stretch.end]);
    cuts.sort_unstable();
    cuts.dedup();
    let part = |pair: &[usize]| {
        let is_culprit = spans.iter().any(|(start, end)| *start <= pair[0] && pair[1] <= *end);
        (seen::lines(text[pair[0]..pair[1]].trim_end_matches(['\r', '\n'])), is_culprit)
    };
    cuts.windows(2).map(part).filter(|(text, _)| !text.is_empty()).collect()
}

/// Lines as the document has them, but the long ones, as phones write them, broken between their tags and moved in.
fn stretches(text: &str) -> Vec<Stretch> {
    let mut all = Vec::new();
    let (mut start, mut depth) = (0, 0);
    for (at, line) in text.split_inclusive('\n').enumerate() {
        if line.len() > WIDE {
            broken(line, start, at + 1, &mut depth, &mut all);
        } else {
            all.push(Stretch { number: Some(at + 1), depth: 0, start, end: start + line.len() });
        }
        start += line.len();
    }
    all
}

fn broken(line: &str, offset: usize, number: usize, depth: &mut usize, all: &mut Vec<Stretch>) {
    let mut begun = 0;
    let first = all.len();
    let mut push = |from: usize, to: usize, depth: usize| {
        let number = (all.len() == first).then_some(number);
        all.push(Stretch { number, depth, start: offset + from, end: offset + to });
    };
    // An element with nothing but a text in it stays on one line.
    let mut at = 0;
    while let Some(found) = line[at..].find("><").map(|found| at + found + 1) {
        let piece = &line[begun..found];
        let closes = line[found..].starts_with("</");
        let opened = opened(piece);
        if closes && opened > 0 && piece.len() + 40 < WIDE {
            at = found + 1;
            continue;
        }
        let leads = piece.trim_start().starts_with("</");
        let shown = if leads { depth.saturating_sub(1) } else { *depth };
        push(begun, found, shown);
        *depth = depth.saturating_add_signed(opened);
        begun = found;
        at = found;
    }
    let leads = line[begun..].trim_start().starts_with("</");
    push(begun, line.len(), if leads { depth.saturating_sub(1) } else { *depth });
    *depth = depth.saturating_add_signed(opened(&line[begun..]));
}

/// How many more elements it opens than it closes. It need not be exact: nothing but how far a line is moved in hangs on it.
fn opened(piece: &str) -> isize {
    let closing = piece.matches("</").count() + piece.matches("/>").count() + piece.matches("?>").count();
    let opening = piece.matches('<').count() - piece.matches("</").count();
    isize::try_from(opening).unwrap_or_default() - isize::try_from(closing).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use openrosa_xml::check::{self, Options};

    fn shown(text: &str) -> String {
        let findings = check::document(text, &Options::default()).into_findings();
        let mut out = String::new();
        for line in lines(text, &findings) {
            let number = line.number.map(|number| number.to_string()).unwrap_or_default();
            let parts =
                line.parts.iter().map(|(text, is)| if *is { format!("[{text}]") } else { text.clone() });
            out.push_str(&format!("{number:>2} {}{}\n", "  ".repeat(line.depth), parts.collect::<String>()));
            for told in line.findings {
                out.push_str(&format!("     {} {}\n", told.severity, told.code));
            }
        }
        out
    }

    #[test]
    fn a_document_on_one_line_is_broken_between_its_tags_and_a_finding_is_under_its_own() {
        let form = "<data xmlns='http://example.org/visit'><age>7</age>\
                    <case xmlns='http://commcarehq.org/case/transaction/v2' case_id='' user_id='u1' date_modified='2026-05-01T10:00:00Z'>\
                    <update><village>Kibaha</village></update></case><meta><instanceID>1</instanceID></meta></data>";
        insta::assert_snapshot!(shown(form));
    }

    #[test]
    fn findings_are_shown_as_far_as_anybody_reads_them() {
        let block = "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='' user_id='u1'/>\n";
        let form = format!("<data xmlns='http://example.org/visit'>{}</data>", block.repeat(2 * MOST));
        let findings = check::document(&form, &Options::default()).into_findings();
        assert!(findings.len() >= 2 * MOST);
        let lines = lines(&form, &findings);
        assert_eq!(lines.iter().map(|line| line.findings.len()).sum::<usize>(), MOST);
        assert!(lines.len() <= MOST);
    }

    #[test]
    fn nothing_of_a_document_is_lost() {
        let text = "<a><b>1</b><c/><d x='><'>2</d></a>\n".repeat(20).replace('\n', "") + "\n<e/>\n";
        let whole: String = lines(&text, &[])
            .iter()
            .flat_map(|line| line.parts.iter().map(|(text, _)| text.clone()))
            .collect();
        assert_eq!(whole, text.replace('\n', ""));
    }
}
