use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "restore-too-many-ids",
    title: "a restore with more ids than are remembered",
    verdicts: &[(Spec, Note), (Device, Note)],
    message: "more ids came than are remembered; from here on nothing is said about what comes twice",
    remedy: "raise the number of ids to remember",
    why: "What concerns several items, such as a case that comes twice, needs the ids of all of them. Their number is \
          bounded, so that no document can take all memory.",
    statements: &[],
    sections: &["openrosa.md 0.4"],
    triggers: Example::None("an example would have to be larger than a page"),
    passes: Example::Restore(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" date_modified="2024-05-01T10:00:00.000000Z" user_id="u1">
    <update><weight>12</weight></update>
  </case>"#,
    ),
    run: Run::Item(check),
};

fn check(item: &Item<'_>, walk: &Walk, found: &mut Drafts) {
    if walk.has_filled_memory {
        found.push(Draft::at(Spot::name(item.span)));
    }
}
