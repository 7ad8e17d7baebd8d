//! A restore is checked while it streams by, one item alive at a time; below it, the rules about restores as a whole
//! (ota-restore.md 2.1–2.5, 2.9), one a file.

mod byte_order_mark;
mod case_legacy;
mod case_twice;
mod case_unknown;
mod encoding;
mod item_nested;
mod item_unknown;
mod items;
mod memory;
mod order;
mod root_name;
mod root_namespace;
mod sync_missing;
mod text;
mod token_blank;
mod token_leak;
mod token_missing;
mod token_namespace;
mod token_spaces;
mod token_twice;
mod too_many_ids;
mod walk;

use std::{convert::Infallible, io, ops::ControlFlow};

use super::{
    audience::Audiences,
    case::{self, screen},
    draft::Drafts,
    finding::{Finding, Place},
    options::Options,
    place::Text,
    report::Report,
    rule::{Rule, Run},
    subject::{Case, End, Item, Root, Stock},
    xml,
};
use crate::{
    case::{Action, CaseBlock},
    error::ReadError,
    ledger::Ledger,
    position::{Position, Span},
    restore::{Located, RestoreError, RestoreItem, RestoreParser, RestoreReader},
    xml::Reader,
};

pub(super) use walk::Walk;

/// All of them, in the order of the digest.
pub(super) const RULES: &[&Rule] = &[
    &root_name::RULE,
    &root_namespace::RULE,
    &byte_order_mark::RULE,
    &encoding::RULE,
    &items::RULE,
    &token_missing::RULE,
    &token_blank::RULE,
    &token_spaces::RULE,
    &token_twice::RULE,
    &token_leak::RULE,
    &token_namespace::RULE,
    &sync_missing::RULE,
    &order::RULE,
    &text::RULE,
    &item_unknown::RULE,
    &item_nested::RULE,
    &case_twice::RULE,
    &case_unknown::RULE,
    &case_legacy::RULE,
    &too_many_ids::RULE,
];

/// Checks a restore from anything that can be read, and hands each finding to `each` as soon as it is made.
///
/// Memory follows the largest item and the number of ids that are [remembered](Options::remember), not the restore. The
/// findings come item by item; what is said of the whole, such as a wrong `items`, comes last. A restore that cannot be read
/// on gives what was found before, and then that; an error is returned only where the source fails.
///
/// ```
/// use openrosa_xml::check::{self, Options};
///
/// let restore = r#"<OpenRosaResponse xmlns="http://openrosa.org/http/response">
///   <message nature="ota_restore_success">Welcome back, amina</message>
///   <Sync xmlns="http://commcarehq.org/sync"><restore_id>0f3c</restore_id></Sync>
///   <Registration xmlns="http://openrosa.org/user/registration">
///     <username>amina</username><password/><uuid>u1</uuid><date/>
///   </Registration>
///   <fixture><rows/></fixture>
/// </OpenRosaResponse>"#;
/// let mut codes = Vec::new();
/// check::restore(restore.as_bytes(), &Options::default(), |finding| codes.push(finding.code()))?;
/// assert_eq!(codes, ["fixture-id-missing"]);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn restore<R: io::Read>(
    source: R,
    options: &Options<'_>,
    mut each: impl FnMut(Finding),
) -> io::Result<()> {
    let through = restore_while(source, options, |finding| {
        each(finding);
        ControlFlow::<Infallible>::Continue(())
    });
    through.map(|_never_broken| ())
}

/// Does the same as [`restore`] until `each` has had enough: it may be that nobody listens any more.
///
/// ```
/// use std::ops::ControlFlow;
/// use openrosa_xml::check::{self, Options};
///
/// let restore = "<OpenRosaResponse><fixture><rows/></fixture><fixture><rows/></fixture></OpenRosaResponse>";
/// let first = check::restore_while(restore.as_bytes(), &Options::default(), ControlFlow::Break)?;
/// assert_eq!(first.break_value().unwrap().code(), "restore-root-namespace");
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn restore_while<R: io::Read, B>(
    source: R,
    options: &Options<'_>,
    mut each: impl FnMut(Finding) -> ControlFlow<B>,
) -> io::Result<ControlFlow<B>> {
    let mut reader = RestoreReader::within(source, &options.limits);
    let mut check = RestoreCheck::new(options);
    loop {
        let next = reader.next_with(|item| check.item(&item));
        let (findings, is_over) = match next {
            Ok(Some(())) => (check.findings(reader.parser()), false),
            Ok(None) => (check.end(reader.parser()), true),
            Err(RestoreError::Read(error)) => (check.stopped(&error, reader.parser()), true),
            Err(RestoreError::Io(error)) => return Err(error),
        };
        let through = findings.into_iter().try_for_each(&mut each);
        if is_over || through.is_break() {
            return Ok(through);
        }
    }
}

