use crate::check::rule_file::*;
use crate::{restore::RestoreItem, xml::Element};

pub(super) static RULE: Rule = Rule {
    code: "restore-item-nested",
    title: "an unknown item with one of its own name inside",
    verdicts: &[(Device, Warning)],
    message: "`{name}` stands inside an unknown item of the same name",
    remedy: "call the inner element otherwise",
    why: "The device skips an unknown item up to the first end tag of that name, which is the inner one, and takes the \
          rest of it for items of the restore.",
    statements: &["S-003"],
    sections: &["ota-restore.md 2.13", "ota-restore.md 7"],
    triggers: Example::Restore(
        r#"
  <x:log xmlns:x="http://example.org/log"><x:part><x:log/></x:part></x:log>
  <!--                                             ^^^^^ restore-item-nested -->"#,
    ),
    passes: Example::Restore(
        r#"
  <x:log xmlns:x="http://example.org/log"><x:part><x:entry/></x:part></x:log>"#,
    ),
    run: Run::Item(check),
};

fn check(item: &Item<'_>, _: &Walk, found: &mut Drafts) {
    let RestoreItem::Other(element) = item.value else { return };
    let name = element.name.local_name();
    if let Some(inner) = inside(element, name) {
        found.push(Draft::at(Spot::name(span(inner.mark))).value("name", name));
    }
}

/// The first element of this name inside, in document order.
fn inside<'e>(element: &'e Element<'e>, name: &str) -> Option<&'e Element<'e>> {
    let mut rest: Vec<_> = vec![element.elements()];
    while let Some(children) = rest.last_mut() {
        match children.next() {
            Some(child) if child.name.local_name() == name => return Some(child),
            Some(child) => rest.push(child.elements()),
            None => drop(rest.pop()),
        }
    }
    None
}
