//! What is wrong with a document, for whom, where, and what to do about it.
//!
//! Reading is neutral and never judges; this module does. [`document`] looks at a whole document, whatever its kind, and gives
//! a [`Report`] of [`Finding`]s: each with the [`Rule`] behind it, how bad it is for whom, its place, the values it is
//! about, and a [`Fix`] where one is certain.
//!
//! ```
//! use openrosa_xml::check::{self, Audience, Options, Severity};
//!
//! let form = r#"<data xmlns="http://example.org/visit">
//!   <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
//!     <index><parent case_type="patient">c1</parent></index>
//!   </case>
//! </data>"#;
//! let report = check::document(form, &Options { audiences: Some(Audience::Device.into()), ..Options::default() });
//! let finding = report.findings().iter().find(|finding| finding.code() == "case-self-index").unwrap();
//! assert_eq!(finding.message().to_string(), "case `c1` names itself in index `parent`");
//! assert_eq!(finding.severity, Severity::Error);
//! assert_eq!(&form[finding.place.start.offset as usize..finding.place.end.offset as usize], "c1");
//! ```
//!
//! One rule is one file, below the folder of what it is about, and the list of all of them is [`rules`]. How bad a thing is
//! depends on who reads: an [`Audience`] each has its own verdict, and a document that the device and CommCare HQ read
//! differently earns a *portability* finding.
//!
//! *Spec:* the validator statements of all digests.

mod against;
mod audience;
mod blank_form;
mod blocks;
mod case;
mod casedb;
mod draft;
mod encrypted;
mod envelope;
mod example;
mod finding;
mod fix;
mod fixture;
mod folder;
mod form;
mod form_list;
mod hq_class;
mod integrity;
mod kind;
mod known;
mod ledger;
mod legacy;
mod lists;
mod manifest;
mod near;
mod options;
mod outline;
mod place;
mod registration;
mod report;
mod restore;
mod rule;
mod rule_file;
mod stopped;
mod subject;
#[cfg(test)]
mod tests;
mod xml;
mod xpath;

pub use audience::{Audience, Audiences};
pub use example::Example;
pub use finding::{Finding, Place, Related};
pub use fix::{Edit, Fix, apply};
pub use hq_class::HqClass;
pub use known::{CaseState, KnownCases};
pub use options::Options;
pub use report::Report;
pub use restore::{RestoreCheck, restore, restore_while};
pub use rule::{Rule, Severity};
pub use stopped::stopped;

use crate::{
    casedb::CaseDb, encrypted::EncryptedSubmission, error::ReadError, form_list::FormList,
    instance::Instance, integrity::Integrity, manifest::Manifest, position::Position, xform::XForm,
    xml::Element,
};
use draft::Drafts;
use kind::Kind;
use outline::Outline;
use place::Text;
use rule::Run;
use subject::{Blank, Case, Encrypted, Form, Stock};

/// Every rule, by the folder of what it is about.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    let folders = [
        xml::RULES,
        form::RULES,
        against::RULES,
        case::RULES,
        blocks::RULES,
        legacy::RULES,
        ledger::RULES,
        restore::RULES,
        envelope::RULES,
        registration::RULES,
        fixture::RULES,
        blank_form::RULES,
        form_list::RULES,
        manifest::RULES,
        integrity::RULES,
        casedb::RULES,
        encrypted::RULES,
    ];
    folders.into_iter().flatten().copied()
}

/// The rule of this code.
#[must_use]
pub fn rule(code: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.code == code)
}

/// Checks a whole document, whatever its kind: its root says that.
#[must_use]
pub fn document(source: &str, options: &Options<'_>) -> Report {
    if let Ok(Kind::Restore) = Kind::of(source, &options.limits) {
        return restore::document(source, options);
    }
    let text = Text::new(source, Position::START);
    Report::of(read_and_check(source, options).settle(&text))
}

fn read_and_check(source: &str, options: &Options<'_>) -> Drafts {
    Kind::of(source, &options.limits)
        .and_then(|kind| check_kind(kind, source, options))
        .unwrap_or_else(|error| unreadable(&error, options))
}

