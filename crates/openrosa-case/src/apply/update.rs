//! `update`: sets properties.

use openrosa_xml::{
    Mark, Text,
    case::{
        Field,
        understood::{Content, Setting},
    },
};

use super::block::{Block, Fold};
use crate::{
    case::{Case, Value},
    differences::Difference,
    error::{ApplyError, ApplyErrorKind},
};

impl Fold<'_> {
    /// Each value is set, the empty one too; nothing is ever taken away (C-077).
    ///
    /// *Spec:* case-xml.md 1.5, 1.6.
    pub(super) fn update(
        &mut self,
        case: &mut Case,
        block: Block<'_>,
        settings: &[Setting<'_>],
    ) -> Result<(), ApplyError> {
        let owner = case.owner_id.clone();
        let mut properties = Vec::with_capacity(settings.len());
        for setting in settings {
            self.setting(case, &mut properties, block, setting)?;
        }
        case.properties.change(properties);
        self.disrupted |= owner != case.owner_id;
        self.rules.check_fields(case).map_err(|kind| kind.at(block.mark))
    }

    fn setting(
        &mut self,
        case: &mut Case,
        properties: &mut Vec<(Text<'static>, Option<Value>)>,
        block: Block<'_>,
        setting: &Setting<'_>,
    ) -> Result<(), ApplyError> {
        let (fields, rule) = self.rules.fields(setting.name);
        for field in fields {
            let set = match field {
                Field::Property => {
                    let value = self.rules.value(setting.content);
                    properties.push((Text::borrowed(setting.name).into_owned(), Some(value)));
                    Ok(())
                }
                field => self.set(case, *field, setting.content),
            };
            set.map_err(|kind| kind.at(setting.mark))?;
        }
        self.note_object(setting.content, block, Some(setting.name), setting.mark);
        if let Some(rule) = rule {
            let names = fields.iter().filter_map(|field| field.name()).chain([setting.name]);
            names.for_each(|name| self.note(rule, block, Some(name), setting.mark));
        }
        Ok(())
    }

    pub(super) fn note_object(
        &mut self,
        content: Content<'_>,
        block: Block<'_>,
        name: Option<&str>,
        mark: Mark,
    ) {
        if content.text().is_none() {
            self.note(Difference::StructuredProperty, block, name, mark);
        }
    }

    /// A field of the case. An object that reaches one counts by its text: what CommCare HQ makes of it is not defined
    /// (case-xml.md 1.11).
    pub(super) fn set(
        &self,
        case: &mut Case,
        field: Field,
        content: Content<'_>,
    ) -> Result<(), ApplyErrorKind> {
        self.rules.set(case, field, self.rules.value(content).into_text())
    }
}