/// A restore that is in memory.
pub(super) fn document(source: &str, options: &Options<'_>) -> Report {
    let mut findings = Vec::new();
    // A text in memory is a source that does not fail.
    let _never_fails = restore(source.as_bytes(), options, |finding| findings.push(finding));
    Report::of(findings)
}

/// An item without a restore around it.
pub(super) fn lone_item(source: &str, options: &Options<'_>) -> Result<Drafts, ReadError> {
    let mut reader = Reader::within(source, &options.limits);
    let start = reader.root()?;
    let from = start.offset;
    let value = RestoreItem::read(&mut reader, start)?;
    let span = Span { start: from, end: reader.offset() };
    reader.finish()?;
    let mut check = RestoreCheck::new(options);
    check.item(&Located { value, span });
    Ok(check.drafts)
}

/// Checks a restore whose items somebody else reads: a program that takes them in at the same time, or one that gets them
/// from the network.
///
/// Give it each item, borrowed as it stands in the reader, and then ask for the findings while the item's text is still in
/// the reader's memory, as it is until more is pushed. After the last item, ask for what is to be said [of the
/// whole](Self::end); [`restore`] does all of this.
///
/// ```
/// use openrosa_xml::{check::{Options, RestoreCheck}, restore::RestoreReader};
///
/// let restore = "<OpenRosaResponse><fixture><rows/></fixture></OpenRosaResponse>";
/// let options = Options::default();
/// let (mut reader, mut check) = (RestoreReader::new(restore.as_bytes()), RestoreCheck::new(&options));
/// let mut findings = Vec::new();
/// while reader.next_with(|item| check.item(&item))?.is_some() {
///     findings.extend(check.findings(reader.parser()));
/// }
/// findings.extend(check.end(reader.parser()));
/// assert!(findings.iter().any(|finding| finding.code() == "fixture-id-missing"));
/// # Ok::<(), openrosa_xml::restore::RestoreError>(())
/// ```
#[derive(Debug)]
pub struct RestoreCheck<'o> {
    options: &'o Options<'o>,
    rules: Wanted,
    walk: Walk,
    drafts: Drafts,
    root_is_checked: bool,
    is_thorough: bool,
    /// The last place that was looked up: lines are counted on from it.
    last: Position,
}

impl<'o> RestoreCheck<'o> {
    /// Nothing has come by.
    #[must_use]
    pub fn new(options: &'o Options<'o>) -> Self {
        let drafts = Drafts::new(options.audiences.unwrap_or(Audiences::ANSWER));
        Self {
            options,
            rules: Wanted::of(&drafts),
            walk: Walk::new(options),
            drafts,
            root_is_checked: false,
            is_thorough: false,
            last: Position::START,
        }
    }

    /// Runs every rule on every block, also on those that are seen at a glance to be written as the reference writers write
    /// them. The findings are the same, and it takes several times as long: for those who doubt that.
    #[must_use]
    pub fn without_shortcut(mut self) -> Self {
        self.is_thorough = true;
        self
    }

    /// Takes in the next item.
    pub fn item(&mut self, item: &Located<RestoreItem<'_>>) {
        self.walk.meet(&item.value, self.options.known);
        match &item.value {
            RestoreItem::Case(block) => self.case(block, item),
            RestoreItem::Ledger(ledger) => {
                self.ledger(ledger);
                self.any(item);
            }
            _ => self.any(item),
        }
    }

    fn case(&mut self, block: &CaseBlock<'_>, item: &Located<RestoreItem<'_>>) {
        let is_plain = !self.is_thorough && self.options.known.is_none() && screen::is_plain(block);
        if is_plain && !self.walk.is_remarkable() {
            return;
        }
        if !is_plain && !is_legacy(block) {
            let case = Case::in_restore(block);
            for (rule, check) in &self.rules.case {
                self.drafts.begin(rule);
                case::run(*check, &case, &mut self.drafts);
            }
        }
        self.any(item);
    }

