//! Findings for a person: each under its line, with whom it concerns and what to do.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use anstyle::Style;
use openrosa_xml::check::{self, Finding, Place, Severity};

use super::{
    Checked, Document, Teller,
    judge::Judge,
    tally::{Standing, Tally},
};
use crate::{
    excerpt::room,
    page::{ERROR, LABEL, NOTE, OTHER, Page, RIGHT, TITLE, counted, escaped},
};

/// As wide as the widest word before a text, `portability`.
const COLUMN: usize = 11;

pub(super) struct Text {
    page: Page,
    /// The codes that were told of in this document: what a code means is told with its first finding.
    known: BTreeSet<&'static str>,
}

impl Text {
    pub(super) fn for_stdout() -> Self {
        Self::on(Page::for_stdout())
    }

    const fn on(page: Page) -> Self {
        Self { page, known: BTreeSet::new() }
    }
}

impl Teller for Text {
    fn finding(&mut self, document: &Document<'_>, finding: &Finding, _: &Judge) -> String {
        let mut out = String::new();
        place(&mut out, document, finding);
        lines(&mut out, document, finding, &self.page);
        message(&mut out, finding, &self.page);
        if self.known.insert(finding.code()) {
            meaning(&mut out, finding, &self.page);
        }
        out.push('\n');
        out
    }

    fn document_end(&mut self, document: &Document<'_>, hidden: usize) -> String {
        self.known.clear();
        match hidden {
            0 => String::new(),
            hidden => {
                let hidden = counted(hidden, "more finding");
                let title = escaped(document.title());
                format!("{title}: {hidden}, counted below and not shown (--max-findings 0 shows all)\n\n")
            }
        }
    }

    fn end(&mut self, tally: &Tally) -> String {
        summary(tally, &self.page)
    }
}

/// All findings of a document.
pub(crate) fn told(checked: &Checked<'_>, page: Page) -> String {
    let (mut text, judge) = (Text::on(page), Judge::default());
    checked.findings.iter().map(|finding| text.finding(&checked.document, finding, &judge)).collect()
}

/// As editors and terminals take it for a link.
fn place(out: &mut String, document: &Document<'_>, finding: &Finding) {
    let at = finding.place.start;
    let _ = writeln!(out, "{TITLE}{}:{}:{}{TITLE:#}", escaped(document.title()), at.line, at.column);
}

/// The line of the finding and those of the places that have to do with it, in the order of the document.
fn lines(out: &mut String, document: &Document<'_>, finding: &Finding, page: &Page) {
    let related = finding.related.iter().map(|related| (related.place, OTHER, '-', related.label));
    let mut marks: Vec<(Place, Style, char, &str)> =
        related.chain([(finding.place, style(finding.severity), '^', "")]).collect();
    marks.sort_by_key(|(place, ..)| *place);
    let gutter = marks.iter().map(|(place, ..)| place.start.line).max().unwrap_or(1).to_string().len();
    for (place, style, mark, label) in marks {
        if let Some(excerpt) = document.excerpt(place, room(page, gutter)) {
            excerpt.draw(out, &place.start.line.to_string(), gutter, style, mark, label);
        }
    }
}

fn message(out: &mut String, finding: &Finding, page: &Page) {
    let style = style(finding.severity);
    let severity = finding.severity.name();
    let text = format!("{} {LABEL}[{}]{LABEL:#}", escaped(&finding.message().to_string()), finding.code());
    page.wrapped(out, &format!("  {style}{severity:COLUMN$}{style:#} "), &rest(), &text);
}

fn rest() -> String {
    " ".repeat(2 + COLUMN + 1)
}

fn meaning(out: &mut String, finding: &Finding, page: &Page) {
    page.row(out, 2, ("for", COLUMN), &concerned(finding));
    page.row(out, 2, ("remedy", COLUMN), finding.rule.remedy);
    if let Some(fix) = &finding.fix {
        page.row(out, 2, ("certain", COLUMN), &format!("--fix does this: {}", fix.title));
    }
    page.row(out, 2, ("see", COLUMN), &references(finding));
}

/// As in `spec error, device error, hq portability`.
fn concerned(finding: &Finding) -> String {
    let verdicts = finding.audiences.iter().filter_map(|audience| {
        finding.rule.verdict(audience).map(|severity| format!("{audience} {severity}"))
    });
    verdicts.collect::<Vec<_>>().join(", ")
}

