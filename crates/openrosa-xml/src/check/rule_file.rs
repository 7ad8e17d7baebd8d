//! What the file of a rule begins with.

pub(super) use super::{
    audience::Audience::{Device, Hq, Odk, Spec},
    draft::{Draft, Drafts},
    example::Example,
    place::Spot,
    restore::Walk,
    rule::{
        Rule, Run,
        Severity::{Error, Note, Portability, Warning},
    },
    subject::{Blank, Case, Encrypted, End, Form, Item, Root, Stock, span},
};
pub(super) use crate::{
    casedb::CaseDb,
    document::filled,
    form_list::FormList,
    integrity::Integrity,
    manifest::Manifest,
    xml::{Element, chars::trim},
};