fn check_kind(kind: Kind, source: &str, options: &Options<'_>) -> Result<Drafts, ReadError> {
    let limits = &options.limits;
    let odk = options.audiences.unwrap_or(Audiences::ODK);
    Ok(match kind {
        // A restore was sent elsewhere before.
        Kind::Form | Kind::Restore => return check_form(source, options),
        Kind::RestoreItem => return restore::lone_item(source, options),
        Kind::BlankForm => {
            let (form, document) =
                (XForm::read_within(source, limits)?, Element::read_within(source, limits)?);
            let blank = Blank { form: &form, document: &document, outline: &Outline::of(&form) };
            let everyone = options.audiences.unwrap_or_else(|| blank_form::audiences_of(&form));
            checked(everyone, |rule, drafts| {
                if let Run::BlankForm(check) = rule.run {
                    check(&blank, drafts)
                }
            })
        }
        Kind::FormList => {
            let list = FormList::read_within(source, limits)?;
            checked(odk, |rule, drafts| {
                if let Run::FormList(check) = rule.run {
                    check(&list, drafts)
                }
            })
        }
        Kind::Manifest => {
            let manifest = Manifest::read_within(source, limits)?;
            checked(odk, |rule, drafts| {
                if let Run::Manifest(check) = rule.run {
                    check(&manifest, drafts)
                }
            })
        }
        Kind::Integrity => {
            let answer = Integrity::read_within(source, limits)?;
            checked(odk, |rule, drafts| {
                if let Run::Integrity(check) = rule.run {
                    check(&answer, drafts)
                }
            })
        }
        Kind::CaseDb => {
            let found = CaseDb::read_within(source, limits)?;
            let device = Audiences::from_iter([Audience::Spec, Audience::Device]);
            checked(options.audiences.unwrap_or(device), |rule, drafts| {
                if let Run::CaseDb(check) = rule.run {
                    check(&found, drafts)
                }
            })
        }
        Kind::EncryptedForm => {
            let sent = EncryptedSubmission::read_within(source, limits)?;
            checked(odk, |rule, drafts| {
                if let Run::EncryptedForm(check) = rule.run {
                    check(&Encrypted { sent: &sent, options }, drafts)
                }
            })
        }
    })
}

/// What the rules find in a document that one kind of rule is about.
fn checked(audiences: Audiences, each: impl FnMut(&'static Rule, &mut Drafts)) -> Drafts {
    let mut drafts = Drafts::new(audiences);
    run(&mut drafts, each);
    drafts
}

/// A document that cannot be read has that one finding.
fn unreadable(error: &ReadError, options: &Options<'_>) -> Drafts {
    let mut drafts = Drafts::new(options.audiences.unwrap_or(Audiences::ALL));
    let (rule, draft) = xml::draft(error);
    drafts.push_for(rule, draft);
    drafts
}

fn check_form(source: &str, options: &Options<'_>) -> Result<Drafts, ReadError> {
    let instance = Instance::read_within(source, &options.limits)?;
    let document = Element::read_within(source, &options.limits)?;
    let mut drafts = Drafts::new(options.audiences.unwrap_or_else(|| audiences_of(&instance)));
    let form = Form { instance: &instance, document: &document, options };
    let (cases, stock) = (Case::all_in(&form), Stock::all_in(&form));
    run(&mut drafts, |rule, drafts| match rule.run {
        Run::Form(check) => case::run_across(check, &form, &cases, drafts),
        Run::Case(check) => cases.iter().for_each(|block| case::run(check, block, drafts)),
        Run::Ledger(check) => stock.iter().for_each(|block| ledger::run(check, block, drafts)),
        _ => {}
    });
    against::check(&form, &mut drafts);
    Ok(drafts)
}

/// Runs those rules that somebody minds.
fn run(drafts: &mut Drafts, mut each: impl FnMut(&'static Rule, &mut Drafts)) {
    for rule in rules() {
        if drafts.wants(rule) {
            drafts.begin(rule);
            each(rule, drafts);
        }
    }
}

/// Who reads such a form, as far as it tells.
fn audiences_of(instance: &Instance<'_>) -> Audiences {
    if subject::is_for_hq(instance) { Audiences::COMMCARE } else { Audiences::ODK }
}
