use crate::check::rule_file::*;
use crate::time::{Moment, Timestamp};

pub(super) static RULE: Rule = Rule {
    code: "form-time-order",
    title: "a form that was ended before it was begun",
    verdicts: &[(Spec, Warning), (Hq, Warning), (Odk, Warning)],
    message: "`timeEnd` `{end}` is earlier than `timeStart` `{start}`",
    remedy: "look at the clock and the time zone of the device, and at how the two were written",
    why: "Reports of how long a form takes come out negative. The clock was set while the form was open, or the two \
          times were written with different offsets.",
    statements: &[],
    sections: &["openrosa.md 3.2"],
    triggers: Example::Document(
        r#"
<data id="household" version="7">
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>
    <orx:timeStart>2024-05-01T10:00:00.000+02:00</orx:timeStart>
    <orx:timeEnd>2024-05-01T10:00:00.000+05:30</orx:timeEnd>
    <!--         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ form-time-order -->
  </orx:meta>
</data>"#,
    ),
    passes: Example::Document(
        r#"
<data id="household" version="7">
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>
    <orx:timeStart>2024-05-01T10:00:00.000+02:00</orx:timeStart>
    <orx:timeEnd>2024-05-01T13:31:00.000+05:30</orx:timeEnd>
  </orx:meta>
</data>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    let (Some(start), Some(end)) = (super::field(form, "timeStart"), super::field(form, "timeEnd")) else {
        return;
    };
    let moment = |text| Timestamp::new(text).moment().ok().filter(|moment| moment.time.is_some());
    let (Some(began), Some(ended)) = (moment(start.value.text()), moment(end.value.text())) else { return };
    if can_be_compared(&began, &ended) && ended.utc() < began.utc() {
        let draft = Draft::at(super::value(end)).related(super::value(start), "the beginning");
        found.push(draft.value("start", start.value.text()).value("end", end.value.text()));
    }
}

const fn can_be_compared(a: &Moment, b: &Moment) -> bool {
    a.offset.is_some() == b.offset.is_some()
}
