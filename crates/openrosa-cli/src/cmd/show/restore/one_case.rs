//! Every block of one case, whole.

use std::path::Path;

use openrosa_xml::{
    Position,
    case::CaseBlock,
    restore::{Located, RestoreItem},
};

use super::{
    super::{
        Format,
        block::{Block, Form},
        facts, text,
    },
    Seen, Show, View,
};
use crate::{excerpt, exit::Failure, input::title, page::typed_path};

pub(super) struct OneCase<'a> {
    id: &'a str,
    show: &'a Show<'a>,
    cases: u64,
    found: u64,
    last: Option<CaseBlock<'static>>,
}

impl<'a> OneCase<'a> {
    pub(super) const fn new(id: &'a str, show: &'a Show<'a>) -> Self {
        Self { id, show, cases: 0, found: 0, last: None }
    }
}

impl View for OneCase<'_> {
    fn item(&mut self, item: &Located<RestoreItem<'_>>) -> bool {
        let RestoreItem::Case(block) = &item.value else { return false };
        self.cases += 1;
        if block.case_id.as_deref() != Some(self.id) {
            return false;
        }
        self.last = Some(block.clone().into_owned());
        true
    }

    fn placed(&mut self, at: Position, out: &mut String) {
        let Some(block) = self.last.take() else { return };
        self.found += 1;
        let form = if block.is_v2() { Form::V2 } else { Form::Unqualified };
        let mut shown = Block::new(block, form, false);
        shown.path = format!("case block {} of the {}", self.cases, self.show.kind);
        match self.show.format {
            Format::Text => out.push_str(&text::block(&shown, at.line, &self.show.page, self.found == 1)),
            Format::Json => out.push_str(&facts::line(&facts::Case::of(&shown))),
        }
    }

    fn end(&mut self, all: &Seen<'_>, out: &mut String) -> Result<(), Failure> {
        if let Some(error) = &all.stopped {
            excerpt::stopped(out, title(all.show.name), error, &all.show.page);
        }
        if self.found > 0 {
            return Ok(());
        }
        let name = title(self.show.name);
        let reason = format!("`{name}` has no case `{}` among its {} case blocks", self.id, self.cases);
        Err(Failure::new(reason)
            .remedy(format!("openrosa show --cases {}", typed_path(Path::new(self.show.name)))))
    }
}
