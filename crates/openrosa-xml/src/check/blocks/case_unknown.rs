use crate::check::rule_file::*;
use std::collections::HashSet;

use super::look::{How, several};
use crate::{case::Action, check::case::passed_over::taken_by_hq};

pub(super) static RULE: Rule = Rule {
    code: "blocks-case-unknown",
    title: "a change of a case that does not exist",
    verdicts: &[(Device, Error), (Hq, Portability)],
    message: "case `{case_id}` is neither known nor opened before it is changed",
    remedy: "open the case with `create` first; see whether its id is complete",
    why: "The device refuses the form at the first action whose case is not there (InvalidStructureException, \"wasn't \
          found\"); it takes actions as they stand, those inside an element that it does not know too. CommCare HQ, which \
          creates first, opens a case without type and name where there is no `create` that it takes. Told only where the \
          check knows which cases exist.",
    statements: &["C-054", "C-062", "C-065"],
    sections: &[
        "case-xml.md 1.3",
        "case-xml.md 1.5",
        "case-xml.md 1.11",
        "case-xml.md 4.1",
        "case-xml.md 4.2",
        "case-xml.md 4.8",
        "case-xml.md 11",
    ],
    triggers: Example::Known(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c9" date_modified="2024-05-01T10:00:00Z" user_id="u1">
  <!--                                                             ^^ blocks-case-unknown -->
    <update><weight>12</weight></update>
  </case>"#,
    ),
    passes: Example::Known(
        r#"
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="p1" date_modified="2024-05-01T10:00:00Z" user_id="u1">
    <update><weight>12</weight></update>
  </case>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    let Some(known) = form.options.known else { return };
    let cases = Case::all_in(form);
    // What is opened behind the block that changes it is told there.
    let late = several(form).filter(|several| several.how == How::CreatedLate);
    let mut met_on_device: HashSet<&str> = late.map(|several| several.case_id).collect();
    let mut met_on_hq: HashSet<&str> =
        cases.iter().filter(|case| is_opened_on_hq(case)).filter_map(id_on_hq).collect();
    for case in &cases {
        let work = case.block.work_on_device();
        let is_met = work.opens || work.needs_case.is_some();
        let device = case.block.case_id_on_device().filter(|id| {
            let is_first = case.readers.contains(Device) && is_met && met_on_device.insert(id);
            is_first && work.needs_case.is_some() && !known.contains(id)
        });
        let hq = id_on_hq(case).filter(|id| changes(case) && met_on_hq.insert(id) && !known.contains(id));
        if let Some(case_id) = device.or(hq) {
            let readers = [device.map(|_| Device), hq.map(|_| Hq)].into_iter().flatten().collect();
            let draft = Draft::at(Spot::attribute_value(case.span(), "case_id"));
            found.push(draft.value("case_id", case_id).for_readers(readers));
        }
    }
}

fn id_on_hq<'c>(case: &Case<'c>) -> Option<&'c str> {
    case.block.case_id.as_deref().filter(|id| !id.is_empty() && case.readers.contains(Hq))
}

/// Wherever the `create` stands: CommCare HQ takes it first.
fn is_opened_on_hq(case: &Case<'_>) -> bool {
    taken_by_hq(case.block)
        .any(|action| matches!(action, Action::Create(create) if !create.properties.is_empty()))
}