    fn ledger(&mut self, ledger: &Ledger<'_>) {
        let stock = Stock::in_restore(ledger);
        for (rule, check) in &self.rules.ledger {
            self.drafts.begin(rule);
            check(&stock, &mut self.drafts);
        }
    }

    fn any(&mut self, item: &Located<RestoreItem<'_>>) {
        let item = Item { value: &item.value, span: item.span };
        for (rule, check) in &self.rules.item {
            self.drafts.begin(rule);
            check(&item, &self.walk, &mut self.drafts);
        }
    }

    /// What was found since this was asked last. The parser is the one that the items came from, before more was pushed
    /// into it.
    pub fn findings(&mut self, parser: &RestoreParser) -> Vec<Finding> {
        let mut findings = self.root_findings(parser);
        if !self.drafts.is_empty() {
            findings.extend(self.settle(parser));
        }
        findings
    }

    /// What is to be said of the whole, after the last item.
    pub fn end(&mut self, parser: &RestoreParser) -> Vec<Finding> {
        let mut findings = self.findings(parser);
        let Some((tag, at)) = parser.root_tag() else { return findings };
        let end = End {
            walk: &self.walk,
            root: span_from(at, tag),
            items: parser.root_attribute("items"),
            has_mark: parser.has_mark(),
            encoding: self.options.encoding,
            stray: parser.stray().map(|(start, end)| Place { start, end }),
        };
        for (rule, check) in &self.rules.end {
            self.drafts.begin(rule);
            check(&end, &mut self.drafts);
        }
        findings.extend(self.drafts.settle(&Text::new(tag, at)));
        findings
    }

    /// What was found before the restore could not be read on, and that.
    pub fn stopped(&mut self, error: &ReadError, parser: &RestoreParser) -> Vec<Finding> {
        let mut findings = self.findings(parser);
        let (rule, draft) = xml::draft(error);
        self.drafts.push_for(rule, draft);
        findings.extend(self.settle(parser));
        findings
    }

    fn settle(&mut self, parser: &RestoreParser) -> Vec<Finding> {
        let (text, at) = parser.text_from(self.last);
        let text = Text::new(text, at);
        let findings = self.drafts.settle(&text);
        self.last = text.last();
        findings
    }

    fn root_findings(&mut self, parser: &RestoreParser) -> Vec<Finding> {
        let Some(((tag, at), name)) = parser.root_tag().zip(parser.root()) else { return Vec::new() };
        if std::mem::replace(&mut self.root_is_checked, true) {
            return Vec::new();
        }
        let root = Root { name, span: span_from(at, tag) };
        let mut drafts = self.drafts.another();
        for (rule, check) in &self.rules.root {
            drafts.begin(rule);
            check(&root, &mut drafts);
        }
        drafts.settle(&Text::new(tag, at))
    }
}

fn span_from(at: Position, text: &str) -> Span {
    Span { start: at.offset, end: at.offset + text.len() as u64 }
}

/// Whether the block is of Case XML 1.0, about which one thing is to be said and no more.
pub(super) fn is_legacy(block: &CaseBlock<'_>) -> bool {
    let is_id =
        |action: &Action<'_>| matches!(action, Action::Other(other) if other.name.local_name() == "case_id");
    !block.is_v2() && block.case_id.is_none() && block.actions.iter().any(is_id)
}

/// A rule and how it looks.
type Looks<F> = Vec<(&'static Rule, F)>;

/// The rules that somebody minds, by what they look at.
#[derive(Debug, Default)]
struct Wanted {
    root: Looks<fn(&Root<'_>, &mut Drafts)>,
    item: Looks<fn(&Item<'_>, &Walk, &mut Drafts)>,
    case: Looks<fn(&Case<'_>, &mut Drafts)>,
    ledger: Looks<fn(&Stock<'_>, &mut Drafts)>,
    end: Looks<fn(&End<'_>, &mut Drafts)>,
}

impl Wanted {
    fn of(drafts: &Drafts) -> Self {
        let mut wanted = Self::default();
        for rule in super::rules().filter(|rule| drafts.wants(rule)) {
            match rule.run {
                Run::Root(check) => wanted.root.push((rule, check)),
                Run::Item(check) => wanted.item.push((rule, check)),
                Run::Case(check) => wanted.case.push((rule, check)),
                Run::Ledger(check) => wanted.ledger.push((rule, check)),
                Run::End(check) => wanted.end.push((rule, check)),
                _ => {}
            }
        }
        wanted
    }
}
