//! Search results that are taken into the storage of a device.

use std::sync::Arc;

use chrono::{DateTime, FixedOffset, Utc};
use openrosa_xml::{
    CaseDb, CaseId, OwnerId, Text, Timestamp,
    case::{self, Field, understood::RefusalKind},
    casedb::{CaseView, Part},
};

use crate::{
    apply::Work,
    case::{Case, Index, Relationship, Value},
    change::{Applied, Change, changes},
    error::{ApplyError, ApplyErrorKind},
    rules::Rules,
    store::{Needs, Staging},
};

/// The results of a search, or a case database, taken in case by case.
///
/// It is the one thing that opens a closed case again on a device: any status but the word `closed` does (C-108).
///
/// *Spec:* case-xml.md 3.4.
#[derive(Clone, Debug)]
pub struct SearchResults<'r> {
    found: &'r CaseDb<'r>,
    rules: Rules,
    now: DateTime<Utc>,
}

/// A value that is set under a name, or taken away.
type Set<V> = (Text<'static>, Option<V>);

/// What one result says, before it is in the case.
#[derive(Default)]
struct Parts {
    properties: Vec<Set<Value>>,
    indices: Vec<Set<Index>>,
}

impl<'r> SearchResults<'r> {
    /// The results, and the present moment in the zone of the device.
    #[must_use]
    pub fn new(found: &'r CaseDb<'r>, now: DateTime<FixedOffset>) -> Self {
        Self { found, rules: Rules::device(*now.offset()), now: now.to_utc() }
    }

    fn take(&self, staging: &mut Staging, found: &CaseView<'_>) -> Result<Applied, ApplyError> {
        let mark = found.tag.mark;
        if let Some(name) = found.missing().first().copied() {
            return Err(ApplyErrorKind::FoundLacks { name }.at(mark));
        }
        let id = CaseId::new(text(found.case_id.as_deref()));
        let before = staging.case(&id).cloned();
        let mut case = before.as_deref().cloned().unwrap_or_else(|| Case::new(id.clone(), self.now));
        case.case_type = text(found.case_type.as_deref()).to_owned().into();
        case.owner_id = OwnerId::new(text(found.owner_id.as_deref()));
        case.closed = found.is_closed();
        let mut named = Parts::default();
        for part in &found.parts {
            self.part(&mut case, &mut named, part).map_err(|kind| kind.at(mark).in_case(&id))?;
        }
        case.properties.change(named.properties);
        case.indices.change(named.indices);
        let case = Arc::new(case);
        let changes = changes(before.as_deref(), &case);
        // As the bulk parser has it: a new link disrupts nothing (case-xml.md 3.6).
        let disrupted = changes
            .iter()
            .any(|change| matches!(change, Change::IndexReplaced { .. } | Change::IndexRemoved { .. }));
        staging.put_case(case);
        Ok(Applied { changes, disrupted, ..Applied::default() })
    }

    fn part(&self, case: &mut Case, named: &mut Parts, part: &Part<'_>) -> Result<(), ApplyErrorKind> {
        match part {
            Part::Property(property) => {
                let text = trimmed(property.value.last_text()).to_owned();
                if let Some(text) = self.value(case, &property.name, text.into())? {
                    named.properties.push((property.name.clone().into_owned(), Some(Value::Text(text))));
                }
                Ok(())
            }
            Part::Index(links) => links.entries.iter().try_for_each(|link| {
                named.indices.push((link.name.clone().into_owned(), index(case, link)?));
                Ok(())
            }),
            Part::Attachment(_) => {
                named.properties.push(("attachment".into(), Some(Value::from(""))));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Sets a field, or gives back the text that is a property.
    fn value(
        &self,
        case: &mut Case,
        name: &str,
        text: Text<'static>,
    ) -> Result<Option<Text<'static>>, ApplyErrorKind> {
        self.rules.check_text(name, &text)?;
        match name {
            "last_modified" => case.last_modified = self.last_modified(&text)?,
            // A result says them in attributes, and its children of these names are properties (3.4, step 4).
            "case_type" | "owner_id" => return Ok(Some(text)),
            name => match self.rules.fields(name).0 {
                [Field::Property] => return Ok(Some(text)),
                fields => {
                    fields.iter().try_for_each(|field| self.rules.set(case, *field, text.clone()))?;
                }
            },
        }
        Ok(None)
    }

    fn last_modified(&self, text: &str) -> Result<DateTime<Utc>, ApplyErrorKind> {
        let written = || text.chars().take(80).collect();
        let instant = Timestamp::new(text).instant_to_device(self.rules.zone);
        instant.map_err(|_| ApplyErrorKind::FoundDate { written: written() })
    }
}

fn text(attribute: Option<&str>) -> &str {
    attribute.unwrap_or_default()
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

/// The rules of 1.8, as in a block.
fn index(case: &Case, link: &case::Index<'_>) -> Result<Option<Index>, ApplyErrorKind> {
    let index = || link.name.to_string();
    if link.relationship.as_deref() == Some("") {
        return Err(RefusalKind::RelationshipEmpty { index: index() }.into());
    }
    let target = trimmed(link.target.last_text()).to_owned();
    if target == case.case_id.as_str() {
        return Err(RefusalKind::SelfIndex { index: index(), case_id: target }.into());
    }
    if target.is_empty() {
        return Ok(None);
    }
    let case_type =
        link.case_type.as_deref().ok_or_else(|| ApplyErrorKind::IndexUntyped { index: index() })?;
    Ok(Some(Index {
        target: CaseId::from(target),
        case_type: case_type.to_owned().into(),
        relationship: Relationship::from(link.relationship()),
    }))
}

impl Work for SearchResults<'_> {
    fn needs(&self, _: &Staging) -> Result<Needs, ApplyError> {
        let ids = self.found.cases().filter_map(|case| case.case_id.as_deref()).map(CaseId::new);
        Ok(Needs { cases: ids.collect(), ..Needs::default() })
    }

    fn apply(&mut self, staging: &mut Staging) -> Result<Applied, ApplyError> {
        staging.attempt(|staging| {
            let mut applied = Applied::default();
            for found in self.found.cases() {
                applied.append(self.take(staging, found)?);
            }
            Ok(applied)
        })
    }
}
