//! Filled-in forms of 1 to 8 KB, half of them with prefixes on everything that is not the form's own.

use std::fmt::Write;

use super::{
    Random,
    restore::{NAMES, NOTES},
};

/// So many forms; the first ones are the same however many there are.
#[must_use]
pub fn submissions(count: usize) -> Vec<String> {
    let mut random = Random::new(0xF04A);
    (0..count).map(|number| submission(&mut random, number % 2 == 1)).collect()
}

/// How the case and meta elements of a form are written.
struct Style {
    case: &'static str,
    case_xmlns: &'static str,
    meta: &'static str,
    meta_xmlns: &'static str,
}

const PLAIN: Style = Style { case: "", case_xmlns: "xmlns", meta: "", meta_xmlns: "xmlns" };
const PREFIXED: Style = Style { case: "n0:", case_xmlns: "xmlns:n0", meta: "orx:", meta_xmlns: "xmlns:orx" };

fn submission(random: &mut Random, prefixed: bool) -> String {
    let style = if prefixed { PREFIXED } else { PLAIN };
    let mut form = String::from(
        "<?xml version='1.0' ?><data xmlns=\"http://openrosa.org/formdesigner/8E3A1F\" \
         xmlns:jrm=\"http://dev.commcarehq.org/jr/xforms\" uiVersion=\"1\" version=\"17\" name=\"Household visit\">",
    );
    questions(&mut form, random, 12);
    for _ in 0..random.below(8) {
        repeat(&mut form, random);
    }
    for _ in 0..1 + random.below(5) {
        case(&mut form, random, &style);
    }
    meta(&mut form, random, &style);
    form.push_str("</data>");
    form
}

fn questions(form: &mut String, random: &mut Random, most: u64) {
    for number in 0..=random.below(most) {
        let answer = random.pick(NOTES);
        put(form, format_args!("<question_{number}>{answer}</question_{number}>"));
    }
}

/// A member of the household, and visits to this member.
fn repeat(form: &mut String, random: &mut Random) {
    let name = random.pick(NAMES);
    put(form, format_args!("<member id=\"{}\"><name>{name}</name>", random.below(100)));
    for _ in 0..random.below(3) {
        put(form, format_args!("<visits><visit><when>{}</when>", random.moment()));
        questions(form, random, 3);
        form.push_str("</visit></visits>");
    }
    form.push_str("</member>");
}

fn case(form: &mut String, random: &mut Random, style: &Style) {
    let Style { case: p, case_xmlns, .. } = style;
    let (id, modified, name) = (random.id(), random.moment(), random.pick(NAMES));
    put(
        form,
        format_args!(
            "<{p}case case_id=\"{id}\" date_modified=\"{modified}\" user_id=\"user-0017\" \
             {case_xmlns}=\"http://commcarehq.org/case/transaction/v2\">"
        ),
    );
    if random.one_in(2) {
        put(
            form,
            format_args!(
                "<{p}create><{p}case_type>patient</{p}case_type><{p}case_name>{name}</{p}case_name>\
                 <{p}owner_id>owner-0004</{p}owner_id></{p}create>"
            ),
        );
    }
    put(form, format_args!("<{p}update>"));
    for number in 0..1 + random.below(8) {
        let value = random.pick(NOTES);
        put(form, format_args!("<{p}property_{number}>{value}</{p}property_{number}>"));
    }
    put(form, format_args!("</{p}update></{p}case>"));
}

fn meta(form: &mut String, random: &mut Random, style: &Style) {
    let Style { meta: p, meta_xmlns, .. } = style;
    let (start, end, id) = (random.moment(), random.moment(), random.id());
    put(
        form,
        format_args!(
            "<{p}meta {meta_xmlns}=\"http://openrosa.org/jr/xforms\"><{p}deviceID>commcare_1f2e</{p}deviceID>\
             <{p}timeStart>{start}</{p}timeStart><{p}timeEnd>{end}</{p}timeEnd><{p}username>amina</{p}username>\
             <{p}userID>user-0017</{p}userID><{p}instanceID>{id}</{p}instanceID></{p}meta>"
        ),
    );
}

fn put(form: &mut String, text: std::fmt::Arguments<'_>) {
    form.write_fmt(text).expect("a string takes any text");
}

#[cfg(test)]
mod tests {
    use openrosa_xml::Instance;

    use super::*;

    #[test]
    fn forms_are_of_the_size_and_with_the_cases_that_they_should_have() {
        let forms = submissions(400);
        for form in &forms {
            let instance = Instance::read(form).unwrap();
            assert!((1..=5).contains(&instance.cases().len()), "{form}");
            assert!(instance.instance_id().is_some());
            assert!((900..8_200).contains(&form.len()), "{}", form.len());
        }
        assert_eq!(forms.iter().filter(|form| form.contains("<n0:case")).count(), 200);
    }
}