/// CommCare HQ makes a case for any block that is not empty, of which another rule tells.
fn changes(case: &Case<'_>) -> bool {
    case.block.actions.iter().any(|action| !matches!(action, Action::Create(_)))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::check::{Audience, Audiences, KnownCases, Options, document};

    const CREATE: &str =
        "<create><case_type>t</case_type><case_name>n</case_name><owner_id>o</owner_id></create>";

    fn block(inside: &str) -> String {
        format!(
            "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='new' user_id='u1' \
             date_modified='2024-05-01'>{inside}</case>"
        )
    }

    /// How often a case is told to be unknown to the device and to CommCare HQ, where case `a` is known.
    fn told(blocks: &str) -> [usize; 2] {
        let form = format!("<data xmlns='urn:f'>{blocks}</data>");
        let mut known = KnownCases::default();
        known.insert("a", "t");
        let count = |reader: Audience| {
            let audiences = Some(Audiences::from(reader));
            let report = document(&form, &Options { audiences, known: Some(&known), ..Options::default() });
            report.findings().iter().filter(|finding| finding.code() == RULE.code).count()
        };
        [Audience::Device, Audience::Hq].map(count)
    }

    /// C-062: the device takes actions as they stand, so that a `create` helps those behind it only; CommCare HQ creates first
    /// (C-063), by a `create` that it takes (C-120, C-039).
    #[test]
    fn a_case_is_there_once_its_create_was_passed() {
        let (update, index) = ("<update><f>1</f></update>", "<index><p case_type='t'>a</p></index>");
        for (inside, expected) in [
            ([CREATE, update].concat(), [0, 0]),
            ([update, CREATE].concat(), [1, 0]),
            ([index, CREATE].concat(), [1, 0]),
            (["<close/>", CREATE].concat(), [1, 0]),
            (["<index/>", CREATE].concat(), [0, 0]),
            ([CREATE, update].concat().replace("create>", "Create>"), [0, 1]),
            ([CREATE, CREATE, update].concat(), [0, 1]),
            (update.to_owned(), [1, 1]),
            (CREATE.to_owned(), [0, 0]),
        ] {
            assert_eq!(told(&block(&inside)), expected, "{inside}");
            assert_eq!(told(&block(&inside).replace("'new'", "'a'")), [0, 0], "{inside}");
        }
    }

    /// S-028: what is in an element that the device does not know counts there as if it stood around it.
    #[test]
    fn the_device_needs_the_case_for_what_is_in_an_unknown_element() {
        let inner = "<x><update><f>1</f></update></x>";
        for (inside, expected) in [
            (inner.to_owned(), [1, 1]),
            ([inner, CREATE].concat(), [1, 0]),
            ([CREATE, inner].concat(), [0, 0]),
            (["<x>", CREATE, "</x><update/>"].concat(), [0, 1]),
            (["<case/>", CREATE, "<close/>"].concat(), [0, 0]),
        ] {
            assert_eq!(told(&block(&inside)), expected, "{inside}");
        }
    }

    /// C-065: a file is taken away from a case that is there; one that is set where there is none touches nothing.
    #[test]
    fn the_device_needs_the_case_for_a_file_that_goes() {
        let (goes, comes) =
            ("<attachment><p/></attachment>", "<attachment><p src='f.jpg' from='local'/></attachment>");
        assert_eq!(told(&block(goes)), [1, 1]);
        assert_eq!(told(&block(&[goes, CREATE].concat())), [1, 0]);
        assert_eq!(told(&block(comes)), [0, 1]);
    }

    /// C-054: what one of the two alone reads is told to that one.
    #[test]
    fn a_block_of_one_reader_is_held_against_what_that_one_has_read() {
        let update = block("<update><f>1</f></update>");
        let capital = |block: &str| block.replace("<case ", "<Case ").replace("</case>", "</Case>");
        assert_eq!(told(&capital(&update)), [1, 0]);
        assert_eq!(told(&[capital(&block(CREATE)), update.clone()].concat()), [0, 1]);
        let log = format!("<log xmlns='http://code.javarosa.org/devicereport'>{update}</log>");
        assert_eq!(told(&log), [1, 0]);
        assert_eq!(told(&[&*update, &update].concat()), [1, 1]);
    }

    /// C-021: a case that a later block opens is told there, and once.
    #[test]
    fn a_case_that_is_opened_late_is_told_by_another_rule() {
        let blocks = [block("<update><f>1</f></update>"), block(CREATE)].concat();
        assert_eq!(told(&blocks), [0, 0]);
        let inner = [block("<x><update><f>1</f></update></x>"), block(CREATE)].concat();
        assert_eq!(told(&inner), [1, 0]);
    }
}