fn references(finding: &Finding) -> String {
    let rule = finding.rule;
    let behind: Vec<_> = rule.statements.iter().chain(rule.sections).copied().collect();
    let explained = format!("openrosa explain {}", rule.code);
    if behind.is_empty() { explained } else { format!("{}; {explained}", behind.join(", ")) }
}

pub(crate) const fn style(severity: Severity) -> Style {
    match severity {
        Severity::Error => ERROR,
        Severity::Warning => NOTE,
        _ => OTHER,
    }
}

/// As in `3 documents: 2 errors, 1 warning`, and below it, of several documents, what they have in common; of findings that
/// were not shown, what they are.
fn summary(tally: &Tally, page: &Page) -> String {
    let mut out = String::new();
    let documents = counted(tally.documents.len(), "document");
    let found = counts(&tally.severities);
    let found = match (found.is_empty(), tally.documents.is_empty() && tally.unread > 0) {
        (true, true) => "nothing was checked".to_owned(),
        (true, false) => format!("{RIGHT}nothing found{RIGHT:#}"),
        (false, _) => found,
    };
    let _ = writeln!(out, "{TITLE}{documents}{TITLE:#}: {found}");
    if tally.documents.len() > 1 || tally.hidden > 0 {
        by_code(&mut out, tally);
    }
    if tally.documents.len() > 1 {
        standings(&mut out, "worst", &tally.worst(), |standing| counts(&standing.severities));
        let seconds = |standing: &Standing| format!("{:.1} s", standing.took.as_secs_f64());
        standings(&mut out, "slowest", &tally.slowest(), seconds);
    }
    remarks(&mut out, tally, page);
    out
}

/// As in `2 errors, 1 warning, 3 of portability, 1 note`: the worst first.
fn counts(severities: &BTreeMap<Severity, usize>) -> String {
    let words = severities.iter().rev().map(|(severity, count)| match severity {
        Severity::Portability => format!("{count} of portability"),
        _ => counted(*count, severity.name()),
    });
    words.collect::<Vec<_>>().join(", ")
}

fn by_code(out: &mut String, tally: &Tally) {
    let mut codes: Vec<_> = tally.codes.iter().collect();
    codes.sort_by_key(|(_, count)| std::cmp::Reverse((count.worst, count.findings)));
    let widest = codes.iter().map(|(code, _)| code.len()).max().unwrap_or_default();
    for (code, count) in codes {
        let style = style(count.worst);
        let title = check::rule(code).map_or("", |rule| rule.title);
        let _ = writeln!(
            out,
            "  {:>6}  {style}{:COLUMN$}{style:#}  {code:widest$}  {LABEL}{title}, in {}{LABEL:#}",
            count.findings,
            count.worst.name(),
            counted(count.documents, "document")
        );
    }
}

/// The first few: who has a hundred broken files begins with those.
fn standings(out: &mut String, label: &str, documents: &[&Standing], told: impl Fn(&Standing) -> String) {
    const SHOWN: usize = 5;
    for (at, standing) in documents.iter().take(SHOWN).enumerate() {
        let label = if at == 0 { label } else { "" };
        let _ = writeln!(out, "  {LABEL}{label:8}{LABEL:#} {}  {}", escaped(&standing.title), told(standing));
    }
}

fn remarks(out: &mut String, tally: &Tally, page: &Page) {
    let mut remark = |label, text: &str| page.row(out, 2, (label, 8), text);
    if tally.fixed > 0 {
        remark("fixed", &counted(tally.fixed, "finding"));
    }
    if tally.fixable > 0 {
        remark("fix", &format!("{} can be put right with --fix", counted(tally.fixable, "finding")));
    }
    if tally.allowed > 0 {
        remark("allowed", &format!("{} not shown", counted(tally.allowed, "finding")));
    }
    if tally.skipped.total() > 0 {
        let skipped = counted(tally.skipped.total(), "file");
        let (their, do_) = if tally.skipped.total() == 1 { ("that", "does") } else { ("that", "do") };
        remark(
            "skipped",
            &format!("{skipped} {their} {do_} not look like XML: {}", escaped(&tally.skipped.list())),
        );
    }
    if tally.unread > 0 {
        remark("unread", &format!("{} could not be read; the reasons follow", tally.unread));
    }
}
